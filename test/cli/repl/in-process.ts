/** Sessions of the REPL in this process: a script from standard input, or line by line. */
import { PassThrough } from 'node:stream';
import { captureOutput } from '@oclif/test';
import { repl } from '../../../src/cli/repl/repl.js';
import { Session } from '../../../src/cli/repl/session.js';
import type { DaemonFlags } from '../../../src/cli/socket-path.js';
import { programConfig } from './program-config.js';

export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** As `mip6 repl < FILE` would do it. */
export async function runScript(
  text: string,
  daemon: DaemonFlags,
  directory?: string,
): Promise<Said> {
  const input = new PassThrough();
  input.end(text);
  return captured(async () =>
    repl({
      config: await programConfig(),
      daemon,
      directory,
      input: input as unknown as NodeJS.ReadStream,
      output: process.stdout,
    }),
  );
}

export interface OpenSession {
  readonly session: Session;
  /** What the line says, and its exit code. */
  line(text: string): Promise<Said>;
  /** Does what events have set off, and gives what that says. */
  react(): Promise<Said>;
}

export async function openSession(
  daemon: DaemonFlags,
  options: { interactive?: boolean; directory?: string } = {},
): Promise<OpenSession> {
  const config = await programConfig();
  const session = new Session({ config, daemon, interactive: false, ...options });
  return {
    session,
    line: (text) => captured(() => session.execute(text)),
    react: () => captured(async () => (await session.react(), 0)),
  };
}

export async function captured(work: () => Promise<number>): Promise<Said> {
  let code = 0;
  const { stdout, stderr, error } = await captureOutput(async () => {
    code = await work();
  });
  if (error) throw error;
  return { stdout, stderr, code };
}
