import { Command } from '@oclif/core/command';
import { failureOf, isBrokenPipe, isExit } from './failure.js';
import { plain, styleFor, type Style } from './style.js';

/** Every command: `--json`, errors as sentences, exit codes of `exit-codes.ts`. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  /** Colours for stdout, or none: not a terminal, NO_COLOR, --json. */
  protected style: Style = plain;

  protected override async init(): Promise<void> {
    await super.init();
    if (!this.jsonEnabled()) this.style = await styleFor(process.stdout);
  }

  /** As typed, such as `mip6 bul show`. */
  protected get typed(): string {
    return [this.config.bin, ...(this.id ?? '').split(':')].join(' ').trim();
  }

  /** Says that something takes its time, where somebody watches: `ora` is loaded only then. */
  protected async progress(text: string): Promise<{ stop(): void }> {
    if (!process.stderr.isTTY || this.jsonEnabled()) return { stop: () => undefined };
    const { default: ora } = await import('ora');
    return ora({ text, stream: process.stderr }).start();
  }

  /** Calls back once when nobody reads standard output any more (`| head`): what runs until then should end. */
  protected whenReaderLeaves(call: () => void): void {
    process.stdout.once('error', (error: NodeJS.ErrnoException) => {
      if (isBrokenPipe(error)) call();
    });
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }

  /** One value a line: event streams. */
  protected logJsonLine(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json)}\n`);
  }

  protected override async catch(error: Error): Promise<void> {
    if (isExit(error)) throw error;
    if (isBrokenPipe(error)) return this.exit(0);
    const flags = { ...this.ctor.baseFlags, ...this.ctor.flags, json: undefined, help: undefined };
    const failure = failureOf(error, { command: this.typed, flags: Object.keys(flags) });
    if (this.jsonEnabled()) {
      this.reportJson({ error: { code: failure.code, message: failure.message } });
    } else {
      const style = await styleFor(process.stderr);
      process.stderr.write(`${style.error(`${this.config.bin}:`)} ${failure.message}\n`);
    }
    if (process.env['DEBUG'] && error.stack) process.stderr.write(`${error.stack}\n`);
    this.exit(failure.exit);
  }

  /** How an error is printed with --json; a stream of lines overrides it. */
  protected reportJson(json: unknown): void {
    this.logJson(json);
  }
}
