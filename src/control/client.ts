/**
 * The other end: one connection, calls by name, events as an async iterable. Several may call and subscribe at once.
 */
import { createConnection, type Socket } from 'node:net';
import {
  PROTOCOL_VERSION,
  RPC_ERROR,
  SEVERITIES,
  type EventNotice,
  type Hello,
  type MethodName,
  type Params,
  type Result,
} from './api.js';
import { ControlError, type ControlErrorCode } from './error.js';
import { LineSplitter } from './lines.js';

export interface ConnectOptions {
  /** ms to wait for the connection and for each answer */
  readonly timeout?: number;
}

export interface CallOptions extends ConnectOptions {
  /** Aborted: a call fails with `CANCELLED`, a subscription ends. */
  readonly signal?: AbortSignal | undefined;
}

/** An event, or word that the daemon left some out because we read too slowly. */
export type Feed =
  | { readonly kind: 'event'; readonly event: EventNotice }
  | { readonly kind: 'dropped'; readonly count: number };

export class ControlClient {
  readonly path: string;
  readonly #socket: Socket;
  readonly #timeout: number;
  readonly #pending = new Map<number, Pending>();
  readonly #feeds = new Set<FeedQueue>();
  #hello: Hello | undefined;
  #nextId = 1;
  #gone: ControlError | undefined;

  /** Throws `ControlError`: `NO_DAEMON`, `NO_PERMISSION`, `DAEMON_OLDER`, `TIMEOUT`. */
  static async connect(path: string, options: ConnectOptions = {}): Promise<ControlClient> {
    const timeout = options.timeout ?? DEFAULT_TIMEOUT;
    const client = new ControlClient(path, await open(path, timeout), timeout);
    try {
      client.#hello = await client.call('hello', { version: PROTOCOL_VERSION });
      if (client.#hello.version < PROTOCOL_VERSION) {
        const { program, version } = client.#hello;
        throw new ControlError(
          'DAEMON_OLDER',
          `The daemon on ${path} (${program}) speaks protocol ${version}, this program ${PROTOCOL_VERSION}. Restart the daemon.`,
        );
      }
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  private constructor(path: string, socket: Socket, timeout: number) {
    this.path = path;
    this.#socket = socket;
    this.#timeout = timeout;
    const lines = new LineSplitter(MAX_ANSWER);
    socket.on('data', (chunk: Buffer) => {
      const complete = lines.push(chunk);
      if (!complete)
        return this.#end(
          new ControlError('BAD_REQUEST', `The daemon on ${path} does not speak our protocol.`),
        );
      for (const line of complete) this.#receive(line);
    });
    socket.on('error', () => this.#end());
    socket.on('close', () => this.#end());
  }

  get hello(): Hello {
    return this.#hello!;
  }

  call<M extends MethodName>(
    method: M,
    params: Params<M>,
    options: CallOptions = {},
  ): Promise<Result<M>> {
    if (this.#gone) return Promise.reject(this.#gone);
    const { signal, timeout = this.#timeout } = options;
    if (signal?.aborted) return Promise.reject(cancelled());
    const id = this.#nextId++;
    return new Promise<Result<M>>((done, fail) => {
      const giveUp = (error: ControlError) => {
        this.#take(id);
        fail(error);
      };
      const stop = () => giveUp(cancelled());
      const timer = setTimeout(() => {
        const what = `The daemon on ${this.path} did not answer "${method}"`;
        giveUp(new ControlError('TIMEOUT', `${what} within ${timeout / 1000} s.`));
      }, timeout);
      signal?.addEventListener('abort', stop);
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
      };
      this.#pending.set(id, { done: done as (result: unknown) => void, fail, settle });
      this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  }

  /**
   * Events from now on. Ends when the client is closed or the signal aborts; throws `DISCONNECTED` when the daemon goes.
   * A consumer that lags behind stops reading the socket, and the daemon then drops and says so.
   */
  async *subscribe(
    params: Params<'subscribe'> = {},
    { signal }: Pick<CallOptions, 'signal'> = {},
  ): AsyncGenerator<Feed, void, undefined> {
    const feed = new FeedQueue(this.#socket, SEVERITIES.indexOf(params.minimum ?? 'debug'));
    const stop = () => feed.end();
    signal?.addEventListener('abort', stop);
    this.#feeds.add(feed);
    try {
      // The daemon knows one minimum a connection: the least of all subscribers here.
      const least = Math.min(...[...this.#feeds].map((f) => f.minimum));
      await this.call('subscribe', { minimum: SEVERITIES[least] }, { signal });
      for (let next = await feed.next(); next; next = await feed.next()) yield next;
      if (this.#gone && this.#gone !== CLOSED) throw this.#gone;
    } catch (error) {
      if (!signal?.aborted) throw error;
    } finally {
      this.#feeds.delete(feed);
      feed.leave();
      signal?.removeEventListener('abort', stop);
    }
  }

  close(): void {
    this.#end(CLOSED);
  }

  #receive(line: string): void {
    const message = parse(line);
    if (!message) return;
    if (message.method === 'event')
      return this.#feed({ kind: 'event', event: message.params as EventNotice });
    if (message.method === 'dropped') {
      return this.#feed({ kind: 'dropped', count: (message.params as { count: number }).count });
    }
    if (message.id === null && message.error) return this.#end(refusal(message.error));
    const pending = this.#take(message.id as number);
    if (!pending) return; // answered after its time was up
    if (message.error) pending.fail(refusal(message.error));
    else pending.done(message.result);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.settle();
    return pending;
  }

  #feed(item: Feed): void {
    for (const feed of this.#feeds) feed.push(item);
  }

  #end(why?: ControlError): void {
    if (this.#gone) return;
    this.#gone =
      why ?? new ControlError('DISCONNECTED', `The daemon on ${this.path} closed the connection.`);
    this.#socket.destroy();
    for (const id of [...this.#pending.keys()]) this.#take(id)?.fail(this.#gone);
    for (const feed of this.#feeds) feed.end();
  }
}

interface Pending {
  readonly done: (result: unknown) => void;
  readonly fail: (error: Error) => void;
  /** Neither its time nor its signal matter any more. */
  readonly settle: () => void;
}

/** Bounded: above the mark the socket is not read. */
class FeedQueue {
  /** Rank of the least severity that is wanted here. */
  readonly minimum: number;
  readonly #socket: Socket;
  readonly #items: Feed[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(socket: Socket, minimum: number) {
    this.#socket = socket;
    this.minimum = minimum;
  }

  push(item: Feed): void {
    if (item.kind === 'event') {
      const rank = SEVERITIES.indexOf(item.event.severity);
      // A severity of a newer daemon has no rank here: better one event too many.
      if (rank >= 0 && rank < this.minimum) return;
    }
    this.#items.push(item);
    if (this.#items.length >= FEED_HIGH) this.#socket.pause();
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** What was not taken must not hold others back. */
  leave(): void {
    this.#items.length = 0;
    this.#socket.resume();
  }

  async next(): Promise<Feed | undefined> {
    while (this.#items.length === 0 && !this.#ended) {
      await new Promise<void>((wake) => (this.#wake = wake));
    }
    const item = this.#items.shift();
    if (this.#items.length < FEED_HIGH && this.#socket.isPaused()) this.#socket.resume();
    return item;
  }
}

function open(path: string, timeout: number): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = createConnection(path);
    const give = (error: ControlError) => {
      clearTimeout(timer);
      socket.destroy();
      fail(error);
    };
    const timer = setTimeout(
      () => give(new ControlError('TIMEOUT', `The daemon on ${path} does not accept connections.`)),
      timeout,
    );
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      done(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      give(connectError(path, error.code ?? error.message)),
    );
  });
}

function connectError(path: string, code: string): ControlError {
  if (code === 'EACCES' || code === 'EPERM') {
    return new ControlError(
      'NO_PERMISSION',
      `No permission to use ${path}. Run as root, or join the group that owns the socket.`,
    );
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new ControlError(
      'NO_DAEMON',
      `No mip6 daemon on ${path}. Start one with "mip6 daemon -c FILE", or name another with --name or --socket.`,
    );
  }
  return new ControlError('NO_DAEMON', `Cannot connect to ${path}: ${code}.`);
}

interface RpcError {
  readonly code: number;
  readonly message: string;
}
interface Message {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: RpcError;
}

function parse(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}

function refusal(error: RpcError): ControlError {
  return new ControlError(CODE_OF_RPC.get(error.code) ?? 'REFUSED', error.message);
}

const CODE_OF_RPC: ReadonlyMap<number, ControlErrorCode> = new Map<number, ControlErrorCode>([
  [RPC_ERROR.notPermitted, 'NO_PERMISSION'],
  [RPC_ERROR.methodNotFound, 'DAEMON_OLDER'],
  [RPC_ERROR.invalidParams, 'BAD_REQUEST'],
  [RPC_ERROR.invalidRequest, 'BAD_REQUEST'],
  [RPC_ERROR.parse, 'BAD_REQUEST'],
]);
const cancelled = (): ControlError => new ControlError('CANCELLED', 'Cancelled.');
const CLOSED = new ControlError('DISCONNECTED', 'The connection is closed.');
const DEFAULT_TIMEOUT = 5000; // ms
const MAX_ANSWER = 256 * 1024 * 1024; // octets: a home agent with its 100 000 bindings is some 40 MB
const FEED_HIGH = 1024; // events
