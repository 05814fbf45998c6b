import type { Diagnosis } from '../diagnose.js';
import type { Style } from '../style.js';

/** A line for each finding, the way out under those that need one. */
export function diagnosisText({ role, ok, findings }: Diagnosis, style: Style): string {
  const width = Math.max(...findings.map((f) => f.name.length));
  const lines = findings.flatMap(({ name, state, reason, remedy }) => {
    const paint = state === 'ok' ? style.good : state === 'missing' ? style.error : style.warning;
    const head = `${paint(MARKS[state])} ${name.padEnd(width)}  ${reason}`;
    return remedy === ''
      ? [head]
      : [head, `${' '.repeat(MARK_WIDTH + width + 3)}${style.strong(remedy)}`];
  });
  const name = role === 'mn' ? 'mobile node' : 'home agent';
  const sum = ok
    ? style.good(`This host can be a ${name}.`)
    : style.error(`This host cannot be a ${name} yet.`);
  return [...lines, sum].join('\n');
}

const MARK_WIDTH = 7;
const MARKS = { ok: 'ok     ', missing: 'missing', hint: 'hint   ' } as const;
