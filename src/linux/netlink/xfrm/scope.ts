/** What policies and states share: which packets, by mark, interface number and security context, they are for. */
import type { AttributeWriter } from '../attributes.js';
import { get, put, tailOf, XFRMA, type Attributes } from './attribute.js';
import type { XfrmMark } from './model.js';
import { unlessEmpty } from './present.js';

export function readMark(attributes: Attributes): XfrmMark | undefined {
  const raw = get(attributes, XFRMA.MARK);
  return raw && { value: raw.v, mask: raw.m };
}

export const writeMark = (
  mark: XfrmMark | undefined,
): { readonly v: number; readonly m: number } | undefined =>
  mark && { v: mark.value, m: mark.mask };

/** Octets of its own. */
export const readSecurityContext = (attributes: Attributes): Uint8Array | undefined =>
  unlessEmpty(Uint8Array.from(tailOf(attributes, XFRMA.SEC_CTX)));

export function writeSecurityContext(context: Uint8Array | undefined, out: AttributeWriter): void {
  if (context) put(out, XFRMA.SEC_CTX, NO_OCTETS, context);
}

const NO_OCTETS = new Uint8Array(0);
