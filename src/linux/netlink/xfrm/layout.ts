/**
 * C structures as tables: a row a member, with its offset, read and written alike. Members that the kernel's header
 * calls `__be` are in network order, all others in the order of this machine.
 */
import { WireError } from '../../../base/error.js';
import { LITTLE } from '../../sockaddr.js';

export interface Member<T> {
  readonly size: number;
  read(view: DataView, at: number): T;
  write(view: DataView, at: number, value: T): void;
}

export interface Struct<T> extends Member<T> {
  /** As the header has it, without `struct`. */
  readonly name: string;
  readonly members: Members;
}

type Members = Readonly<Record<string, readonly [offset: number, member: Member<unknown>]>>;
type Values<M extends Members> = { readonly [K in keyof M]: ReadOf<M[K][1]> };

/** The value of a structure or member. */
export type ReadOf<M> = M extends Member<infer T> ? T : never;

/** `size` counts the padding at the end. */
export function struct<const M extends Members>(
  name: string,
  size: number,
  members: M,
): Struct<Values<M>> {
  const rows = Object.entries(members);
  return {
    name,
    size,
    members,
    read: (view, at) =>
      Object.fromEntries(
        rows.map(([key, [offset, member]]) => [key, member.read(view, at + offset)]),
      ) as Values<M>,
    write: (view, at, value) => {
      for (const [key, [offset, member]] of rows) {
        const field = value[key];
        if (field !== undefined) member.write(view, at + offset, field);
      }
    },
  };
}

/** From the start of `octets`; what follows is ignored. Throws `WireError` `WIRE_TRUNCATED`. */
export function decode<T>(member: Member<T>, octets: Uint8Array): T {
  if (octets.length < member.size) {
    const detail = `need ${member.size} octets, have ${octets.length}`;
    throw new WireError('WIRE_TRUNCATED', 0, detail, 'linux/xfrm.h');
  }
  return member.read(viewOf(octets), 0);
}

/** Members of a structure that are left out are zero. */
export function encode<T>(member: Member<T>, value: T | Partial<T>): Uint8Array {
  const out = new Uint8Array(member.size);
  member.write(viewOf(out), 0, value as T);
  return out;
}

/** One after the other, as `XFRMA_TMPL` has them. Throws `WireError` `WIRE_OPTION_LENGTH` when octets are left. */
export function decodeArray<T>(member: Member<T>, octets: Uint8Array): T[] {
  const { size } = member;
  if (octets.length % size !== 0) {
    const detail = `need a multiple of ${size} octets, came ${octets.length}`;
    throw new WireError('WIRE_OPTION_LENGTH', 0, detail, 'linux/xfrm.h');
  }
  const view = viewOf(octets);
  return Array.from({ length: octets.length / size }, (_, i) => member.read(view, i * size));
}

export function encodeArray<T>(member: Member<T>, values: readonly (T | Partial<T>)[]): Uint8Array {
  const { size } = member;
  const out = new Uint8Array(size * values.length);
  for (const [i, value] of values.entries()) member.write(viewOf(out), i * size, value as T);
  return out;
}

export const u8: Member<number> = {
  size: 1,
  read: (view, at) => view.getUint8(at),
  write: (view, at, value) => view.setUint8(at, value),
};
export const u16: Member<number> = {
  size: 2,
  read: (view, at) => view.getUint16(at, LITTLE),
  write: (view, at, value) => view.setUint16(at, value, LITTLE),
};
export const u32: Member<number> = {
  size: 4,
  read: (view, at) => view.getUint32(at, LITTLE),
  write: (view, at, value) => view.setUint32(at, value, LITTLE),
};
export const be16: Member<number> = {
  size: 2,
  read: (view, at) => view.getUint16(at),
  write: (view, at, value) => view.setUint16(at, value),
};
export const be32: Member<number> = {
  size: 4,
  read: (view, at) => view.getUint32(at),
  write: (view, at, value) => view.setUint32(at, value),
};
/** All ones (`XFRM_INF`) is Infinity; other numbers above 2^53 are the nearest one that can be said. */
export const u64: Member<number> = {
  size: 8,
  read: (view, at) => {
    const value = view.getBigUint64(at, LITTLE);
    return value === ALL_ONES ? Infinity : Number(value);
  },
  write: (view, at, value) =>
    view.setBigUint64(at, value >= 2 ** 64 ? ALL_ONES : BigInt(value), LITTLE),
};

/** A fixed number of octets, as a view; fewer are padded with zeros at the end. */
export const octets = (size: number): Member<Uint8Array> => ({
  size,
  read: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size),
  write: (view, at, value) => new Uint8Array(view.buffer, view.byteOffset + at, size).set(value),
});

const ALL_ONES = 0xffff_ffff_ffff_ffffn;

const viewOf = (octets: Uint8Array): DataView =>
  new DataView(octets.buffer, octets.byteOffset, octets.length);
