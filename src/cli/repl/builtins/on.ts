/** `on EVENT do COMMAND` and `off`. */
import { pairs } from '../../render/pairs.js';
import { UsageError } from '../../../base/error.js';
import { parsePattern, patternText } from '../event-pattern.js';
import type { Reaction } from '../reactions.js';
import { isBare } from '../tokens.js';
import { parseStatement } from '../statement.js';
import { expanded, misused, type Builtin } from './builtin.js';

const ON = 'on [EVENT [where FIELD=VALUE …] do COMMAND]';
const OFF = 'off NUMBER|EVENT';

export const on: Builtin = {
  usage: ON,
  summary: 'do something whenever an event comes, which is $event then; alone: what is set up',
  async run(session, { words, line }) {
    if (words.length === 0) return listed(session.reactions.all, session.style);
    const at = words.findIndex((word) => isBare(word, 'do'));
    const command = at < 0 ? '' : line.slice(words[at]!.end).trim();
    if (command === '') throw misused(ON);
    const { pattern, rest } = parsePattern(expanded(session, { words: words.slice(0, at) }, ON));
    if (rest.length > 0)
      throw new UsageError('USAGE', `"${rest[0]}" does not fit there.`, `It is ${ON}.`);
    // Faults of the line show now, not when the event comes.
    parseStatement(command);
    const { current } = session.daemons;
    await current.client();
    const reaction = session.reactions.add(pattern, command, current);
    return { value: shown(reaction) };
  },
};

export const off: Builtin = {
  usage: OFF,
  summary: 'take back what "on" has set up',
  run(session, call) {
    const [which] = expanded(session, call, OFF, 1, 1);
    return { value: session.reactions.remove(which!).map(shown) };
  },
};

function listed(
  reactions: readonly Reaction[],
  style: Parameters<typeof pairs>[1],
): { text: string; value: unknown } {
  const rows = reactions.map((r) => [String(r.number), text(r)] as const);
  return { text: pairs(rows, style) || 'Nothing is set up.', value: reactions.map(shown) };
}

const text = (r: Reaction): string => `on ${patternText(r.pattern)} do ${r.command}`;

const shown = (r: Reaction): object => ({
  number: r.number,
  event: r.pattern.code,
  where: Object.fromEntries(r.pattern.fields),
  command: r.command,
});
