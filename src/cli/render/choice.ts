/** A choice of care-of address for people: what would be, a row for each candidate, and when it may change. */
import type { CandidateView } from '../../core/view.js';
import type { ChoiceEntry } from '../../control/api.js';
import type { Style } from '../style.js';
import { duration } from './duration.js';
import { table, type Column } from './table.js';

export async function choiceText(choice: ChoiceEntry, style: Style): Promise<string> {
  const parts = [verdict(choice, style)];
  if (choice.candidates.length > 0)
    parts.push(await table(columns(style), choice.candidates, style));
  const notes = [...choice.without.map(({ link, why }) => `${link}: ${why}`), nextText(choice)];
  const shown = notes.filter((note) => note !== '');
  if (shown.length > 0) parts.push(shown.join('\n'));
  return parts.join('\n\n');
}

/** The candidates as the lines of a list that stands beside others. */
export function candidateLines({ candidates, without }: ChoiceEntry): string[] {
  return [
    ...candidates
      .filter((c) => c.verdict === 'rejected')
      .map((c) => `${c.address} on ${c.link}: ${c.why}`),
    ...without.map(({ link, why }) => `${link}: ${why}`),
  ];
}

function nextText({ next }: ChoiceEntry): string {
  return next === null ? '' : `May change in ${duration(next.in)}: ${next.why}.`;
}

function verdict(choice: ChoiceEntry, style: Style): string {
  const { homeAddress, careOf, link, reason, rule, candidates } = choice;
  if (rule === 'at-home') return style.good(`${homeAddress} would be ${reason}.`);
  if (careOf === null)
    return style.warning(`${homeAddress} would have no care-of address: ${reason}.`);
  const stays = candidates.some((c) => c.current && c.verdict === 'chosen');
  const where = `${homeAddress} would ${stays ? 'stay at' : 'move to'} ${careOf} on ${link}`;
  return style.good(`${where}: ${reason}.`);
}

const columns = (style: Style): Column<CandidateView>[] => [
  { head: 'CANDIDATE', cell: (c) => c.address },
  { head: 'LINK', cell: (c) => c.link },
  { head: 'FAMILY', cell: (c) => `IPv${c.family}` },
  { head: 'PREFERENCE', cell: (c) => String(c.preference) },
  { head: 'STATE', cell: (c) => (c.current ? `${c.state}, in use` : c.state) },
  {
    head: 'VERDICT',
    cell: (c) => (c.verdict === 'chosen' ? style.good(c.verdict) : style.dim(c.verdict)),
  },
  { head: 'WHY', cell: (c) => c.why },
];
