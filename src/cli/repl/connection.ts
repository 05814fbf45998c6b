/** One daemon, as the REPL has it: a connection that all commands share, made anew when the daemon came back. */
import type { Hello } from '../../control/api.js';
import { ControlClient } from '../../control/client.js';
import { ControlError } from '../../control/error.js';
import { EventLog, type Logged } from './event-log.js';

export interface ConnectionCalls {
  event(logged: Logged): void;
  /** A sentence: the daemon went, or is there again. */
  notice(sentence: string): void;
}

export class Connection {
  readonly log = new EventLog();
  /** From which event on `expect` looks. */
  mark = 0;
  readonly #resolve: () => string;
  readonly #calls: ConnectionCalls;
  #path: string | undefined;
  #client: ControlClient | undefined;
  #opening: Promise<ControlClient> | undefined;
  #hello: Hello | undefined;
  #closed = false;

  /** `resolve` says which socket is meant; asked until a daemon was there. */
  constructor(resolve: () => string, calls: ConnectionCalls) {
    this.#resolve = resolve;
    this.#calls = calls;
  }

  /** Where a daemon was. */
  get path(): string | undefined {
    return this.#path;
  }

  /** What the daemon said of itself when it was last there. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  get isUp(): boolean {
    return this.#client !== undefined;
  }

  /** Connected, and hearing every event. Throws what `ControlClient.connect` and `resolve` throw. */
  async client(): Promise<ControlClient> {
    if (this.#client) return this.#client;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  close(): void {
    this.#closed = true;
    this.#client?.close();
  }

  async #open(): Promise<ControlClient> {
    const path = this.#path ?? this.#resolve();
    const client = await ControlClient.connect(path);
    void this.#follow(client);
    // Answered behind the subscription: from here on no event is missed.
    await client.call('events', { limit: 1 });
    const again = this.#hello !== undefined;
    this.#path = path;
    this.#client = client;
    this.#hello = client.hello;
    if (this.#closed) client.close();
    else if (again) this.#calls.notice(`Connected to ${client.hello.name} again.`);
    return client;
  }

  async #follow(client: ControlClient): Promise<void> {
    let error: Error = new ControlError('DISCONNECTED', 'The connection is closed.');
    try {
      for await (const item of client.subscribe()) {
        if (item.kind === 'event') this.#calls.event(this.log.push(item.event));
        else this.log.miss(item.count);
      }
    } catch (thrown) {
      error = thrown as Error;
    }
    this.log.fail(error);
    if (this.#client !== client) return;
    this.#client = undefined;
    if (!this.#closed) this.#calls.notice(`${client.hello.name} went away (${client.path}).`);
  }
}
