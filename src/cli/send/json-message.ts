/** `--json-message`: a message as `decode --json` prints it, or a whole packet. */
import { UsageError } from '../../base/error.js';
import type { MessageEntry } from '../../diagnostics/craft/catalogue.js';
import { encodeLayers } from '../../diagnostics/layers/encode-layers.js';
import { arrayOf, isObject, objectOf, type JsonObject } from '../../diagnostics/layers/json.js';
import { findMessage } from './names.js';

export type JsonMessage =
  | { readonly kind: 'packet'; readonly octets: Uint8Array }
  | {
      readonly kind: 'message';
      readonly entry: MessageEntry;
      readonly fields: JsonObject;
      readonly options: readonly JsonObject[];
    };

/**
 * Layers as `encode` takes them: from an IP header on they are sent as they are; a Mobility Header or an ICMPv6 message
 * alone goes where the flags say. Fields alone will do, and so does what `send --json` printed. Throws `UsageError`:
 * `SEND_JSON`, `ENCODE_…`, `SEND_MESSAGE`.
 */
export function readJsonMessage(text: string): JsonMessage {
  const layers = layersOf(parse(text));
  const first = layers.findIndex(({ layer }) => !LINK_LAYERS.has(String(layer)));
  const packet = layers.slice(Math.max(first, 0)).filter(({ layer }) => layer !== 'trailer');
  const [outer] = packet;
  if (outer?.['layer'] === 'ipv6' || outer?.['layer'] === 'ipv4') {
    return { kind: 'packet', octets: encodeLayers(packet) };
  }
  if (packet.length !== 1 || !MESSAGES.has(String(outer?.['layer']))) {
    throw new UsageError(
      'SEND_JSON',
      'The JSON is neither a packet from its IP header on nor one message (layer mh or icmpv6).',
    );
  }
  const { type, options, ...fields } = objectOf(outer!['fields'], 'fields');
  return {
    kind: 'message',
    entry: entryOf(String(outer!['layer']), type),
    fields,
    options: arrayOf(options ?? [], 'fields.options').map((o, i) =>
      objectOf(o, `fields.options[${i}]`),
    ),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw new UsageError('SEND_JSON', `--json-message is no JSON: ${why}.`);
  }
}

function layersOf(given: unknown): JsonObject[] {
  const json = isObject(given) && isObject(given['request']) ? given['request'] : given;
  const list = Array.isArray(json)
    ? (json as unknown[])
    : isObject(json) && json['layers'] !== undefined
      ? arrayOf(json['layers'], 'layers')
      : [json];
  return list.map((value, i) => {
    const layer = objectOf(value, `layers[${i}]`);
    return layer['layer'] === undefined && layer['fields'] === undefined
      ? { layer: guess(layer), fields: layer }
      : layer;
  });
}

/** Fields alone: their type tells the layer. */
const guess = ({ type }: JsonObject): string => findMessage(textOf(type)).layer;

function entryOf(layer: string, type: unknown): MessageEntry {
  const text = textOf(type);
  return findMessage(layer === 'mh' && /^\d+$/.test(text) ? `mh${text}` : text);
}

function textOf(type: unknown): string {
  const inner = isObject(type) ? (type['value'] ?? type['name']) : type;
  if (typeof inner === 'number' || typeof inner === 'string') return String(inner);
  throw new UsageError('SEND_JSON', 'type: expected a number or the name of a message.');
}

const LINK_LAYERS: ReadonlySet<string> = new Set(['ethernet', 'vlan', 'sll', 'sll2']);
const MESSAGES: ReadonlySet<string> = new Set(['mh', 'icmpv6']);
