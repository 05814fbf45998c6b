/** Tells when somebody else changes a table of nftables. */
import { parseMessages, type NetlinkMessage } from 'netlink/dist/structs.js';
import type { NetNamespace } from '../native.js';
import { readAttributes, textOf } from './attributes.js';
import { NetlinkTransport } from './transport.js';

export class NftMonitor {
  readonly #transport: NetlinkTransport;
  readonly #table: string;
  readonly #except: number;
  readonly #changed: () => void;
  #deaf = 0;

  /** Of changes by the netlink port `except` nothing is told. Throws `LinuxError`. */
  constructor(netns: NetNamespace, table: string, except: number, changed: () => void) {
    this.#table = table;
    this.#except = except;
    this.#changed = changed;
    this.#transport = new NetlinkTransport(netns, NETLINK_NETFILTER);
    this.#transport.addMembership(NFNLGRP_NFTABLES);
    this.#transport.on('message', (octets: Buffer) => this.#receive(octets));
    this.#transport.on('overrun', () => this.#tell());
    this.#transport.on('error', () => this.#tell());
    this.#transport.unref();
  }

  /** Nothing is told of what happens while `work` is under way: a program of ours does it. */
  async whileOurs<T>(work: () => Promise<T>): Promise<T> {
    this.#deaf++;
    try {
      return await work();
    } finally {
      this.#transport.receive(); // notices stand in the queue before the program that caused them has ended
      this.#deaf--;
    }
  }

  close(): void {
    this.#transport.close();
  }

  #receive(octets: Buffer): void {
    let messages: NetlinkMessage[];
    try {
      messages = parseMessages(octets);
    } catch {
      return this.#tell(); // better asked once too often
    }
    if (messages.some((m) => this.#isOthers(m))) this.#tell();
  }

  #isOthers({ type, port, data }: NetlinkMessage): boolean {
    if (type >> 8 !== NFNL_SUBSYS_NFTABLES || (type & 255) === NFT_MSG_NEWGEN) return false;
    if (port === this.#except) return false;
    return textOf(readAttributes(data.subarray(NFGENMSG_LENGTH)).get(NFTA_TABLE)) === this.#table;
  }

  #tell(): void {
    if (this.#deaf === 0) this.#changed();
  }
}

const NETLINK_NETFILTER = 12;
const NFNLGRP_NFTABLES = 7;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_NEWGEN = 15;
const NFGENMSG_LENGTH = 4;
/** The name of the table, in messages about tables, chains, rules, sets and elements alike. */
const NFTA_TABLE = 1;
