/** Where things are tried: a namespace with nothing in it, and what asks its kernel. */
import { LinuxError } from '../error.js';
import { Outbox } from '../netlink/outbox.js';
import { RtNetlink, type Tunnel } from '../netlink/rtnetlink.js';
import { ScratchNamespace } from '../scratch-namespace.js';

/** Leaves what it made: the namespace takes it along. Rejects with a `LinuxError` where the kernel cannot. */
export type Attempt = (bench: Bench) => Promise<void>;

export class Bench {
  readonly #scratch: ScratchNamespace;
  readonly outbox = new Outbox();
  readonly requests: RtNetlink;
  #devices = 0;

  /** Throws `LinuxError`: `PERMISSION` without CAP_SYS_ADMIN. */
  constructor() {
    this.#scratch = new ScratchNamespace();
    this.requests = new RtNetlink(this.netns, this.outbox);
  }

  get netns(): string {
    return this.#scratch.path;
  }

  close(): void {
    this.requests.close();
    this.#scratch.close();
  }

  /** Undefined: it can. */
  async failureOf(attempt: Attempt): Promise<LinuxError | undefined> {
    try {
      await attempt(this);
      return undefined;
    } catch (error) {
      if (error instanceof LinuxError) return error;
      throw error;
    }
  }

  /** A tunnel device, up. Returns its index. */
  async makeTunnel(tunnel: Tunnel): Promise<number> {
    const index = FIRST + this.#devices++;
    await this.requests.createTunnel({
      ...tunnel,
      name: `probe${index}`,
      index,
      group: 0,
      up: true,
    });
    return index;
  }
}

const FIRST = 1000; // interface indices, in a namespace of our own
