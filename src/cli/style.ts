/** Colours by meaning, and the width there is. `chalk` is loaded only where colours will be seen. */
import type { Severity } from '../core/event.js';

export type Paint = (text: string) => string;

export interface Style {
  readonly heading: Paint;
  readonly strong: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly warning: Paint;
  readonly error: Paint;
  readonly severity: (severity: Severity) => Paint;
  /** columns */
  readonly width: number;
  readonly colour: boolean;
}

/**
 * https://no-color.org: present and not empty means no colour, whatever the value. FORCE_COLOR likewise, but for 0,
 * means colour where there is no terminal.
 */
export async function styleFor(stream: NodeJS.WriteStream): Promise<Style> {
  const width = columns(stream);
  const refused = process.env['NO_COLOR'] !== undefined && process.env['NO_COLOR'] !== '';
  const wanted = /^[^0]/.test(process.env['FORCE_COLOR'] ?? '');
  const able = stream.isTTY && process.env['TERM'] !== 'dumb';
  if (refused || !(able || wanted)) return { ...plain, width };
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    heading: (text) => chalk.bold(text),
    strong: (text) => chalk.bold(text),
    dim: (text) => chalk.dim(text),
    good: (text) => chalk.green(text),
    warning: (text) => chalk.yellow(text),
    error: (text) => chalk.red(text),
    severity: (severity) => {
      if (severity === 'error') return (text) => chalk.red(text);
      if (severity === 'warning') return (text) => chalk.yellow(text);
      if (severity === 'notice') return (text) => chalk.bold(text);
      return severity === 'debug' ? (text) => chalk.dim(text) : same;
    },
    width,
    colour: true,
  };
}

/** A file or a pipe has no width: nothing is cut there. */
function columns(stream: NodeJS.WriteStream): number {
  if (!stream.isTTY) return Number.MAX_SAFE_INTEGER;
  return stream.columns > 0 ? stream.columns : DEFAULT_COLUMNS;
}

const same: Paint = (text) => text;
const DEFAULT_COLUMNS = 80;

export const plain: Style = {
  heading: same,
  strong: same,
  dim: same,
  good: same,
  warning: same,
  error: same,
  severity: () => same,
  width: Number.MAX_SAFE_INTEGER,
  colour: false,
};
