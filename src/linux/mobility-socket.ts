/**
 * Mobility Headers by the kernel: it puts the Home Address option on and takes it and the type 2 routing header off,
 * by XFRM states, and checks and fills the checksum (RFC 3542 §3.1, RFC 6275 §6.1.1).
 */
import { addressOctets, ipv6FromOctets, type Ipv6 } from '../base/address.js';
import { linuxError } from './error.js';
import {
  MAX_BATCH,
  native,
  NONE,
  RECEIVE,
  SEND,
  type NativeHandle,
  type NetNamespace,
} from './native.js';
import { AF_INET6, ipSocketAddress, SOCK_RAW } from './sockaddr.js';
import { PROTOCOL } from '../wire/protocol.js';

export class MobilitySocket {
  readonly #handle: NativeHandle;
  readonly #buffer = new Uint8Array(SLOTS * SLOT_SIZE);
  readonly #table = new Uint32Array(SLOTS * RECEIVE.words);
  readonly #row = new Uint32Array(SEND.words);
  readonly #rowOctets = new Uint8Array(this.#row.buffer);

  /** `receive` gets a view of one Mobility Header that is gone after the call. Throws `LinuxError`. */
  constructor(netns: NetNamespace, receive: (header: Uint8Array) => void) {
    let handle: NativeHandle | undefined;
    try {
      handle = native().openSocket(netns, AF_INET6, SOCK_RAW, PROTOCOL.mobility);
      // The home address may be about to come.
      handle.setOption(SOL_IPV6, IPV6_FREEBIND, 1);
    } catch (error) {
      handle?.close();
      throw linuxError('SOCKET', 'open a Mobility Header socket', error);
    }
    this.#handle = handle;
    handle.poll(() => {
      for (let round = 0; round < ROUNDS; round++) {
        const got = this.#handle.receive(this.#buffer, SLOT_SIZE, 0, this.#table, SLOTS);
        for (let i = 0; i < got; i++) {
          const at = i * SLOT_SIZE;
          receive(this.#buffer.subarray(at, at + this.#table[i * RECEIVE.words + RECEIVE.length]!));
        }
        if (got < SLOTS) return;
      }
    });
  }

  /** 0, or a negative errno. `link` is an interface index, 0 any. */
  send(header: Uint8Array, source: Ipv6, destination: Ipv6, link: number): number {
    const row = this.#row;
    const to = ipSocketAddress(destination);
    row.fill(0);
    row[SEND.length] = header.length;
    row[SEND.trafficClass] = NONE;
    row[SEND.family] = 6;
    row[SEND.link] = link;
    row[SEND.nameLength] = to.length;
    this.#rowOctets.set(to, SEND.name * 4);
    this.#rowOctets.set(addressOctets(source), SEND.source * 4);
    return Math.min(0, this.#handle.send(header, row, 0, 1));
  }

  close(): void {
    this.#handle.close();
  }
}

/**
 * A Mobility Header behind nothing but a Destination Options header with a Home Address option: the home address, and
 * where the header begins. Undefined for any other packet. RFC 6275 §6.3
 */
export function behindHomeAddress(
  packet: Uint8Array,
): { readonly home: Ipv6; readonly start: number } | undefined {
  if (packet.length < LEAST || packet[0]! >> 4 !== 6) return undefined;
  if (packet[6] !== PROTOCOL.destinationOptions || packet[40] !== PROTOCOL.mobility)
    return undefined;
  const start = 48 + 8 * packet[41]!;
  for (let at = 42; at + 18 <= start && start <= packet.length;) {
    if (packet[at] === HOME_ADDRESS_OPTION) return { home: ipv6FromOctets(packet, at + 2), start };
    at += packet[at] === 0 ? 1 : 2 + packet[at + 1]!;
  }
  return undefined;
}

const LEAST = 40 + 24 + 8; // header, the option in its own header, the shortest Mobility Header
const HOME_ADDRESS_OPTION = 201; // RFC 6275 §6.3
const SLOTS = Math.min(16, MAX_BATCH); // ours
const SLOT_SIZE = 2048; // octets: RFC 6275 §6.1.1 counts the length in 8 bits of 8 octets
const ROUNDS = 4; // ours: batches before other events have their turn
const SOL_IPV6 = 41;
const IPV6_FREEBIND = 78;
