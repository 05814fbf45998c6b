/** What octets are, when nobody says: by what only one kind of them would look like. */
import { ETHERTYPE } from '../../wire/protocol.js';
import type { Start } from './model.js';

/** Undefined when nothing fits: then somebody has to say. */
export function guessStart(octets: Uint8Array): Start | undefined {
  return GUESSES.find((guess) => guess.fits(octets))?.start;
}

interface Guess {
  readonly start: Start;
  readonly fits: (octets: Uint8Array) => boolean;
}

const u16 = (b: Uint8Array, at: number): number =>
  at + 1 < b.length ? (b[at]! << 8) | b[at + 1]! : -1;
const isEtherType = (type: number): boolean =>
  type === ETHERTYPE.ipv4 ||
  type === ETHERTYPE.ipv6 ||
  type === ETHERTYPE.arp ||
  type === ETHERTYPE.vlan;

/** The surest first. */
const GUESSES: readonly Guess[] = [
  {
    start: 'ipv6',
    fits: (b) => b[0]! >>> 4 === 6 && b.length >= 40 && u16(b, 4) === b.length - 40,
  },
  { start: 'ipv4', fits: (b) => b[0]! >>> 4 === 4 && (b[0]! & 15) >= 5 && u16(b, 2) === b.length },
  { start: 'mh', fits: (b) => b[0] === 59 && b.length === 8 * (b[1]! + 1) },
  {
    start: 'dhcp4',
    fits: (b) => b.length >= 240 && u16(b, 236) === 0x6382 && u16(b, 238) === 0x5363 && b[0]! <= 2,
  },
  { start: 'ethernet', fits: (b) => isEtherType(u16(b, 12)) && b.length > 14 },
  { start: 'sll', fits: (b) => u16(b, 0) <= 4 && isEtherType(u16(b, 14)) },
  { start: 'sll2', fits: (b) => isEtherType(u16(b, 0)) && u16(b, 2) === 0 && b.length >= 20 },
  {
    start: 'destopt',
    fits: (b) => b[0] === 135 && b.length > 8 * (b[1]! + 1) && b[2] !== 2,
  },
  { start: 'rthdr', fits: (b) => (b[0] === 135 || b[0] === 60) && b[1] === 2 && b[2] === 2 },
  { start: 'mh', fits: (b) => b[0] === 59 && b.length >= 6 && b[2]! < 24 },
  { start: 'icmpv6', fits: (b) => b[0]! >= 128 && b[0]! <= 147 && b[1] === 0 && b.length >= 8 },
  { start: 'ipv6', fits: (b) => b[0]! >>> 4 === 6 },
  { start: 'ipv4', fits: (b) => b[0]! >>> 4 === 4 && (b[0]! & 15) >= 5 },
];
