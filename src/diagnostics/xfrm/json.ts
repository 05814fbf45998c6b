/** An XFRM object as JSON has it: prefixes as text, octets in hexadecimal. Keys are not in what the kernel tells. */
import { formatPrefix, type Prefix } from '../../base/address.js';
import { toHex } from '../../base/bytes.js';
import type { XfrmPolicy, XfrmState } from '../../linux/netlink/xfrm/model.js';

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [k: string]: Json };

export const xfrmJson = (object: XfrmPolicy | XfrmState): { readonly [k: string]: Json } =>
  toJson(object) as { readonly [k: string]: Json };

function toJson(value: unknown): Json {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value as Json;
  if (isPrefix(value)) return formatPrefix(value);
  const entries = Object.entries(value).filter(([name, v]) => name !== 'key' && v !== undefined);
  return Object.fromEntries(entries.map(([name, v]) => [name, toJson(v)]));
}

const isPrefix = (value: object): value is Prefix =>
  'address' in value && 'length' in value && Object.keys(value).length === 2;
