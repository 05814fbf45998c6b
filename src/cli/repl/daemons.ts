/** The daemons of a session: the one that is asked, and those that were. */
import { UsageError } from '../../base/error.js';
import { ControlClient } from '../../control/client.js';
import { ControlLease, type Control } from '../../control/lease.js';
import { socketPath, type DaemonFlags } from '../socket-path.js';
import { Connection } from './connection.js';
import type { Logged } from './event-log.js';
import { findNode, knownNodes, type KnownNode } from './known-nodes.js';

export interface DaemonsCalls {
  event(connection: Connection, logged: Logged): void;
  /** A sentence: a daemon went, or is there again. */
  notice(sentence: string): void;
}

export class Daemons {
  /** The one that is asked. */
  current: Connection;
  readonly #calls: DaemonsCalls;
  readonly #directory: string | undefined;
  /** The first may not be known yet. All are still listened to: `use` comes back to the events that came meanwhile. */
  readonly #all: Connection[];

  /** `flags`: which one is asked at first. `directory`: of the sockets, if not /run/mip6. */
  constructor(flags: DaemonFlags, directory: string | undefined, calls: DaemonsCalls) {
    this.#calls = calls;
    this.#directory = directory;
    this.current = this.#connection(() => socketPath(flags, process.env, directory));
    this.#all = [this.current];
  }

  get all(): readonly Connection[] {
    return this.#all;
  }

  get directory(): string | undefined {
    return this.#directory;
  }

  /** What "use" can choose from. */
  nodes(): readonly KnownNode[] {
    return knownNodes(this.#directory);
  }

  /** Another one from now on, by its name or socket. Throws `UsageError` and what connecting throws. */
  async use(name: string): Promise<ControlClient> {
    const { path } = findNode(name, this.nodes());
    let connection = this.#all.find((c) => c.path === path);
    if (!connection) {
      if (this.#all.length > MAX_CONNECTIONS) {
        const what = `${MAX_CONNECTIONS} daemons were used already.`;
        throw new UsageError('REPL_LIMIT', what, 'Begin another session.');
      }
      connection = this.#connection(() => path);
    }
    const client = await connection.client();
    if (!this.#all.includes(connection)) this.#all.push(connection);
    this.current = connection;
    return client;
  }

  /** A share of a connection; one of its own to a daemon that only the flags of a command name. */
  async lend(flags: DaemonFlags): Promise<Control> {
    let connection: Connection | undefined = this.current;
    let path = '';
    if (flags.socket !== undefined || flags.name !== undefined) {
      path = socketPath(flags, process.env, this.#directory);
      connection = this.#all.find((c) => c.path === path);
    }
    if (!connection) return ControlClient.connect(path);
    return new ControlLease(await connection.client());
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #connection(resolve: () => string): Connection {
    const connection: Connection = new Connection(resolve, {
      event: (logged) => this.#calls.event(connection, logged),
      notice: (sentence) => this.#calls.notice(sentence),
    });
    return connection;
  }
}

const MAX_CONNECTIONS = 32;
