import { Command } from '@oclif/core/command';
import { UsageError } from '../base/error.js';
import { callers, type Caller } from './caller.js';
import { failureOf, isBrokenPipe, isExit } from './failure.js';
import { plain, styleFor, type Style } from './style.js';

/** Every command: `--json`, errors as sentences, exit codes of `exit-codes.ts`. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  /** Colours for stdout, or none: not a terminal, NO_COLOR, --json. */
  protected style: Style = plain;
  /** Undefined: a shell. */
  protected readonly caller: Caller | undefined = callers.getStore();
  readonly #readerLeft: ((error: NodeJS.ErrnoException) => void)[] = [];

  protected override async init(): Promise<void> {
    await super.init();
    if (!this.jsonEnabled()) this.style = await styleFor(process.stdout);
  }

  /** As typed, such as `mip6 bul show`. */
  protected get typed(): string {
    return [this.config.bin, ...(this.id ?? '').split(':')].join(' ').trim();
  }

  /** What was typed after the program's name. */
  protected get typedWords(): readonly string[] {
    return [...(this.id ?? '').split(':'), ...this.argv];
  }

  /** Says that something takes its time, where somebody watches: `ora` is loaded only then. */
  protected async progress(text: string): Promise<{ stop(): void }> {
    if (!process.stderr.isTTY || this.jsonEnabled()) return { stop: () => undefined };
    const { default: ora } = await import('ora');
    // In the REPL, what is typed meanwhile is the next line.
    return ora({ text, stream: process.stderr, discardStdin: !this.caller }).start();
  }

  /** Calls back once when nobody reads standard output any more (`| head`): what runs until then should end. */
  protected whenReaderLeaves(call: () => void): void {
    const heard = (error: NodeJS.ErrnoException) => {
      if (isBrokenPipe(error)) call();
    };
    this.#readerLeft.push(heard);
    process.stdout.on('error', heard);
  }

  /** For what reads it to its end. Throws `UsageError` where it is not the command's to read. */
  protected standardInput = (): NodeJS.ReadStream => {
    if (!this.caller) return process.stdin;
    const what = 'Standard input belongs to the REPL.';
    throw new UsageError('REPL_STDIN', what, 'Name a file, or put the input on the line.');
  };

  override jsonEnabled(): boolean {
    return (this.ctor.enableJsonFlag && this.caller?.take !== undefined) || super.jsonEnabled();
  }

  override log(message = '', ...values: unknown[]): void {
    if (!this.caller?.left) super.log(message, ...values);
  }

  override logJson(json: unknown): void {
    if (this.caller?.left) return;
    if (this.caller?.take) this.caller.take(json);
    else process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }

  /** One value a line: event streams. */
  protected logJsonLine(json: unknown): void {
    if (this.caller?.left) return;
    if (this.caller?.take) this.caller.take(json);
    else process.stdout.write(`${JSON.stringify(json)}\n`);
  }

  /** A moment for Ctrl-C in a long loop; from a shell it needs none. Throws where the caller wants an end. */
  protected async breathe(): Promise<void> {
    if (!this.caller) return;
    await new Promise((done) => setImmediate(done));
    this.caller.signal.throwIfAborted();
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    for (const heard of this.#readerLeft.splice(0)) process.stdout.off('error', heard);
    await super.finally(error);
  }

  protected override async catch(error: Error): Promise<void> {
    if (isExit(error)) throw error;
    if (isBrokenPipe(error)) return this.exit(0);
    const flags = { ...this.ctor.baseFlags, ...this.ctor.flags, json: undefined, help: undefined };
    const failure = failureOf(error, { command: this.typed, flags: Object.keys(flags) });
    if (this.caller?.left) return this.exit(failure.exit);
    if (this.jsonEnabled() && !this.caller?.take) {
      this.reportJson({ error: { code: failure.code, message: failure.message } });
    } else {
      const style = await styleFor(process.stderr);
      const where = this.caller?.where ?? '';
      process.stderr.write(`${style.error(`${this.config.bin}:`)} ${where}${failure.message}\n`);
    }
    if (process.env['DEBUG'] && error.stack) process.stderr.write(`${error.stack}\n`);
    this.exit(failure.exit);
  }

  /** How an error is printed with --json; a stream of lines overrides it. */
  protected reportJson(json: unknown): void {
    this.logJson(json);
  }
}
