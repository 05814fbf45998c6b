/**
 * Requests of one netlink family, and their answers. The `netlink` package matches them by sequence number; the
 * transport is ours. A refusal is a `LinuxError` `NETLINK`, or `PERMISSION` for want of a capability, that names what
 * was asked, the errno and what the kernel said about it.
 */
import { NetlinkSocket } from 'netlink/dist/netlink.js';
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import { errnoName, LinuxError, type LinuxErrorCode } from '../error.js';
import type { NetNamespace } from '../native.js';
import { LITTLE } from '../sockaddr.js';
import { readAttributes, textOf } from './attributes.js';
import type { Outbox } from './outbox.js';
import { NetlinkTransport } from './transport.js';

export interface ChangeRequest {
  /** What it is about, for the outbox's count: `route`. */
  readonly operation: string;
  readonly type: number;
  /** Beyond NLM_F_REQUEST and NLM_F_ACK, such as `creation('exclusive')`. */
  readonly flags?: number;
  readonly body: Uint8Array;
  /** For the error, after "The kernel refused to". */
  readonly doing: () => string;
  /** The way out, where the errno alone tells it. */
  readonly way?: ((errno: string) => string | undefined) | undefined;
}

/** `exclusive` fails with EEXIST where the object is there; `replace` changes it. */
export type Creation = 'exclusive' | 'replace';

export const creation = (how: Creation): number =>
  NLM_F_CREATE | (how === 'exclusive' ? NLM_F_EXCL : NLM_F_REPLACE);

export class NetlinkRequests {
  readonly #changes: NetlinkSocket;
  /** Apart, and one at a time: an answer to anything else between the parts of a dump would tear it. */
  readonly #dumps: NetlinkSocket;
  readonly #outbox: Outbox;
  #lastDump: Promise<unknown> = Promise.resolve();

  /** `protocol` is NETLINK_ROUTE (0) or another family. Throws `LinuxError`. */
  constructor(netns: NetNamespace, protocol: number, outbox: Outbox) {
    this.#outbox = outbox;
    this.#changes = requestSocket(netns, protocol, outbox);
    this.#dumps = requestSocket(netns, protocol, outbox);
  }

  /** What the kernel calls the socket of changes, in the notices about them. */
  get port(): number {
    return this.#changes.address().port;
  }

  close(): void {
    this.#changes.close();
    this.#dumps.close();
  }

  async change(request: ChangeRequest): Promise<void> {
    await this.ask(request);
  }

  /** For requests that are answered by more than an acknowledgement. */
  async ask(request: ChangeRequest): Promise<NetlinkMessage> {
    this.#outbox.count(request.operation);
    const answer = await this.get(request.type, request.body, request.flags);
    const refusal = parseRefusal(answer);
    if (!refusal) return answer;
    const { errno, text } = refusal;
    const said = text === '' ? '' : ` (${text})`;
    const way = request.way?.(errno) ?? WAYS[errno];
    const sentence = `The kernel refused to ${request.doing()}: ${errno}${said}.`;
    throw new LinuxError(codeFor(errno), sentence, {
      errno,
      ...(way === undefined ? {} : { way }),
    });
  }

  /** The first message of the answer, which is an NLMSG_ERROR where the kernel refuses. */
  async get(type: number, body: Uint8Array, flags = 0): Promise<NetlinkMessage> {
    const options = { flags, checkError: false, timeout: TIMEOUT };
    const [answers] = await this.#changes.request(type, body, options);
    return answers[0]!; // an answer has a first message
  }

  /** `listing` is for the error: "The kernel refused to list …". */
  dump(type: number, body: Uint8Array, listing: string): Promise<NetlinkMessage[]> {
    this.#outbox.count('list');
    const turn = this.#lastDump.then(() => this.#dumpNow(type, body, listing));
    this.#lastDump = turn.catch(() => {});
    return turn;
  }

  async #dumpNow(type: number, body: Uint8Array, listing: string): Promise<NetlinkMessage[]> {
    for (let attempt = 1; ; attempt++) {
      const options = { flags: NLM_F_DUMP, checkError: false, timeout: TIMEOUT };
      const [answers] = await this.#dumps.request(type, body, options);
      const refusal = answers[0] && parseRefusal(answers[0]);
      if (refusal) {
        const { errno, text } = refusal;
        const said = text === '' ? '' : ` (${text})`;
        const way = WAYS[errno];
        throw new LinuxError(
          codeFor(errno),
          `The kernel refused to list ${listing}: ${errno}${said}.`,
          { errno, ...(way === undefined ? {} : { way }) },
        );
      }
      // The tables changed under the dump: once more, then take what there is.
      const torn = answers.some((m) => m.flags & NLM_F_DUMP_INTR);
      if (!torn || attempt === DUMP_ATTEMPTS)
        return answers.filter((m) => m.type >= NLMSG_MIN_TYPE);
    }
  }
}

function requestSocket(netns: NetNamespace, protocol: number, outbox: Outbox): NetlinkSocket {
  const transport = new NetlinkTransport(netns, protocol, outbox);
  transport.on('error', () => {}); // a lost answer shows as the request's own time-out
  transport.on('overrun', () => {});
  const socket = new NetlinkSocket(transport.asRawSocket());
  socket.on('error', () => {});
  socket.on('invalid', () => {});
  return socket;
}

/** NLMSG_ERROR with its extended acknowledgement; undefined for success and for other messages. */
function parseRefusal(message: NetlinkMessage): { errno: string; text: string } | undefined {
  if (message.type !== NLMSG_ERROR || message.data.length < 20) return undefined;
  const view = new DataView(message.data.buffer, message.data.byteOffset, message.data.length);
  const error = view.getInt32(0, LITTLE);
  if (error === 0) return undefined;
  const quoted = message.flags & NLM_F_CAPPED ? 16 : Math.max(16, view.getUint32(4, LITTLE));
  let text = '';
  if (message.flags & NLM_F_ACK_TLVS && 4 + quoted <= message.data.length) {
    const said = readAttributes(message.data.subarray(4 + quoted));
    text = textOf(said.get(NLMSGERR_ATTR_MSG)) ?? '';
  }
  return { errno: errnoName(error), text };
}

const codeFor = (errno: string): LinuxErrorCode =>
  errno === 'EPERM' || errno === 'EACCES' ? 'PERMISSION' : 'NETLINK';

const WAYS: Readonly<Record<string, string>> = { EPERM: 'CAP_NET_ADMIN is needed.' };
const TIMEOUT = 5000; // ours, ms: the kernel answers at once or never
const DUMP_ATTEMPTS = 3; // ours
const NLMSG_ERROR = 2;
const NLMSG_MIN_TYPE = 16;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;
const NLM_F_REPLACE = 0x100;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
