/** Decoded layers as an indented text, each with the octets that it takes. */
import type { Decoded, DecodedLayer, Fields, Issue } from './layers/model.js';

type Paint = (text: string) => string;
export interface TreePaints {
  readonly strong: Paint;
  readonly dim: Paint;
  readonly warning: Paint;
  readonly error: Paint;
}

export function treeText(decoded: Decoded, paints: TreePaints = PLAIN): string {
  const lines = decoded.layers.flatMap((layer) => layerLines(layer, paints));
  if (decoded.issues.length > 0) lines.push('', ...decoded.issues.map((i) => issueLine(i, paints)));
  return lines.join('\n');
}

/** `mh-checksum at octet 84 (mh): Mobility Header checksum [RFC 6275 §9.2]` */
export function issueLine(issue: Issue, paints: TreePaints = PLAIN): string {
  const paint = issue.effect === 'note' ? paints.warning : paints.error;
  const head = `${issue.effect === 'note' ? 'note' : 'refused'} ${issue.code}`;
  return `${paint(head)} at octet ${issue.offset} (${issue.layer}): ${issue.sentence} ${paints.dim(`[${issue.clause}]`)}`;
}

function layerLines(layer: DecodedLayer, paints: TreePaints): string[] {
  const { fields, offset, length } = layer;
  const notes = [
    titleOf(layer),
    layer.quoted ? 'quoted' : '',
    layer.octets === undefined ? '' : 'not all of it could be read',
  ].filter(Boolean);
  const head = `${range(offset, length)}${paints.strong(layer.layer)}${notes.length > 0 ? `  ${notes.join(', ')}` : ''}`;
  const unit = layer.layer === 'icmpv6' ? 'eights' : 'octets';
  const lines = [head, ...fieldLines(fields, COLUMN, paints, unit)];
  if (layer.octets !== undefined)
    lines.push(`${COLUMN}${paints.dim('octets')} ${octetsText(layer.octets)}`);
  return lines;
}

/** What the layer is about, where one of its fields says. */
function titleOf({ layer, fields }: DecodedLayer): string {
  if (layer === 'mh' || layer === 'icmpv6' || layer === 'icmp') return named(fields['type']) ?? '';
  if (layer === 'data') return typeof fields['protocol'] === 'string' ? fields['protocol'] : '';
  return '';
}

function fieldLines(fields: Fields, indent: string, paints: TreePaints, unit: Unit): string[] {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (Array.isArray(value) && value.some(isObject)) {
      lines.push(`${indent}${paints.dim(name)}`);
      for (const item of value) {
        lines.push(
          ...(isObject(item)
            ? optionLines(item, `${indent}  `, paints, unit)
            : [`${indent}  ${fieldText(name, item)}`]),
        );
      }
    } else lines.push(`${indent}${paints.dim(name)} ${fieldText(name, value)}`);
  }
  return lines;
}

/** An option in one line while it fits: `64-65   PadN`. */
function optionLines(option: Fields, indent: string, paints: TreePaints, unit: Unit): string[] {
  const { type, offset, length, ...fields } = option;
  const title = typeof option['kind'] === 'string' ? option['kind'] : (named(type) ?? '');
  const value = (type as { value?: number } | undefined)?.value;
  const where =
    typeof offset === 'number'
      ? range(offset, typeof length === 'number' ? sizeOf(length, unit) : 1)
      : '';
  const head = `${indent}${where}${title}${value === undefined ? '' : paints.dim(` ${value}`)}`;
  const nested = Object.values(fields).some(
    (v) => (isObject(v) && !isNamed(v)) || (Array.isArray(v) && v.some(isObject)),
  );
  if (nested)
    return [head, ...fieldLines(fields, `${indent}${' '.repeat(where.length)}  `, paints, unit)];
  const text = Object.entries(fields)
    .filter(([name]) => name !== 'kind')
    .map(([name, v]) => `${paints.dim(name)} ${fieldText(name, v)}`)
    .join('  ');
  return [text === '' ? head : `${head}  ${text}`];
}

/** Option Length counts octets of data, that of neighbour discovery 8 octets of the whole. RFC 4861 §4.6 */
type Unit = 'octets' | 'eights';
const sizeOf = (length: number, unit: Unit): number =>
  unit === 'eights' ? 8 * length : length + 2;

function fieldText(name: string, value: unknown): string {
  if (typeof value === 'number') return HEXADECIMAL.has(name) ? hex(value) : String(value);
  if (typeof value === 'string') return value.startsWith('0x') ? octetsText(value) : value;
  if (Array.isArray(value)) return value.map((v) => fieldText(name, v)).join(', ') || 'none';
  if (!isObject(value)) return String(value);
  if (typeof value['letters'] === 'string') {
    const names = (value['names'] as readonly string[]).join(', ');
    const number = hex(value['value'] as number);
    return value['letters'] === ''
      ? `none (${number})`
      : `${value['letters']} (${names}; ${number})`;
  }
  if (isNamed(value)) return `${String(value['value'])} ${String(value['name'])}`;
  return Object.entries(value)
    .map(([key, inner]) => `${key} ${fieldText(key, inner)}`)
    .join('  ');
}

/** `0x…`, shortened where it is long, and as text where it is text. */
function octetsText(text: string): string {
  const count = (text.length - 2) / 2;
  if (count === 0) return 'none';
  const shown = count > MAX_SHOWN ? `${text.slice(0, 2 + 2 * MAX_SHOWN)}… (${count} octets)` : text;
  const ascii = asciiOf(text);
  return ascii === undefined ? shown : `${shown} "${ascii}"`;
}

function asciiOf(text: string): string | undefined {
  let out = '';
  for (let at = 2; at < text.length; at += 2) {
    const code = Number.parseInt(text.slice(at, at + 2), 16);
    if (code < 0x20 || code > 0x7e || out.length >= MAX_SHOWN) return undefined;
    out += String.fromCharCode(code);
  }
  return out.length >= 3 ? out : undefined;
}

/** `64-95   `: first and last octet. */
function range(offset: number, length: number): string {
  const text = length <= 1 ? `${offset}` : `${offset}-${offset + length - 1}`;
  return `${text.padEnd(COLUMN.length - 2)}  `;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNamed = (value: unknown): value is { value: number; name: string } =>
  isObject(value) && typeof value['value'] === 'number';
const named = (value: unknown): string | undefined =>
  isNamed(value) && value.name !== undefined ? value.name : undefined;
const hex = (value: number): string => `0x${value.toString(16)}`;

const COLUMN = ' '.repeat(10);
const MAX_SHOWN = 64; // octets of one field
const HEXADECIMAL: ReadonlySet<string> = new Set([
  'checksum',
  'spi',
  'flowLabel',
  'identification',
  'cookie',
  'xid',
  'key',
]);
const same: Paint = (text) => text;
const PLAIN: TreePaints = { strong: same, dim: same, warning: same, error: same };
