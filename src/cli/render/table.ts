/** Rows under headings; where the terminal is too narrow for them, one block of lines for each row. */
import type { Style } from '../style.js';
import { pairs } from './pairs.js';

export interface Column<R> {
  readonly head: string;
  readonly cell: (row: R) => string;
  /** Left out when every cell of it is empty. */
  readonly optional?: boolean;
}

export async function table<R>(
  columns: readonly Column<R>[],
  rows: readonly R[],
  style: Style,
): Promise<string> {
  const cells = rows.map((row) => columns.map((c) => c.cell(row)));
  const shown = columns.flatMap((c, i) =>
    c.optional && cells.every((row) => row[i] === '') ? [] : [i],
  );
  const heads = shown.map((i) => columns[i]!.head);
  const body = cells.map((row) => shown.map((i) => row[i]!));
  const widths = heads.map((head, i) =>
    body.reduce((w, row) => Math.max(w, visible(row[i]!)), head.length),
  );
  const width = widths.reduce((sum, w) => sum + w, 0) + GAP * (widths.length - 1);
  if (width > style.width) {
    return body
      .map((row) =>
        pairs(
          row.map((cell, i) => [heads[i]!.toLowerCase(), cell]),
          style,
        ),
      )
      .join('\n\n');
  }
  const { default: Table } = await import('cli-table3');
  const drawn = new Table({
    head: heads.map(style.heading),
    chars: BORDERLESS,
    style: PLAIN,
    wordWrap: false,
  });
  drawn.push(...body);
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Columns that painted text takes: its escape sequences take none. */
const visible = (text: string): number => text.replace(/\u001b\[[0-9;]*m/g, '').length;

/** Said under a list that is not all there is. */
export function shortfall(list: {
  readonly entries: readonly unknown[];
  readonly total: number;
}): string {
  if (list.entries.length === list.total) return '';
  return `\n${list.entries.length} of ${list.total}; --limit shows more.`;
}

const GAP = 2; // columns between columns
const PLAIN = { 'padding-left': 0, 'padding-right': 0, head: [], border: [] };
const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(GAP),
};
