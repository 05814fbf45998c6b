/** Tokens and authenticators are not told, wherever a packet is shown: RFC 6275 §5.2.5, who has both tokens can bind. */
import { isObject } from '../layers/json.js';
import type { Decoded, DecodedLayer } from '../layers/model.js';

export interface Concealed {
  readonly decoded: Decoded;
  /** Something was left out: the octets must not be shown either. */
  readonly hidden: boolean;
}

export function conceal(decoded: Decoded): Concealed {
  const layers = decoded.layers.map(plainLayer);
  const hidden = layers.some((layer, i) => layer !== decoded.layers[i]);
  return hidden ? { decoded: { ...decoded, layers }, hidden } : { decoded, hidden };
}

/** The same object where nothing is secret. */
function plainLayer(layer: DecodedLayer): DecodedLayer {
  const { value, hidden } = plain(layer.fields);
  // Octets of what is cut or bent may hold what the fields no longer say.
  const raw =
    layer.octets !== undefined && MESSAGES.has(layer.layer) && (hidden || hasToken(layer));
  if (!hidden && !raw) return layer;
  return {
    ...layer,
    fields: value as DecodedLayer['fields'],
    ...(raw ? { octets: NOT_SHOWN } : {}),
  };
}

function plain(value: unknown): { value: unknown; hidden: boolean } {
  if (Array.isArray(value)) {
    const items = value.map(plain);
    return { value: items.map((item) => item.value), hidden: items.some((item) => item.hidden) };
  }
  if (!isObject(value)) return { value, hidden: false };
  let hidden = false;
  const out: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (SECRET.has(key) && typeof inner === 'string') {
      out[key] = NOT_SHOWN;
      hidden = true;
      continue;
    }
    const shown = plain(inner);
    out[key] = shown.value;
    hidden ||= shown.hidden;
  }
  return { value: out, hidden };
}

const hasToken = ({ fields }: DecodedLayer): boolean =>
  isObject(fields['type']) && TOKEN_TYPES.has(fields['type']['value'] as number);

export const NOT_SHOWN = 'not shown';
const SECRET: ReadonlySet<string> = new Set(['token', 'authenticator']);
const MESSAGES: ReadonlySet<string> = new Set(['mh']);
const TOKEN_TYPES: ReadonlySet<number> = new Set([3, 4]); // Home Test, Care-of Test
