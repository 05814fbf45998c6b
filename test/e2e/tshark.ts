/** An independent dissector's reading of a capture. */
import { execFileSync } from 'node:child_process';
import { isIPv6 } from 'node:net';

/** UDP 4191 is not tshark's by itself; its payload starts with an IPv6 header where signalling is concerned. */
const DSMIP = ['-d', 'udp.port==4191,ipv6'];

/** Rows of the named fields, one a packet that `filter` passes. Repeated fields are joined by commas. */
export function fields<N extends string>(
  file: string,
  filter: string,
  names: readonly N[],
): Record<N, string>[] {
  const args = [
    '-r',
    file,
    ...DSMIP,
    '-Y',
    filter,
    '-T',
    'fields',
    '-E',
    'separator=|',
    ...names.flatMap((n) => ['-e', n]),
  ];
  return tshark(args)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const cells = line.split('|');
      return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ''])) as Record<
        N,
        string
      >;
    });
}

export const count = (file: string, filter: string): number =>
  fields(file, filter, ['frame.number']).length;

export interface SeenMobilityHeader {
  readonly frame: string;
  /** Home address of the option, else the source; home address of the routing header, else the destination. */
  readonly source: string;
  readonly destination: string;
  readonly octets: Uint8Array;
}

/** Every Mobility Header with the addresses that its checksum covers, RFC 6275 §6.1.1. */
export function mobilityHeaders(file: string): SeenMobilityHeader[] {
  const packets = JSON.parse(
    tshark(['-r', file, ...DSMIP, '-Y', 'mipv6', '-T', 'jsonraw', '--no-duplicate-keys']),
  ) as unknown[];
  const home = fields(file, 'mipv6', [
    'frame.number',
    'ipv6.src',
    'ipv6.dst',
    'ipv6.opt.mipv6.home_address',
    'ipv6.routing.mipv6.home_address',
  ]);
  return packets.map((packet, i) => {
    const row = home[i]!;
    return {
      frame: row['frame.number'],
      source: row['ipv6.opt.mipv6.home_address'] || row['ipv6.src'],
      destination: row['ipv6.routing.mipv6.home_address'] || last(row['ipv6.dst']),
      octets: Uint8Array.from(Buffer.from(rawOf(packet, 'mipv6_raw'), 'hex')),
    };
  });
}

/** One's-complement sum over the pseudo-header and the octets: 0xffff when the checksum is right. Written apart from ours. */
export function onesSum(
  source: string,
  destination: string,
  protocol: number,
  octets: Uint8Array,
): number {
  const words = [...hextets(source), ...hextets(destination), octets.length, protocol];
  for (let i = 0; i < octets.length; i += 2) words.push(octets[i]! * 256 + (octets[i + 1] ?? 0));
  return words.reduce((sum, word) => (sum + word) % 0xffff, 0) || 0xffff;
}

function hextets(address: string): number[] {
  if (!isIPv6(address)) throw new Error(`not an IPv6 address: ${address}`);
  const [head = '', tail] = address.split('::');
  const words = (text: string) =>
    text === '' ? [] : text.split(':').map((w) => Number.parseInt(w, 16));
  if (tail === undefined) return words(head);
  const [a, b] = [words(head), words(tail)];
  return [...a, ...Array<number>(8 - a.length - b.length).fill(0), ...b];
}

function rawOf(value: unknown, key: string): string {
  const found = search(value, key);
  if (found === undefined) throw new Error(`tshark shows no ${key}`);
  return found;
}

function search(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const own = (value as Record<string, unknown>)[key];
  if (Array.isArray(own)) return String(own[0]);
  for (const inner of Object.values(value)) {
    const found = search(inner, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

const last = (text: string): string => text.split(',').at(-1)!;

function tshark(args: string[]): string {
  return execFileSync('tshark', args, {
    encoding: 'utf8',
    maxBuffer: 256 << 20,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
