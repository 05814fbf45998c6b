/**
 * Is there a NAT on the path, and what does the tunnel look like then?
 *
 * Spec: RFC 5555 §3.2.2 (option), §4.2 (detection), §4.5.
 */
import type { Ipv4 } from '../../base/address.js';
import type { OptionOf } from '../../wire/mobility/option.js';
import type { Arrival } from '../input.js';
import type { Attachment } from './home-binding.js';

export type UdpArrival = Extract<Arrival, { kind: 'udp' }>;

export interface NatFinding {
  readonly attachment: Exclude<Attachment, { path: 'ipv6' }>;
  /** Goes with every Binding Acknowledgement that answers in UDP, RFC 5555 §4.2. */
  readonly option: OptionOf<'natDetection'>;
}

/**
 * `careOf` is the IPv4 Care-of Address option, null without one; `forced` is the F flag accepted, or our own
 * policy; `refresh` the keep-alive suggested behind a NAT, seconds.
 */
export function detectNat(
  arrival: UdpArrival,
  careOf: Ipv4 | null,
  forced: boolean,
  refresh: number,
): NatFinding {
  // RFC 5555 §4.2: the outer source is the care-of address unless somebody has translated it.
  const nat = arrival.source !== careOf;
  const udp = nat || forced;
  return {
    attachment: udp
      ? {
          path: 'udp',
          local: arrival.destination,
          localPort: arrival.destinationPort,
          remote: arrival.source,
          remotePort: arrival.sourcePort,
          nat,
        }
      : { path: 'ipv4', local: arrival.destination, remote: arrival.source },
    // RFC 5555 §3.2.2: F says that UDP is required, all ones that no NAT asks for keep-alives. With both set by
    // what the tunnel needs, mobile nodes that read only one of them agree with us.
    option: { kind: 'natDetection', forceUdp: udp, refresh: nat ? refresh : NO_KEEPALIVE },
  };
}

/** RFC 5555 §3.2.2: "keepalives are not needed". */
export const NO_KEEPALIVE = 0xffffffff;
