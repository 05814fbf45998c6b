import type { Style } from '../style.js';

/** `name  value` lines, values aligned; several values go under each other. Empty values are left out. */
export function pairs(
  rows: readonly (readonly [name: string, value: string | readonly string[]])[],
  style: Style,
): string {
  const shown = rows.filter(([, value]) => value.length > 0);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  const lines: string[] = [];
  for (const [name, value] of shown) {
    const values = typeof value === 'string' ? [value] : value;
    for (const [i, line] of values.entries()) {
      const label = (i === 0 ? name : '').padEnd(width);
      lines.push(`${i === 0 ? style.dim(label) : label}  ${line}`);
    }
  }
  return lines.join('\n');
}
