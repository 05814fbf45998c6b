/** All of them, by the word that calls them. A command of that name would be hidden: a test sees that there is none. */
import type { Builtin } from './builtin.js';
import { expectEvent } from './expect.js';
import { help } from './help.js';
import { off, on } from './on.js';
import { echo, exit } from './plain.js';
import { record, run, stop } from './scripts.js';
import { set, unset } from './settings.js';
import { use } from './use.js';

export const BUILTINS: Readonly<Record<string, Builtin>> = Object.freeze({
  // No prototype: a word such as "constructor" must not be found in it.
  __proto__: null as never,
  expect: expectEvent,
  on,
  off,
  set,
  unset,
  use,
  record,
  stop,
  run,
  echo,
  help,
  exit,
  quit: { ...exit, usage: 'quit', summary: 'the same as exit' },
});
