/**
 * Elements of nftables sets, and the end of a table, by netlink: some 100 µs where starting `nft` costs 5 to 10 ms.
 * Tables and rules themselves are made by `nft` once.
 */
import { formatMessage, parseMessages, type NetlinkMessage } from 'netlink/dist/structs.js';
import { errnoName, LinuxError } from '../error.js';
import type { NetNamespace } from '../native.js';
import { LITTLE } from '../sockaddr.js';
import { AttributeWriter } from './attributes.js';
import { Outbox } from './outbox.js';
import { NetlinkTransport } from './transport.js';

export interface SetChange {
  readonly set: string;
  readonly add: readonly Uint8Array[];
  readonly remove: readonly Uint8Array[];
}

export class NfNetlink {
  readonly #transport: NetlinkTransport;
  readonly #outbox: Outbox;
  readonly #waiting = new Map<number, Waiting>();
  #sequence = 0;

  constructor(netns: NetNamespace, outbox = new Outbox()) {
    this.#outbox = outbox;
    this.#transport = new NetlinkTransport(netns, NETLINK_NETFILTER, outbox);
    this.#transport.unref();
    this.#transport.on('message', (octets: Buffer) => this.#receive(octets));
    this.#transport.on('error', () => {}); // the request times out
    this.#transport.on('overrun', () => {});
  }

  close(): void {
    this.#transport.close();
  }

  /** Netlink port of its socket, which notices of its changes bear. */
  get port(): number {
    return this.#transport.address().port;
  }

  /** All of the changes or none. The keys are addresses in network byte order. */
  changeSets(table: string, changes: readonly SetChange[]): Promise<void> {
    const bodies = changes.flatMap(({ set, add, remove }) => [
      ...(remove.length > 0 ? [elements(NFT_MSG_DELSETELEM, table, set, remove)] : []),
      ...(add.length > 0 ? [elements(NFT_MSG_NEWSETELEM, table, set, add)] : []),
    ]);
    return bodies.length > 0
      ? this.#batch(bodies, `change the sets of table ${table}`)
      : Promise.resolve();
  }

  /** Resolves too when there is no such table. */
  async removeTable(table: string): Promise<void> {
    const data = nfBody(NFPROTO_INET).text(NFTA_TABLE_NAME, table).finish();
    const body = { type: NFT_MSG_DELTABLE, flags: 0, data };
    try {
      await this.#batch([body], `delete table ${table}`);
    } catch (error) {
      if (!(error instanceof LinuxError) || error.errno !== 'ENOENT') throw error;
    }
  }

  #batch(bodies: readonly Body[], doing: string): Promise<void> {
    const begin = this.#next();
    const out = message(NFNL_MSG_BATCH_BEGIN, 0, begin, BATCH_BODY);
    let last = begin;
    const sequences = bodies.map(({ type, flags, data }, i) => {
      last = this.#next();
      const ack = i === bodies.length - 1 ? NLM_F_ACK : 0;
      out.push(...message((NFNL_SUBSYS_NFTABLES << 8) | type, flags | ack, last, data));
      return last;
    });
    out.push(...message(NFNL_MSG_BATCH_END, 0, this.#next(), BATCH_BODY));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { sequences: [begin, ...sequences], last, doing, resolve, reject };
      for (const s of waiting.sequences) this.#waiting.set(s, waiting);
      const timer = setTimeout(() => this.#finish(waiting, 'ETIMEDOUT'), TIMEOUT);
      timer.unref();
      waiting.timer = timer;
      this.#outbox.count('set');
      // A transaction is one sendmsg(2), after all that was asked for before it.
      this.#outbox.flush();
      const errno = this.#transport.transmit(Buffer.concat(out));
      if (errno !== 0) this.#finish(waiting, errnoName(errno));
    });
  }

  #receive(octets: Buffer): void {
    let messages: NetlinkMessage[];
    try {
      messages = parseMessages(octets);
    } catch {
      return;
    }
    for (const m of messages) {
      const waiting = this.#waiting.get(m.seq);
      if (!waiting || m.type !== NLMSG_ERROR || m.data.length < 4) continue;
      const error = new DataView(m.data.buffer, m.data.byteOffset).getInt32(0, LITTLE);
      if (error !== 0) this.#finish(waiting, errnoName(error));
      else if (m.seq === waiting.last) this.#finish(waiting);
    }
  }

  #finish(waiting: Waiting, errno?: string): void {
    clearTimeout(waiting.timer);
    for (const s of waiting.sequences) this.#waiting.delete(s);
    if (errno === undefined) waiting.resolve();
    else {
      const sentence = `nftables refused to ${waiting.doing}: ${errno}.`;
      waiting.reject(new LinuxError('NFT', sentence, { errno }));
    }
  }

  #next(): number {
    this.#sequence = (this.#sequence % 0x7fffffff) + 1;
    return this.#sequence;
  }
}

interface Body {
  readonly type: number;
  readonly flags: number;
  readonly data: Uint8Array;
}

interface Waiting {
  readonly sequences: readonly number[];
  readonly last: number;
  readonly doing: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  timer?: NodeJS.Timeout;
}

function elements(type: number, table: string, set: string, keys: readonly Uint8Array[]): Body {
  const data = nfBody(NFPROTO_INET)
    .text(NFTA_SET_ELEM_LIST_TABLE, table)
    .text(NFTA_SET_ELEM_LIST_SET, set)
    .nest(NFTA_SET_ELEM_LIST_ELEMENTS, (list) => {
      for (const key of keys) {
        list.nest(NFTA_LIST_ELEM, (element) => {
          element.nest(NFTA_SET_ELEM_KEY, (value) => value.octets(NFTA_DATA_VALUE, key));
        });
      }
    })
    .finish();
  return { type, flags: type === NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0, data };
}

/** struct nfgenmsg in front: family, version 0, and the subsystem in network order. */
const nfBody = (family: number): AttributeWriter =>
  new AttributeWriter(Uint8Array.of(family, 0, 0, NFNL_SUBSYS_NFTABLES));

const message = (type: number, flags: number, seq: number, data: Uint8Array): Uint8Array[] =>
  formatMessage({ type, flags: flags | NLM_F_REQUEST, seq, port: 0, data });

const TIMEOUT = 5000; // ours, ms
const AF_UNSPEC = 0;
const NETLINK_NETFILTER = 12;
const NFPROTO_INET = 1;
const NFNL_SUBSYS_NFTABLES = 10;
const BATCH_BODY = nfBody(AF_UNSPEC).finish();
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_NEWSETELEM = 12;
const NFT_MSG_DELSETELEM = 14;
const NFTA_TABLE_NAME = 1;
const NFTA_SET_ELEM_LIST_TABLE = 1;
const NFTA_SET_ELEM_LIST_SET = 2;
const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_LIST_ELEM = 1;
const NFTA_SET_ELEM_KEY = 1;
const NFTA_DATA_VALUE = 1;
const NLMSG_ERROR = 2;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_CREATE = 0x400;
