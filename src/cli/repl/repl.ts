/** The command line, one process long. At a terminal it asks; otherwise standard input is a script. */
import type { Config } from '@oclif/core';
import { failureOf } from '../failure.js';
import { styleFor } from '../style.js';
import type { DaemonFlags } from '../socket-path.js';
import { complete } from './complete.js';
import { History, historyFile } from './history.js';
import { promptText } from './prompt.js';
import { scriptLines } from './script-lines.js';
import { EXIT_INTERRUPTED, Session } from './session.js';
import { Terminal } from './terminal.js';

export interface ReplOptions {
  readonly config: Config;
  /** Which daemon is asked at first. */
  readonly daemon: DaemonFlags;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** Of the sockets; not /run/mip6 in tests. */
  readonly directory?: string | undefined;
}

/** Gives the exit code. Throws what reading the script throws. */
export async function repl(options: ReplOptions): Promise<number> {
  const { input, output } = options;
  const interactive = input.isTTY && output.isTTY;
  const session = new Session({ ...options, interactive });
  session.style = await styleFor(output);
  session.errorStyle = await styleFor(process.stderr);
  const leave = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') return;
    session.readerLeft();
    input.destroy();
  };
  output.on('error', leave);
  try {
    return interactive ? await atTerminal(session, options) : await script(session, input);
  } finally {
    output.off('error', leave);
    session.close();
  }
}

async function atTerminal(
  session: Session,
  { input, output, config }: ReplOptions,
): Promise<number> {
  const history = new History(historyFile());
  const terminal = new Terminal({
    input,
    output,
    history: () => history.lines,
    complete: (line) => complete(line, session.completing(), session.sources()),
  });
  session.wake = () => terminal.wake();
  const interrupt = () => {
    if (session.interrupt()) output.write('\n');
  };
  process.on('SIGINT', interrupt);
  try {
    const hint = '"help" lists what there is, Ctrl-D ends.';
    session.say(session.style.dim(`mip6 ${config.version}. ${hint}`));
    if (history.problem !== undefined) session.warn(history.problem);
    await greet(session);
    for (;;) {
      for (const notice of session.takeNotices()) session.warn(notice);
      await session.react();
      if (session.ended !== undefined) return session.ended;
      const prompt = promptText(session.daemons.current, session.daemons.nodes(), session.style);
      const typed = await terminal.read(prompt);
      if (typed.kind === 'end') return 0;
      if (typed.kind !== 'line') continue;
      history.add(typed.text);
      await session.execute(typed.text);
    }
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/** Without a daemon there is much that can be done: it is only said. */
async function greet(session: Session): Promise<void> {
  try {
    await session.daemons.current.client();
  } catch (error) {
    const { message } = failureOf(error, { command: 'mip6', flags: [] });
    session.warn(message);
    const nodes = session.daemons.nodes().map((node) => node.name);
    if (nodes.length > 0) session.warn(`"use NODE" chooses one: ${nodes.join(', ')}.`);
  }
}

async function script(session: Session, input: NodeJS.ReadStream): Promise<number> {
  // Events are heard from the beginning, if there is a daemon already.
  await session.daemons.current.client().catch(() => undefined);
  session.wake = () => void session.react();
  const interrupt = () => {
    session.interrupt();
    session.end(EXIT_INTERRUPTED);
    input.destroy();
  };
  process.on('SIGINT', interrupt);
  let number = 0;
  try {
    for await (const line of scriptLines(input)) {
      const code = await session.execute(line, `line ${++number}: `);
      await session.react();
      if (session.ended !== undefined) break;
      if (code !== 0 && session.stopAtFailure) return code;
    }
    await session.react();
  } catch (error) {
    // It was closed by ourselves.
    if (session.ended === undefined) throw error;
  } finally {
    process.off('SIGINT', interrupt);
  }
  return session.ended ?? session.failure;
}
