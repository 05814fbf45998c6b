/** A real daemon inside a namespace: the program that people run, as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { EventNotice } from '../../control/api.js';
import { ControlClient } from '../../control/client.js';
import { find } from './command.js';
import { programCommand } from './program.js';

export interface DaemonPlace {
  /** The lab's name for it. */
  readonly node: string;
  /** Unique on this machine: files and devices carry it. */
  readonly name: string;
  readonly namespace: string;
  readonly socket: string;
  readonly config: string;
  /** For what it writes. */
  readonly folder: string;
  /** How many times as long it may take to start, to answer and to stop; 1 but on a slow kernel. */
  readonly patience: number;
}

export interface DaemonCalls {
  event(notice: EventNotice): void;
  /** A line of its standard error, or that it ended before its time. */
  trouble(text: string): void;
}

export class DaemonChild {
  readonly place: DaemonPlace;
  readonly #child: ChildProcess;
  readonly #calls: DaemonCalls;
  #client: ControlClient | undefined;
  #said = '';
  #ended: { code: number | null; signal: string | null } | undefined;
  #expected = false;

  constructor(place: DaemonPlace, calls: DaemonCalls) {
    this.place = place;
    this.#calls = calls;
    const command = [
      ...programCommand(),
      'daemon',
      '-c',
      place.config,
      '-n',
      place.name,
      '--socket',
      place.socket,
    ];
    this.#child = spawn(find('ip') ?? 'ip', ['netns', 'exec', place.namespace, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A Ctrl-C at the terminal is the lab's to act on, in its order.
      detached: true,
      // systemd.exec(5): where it keeps what survives a restart.
      env: {
        ...process.env,
        // Ordinary users have no sbin in their path, and the daemon calls nft.
        PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
        NO_COLOR: '1',
        STATE_DIRECTORY: place.folder,
      },
    });
    this.#child.stdout!.resume();
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-MAX_SAID);
    });
    this.#child.on('error', (error) => this.#end(null, error.message));
    this.#child.on('exit', (code, signal) => this.#end(code, signal));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get client(): ControlClient {
    if (!this.#client) throw new Error(`${this.place.node} is not connected`);
    return this.#client;
  }

  /** Resolves when the role runs and events are being heard. Throws with what the daemon said when it does not come up. */
  async ready(): Promise<void> {
    const patience = START_PATIENCE * this.place.patience;
    const end = Date.now() + patience;
    for (;;) {
      if (this.#ended)
        throw new Error(`${this.place.node} did not start: ${lastLines(this.#said)}`);
      if (existsSync(this.place.socket) && (await this.#connect())) return;
      if (Date.now() > end) {
        throw new Error(
          `${this.place.node} was not ready within ${patience / 1000} s: ${lastLines(this.#said)}`,
        );
      }
      await new Promise((done) => setTimeout(done, POLL));
    }
  }

  /** SIGTERM, and SIGKILL to one that does not listen. */
  async stop(): Promise<void> {
    this.#expected = true;
    this.#client?.close();
    if (this.#ended || this.#child.pid === undefined) return;
    const gone = new Promise<void>((done) => this.#child.once('exit', () => done()));
    this.#child.kill('SIGTERM');
    const patience = STOP_PATIENCE * this.place.patience;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patience);
    await gone;
    clearTimeout(timer);
  }

  async #connect(): Promise<boolean> {
    let client: ControlClient | undefined;
    try {
      client = await ControlClient.connect(this.place.socket, {
        timeout: ANSWER_PATIENCE * this.place.patience,
      });
      await client.call('status', {});
    } catch {
      client?.close();
      return false; // not yet
    }
    this.#client = client;
    // What happened before we could listen and what happens now overlap: each is told once.
    const told = new Set<string>();
    const tell = (notice: EventNotice) => {
      const key = `${notice.monotonic} ${notice.code} ${JSON.stringify(notice.fields)}`;
      if (told.has(key)) return;
      if (told.size < MAX_TOLD) told.add(key);
      this.#calls.event(notice);
    };
    void this.#follow(client, tell);
    for (const notice of (await client.call('events', {})).events) tell(notice);
    return true;
  }

  async #follow(client: ControlClient, tell: (notice: EventNotice) => void): Promise<void> {
    try {
      for await (const item of client.subscribe()) {
        if (item.kind === 'event') tell(item.event);
        else this.#calls.trouble(`${item.count} events of ${this.place.node} were lost`);
      }
    } catch (error) {
      if (!this.#expected) this.#calls.trouble(`${this.place.node}: ${(error as Error).message}`);
    }
  }

  #end(code: number | null, signal: string | null): void {
    this.#ended = { code, signal };
    if (!this.#expected) {
      this.#calls.trouble(
        `${this.place.node} ended (${signal ?? `exit ${code}`}): ${lastLines(this.#said)}`,
      );
    }
  }
}

const lastLines = (text: string): string =>
  text.trim().split('\n').slice(-LAST).join(' / ') || 'it said nothing';

/** ms: it needs a second or two of Node's start-up, more on a busy machine. */
const START_PATIENCE = 30_000;
const ANSWER_PATIENCE = 5000; // ms
/** ms: it deregisters for two seconds at most. */
const STOP_PATIENCE = 4000;
const POLL = 50; // ms
const LAST = 4; // lines
const MAX_SAID = 16_384; // characters
const MAX_TOLD = 10_000;
