/** The library: codecs and machines, for programs that bring their own world. */
export * from './base/address.js';
export { ByteReader, ByteWriter, fromHex, toHex } from './base/bytes.js';
export { UsageError, WireError, type WireErrorCode } from './base/error.js';
export { Forwarder, HEADROOM, type Verdict } from './core/datapath/forwarder.js';
export { diff, type DatapathOperation } from './core/datapath/diff.js';
