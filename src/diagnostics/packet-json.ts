/** A decoded packet as JSON: addresses as they are, octets in hexadecimal, padding left out, secrets not told. */
import { toHex } from '../base/bytes.js';
import type { Layer } from './decode-packet.js';
import { summarize } from './describe.js';

export interface PacketJson {
  readonly class: string;
  readonly source: string | null;
  readonly destination: string | null;
  readonly wrapped: readonly string[];
  readonly text: string;
  readonly layers: readonly unknown[];
}

export function packetJson(layers: readonly Layer[]): PacketJson {
  const { class: kind, source, destination, wrapped, text } = summarize(layers);
  return { class: kind, source, destination, wrapped, text, layers: layers.map((l) => plain(l)) };
}

function plain(value: unknown, key = ''): unknown {
  // RFC 6275 §5.2.5: who has both tokens can bind the home address.
  if (key === 'token' || key === 'authenticator') return 'not shown';
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.filter((v) => !isPadding(v)).map((v) => plain(v));
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    // What is inside stands in the next layer; its octets would only say it again.
    if (name === 'payload') out['payloadLength'] = (inner as Uint8Array).length;
    else out[name] = plain(inner, name);
  }
  return out;
}

const isPadding = (value: unknown): boolean => {
  const kind = (value as { kind?: unknown } | null)?.kind;
  return kind === 'pad1' || kind === 'padN';
};
