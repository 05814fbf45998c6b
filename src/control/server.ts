/**
 * Newline-delimited JSON-RPC 2.0 on a Unix socket. What a client sends is checked against `METHODS`; what it does not
 * read is dropped and counted, so that no client can hold the daemon back or make it grow.
 */
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import {
  PROTOCOL_VERSION,
  RPC_ERROR,
  SEVERITIES,
  type EventNotice,
  type Hello,
  type MethodName,
  type Notifications,
  type Params,
  type Result,
} from './api.js';
import { ControlError } from './error.js';
import { LineSplitter } from './lines.js';
import { checkParams, isMethod, METHODS } from './methods.js';

/** SO_PEERCRED: who connected. */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** `hello` and `subscribe` are the server's own. */
export type Handlers = {
  /** `peer` is told to methods that change state, where the host knows it. */
  readonly [M in Exclude<MethodName, 'hello' | 'subscribe'>]: (
    params: Params<M>,
    peer: Peer | undefined,
  ) => Result<M> | Promise<Result<M>>;
};

/** Thrown by a handler to say no; becomes the answer's sentence. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

export interface ControlLimits {
  readonly clients: number;
  /** octets of one request */
  readonly line: number;
  /** octets that wait for one client before events are dropped and its requests wait */
  readonly queue: number;
}

export interface ControlServerOptions {
  readonly path: string;
  readonly hello: Omit<Hello, 'version'>;
  readonly handlers: Handlers;
  /** Peer credentials of the connection with this file descriptor; without it the socket's mode alone decides. */
  readonly peerOf?: ((fd: number) => Peer | undefined) | undefined;
  /** May this peer use methods that change state? Asked only where credentials are known. */
  readonly mayChange?: ((peer: Peer) => boolean) | undefined;
  readonly limits?: Partial<ControlLimits>;
}

export class ControlServer {
  readonly path: string;
  readonly #options: ControlServerOptions;
  readonly #limits: ControlLimits;
  readonly #server: Server;
  readonly #clients = new Set<Client>();
  #dropped = 0;
  #refused = 0;
  #tookOver = false;

  /** Throws `ControlError` `ALREADY_RUNS` or `SOCKET`. A socket that nobody listens on is replaced. */
  static async listen(options: ControlServerOptions): Promise<ControlServer> {
    const server = new ControlServer(options);
    server.#tookOver = await makeWay(options.path);
    await server.#listen();
    return server;
  }

  private constructor(options: ControlServerOptions) {
    this.path = options.path;
    this.#options = options;
    this.#limits = { ...CONTROL_LIMITS, ...options.limits };
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** To every subscriber whose minimum it reaches. */
  publish(notice: EventNotice): void {
    const rank = SEVERITIES.indexOf(notice.severity);
    let line: string | undefined;
    for (const client of this.#clients) {
      if (client.minimum === undefined || rank < client.minimum) continue;
      line ??= notification('event', notice);
      if (!client.offer(line)) this.#dropped++;
    }
  }

  /** The path held the socket of a daemon that did not end in order. */
  get tookOver(): boolean {
    return this.#tookOver;
  }

  get counters(): Readonly<Record<string, number>> {
    return {
      'control-clients': this.#clients.size,
      'control-subscribers': [...this.#clients].filter((c) => c.minimum !== undefined).length,
      'control-events-dropped': this.#dropped,
      'control-clients-refused': this.#refused,
    };
  }

  /** Answers under way leave first; the socket file goes. */
  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    for (const client of this.#clients) client.end();
    await closed;
  }

  async #listen(): Promise<void> {
    // The mode must hold from the first moment; a worker thread cannot set the mask and relies on chmod.
    const mask = isMainThread ? process.umask(0o117) : undefined;
    try {
      await new Promise<void>((done, fail) => {
        this.#server.once('error', (error: NodeJS.ErrnoException) =>
          fail(
            new ControlError(
              'SOCKET',
              `Cannot listen on ${this.path}: ${error.code ?? error.message}.`,
            ),
          ),
        );
        this.#server.listen(this.path, done);
      });
    } finally {
      if (mask !== undefined) process.umask(mask);
    }
    chmodSync(this.path, SOCKET_MODE);
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#clients.size >= this.#limits.clients) {
      this.#refused++;
      const sentence = `The daemon serves ${this.#limits.clients} clients at most.`;
      // What it sends is not read, so its own end would never be seen.
      socket.end(failure(null, RPC_ERROR.tooMany, sentence), () => socket.destroy());
      return;
    }
    const client: Client = new Client(socket, this.#limits, (line) =>
      this.#answer(client, socket, line),
    );
    this.#clients.add(client);
    socket.on('close', () => this.#clients.delete(client));
  }

  async #answer(client: Client, socket: Socket, line: string): Promise<void> {
    const request = readRequest(line);
    if ('error' in request)
      return client.send(failure(request.id, request.error, request.sentence));
    const { id, method, params } = request;
    if (!isMethod(method))
      return client.send(failure(id, RPC_ERROR.methodNotFound, `No method "${method}".`));
    const peer = METHODS[method].changes ? this.#options.peerOf?.(descriptor(socket)) : undefined;
    if (peer && !(this.#options.mayChange?.(peer) ?? true)) {
      const sentence = `User ${peer.uid} may look but not change anything.`;
      return client.send(failure(id, RPC_ERROR.notPermitted, sentence));
    }
    const checked = checkParams(method, params);
    if (!checked.ok) return client.send(failure(id, RPC_ERROR.invalidParams, checked.sentence));
    try {
      const result = await this.#run(client, peer, method, checked.params);
      // JSON-RPC 2.0 §4.1: a request without an id wants no answer.
      if (id !== undefined) client.send(answer(id, result));
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      const code = error instanceof Refusal ? RPC_ERROR.refused : RPC_ERROR.internal;
      client.send(failure(id, code, sentence));
    }
  }

  #run(client: Client, peer: Peer | undefined, method: MethodName, params: unknown): unknown {
    switch (method) {
      case 'hello':
        return { version: PROTOCOL_VERSION, ...this.#options.hello };
      case 'subscribe': {
        const { minimum } = params as Params<'subscribe'>;
        client.minimum = SEVERITIES.indexOf(minimum ?? 'debug');
        return { subscribed: true };
      }
      default: {
        const handler = this.#options.handlers[method] as (
          p: unknown,
          peer: Peer | undefined,
        ) => unknown;
        return handler(params, peer);
      }
    }
  }
}

class Client {
  /** Rank of the least severity it wants; undefined: not subscribed. */
  minimum: number | undefined;
  readonly #socket: Socket;
  readonly #limits: ControlLimits;
  readonly #lines: LineSplitter;
  readonly #waiting: string[] = [];
  readonly #answer: (line: string) => Promise<void>;
  #busy = false;
  #dropped = 0;

  constructor(socket: Socket, limits: ControlLimits, answer: (line: string) => Promise<void>) {
    this.#socket = socket;
    this.#limits = limits;
    this.#lines = new LineSplitter(limits.line);
    this.#answer = answer;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => void this.#work());
  }

  send(line: string): void {
    if (this.#socket.writable) this.#socket.write(line);
  }

  /** An event: false when the client reads too slowly and it was left out. */
  offer(line: string): boolean {
    if (this.#full) {
      this.#dropped++;
      return false;
    }
    if (this.#dropped > 0) {
      this.send(notification('dropped', { count: this.#dropped }));
      this.#dropped = 0;
    }
    this.send(line);
    return true;
  }

  end(): void {
    this.#socket.end();
    // A peer that never reads must not keep the daemon from ending.
    setTimeout(() => this.#socket.destroy(), CLOSE_PATIENCE).unref();
  }

  get #full(): boolean {
    return this.#socket.writableLength > this.#limits.queue;
  }

  #receive(chunk: Buffer): void {
    if (!this.#socket.writable) return;
    const lines = this.#lines.push(chunk);
    if (!lines) {
      this.send(
        failure(
          null,
          RPC_ERROR.invalidRequest,
          `A request is ${this.#limits.line} octets at most.`,
        ),
      );
      this.end();
      return;
    }
    this.#waiting.push(...lines.filter((line) => line.trim() !== ''));
    void this.#work();
  }

  /** One request after the other, none while the answers pile up. */
  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#socket.pause();
    while (!this.#full && this.#socket.writable) {
      const line = this.#waiting.shift();
      if (line === undefined) break;
      await this.#answer(line);
    }
    this.#busy = false;
    if (this.#waiting.length === 0) this.#socket.resume();
  }
}

type Id = string | number | null | undefined;
type Request =
  | { readonly id: Id; readonly method: string; readonly params: unknown }
  | { readonly id: Id; readonly error: number; readonly sentence: string };

/** JSON-RPC 2.0 §4; batches are not taken. */
function readRequest(line: string): Request {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { id: null, error: RPC_ERROR.parse, sentence: 'The line is not JSON.' };
  }
  const wrong = (sentence: string, id: Id = null): Request => ({
    id,
    error: RPC_ERROR.invalidRequest,
    sentence,
  });
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return wrong('A request is one JSON object.');
  const { jsonrpc, id, method, params } = value as Record<string, unknown>;
  if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number')
    return wrong('Wrong "id".');
  if (jsonrpc !== '2.0') return wrong('"jsonrpc" must be "2.0".', id);
  if (typeof method !== 'string') return wrong('"method" must be a string.', id);
  return { id, method, params };
}

const answer = (id: Id, result: unknown): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`;
const failure = (id: Id, code: number, message: string): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error: { code, message } })}\n`;
const notification = <N extends keyof Notifications>(method: N, params: Notifications[N]): string =>
  `${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`;

/** Leaves the path free to bind: its directory exists, and a socket left by a crash is gone. True when there was one. */
async function makeWay(path: string): Promise<boolean> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new ControlError(
      'SOCKET',
      `The socket path ${path} is longer than ${MAX_SOCKET_PATH} octets.`,
    );
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new ControlError(
      'SOCKET',
      `Cannot make ${dirname(path)}: ${(error as NodeJS.ErrnoException).code}.`,
    );
  }
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (!there) return false;
  if (!there.isSocket()) throw new ControlError('SOCKET', `${path} is there and is not a socket.`);
  if (await answers(path)) {
    throw new ControlError(
      'ALREADY_RUNS',
      `A mip6 daemon already runs on ${path}. Stop it, or give this one another name with -n.`,
    );
  }
  unlinkSync(path);
  return true;
}

/** Does anybody listen there? */
function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = createConnection(path);
    const say = (alive: boolean) => {
      probe.destroy();
      done(alive);
    };
    probe.once('connect', () => say(true));
    // A full backlog (EAGAIN) or a forbidden socket is somebody's; only a refusal means nobody.
    probe.once('error', (error: NodeJS.ErrnoException) =>
      say(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}

/** Node gives the descriptor of a connected pipe by its handle only. */
function descriptor(socket: Socket): number {
  const handle = (socket as unknown as { _handle?: { fd?: number } })._handle;
  return handle?.fd ?? -1;
}

export const CONTROL_LIMITS: ControlLimits = { clients: 32, line: 65_536, queue: 1_048_576 };
const SOCKET_MODE = 0o660;
const CLOSE_PATIENCE = 500; // ms
const MAX_SOCKET_PATH = 107; // sockaddr_un
