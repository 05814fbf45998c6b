/** A run as text for people. Lines out, nothing printed: the command decides where they go. */
import type { BcEntry, BulEntry } from '../control/api.js';
import type { CheckResult } from './check.js';
import type { Lab } from './model.js';
import type { Outage } from './outage.js';
import type { LabResult, MoveResult, Stage } from './run.js';
import type { LabTime } from './world.js';

/** Paint for what is good, bad and secondary; plain text by default. */
export interface ReportStyle {
  readonly good: (text: string) => string;
  readonly error: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
}

/** `   3.274 s`: since the world was made. */
export const clock = (at: LabTime): string => `${(at / 1000).toFixed(3).padStart(8)} s`;

/** What it is, what it shows, and by which clause. */
export function headLines(
  { name, title, purpose, clause }: Pick<Lab, 'name' | 'title' | 'purpose' | 'clause'>,
  style: ReportStyle,
): string[] {
  return [
    `${style.strong(name)}: ${title}`,
    ...(purpose === null ? [] : [`purpose: ${purpose.trim()}`]),
    ...(clause === null ? [] : [`clause: ${clause}`]),
  ];
}

export function stageLines(stage: Stage, style: ReportStyle): string[] {
  const lines: string[] = [];
  for (const { node, entries } of stage.bul) {
    lines.push(...bindings(`Binding Update List of ${node}`, BUL_HEAD, entries, bulRow, style));
  }
  for (const { node, entries } of stage.bc) {
    lines.push(...bindings(`Binding Cache of ${node}`, BC_HEAD, entries, bcRow, style));
  }
  return [...lines, ...stage.checks.map((c) => checkLine(c, style))];
}

export function resultLines(result: LabResult, style: ReportStyle): string[] {
  const lines: string[] = [];
  if (result.moves.length > 0)
    lines.push(
      '',
      style.strong('Moves'),
      ...table(MOVE_HEAD, result.moves.flatMap(moveRows), style),
    );
  for (const move of result.moves)
    if (PLUGS.has(move.kind)) lines.push('', ...phaseLines(move, style));
  const all = [...result.start.checks, ...result.moves.flatMap((m) => m.checks), ...result.checks];
  const failed = all.filter((c) => !c.passed);
  if (result.checks.length > 0)
    lines.push('', style.strong('At the end'), ...result.checks.map((c) => checkLine(c, style)));
  if (result.datapaths.length > 0) {
    const used = result.datapaths.map((d) => `${d.node} ${d.used.join(', ')}`);
    lines.push('', `${style.strong('Datapath')}: ${used.join('; ')}`);
  }
  const verdict = failed.length === 0 ? style.good('passed') : style.error('failed');
  lines.push(
    '',
    `${result.lab}: ${verdict}, ${all.length - failed.length} of ${all.length} checks hold`,
  );
  for (const c of failed) lines.push(checkLine(c, style));
  return lines;
}

export function checkLine(c: CheckResult, style: ReportStyle): string {
  const mark = c.passed ? style.good('  ok  ') : style.error('  NO  ');
  return `${mark} ${c.check}${style.dim(`: ${c.found}`)}`;
}

/** Columns as wide as their widest cell, two spaces between. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: ReportStyle,
): string[] {
  const width = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, i) => cell.padEnd(width[i]!)).join('  ')}`.trimEnd();
  return [style.dim(line(head)), ...rows.map(line)];
}

function bindings<E>(
  title: string,
  head: readonly string[],
  entries: readonly E[],
  row: (entry: E) => string[],
  style: ReportStyle,
): string[] {
  if (entries.length === 0) return [`${style.strong(title)}: empty`];
  return [style.strong(title), ...table(head, entries.map(row), style)];
}

function bulRow(e: BulEntry): string[] {
  return [
    both(e.homeAddress, e.homeAddress4),
    e.careOf ?? '-',
    e.state,
    `${e.path ?? '-'}${e.nat ? ' NAT' : ''}`,
    e.datapath ?? '-',
    String(e.sequence),
    e.expiresIn === null ? '-' : `${Math.round(e.expiresIn)} s`,
    e.reason ?? '',
  ];
}

function bcRow(e: BcEntry): string[] {
  return [
    both(e.homeAddress, e.homeAddress4),
    e.mapped ? `${e.careOf} (${e.mapped.address}:${e.mapped.port})` : e.careOf,
    e.state,
    e.path,
    e.datapath ?? '-',
    String(e.sequence),
    `${Math.round(e.expiresIn)} s`,
    e.flags,
  ];
}

const both = (six: string, four: string | null): string => (four === null ? six : `${six} ${four}`);

/** One row per series of pings; the first names the move. */
function moveRows(move: MoveResult): string[][] {
  if (move.outages.length === 0) return [[move.move, '', '', '', '', '']];
  return move.outages.map((o, i) => [i === 0 ? move.move : '', o.to, ...outageCells(o)]);
}

function outageCells(o: Outage): string[] {
  const silence = o.silence === null ? 'no end' : ms(o.silence);
  return [
    `${o.lost} of ${o.sent}`,
    ms(o.lostTime),
    silence,
    o.afterLinkUp === null ? '-' : ms(o.afterLinkUp),
  ];
}

function phaseLines(move: MoveResult, style: ReportStyle): string[] {
  if (move.phases.length === 0) return [`${style.strong(move.move)}: nothing to time`];
  const rows = move.phases.map((p) => [PHASE[p.name], ms(p.took), ms(p.at), p.sentence]);
  const waits = move.waits.map(
    (w) => `  of which the ${w.who} imposed ${ms(w.took)}: ${w.sentence} (${w.clause})`,
  );
  return [
    style.strong(move.move),
    ...table(['phase', 'took', 'at', 'ended by'], rows, style),
    ...waits.map(style.dim),
  ];
}

const ms = (n: number): string =>
  n >= 10 || n === 0 ? `${Math.round(n)} ms` : `${n.toFixed(1)} ms`;

/** What can be a handover. */
const PLUGS: ReadonlySet<MoveResult['kind']> = new Set(['move', 'alternate']);
const PHASE = {
  link: 'link up',
  router: 'router advertisement',
  lease: 'DHCP lease',
  address: 'care-of address',
  update: 'Binding Update sent',
  answer: 'acknowledged',
  packet: 'first packet',
} as const;
const BUL_HEAD = [
  'home address',
  'care-of address',
  'state',
  'path',
  'datapath',
  'seq',
  'expires',
  'why',
];
const BC_HEAD = [
  'home address',
  'care-of address',
  'state',
  'path',
  'datapath',
  'seq',
  'expires',
  'flags',
];
const MOVE_HEAD = ['move', 'pinged', 'lost', 'lost × spacing', 'silence', 'after link up'];
