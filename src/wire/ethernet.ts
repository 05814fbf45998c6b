/** Ethernet II frames, RFC 894 and RFC 2464 §3. No preamble and no frame check sequence: what a socket sees. */
import { macFromOctets, macOctets, type MacAddress } from '../base/address.js';
import { ByteReader, ByteWriter } from '../base/bytes.js';

export interface EthernetFrame {
  readonly destination: MacAddress;
  readonly source: MacAddress;
  /** See `ETHERTYPE`. A VLAN tag is not opened: its payload then starts with the tag control octets. */
  readonly etherType: number;
  readonly payload: Uint8Array;
}

/** `payload` is a view. Throws `WireError` `WIRE_TRUNCATED` below 14 octets. */
export function decodeEthernet(octets: Uint8Array): EthernetFrame {
  const r = new ByteReader(octets);
  const destination = macFromOctets(r.octets(6));
  const source = macFromOctets(r.octets(6));
  return { destination, source, etherType: r.u16(), payload: r.rest() };
}

/** Not padded to the minimum frame: the device does that. */
export function encodeEthernet(frame: EthernetFrame): Uint8Array {
  return new ByteWriter(ETHERNET_HEADER + frame.payload.length)
    .octets(macOctets(frame.destination))
    .octets(macOctets(frame.source))
    .u16(frame.etherType)
    .octets(frame.payload)
    .finish();
}

export const ETHERNET_HEADER = 14;
