/**
 * What a packet socket saw of Mobility Headers on the wire, kept until the kernel delivers the message: the kernel
 * takes headers off, swaps addresses and hides the outer IPv4 address and port, and roles need to know them
 * (RFC 5555 §4.2: NAT detection). A message that the kernel does not deliver, because its checksum, a policy or a
 * firewall forbids it, is never handed on.
 */
import type { LinkName, ReceivedPacket } from '../../core/input.js';
import { innerPacket } from '../../core/datapath/forwarder.js';
import { PROTOCOL } from '../../wire/protocol.js';
import { outerSource, type DatagramSource } from '../inlet.js';

export class MobilityTap {
  readonly #seen: ReceivedPacket[] = [];

  note(packet: ReceivedPacket): void {
    if (this.#seen.length === MAX_SEEN) this.#seen.shift();
    this.#seen.push(packet);
  }

  /**
   * A whole outer packet with another one inside, and signalling in that. Returned is what nobody else delivers: the
   * kernel has no use for messages of home agent and prefix discovery.
   */
  noteTunnelled(
    octets: Uint8Array,
    start: number,
    end: number,
    link: LinkName,
  ): ReceivedPacket | undefined {
    const at = innerPacket(octets, start, end);
    if (at < 0) return undefined;
    const arrival = { kind: 'tunnel', source: outerSource(octets, start) } as const;
    return this.#noteInner({ link, octets: octets.slice(at, end), arrival, protected: false });
  }

  /** The payload of a datagram to our UDP port, RFC 5555 §4.1; returned as above. */
  noteDatagram(octets: Uint8Array, { link, ...from }: DatagramSource): ReceivedPacket | undefined {
    return this.#noteInner({ link, octets, arrival: { kind: 'udp', ...from }, protected: false });
  }

  #noteInner(packet: ReceivedPacket): ReceivedPacket | undefined {
    if (packet.octets[6] === PROTOCOL.icmpv6) return packet;
    this.note(packet);
    return undefined;
  }

  /** The packet that ends in this Mobility Header, the one seen first; undefined when none was. */
  take(header: Uint8Array): ReceivedPacket | undefined {
    const at = this.#seen.findIndex(({ octets }) => endsWith(octets, header));
    if (at < 0) return undefined;
    return this.#seen.splice(at, 1)[0];
  }
}

function endsWith(octets: Uint8Array, end: Uint8Array): boolean {
  const from = octets.length - end.length;
  if (from < 0) return false;
  for (let i = 0; i < end.length; i++) if (octets[from + i] !== end[i]) return false;
  return true;
}

/** Ours: seen and not delivered yet. The kernel delivers within the same interrupt, so that a few are many. */
const MAX_SEEN = 256;
