/** `help`, and `help COMMAND`. */
import { UsageError } from '../../../base/error.js';
import { didYouMean } from '../../../daemon/config/suggest.js';
import { pairs } from '../../render/pairs.js';
import type { Session } from '../session.js';
import { expanded, type Builtin } from './builtin.js';

const USAGE = 'help [COMMAND]';

export const help: Builtin = {
  usage: USAGE,
  summary: 'this; or all about a command',
  async run(session, call) {
    const words = expanded(session, call, USAGE);
    if (words.length === 0) return { text: overview(session) };
    const builtin = words.length === 1 ? session.builtins[words[0]!] : undefined;
    if (builtin) return { text: `${builtin.usage}\n  ${builtin.summary}` };
    const { catalogue } = session;
    const known = catalogue.find(words)?.words.length === words.length || catalogue.topic(words);
    if (!known) {
      const names = [
        ...Object.keys(session.builtins),
        ...[...catalogue.commands, ...catalogue.topics].map((c) => c.words.join(' ')),
      ];
      const typed = words.join(' ');
      const hint = didYouMean(typed, names) || '"help" lists what there is.';
      throw new UsageError('USAGE', `There is no command ${typed}.`, hint);
    }
    await session.commands.showHelp(words);
    return {};
  },
};

function overview(session: Session): string {
  const { catalogue, style } = session;
  const builtins = Object.values(session.builtins).map((b) => [b.usage, b.summary] as const);
  const commands = catalogue.commands.map((c) => [c.words.join(' '), c.summary] as const);
  return [
    style.heading('Commands, as in the shell; "help COMMAND" or "COMMAND --help" has more'),
    indented(pairs(commands, style)),
    style.heading('Of the REPL'),
    indented(pairs(builtins, style)),
    style.heading('With every command'),
    indented(pairs(FORMS, style)),
  ].join('\n');
}

const indented = (text: string): string => text.replace(/^/gm, '  ');

const FORMS = [
  ['COMMAND | .entries[0].careOf', 'part of its answer; [-1] is the last, .length how many'],
  ['NAME = COMMAND | .path', 'a variable for it; $NAME or ${NAME.path} stands for it in a word'],
  ['\'…\' "…" \\', 'keep blanks, "|" and "#" in a word; "$" works only in double quotes'],
  ['# …', 'a comment'],
] as const;
