/** A JSON value as text: what a selection prints, and what a variable becomes in a word. */

/** Strings as they are, the rest as JSON: on one line, or laid out. */
export function valueText(value: unknown, layout: 'line' | 'lines'): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, null, layout === 'lines' ? 2 : 0) ?? 'null';
}
