/** `echo`, `exit` and `quit`. */
import { UsageError } from '../../../base/error.js';
import { expanded, type Builtin } from './builtin.js';

export const echo: Builtin = {
  usage: 'echo WORD…',
  summary: 'print words, with the variables in them',
  run(session, call) {
    const text = expanded(session, call, 'echo WORD…').join(' ');
    return { text, value: text };
  },
};

const EXIT_USAGE = 'exit [CODE]';

export const exit: Builtin = {
  usage: EXIT_USAGE,
  summary: 'leave the REPL; in a script with the code of the last failure',
  run(session, call) {
    const [text] = expanded(session, call, EXIT_USAGE, 0, 1);
    const code = text === undefined ? undefined : Number(text);
    if (code !== undefined && !(Number.isInteger(code) && code >= 0 && code <= MAX_EXIT))
      throw new UsageError('USAGE', `"${text}" is no exit code.`, `It is 0 to ${MAX_EXIT}.`);
    session.end(code);
    return {};
  },
};

const MAX_EXIT = 255;
