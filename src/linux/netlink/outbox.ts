/**
 * Requests made in one turn of the event loop leave together, in the order they were made, over all the netlink
 * sockets that share an outbox. The kernel does what a request says inside sendmsg(2): so it sees a route, a policy
 * and the next route in just that order, in three system calls where the sockets alternate and in one where they do
 * not.
 */
export class Outbox {
  /** Requests made so far by what they were about, such as `route`. */
  readonly operations: Readonly<Record<string, number>> = {};
  #runs: Run[] = [];
  #sends = 0;

  /** System calls made so far. */
  get sends(): number {
    return this.#sends;
  }

  count(operation: string): void {
    const operations = this.operations as Record<string, number>;
    operations[operation] = (operations[operation] ?? 0) + 1;
  }

  /** `sent` is called with 0, or with the errno of the system call. */
  queue(transport: Sender, message: Uint8Array, sent: (errno: number) => void): void {
    if (this.#runs.length === 0) queueMicrotask(() => this.flush());
    const last = this.#runs.at(-1);
    if (last && fits(last, transport, message)) {
      last.messages.push(message);
      last.octets += aligned(message.length);
      last.sent.push(sent);
    } else {
      const octets = aligned(message.length);
      this.#runs.push({ transport, messages: [message], octets, sent: [sent] });
    }
  }

  /** Sends at once what waits. For whoever is about to do a thing that is to come after it. */
  flush(): void {
    const runs = this.#runs;
    this.#runs = [];
    for (const { transport, messages, octets, sent } of runs) {
      this.#sends++;
      const errno = transport.transmit(
        messages.length === 1 ? messages[0]! : join(messages, octets),
      );
      for (const tell of sent) tell(errno);
    }
  }
}

/** A netlink socket. */
export interface Sender {
  /** One sendmsg(2); 0, or the errno. */
  transmit(octets: Uint8Array): number;
}

/** Messages for one socket, one after the other. */
interface Run {
  readonly transport: Sender;
  readonly messages: Uint8Array[];
  octets: number;
  readonly sent: ((errno: number) => void)[];
}

const fits = (run: Run, transport: Sender, message: Uint8Array): boolean =>
  run.transport === transport &&
  run.messages.length < MAX_MESSAGES &&
  run.octets + message.length <= MAX_OCTETS;

function join(messages: readonly Uint8Array[], octets: number): Uint8Array {
  const out = new Uint8Array(octets);
  let at = 0;
  for (const message of messages) {
    out.set(message, at);
    at += aligned(message.length);
  }
  return out;
}

/** NLMSG_ALIGN */
const aligned = (length: number): number => (length + 3) & ~3;

/** Ours. Each is answered before sendmsg(2) returns, and the answers are to fit the least receive buffer. */
const MAX_MESSAGES = 128;
const MAX_OCTETS = 32768; // ours: below what any send buffer takes
