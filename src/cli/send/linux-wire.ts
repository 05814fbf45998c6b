/** The wire of this host: a raw socket out, and a packet socket that sees what any daemon sees, without taking it. */
import { LINKTYPE } from '../../diagnostics/pcapng.js';
import { Reassembler } from '../../diagnostics/reassembly.js';
import { Capture, type CapturedFrame } from '../../linux/capture.js';
import { mobilityFilter } from '../../linux/filter.js';
import { QuietListener, RawSender } from '../../linux/raw-sender.js';
import { ETHERTYPE } from '../../wire/protocol.js';
import type { SeenPacket, Wire } from './exchange.js';

export interface LinuxWireOptions {
  /** Of the interface that packets leave by. */
  readonly link?: string | undefined;
  /** UDP ports that signalling goes from or to. */
  readonly ports: readonly number[];
  /** Those of this host. */
  readonly ownPorts: readonly number[];
}

/** Throws `LinuxError`: `PERMISSION`, `NATIVE_MISSING`, `SOCKET`. */
export function openLinuxWire({ link, ports, ownPorts }: LinuxWireOptions): Wire {
  const sender = RawSender.open({ link });
  let listener: ((seen: SeenPacket) => void) | null = null;
  let capture: Capture;
  const reassembler = new Reassembler();
  try {
    capture = Capture.open({ filter: mobilityFilter(ports) }, (frame) => {
      if (!listener) return;
      const whole =
        frame.direction === 'in'
          ? reassembler.push(frame.octets, linkTypeOf(frame), nanoseconds(frame))
          : undefined;
      const octets = networkPacket(frame, whole ?? frame.octets);
      if (!octets) return;
      const { direction, checksumDeferred } = frame;
      listener({
        direction,
        link: frame.link,
        octets,
        nanoseconds: nanoseconds(frame),
        checksumDeferred,
      });
    });
  } catch (error) {
    sender.close();
    throw error;
  }
  const quiet = QuietListener.open(null, ownPorts);
  return {
    send: (octets) => sender.send(octets),
    listen: (wanted) => void (listener = wanted),
    close: () => {
      listener = null;
      capture.close();
      quiet.close();
      sender.close();
    },
  };
}

/** Without link header; undefined for what is not IP. */
function networkPacket({ linkType }: CapturedFrame, octets: Uint8Array): Uint8Array | undefined {
  if (linkType === 'raw') return octets;
  const etherType = (octets[12]! << 8) | octets[13]!;
  if (etherType !== ETHERTYPE.ipv6 && etherType !== ETHERTYPE.ipv4) return undefined;
  return withoutTrailer(octets.subarray(ETHERNET_HEADER));
}

/** Short frames are padded on the wire. */
function withoutTrailer(packet: Uint8Array): Uint8Array {
  const six = packet[0]! >> 4 === 6;
  const length = six
    ? IPV6_HEADER + ((packet[4]! << 8) | packet[5]!)
    : (packet[2]! << 8) | packet[3]!;
  return packet.subarray(0, length);
}

const linkTypeOf = ({ linkType }: CapturedFrame): number =>
  linkType === 'ethernet' ? LINKTYPE.ethernet : LINKTYPE.raw;
const nanoseconds = (frame: CapturedFrame): bigint =>
  BigInt(frame.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds);

const ETHERNET_HEADER = 14;
const IPV6_HEADER = 40;
