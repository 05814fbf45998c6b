/**
 * Lines from somebody who types. The terminal is readline's only while a line is awaited: a command, a question of
 * `inquirer` or a program in a lab has it for itself, and Ctrl-C is the signal again.
 */
import {
  clearScreenDown,
  createInterface,
  cursorTo,
  moveCursor,
  type Interface,
} from 'node:readline';
import type { Candidates } from './complete.js';
import { MAX_HISTORY } from './history.js';

export type Typed =
  | { readonly kind: 'line'; readonly text: string }
  /** Ctrl-C: the line is given up. */
  | { readonly kind: 'cleared' }
  /** `wake` was called: something else wants the screen. The line comes back with the next `read`. */
  | { readonly kind: 'woken' }
  /** Ctrl-D, or the terminal is gone. */
  | { readonly kind: 'end' };

export interface TerminalOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** Newest first. */
  readonly history: () => readonly string[];
  /** For a line that ends at the cursor. */
  readonly complete: (line: string) => Promise<Candidates>;
}

export class Terminal {
  readonly #options: TerminalOptions;
  /** Pasted together with the line before. */
  readonly #waiting: string[] = [];
  #begun = { text: '', cursor: 0 };
  #reading: { readonly lines: Interface; end(typed: Typed): void } | undefined;
  #isWoken = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  read(prompt: string): Promise<Typed> {
    const { input, output, history } = this.#options;
    if (this.#isWoken) {
      this.#isWoken = false;
      return Promise.resolve({ kind: 'woken' });
    }
    const pasted = this.#waiting.shift();
    if (pasted !== undefined) {
      output.write(`${prompt}${pasted}\n`);
      return Promise.resolve({ kind: 'line', text: pasted });
    }
    return new Promise((done) => {
      const lines = createInterface({
        input,
        output,
        prompt,
        terminal: true,
        history: [...history()],
        historySize: MAX_HISTORY,
        removeHistoryDuplicates: true,
        completer: (line: string, give: Give) => this.#complete(lines, line, give),
      });
      const end = (typed: Typed) => {
        if (this.#reading?.lines !== lines) return;
        this.#reading = undefined;
        lines.close();
        done(typed);
      };
      this.#reading = { lines, end };
      lines.on('line', (line) => {
        this.#waiting.push(line);
        // What was pasted with it comes before that.
        if (this.#waiting.length === 1) setImmediate(() => this.#take(lines, end));
      });
      lines.on('SIGINT', () => {
        this.#waiting.length = 0;
        lines.write(null, { ctrl: true, name: 'e' });
        output.write('^C\n');
        end({ kind: 'cleared' });
      });
      lines.on('close', () => {
        if (this.#reading?.lines !== lines) return;
        if (this.#waiting.length > 0) return this.#take(lines, end);
        output.write('\n');
        end({ kind: 'end' });
      });
      this.#resume(lines);
    });
  }

  /** Takes the line off the screen, if one is being typed. */
  wake(): void {
    const reading = this.#reading;
    if (!reading || this.#waiting.length > 0) {
      this.#isWoken = true;
      return;
    }
    const { lines, end } = reading;
    this.#begun = { text: lines.line, cursor: lines.cursor };
    this.#wipe(lines);
    end({ kind: 'woken' });
  }

  #resume(lines: Interface): void {
    const { text, cursor } = this.#begun;
    this.#begun = { text: '', cursor: 0 };
    lines.prompt();
    if (text === '') return;
    lines.write(text);
    while (lines.cursor > cursor) lines.write(null, { name: 'left' });
  }

  #take(lines: Interface, end: (typed: Typed) => void): void {
    const text = this.#waiting.shift();
    if (text === undefined) return;
    if (lines.line !== '') {
      this.#begun = { text: lines.line, cursor: lines.cursor };
      this.#wipe(lines);
    }
    end({ kind: 'line', text });
  }

  #wipe(lines: Interface): void {
    const { output } = this.#options;
    moveCursor(output, 0, -lines.getCursorPos().rows);
    cursorTo(output, 0);
    clearScreenDown(output);
  }

  #complete(lines: Interface, line: string, give: Give): void {
    void this.#options.complete(line).then(({ candidates, replaced }) => {
      if (this.#reading?.lines !== lines) return;
      // What was typed meanwhile is not what was completed.
      const same = lines.line.slice(0, lines.cursor) === line;
      give(null, same ? [[...candidates], replaced] : [[], line]);
    });
  }
}

type Give = (error: null, result: [string[], string]) => void;
