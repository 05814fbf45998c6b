/**
 * ARP for IPv4 over Ethernet, RFC 826. 28 octets; what follows is link padding.
 *
 *   | hardware 16 = 1 | protocol 16 = 0x0800 | 6 | 4 | operation 16 |
 *   | sender MAC 48 | sender IPv4 32 | target MAC 48 | target IPv4 32 |
 */
import { macFromOctets, macOctets, type Ipv4, type MacAddress } from '../base/address.js';
import { ByteReader, ByteWriter } from '../base/bytes.js';
import { WireError } from '../base/error.js';
import { ETHERTYPE } from './protocol.js';

export interface ArpMessage {
  readonly operation: 'request' | 'reply';
  readonly senderMac: MacAddress;
  /** 0.0.0.0 in a probe, RFC 5227 §2.1.1 */
  readonly senderAddress: Ipv4;
  readonly targetMac: MacAddress;
  readonly targetAddress: Ipv4;
}

/** Throws `WireError`: `WIRE_TRUNCATED`, or `WIRE_VALUE` for other hardware, protocols and operations. */
export function decodeArp(octets: Uint8Array): ArpMessage {
  const r = new ByteReader(octets);
  expectField(r.offset, 'hardware type', r.u16(), HARDWARE_ETHERNET);
  expectField(r.offset, 'protocol type', r.u16(), ETHERTYPE.ipv4);
  expectField(r.offset, 'hardware length', r.u8(), 6);
  expectField(r.offset, 'protocol length', r.u8(), 4);
  const at = r.offset;
  const number = r.u16();
  const operation = number === 1 ? 'request' : number === 2 ? 'reply' : undefined;
  if (!operation) throw new WireError('WIRE_VALUE', at, `ARP operation ${number}`, CLAUSE);
  const senderMac = macFromOctets(r.octets(6));
  const senderAddress = r.ipv4();
  const targetMac = macFromOctets(r.octets(6));
  return { operation, senderMac, senderAddress, targetMac, targetAddress: r.ipv4() };
}

export function encodeArp(message: ArpMessage): Uint8Array {
  return new ByteWriter(28)
    .u16(HARDWARE_ETHERNET)
    .u16(ETHERTYPE.ipv4)
    .u8(6)
    .u8(4)
    .u16(message.operation === 'request' ? 1 : 2)
    .octets(macOctets(message.senderMac))
    .ipv4(message.senderAddress)
    .octets(macOctets(message.targetMac))
    .ipv4(message.targetAddress)
    .finish();
}

function expectField(at: number, what: string, came: number, want: number): void {
  if (came !== want) throw new WireError('WIRE_VALUE', at, `ARP ${what} ${came}`, CLAUSE);
}

const HARDWARE_ETHERNET = 1;
const CLAUSE = 'RFC 826';
