/** What is fuzzed, and what must hold of any octets. A broken rule is thrown; a `WireError` of a decoder is not one. */
import { ipv6, macFromOctets, type Ipv6 } from '../../src/base/address.js';
import { ByteReader, toHex } from '../../src/base/bytes.js';
import { checksum, transportChecksum } from '../../src/base/checksum.js';
import { UsageError, WireError } from '../../src/base/error.js';
import { ingressFrame, ingressPacket, refusalPacket } from '../../src/core/ingress.js';
import { decodeFrame, decodePacket, type Layer } from '../../src/diagnostics/decode-packet.js';
import { summarize } from '../../src/diagnostics/describe.js';
import { packetJson } from '../../src/diagnostics/packet-json.js';
import { decodeDhcp, encodeDhcp } from '../../src/wire/dhcpv4/codec.js';
import { decodeIcmpv6, encodeIcmpv6 } from '../../src/wire/icmpv6.js';
import { decodeIpv6, encodeIpv6, homeAddressOption, routing2 } from '../../src/wire/ipv6-codec.js';
import { decodeMobility, encodeMobility } from '../../src/wire/mobility/codec.js';

/** Each gives a short word for what became of the octets: a new word is as good as a new block. */
export const TARGETS = {
  mobility(octets: Uint8Array): string {
    const header = attempt(() => decodeMobility(octets));
    if (typeof header === 'string') return header;
    const { message } = header;
    const whole = octets.subarray(0, 8 * (header.headerLength + 1));
    const again = encodeMobility(message, HOME, HOME_AGENT);
    same('encode(decode)', again.subarray(6), whole.subarray(6));
    return message.kind;
  },
  ipv6(octets: Uint8Array): string {
    const packet = attempt(() => decodeIpv6(octets));
    if (typeof packet === 'string') return packet;
    const once = encodeIpv6(packet);
    same('encode(decode(encode(decode)))', encodeIpv6(decodeIpv6(once)), once);
    return packet.headers.map((header) => header.kind).join(' ');
  },
  icmpv6(octets: Uint8Array): string {
    const message = attempt(() => decodeIcmpv6(octets, HOME, HOME_AGENT, { verify: false }));
    if (typeof message === 'string') return message;
    const again = encodeIcmpv6(message, HOME, HOME_AGENT);
    same('encode(decode)', again.subarray(4), octets.subarray(4));
    return message.kind;
  },
  dhcp(octets: Uint8Array): string {
    const message = attempt(() => decodeDhcp(octets));
    if (typeof message === 'string') return message;
    const once = attempt(() => encodeDhcp(message));
    if (typeof once === 'string') return once;
    same('encode(decode(encode(decode)))', encodeDhcp(decodeDhcp(once)), once);
    return message.options.map((option) => option.kind).join(' ');
  },
  frame(octets: Uint8Array): string {
    const result = ingressFrame({
      link: 'eth0',
      source: macFromOctets(padded(octets, 14), 6),
      destination: macFromOctets(padded(octets, 14)),
      etherType: ((octets[12] ?? 0) << 8) | (octets[13] ?? 0),
      payload: octets.subarray(Math.min(14, octets.length)),
    });
    return result.ok ? result.value.kind : result.refusal.reason;
  },
  packet(octets: Uint8Array): string {
    const arrival = { kind: 'native' } as const;
    const result = ingressPacket({ link: 'eth0', octets, arrival, protected: false });
    if (result.ok) return `${result.value.kind} ${result.value.message.kind}`;
    const answer = refusalPacket(result.refusal, HOME_AGENT);
    if (answer !== undefined) decodeIpv6(answer);
    return `${result.refusal.reason} ${result.refusal.answer.kind}`;
  },
  describeFrame: (octets: Uint8Array): string => shown(decodeFrame(octets), octets),
  describePacket: (octets: Uint8Array): string => shown(decodePacket(octets), octets),
} as const satisfies Record<string, (octets: Uint8Array) => string>;

export type Target = keyof typeof TARGETS;

/**
 * Cursor operations that a run takes: the work, without a clock. Decoding may look at an octet a few times, and never
 * more often for a longer input: see `WORK_PER_OCTET`.
 */
export function countReads(run: () => void): number {
  let reads = 0;
  const kept = READS.map(
    (name) => [name, Object.getOwnPropertyDescriptor(ByteReader.prototype, name)!] as const,
  );
  for (const [name, descriptor] of kept) {
    const plain = descriptor.value as (...args: unknown[]) => unknown;
    Object.defineProperty(ByteReader.prototype, name, {
      ...descriptor,
      value(this: ByteReader, ...args: unknown[]) {
        reads++;
        return plain.apply(this, args);
      },
    });
  }
  try {
    run();
  } finally {
    for (const [name, descriptor] of kept) {
      Object.defineProperty(ByteReader.prototype, name, descriptor);
    }
  }
  return reads;
}

/** Lengths and checksums made right as far as they can be found, so that what lies behind them is reached. */
export function repair(target: Target, octets: Uint8Array): Uint8Array {
  switch (target) {
    case 'mobility': {
      const whole = octets.slice(0, Math.min(octets.length & ~7, 2048));
      if (whole.length >= 8) whole.set([59, whole.length / 8 - 1]);
      return whole;
    }
    case 'packet':
    case 'describePacket':
      return repairIp(octets.slice(), 0);
    case 'frame':
    case 'describeFrame':
      return octets.length > 14 ? repairIp(octets.slice(), 14) : octets;
    default:
      return octets;
  }
}

/** Ours: cursor operations an octet of input may cost; quoted packets and cut ones are read more than once. */
export const WORK_PER_OCTET = 8;
export const WORK_AT_LEAST = 200;
/** Ours: characters of text an octet of input may give, when each option is named. */
const TEXT_PER_OCTET = 60;
const TEXT_AT_LEAST = 3000;

function shown(layers: readonly Layer[], octets: Uint8Array): string {
  const { text } = summarize(layers);
  const bound = TEXT_AT_LEAST + TEXT_PER_OCTET * octets.length;
  if (text.length > bound) throw new Error(`${text.length} characters of ${octets.length} octets`);
  if (layers.length > MAX_SHOWN) throw new Error(`${layers.length} layers`);
  for (const layer of layers) {
    if (layer.offset > octets.length) throw new Error(`${layer.kind} past the end`);
    if (layer.kind === 'broken' && layer.code === 'WIRE_VALUE' && !/^WIRE_/.test(layer.detail)) {
      throw new Error(`shown as the peer's fault: ${layer.detail}`);
    }
  }
  JSON.stringify(packetJson(layers));
  return layers
    .map((l) => (l.kind === 'broken' ? `${l.kind} ${l.what} ${l.code}` : l.kind))
    .join(' ');
}

function repairIp(out: Uint8Array, at: number): Uint8Array {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  if (out[at]! >>> 4 === 6 && out.length >= at + 40) {
    view.setUint16(at + 4, Math.min(0xffff, out.length - at - 40));
    const packet = attempt(() => decodeIpv6(out.subarray(at)));
    if (typeof packet === 'string') return out;
    const start = at + packet.payloadOffset!;
    const source = homeAddressOption(packet) ?? packet.source;
    const destination = routing2(packet)?.homeAddress ?? packet.destination;
    const sumAt = packet.protocol === 58 ? start + 2 : packet.protocol === 135 ? start + 4 : 0;
    if (sumAt === 0 || sumAt + 2 > out.length) return out;
    view.setUint16(sumAt, 0);
    const sum = transportChecksum(source, destination, packet.protocol, out.subarray(start));
    view.setUint16(sumAt, sum);
  } else if (out[at]! >>> 4 === 4 && out.length >= at + 20) {
    const header = 4 * (out[at]! & 15);
    if (header < 20 || out.length < at + header) return out;
    view.setUint16(at + 2, Math.min(0xffff, out.length - at));
    view.setUint16(at + 10, 0);
    view.setUint16(at + 10, checksum(out.subarray(at, at + header)));
    const udp = at + header;
    if (out[at + 9] === 17 && out.length >= udp + 8) {
      view.setUint16(udp + 4, out.length - udp);
      view.setUint16(udp + 6, 0); // RFC 768: none
    }
  }
  return out;
}

function attempt<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof WireError) return error.code;
    if (error instanceof UsageError && error.code === 'PACKET_SIZE') return error.code;
    throw error;
  }
}

function same(what: string, a: Uint8Array, b: Uint8Array): void {
  if (toHex(a) !== toHex(b)) throw new Error(`${what}: ${toHex(a)} is not ${toHex(b)}`);
}

function padded(octets: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(Math.max(length, octets.length));
  out.set(octets);
  return out;
}

const READS = ['u8', 'u16', 'u32', 'octets', 'rest', 'skip', 'sub', 'ipv6', 'ipv4'] as const;
const HOME: Ipv6 = ipv6('2001:db8:a::100');
const HOME_AGENT: Ipv6 = ipv6('2001:db8:a::1');
const MAX_SHOWN = 24;
