/** `set` and `unset`: variables, flags for every command, and whether a script stops at a failure. */
import { UsageError } from '../../../base/error.js';
import { pairs } from '../../render/pairs.js';
import type { Session } from '../session.js';
import { NAME } from '../statement.js';
import { isBare, literal } from '../tokens.js';
import { valueText } from '../value.js';
import { expanded, flagName, misused, type Answer, type Builtin, type Call } from './builtin.js';

const SET = 'set NAME = VALUE, set --FLAG [VALUE], set -e, or set alone';
const UNSET = 'unset NAME or unset --FLAG';

export const set: Builtin = {
  usage: 'set [NAME = VALUE | --FLAG [VALUE] | -e | +e]',
  summary:
    'a variable; a flag for every command that has it; -e: scripts stop at a failure; alone: all',
  run(session, call) {
    const [first, second] = call.words;
    if (first === undefined) return listed(session);
    if (isBare(first, '-e') || isBare(first, '+e')) {
      expanded(session, call, SET, 1, 1);
      session.stopAtFailure = isBare(first, '-e');
      return {};
    }
    const flag = flagName(first);
    if (flag !== undefined) return setFlag(session, call, flag);
    const name = literal(first);
    if (name === undefined || !isBare(second, '=')) throw misused(SET);
    if (!NAME.test(name)) {
      const way = 'Letters, digits and "_", not beginning with a digit.';
      throw new UsageError('REPL_VARIABLE', `"${name}" is no name for a variable.`, way);
    }
    const value = expanded(session, { words: call.words.slice(2) }, SET).join(' ');
    session.variables.set(name, value);
    return {};
  },
};

export const unset: Builtin = {
  usage: 'unset NAME|--FLAG',
  summary: 'take back what "set" has set',
  run(session, call) {
    const [word] = expanded(session, call, UNSET, 1, 1);
    const flag = flagName(call.words[0]);
    if (flag === undefined) session.variables.unset(word!);
    else session.defaults.unset(flag);
    return {};
  },
};

/** `--limit 5` and `--limit=5` are the same. */
function setFlag(session: Session, call: Call, name: string): Answer {
  const [first, ...rest] = expanded(session, call, SET, 1, 2);
  const equals = first!.indexOf('=');
  if (equals >= 0 && rest.length > 0) throw misused(SET);
  session.defaults.set(name, equals >= 0 ? first!.slice(equals + 1) : rest[0]);
  return {};
}

function listed(session: Session): Answer {
  const { variables, defaults, stopAtFailure } = session;
  const flags = Object.fromEntries(defaults.entries.map(([name, value]) => [name, value ?? true]));
  const values = Object.fromEntries(variables.names.map((name) => [name, variables.get(name)]));
  const rows = [
    ...variables.names.map(
      (name) => [name, brief(valueText(variables.get(name), 'line'))] as const,
    ),
    ...defaults.entries.map(([name, value]) => [`--${name}`, value ?? 'on'] as const),
    ...(stopAtFailure ? ([['-e', 'on']] as const) : []),
  ];
  return {
    text: pairs(rows, session.style) || 'Nothing is set.',
    value: { variables: values, flags, stopAtFailure },
  };
}

const brief = (text: string): string =>
  text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;

const MAX_SHOWN = 120; // characters of a value in the list
