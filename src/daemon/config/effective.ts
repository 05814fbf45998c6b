/**
 * Every directive that a configuration's role knows, with the value that is in force: what stands in the file, or the
 * default of the schema.
 */
import { Findings, type Finding, type Position } from './finding.js';
import { parseFile, type Sources, type Statement } from './parser.js';
import { DIRECTIVES, type ConfigRole, type Directive, type Scope } from './schema.js';
import { writeValue } from './write.js';

export interface EffectiveDirective {
  readonly name: string;
  /** As it would be written; null: none, and there is no default. Of a block, its label in quotes. */
  readonly value: string | null;
  readonly from: 'file' | 'default';
  /** Null where the file does not say it. */
  readonly at: Position | null;
  readonly sentence: string;
  /** What a block holds. */
  readonly inner?: readonly EffectiveDirective[];
}

export interface EffectiveConfig {
  readonly role: ConfigRole;
  /** In the order of the schema; those that may repeat, in the order of the file. */
  readonly directives: readonly EffectiveDirective[];
  readonly findings: readonly Finding[];
}

/** Never throws for what stands in the file; what is wrong with it is in `findings`, and left out. */
export function effectiveConfig(file: string, sources: Sources): EffectiveConfig {
  const findings = new Findings();
  const statements = parseFile(file, sources, findings);
  const node = statements.filter((s) => s.name === 'NodeConfig').at(-1)?.value;
  const role = node?.kind === 'text' ? (node.value as ConfigRole) : 'CN';
  return { role, directives: inScope('top', statements, role), findings: findings.list };
}

function inScope(
  scope: Scope,
  statements: readonly Statement[],
  role: ConfigRole,
): EffectiveDirective[] {
  return DIRECTIVES.filter((d) => d.scope === scope).flatMap((row) => {
    const said = inForce(statements, row);
    if (said.length > 0) return said.map((statement) => fromFile(row, statement, role));
    const known = row.status === 'supported' && row.roles.includes(role);
    return known && row.form.kind !== 'block' ? [fromDefault(row)] : [];
  });
}

/** A scalar that repeats: the last one. A block that repeats: the last one of its label. */
function inForce(statements: readonly Statement[], row: Directive): Statement[] {
  const all = statements.filter((s) => s.name === row.name);
  if (row.name === 'Interface') {
    const label = ({ value }: Statement) => (value.kind === 'block' ? value.label : '');
    return [...new Map(all.map((s) => [label(s), s])).values()];
  }
  return row.repeats ? all : all.slice(-1);
}

function fromFile(row: Directive, { value, at }: Statement, role: ConfigRole): EffectiveDirective {
  const { name, form, sentence } = row;
  const own = { name, value: writeValue(value, form), from: 'file', at, sentence } as const;
  if (value.kind !== 'block' || form.kind !== 'block') return own;
  return { ...own, inner: inScope(form.scope, value.statements, role) };
}

const fromDefault = (row: Directive): EffectiveDirective => ({
  name: row.name,
  value: row.default ?? null,
  from: 'default',
  at: null,
  sentence: row.sentence,
});
