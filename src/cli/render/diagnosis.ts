import type { DatapathForecast, Diagnosis, DiagnosisFinding } from '../diagnose.js';
import type { Style } from '../style.js';

/** A line for each finding, the way out under those that need one; then which datapath there will be. */
export function diagnosisText(diagnosis: Diagnosis, style: Style): string {
  const { role, ok, findings, datapath } = diagnosis;
  const width = Math.max(...findings.map((f) => f.name.length));
  const lines = findings.flatMap((finding, i) => {
    const head = findingLine(finding, width, style);
    // Said once for those that follow one another.
    const { remedy } = finding;
    if (remedy === '' || findings[i + 1]?.remedy === remedy) return [head];
    return [head, `${' '.repeat(MARK_WIDTH + width + 3)}${style.strong(remedy)}`];
  });
  const sum = ok
    ? style.good(`This host can be a ${ROLES[role]}.`)
    : style.error(`This host cannot be a ${ROLES[role]} yet.`);
  return [...lines, ...forecastLines(datapath, style), sum].join('\n');
}

function findingLine(finding: DiagnosisFinding, width: number, style: Style): string {
  const { name, state, reason, purpose } = finding;
  const paint = state === 'ok' ? style.good : state === 'missing' ? style.error : style.warning;
  const words = [purpose, reason].filter(Boolean).join(' ');
  return `${paint(MARKS[state])} ${name.padEnd(width)}  ${words}`;
}

/** Roles of which the same is to be said share it. */
function forecastLines(all: readonly DatapathForecast[], style: Style): string[] {
  const said = ({ words, why, costs }: DatapathForecast) => [words, why, ...costs].join('\n');
  return [...new Set(all.map(said))].flatMap((text) => {
    const same = all.filter((forecast) => said(forecast) === text);
    const { words, why, costs } = same[0]!;
    const roles = same.map(({ role }) => `a ${ROLES[role]}`).join(' and of ');
    const verdict = /[.!?]$/.test(words) ? words : `${words}.`;
    return [
      `${style.strong(`Datapath of ${roles}:`)} ${verdict} ${why}`,
      ...costs.map((cost) => `  ${cost}`),
    ];
  });
}

const ROLES = { mn: 'mobile node', ha: 'home agent' } as const;
const MARK_WIDTH = 7;
const MARKS = { ok: 'ok     ', missing: 'missing', hint: 'hint   ' } as const;
