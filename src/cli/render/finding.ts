import type { Finding } from '../../daemon/config/finding.js';
import type { Style } from '../style.js';

/** A line for each, as compilers write them, and the sum. */
export function findingsText(file: string, findings: readonly Finding[], style: Style): string {
  if (findings.length === 0) return `${file}: ${style.good('no fault found')}`;
  const lines = findings.map((f) => {
    const paint = f.severity === 'error' ? style.error : style.warning;
    return `${f.at.file}:${f.at.line}:${f.at.column}: ${paint(`${f.severity}:`)} ${f.message}`;
  });
  const errors = findings.filter((f) => f.severity === 'error').length;
  return [
    ...lines,
    `${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}`,
  ].join('\n');
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
