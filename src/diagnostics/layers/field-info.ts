/** What each field of a message or option takes: for lists of them, and for reading what a person types. */
import type { Letter } from './json.js';
import type { Field } from './layout.js';
import type { Annotations, FieldKind, Shape } from './value.js';

export interface FieldInfo {
  readonly name: string;
  /** More than one where it may be this or that: an IPv6 or an IPv4 address. */
  readonly kinds: readonly FieldKind[];
  /** May be left out. */
  readonly optional: boolean;
  /** A word of flags. */
  readonly letters?: readonly Letter[];
}

/** Of a row of the wire tables. */
export const shapeInfo = (shape: Shape, annotations: Annotations = {}): FieldInfo[] =>
  [...shape].map(([name, { kinds, optional }]) => {
    const rule = annotations[name];
    return {
      name,
      kinds: [...kinds],
      optional: optional || kinds.has('null'),
      ...(rule && 'letters' in rule ? { letters: rule.letters } : {}),
    };
  });

/** Of a fixed layout. */
export const layoutInfo = (layout: readonly Field[]): FieldInfo[] =>
  layout.map(({ name, kind, quiet, auto, letters }) => ({
    name,
    kinds: [KIND[kind]],
    optional: (quiet ?? auto) === true,
    ...(letters ? { letters } : {}),
  }));

/** For people: `a whole number`, `flags of AHLKMRPFTBSD`. */
export const takes = ({ kinds, letters }: FieldInfo): string =>
  letters
    ? `flags of ${letters.map((l) => l.letter).join('')}`
    : kinds
        .filter((kind) => kind !== 'null')
        .map((kind) => TEXT[kind])
        .join(' or ');

const KIND: Readonly<Record<Field['kind'], FieldKind>> = {
  uint: 'number',
  flag: 'boolean',
  ipv6: 'ipv6',
  ipv4: 'ipv4',
  mac: 'mac',
  octets: 'octets',
};

const TEXT: Readonly<Record<FieldKind, string>> = {
  number: 'a whole number',
  boolean: 'true or false',
  ipv6: 'an IPv6 address',
  ipv4: 'an IPv4 address',
  mac: 'a link-layer address',
  octets: 'octets as 0x…',
  text: 'text',
  null: 'nothing',
  json: 'JSON',
};
