/** A program at a real terminal: keys are typed, and what the screen shows is read. Needs tmux. */
import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

let opened = 0;

export class Tmux {
  readonly #server: string;

  /** Starts `command`; when it ends, the screen says `exit CODE`. */
  constructor(command: readonly string[], options: TerminalOptions = {}) {
    const { columns = 80, rows = 24, environment = {} } = options;
    this.#server = `mip6-test-${process.pid}-${++opened}`;
    const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const variables = Object.entries(environment).flatMap(([k, v]) => ['-e', `${k}=${v}`]);
    const size = ['-x', String(columns), '-y', String(rows)];
    const inside = `sh -c "$0" ; echo "exit $?"; exec cat`;
    this.#tmux(
      ['-f', '/dev/null', 'new-session', '-d', ...size, ...variables, 'sh', '-c', inside, quoted],
      [';', 'set', '-g', 'status', 'off'],
    );
  }

  /** Characters as they are. */
  type(text: string): void {
    this.#tmux(['send-keys', '-l', '--', text]);
  }

  /** Named keys: Enter, Tab, Up, C-c … */
  press(...keys: string[]): void {
    this.#tmux(['send-keys', ...keys]);
  }

  /** All at once, as a terminal gives what the mouse has pasted. */
  paste(text: string): void {
    this.#tmux(['set-buffer', '--', text], [';', 'paste-buffer']);
  }

  /** Lines without the blanks at their ends, as far as there are any. */
  screen(): string {
    return this.#tmux(['capture-pane', '-p'])
      .replace(/[ \t]+$/gm, '')
      .trimEnd();
  }

  /** With the sequences that paint. */
  painted(): string {
    return this.#tmux(['capture-pane', '-p', '-e']);
  }

  /** The screen once it fits. */
  async until(fits: RegExp): Promise<string> {
    await expect.poll(() => this.screen(), { timeout: PATIENCE, interval: POLL }).toMatch(fits);
    return this.screen();
  }

  /** The program has given the keyboard away: Ctrl-C is a signal now. */
  async untilCooked(): Promise<void> {
    const tty = this.#tmux(['display-message', '-p', '#{pane_tty}']).trim();
    const modes = () => execFileSync('stty', ['-F', tty, '-a'], { encoding: 'utf8' });
    await expect.poll(modes, { timeout: PATIENCE, interval: POLL }).toMatch(/ icanon /);
  }

  close(): void {
    try {
      this.#tmux(['kill-server']);
    } catch {
      // it has ended with its program
    }
  }

  #tmux(...words: readonly (readonly string[])[]): string {
    return execFileSync('tmux', ['-L', this.#server, ...words.flat()], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

const PATIENCE = 30_000; // ms: a limit against hanging
const POLL = 50; // ms
