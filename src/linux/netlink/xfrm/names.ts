/** Numbers of linux/xfrm.h and linux/udp.h, and iproute2's words for them. */
import { WireError } from '../../../base/error.js';

/** Words for some of the values of a field. */
export interface Names<N extends string> {
  number(value: N | number): number;
  /** The number itself where there is no word. */
  name(number: number): N | number;
}

/** Words for bits. */
export interface Flags<N extends string> {
  bits(flags: readonly (N | number)[] | undefined): number;
  /** In the order of the bits; those without a word as one number at the end. */
  names(bits: number): (N | number)[];
}

export const PROTOCOLS = names({ route2: 43, esp: 50, ah: 51, hao: 60, comp: 108 });
export const MODES = names({ transport: 0, tunnel: 1, ro: 2, in_trigger: 3, beet: 4 });
/** From 3 on: of sockets. */
export const DIRECTIONS = names({
  in: 0,
  out: 1,
  fwd: 2,
  'socket in': 3,
  'socket out': 4,
  'socket fwd': 5,
});
export const POLICY_TYPES = names({ main: 0, sub: 1 });
export const ACTIONS = names({ allow: 0, block: 1 });
export const SHARES = names({ any: 0, session: 1, user: 2, unique: 3 });
export const POLICY_FLAGS = flags({ localok: 1, icmp: 2 });
export const STATE_FLAGS = flags({
  noecn: 1,
  'decap-dscp': 2,
  nopmtudisc: 4,
  wildrecv: 8,
  icmp: 16,
  'af-unspec': 32,
  align4: 64,
  esn: 128,
});
export const EXTRA_FLAGS = flags({ 'dont-encap-dscp': 1, 'oseq-may-wrap': 2 });
export const ENCAPSULATIONS = names({ 'espinudp-nonike': 1, espinudp: 2, espintcp: 7 });
export const STATE_DIRECTIONS = names({ in: 1, out: 2 });

/** Of a field that has no values but these. Throws `WireError` `WIRE_VALUE`. */
export function known<N extends string>(names: Names<N>, number: number, field: string): N {
  const name = names.name(number);
  if (typeof name === 'string') return name;
  throw new WireError('WIRE_VALUE', 0, `${field} is ${number}`);
}

function names<N extends string>(numbers: Readonly<Record<N, number>>): Names<N> {
  const byNumber = new Map(entries(numbers).map(([name, number]) => [number, name]));
  return {
    number: (value) => (typeof value === 'number' ? value : numbers[value]),
    name: (number) => byNumber.get(number) ?? number,
  };
}

function flags<N extends string>(numbers: Readonly<Record<N, number>>): Flags<N> {
  const rows = entries(numbers);
  const known = rows.reduce((sum, [, bit]) => sum | bit, 0);
  return {
    bits: (list = []) =>
      list.reduce<number>((sum, f) => (sum | (typeof f === 'number' ? f : numbers[f])) >>> 0, 0),
    names: (bits) => {
      const rest = (bits & ~known) >>> 0;
      const found = rows.flatMap(([name, bit]) => (bits & bit ? [name] : []));
      return rest === 0 ? found : [...found, rest];
    },
  };
}

function entries<N extends string>(numbers: Readonly<Record<N, number>>): [N, number][] {
  return Object.entries(numbers) as [N, number][];
}
