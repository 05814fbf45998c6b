/** A share of a connection that others use too: closing it ends what was begun here, and nothing else. */
import type { Hello, MethodName, Params, Result } from './api.js';
import type { CallOptions, ControlClient, Feed } from './client.js';
import { METHODS } from './methods.js';

/** What a command may do with a daemon, on a connection of its own or on a lent one. */
export type Control = Pick<ControlClient, 'path' | 'hello' | 'call' | 'subscribe' | 'close'>;

export class ControlLease implements Control {
  readonly #client: ControlClient;
  readonly #end = new AbortController();
  #changed = false;

  constructor(client: ControlClient) {
    this.#client = client;
  }

  get path(): string {
    return this.#client.path;
  }

  get hello(): Hello {
    return this.#client.hello;
  }

  /** A method that changes the node was called. */
  get changed(): boolean {
    return this.#changed;
  }

  call<M extends MethodName>(
    method: M,
    params: Params<M>,
    options: CallOptions = {},
  ): Promise<Result<M>> {
    if (METHODS[method].changes) this.#changed = true;
    return this.#client.call(method, params, { ...options, signal: this.#end.signal });
  }

  subscribe(params: Params<'subscribe'> = {}): AsyncGenerator<Feed, void, undefined> {
    return this.#client.subscribe(params, { signal: this.#end.signal });
  }

  /** Calls that wait fail with `CANCELLED`; subscriptions end. */
  close(): void {
    this.#end.abort();
  }
}
