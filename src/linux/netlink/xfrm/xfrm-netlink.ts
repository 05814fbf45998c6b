/** XFRM requests in plain values: policies, states, migration. */
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import { WireError } from '../../../base/error.js';
import { LinuxError } from '../../error.js';
import type { NetNamespace } from '../../native.js';
import { Outbox } from '../outbox.js';
import { NetlinkRequests } from '../requests.js';
import {
  decodeXfrm,
  encodeXfrm,
  xfrmMessageType,
  type XfrmMessageKind,
  type XfrmMessageOf,
} from './message.js';
import type {
  XfrmMigration,
  XfrmPolicy,
  XfrmPolicyId,
  XfrmPolicyType,
  XfrmProtocol,
  XfrmSadInfo,
  XfrmSpdInfo,
  XfrmSpiRequest,
  XfrmState,
  XfrmStateId,
} from './model.js';
import { NETLINK_XFRM, withXfrm } from './open.js';
import { wordsOf, type XfrmRequest } from './request.js';

/**
 * Requests leave in the order of the calls, those of one turn together. A refusal is a `LinuxError` `NETLINK` that
 * names the object, the errno, what the kernel said and, where it is known, the way out. A value that no octets can
 * say is a `UsageError`.
 */
export class XfrmNetlink {
  readonly #requests: NetlinkRequests;
  #unread = 0;

  /** Throws `LinuxError`, also where the kernel has no XFRM. */
  constructor(netns: NetNamespace, outbox = new Outbox()) {
    this.#requests = withXfrm(() => new NetlinkRequests(netns, NETLINK_XFRM, outbox));
  }

  close(): void {
    this.#requests.close();
  }

  /** Messages of dumps that were left out since they could not be read. */
  get unread(): number {
    return this.#unread;
  }

  /** Of both types, and those of sockets too. */
  async policies(): Promise<XfrmPolicy[]> {
    const found = await this.#dump('getPolicy', 'XFRM policies');
    return found.flatMap((m) => this.#read(m, 'newPolicy')?.policy ?? []);
  }

  /** Without keys. */
  async states(): Promise<XfrmState[]> {
    const found = await this.#dump('getState', 'XFRM states');
    return found.flatMap((m) => this.#read(m, 'newState')?.state ?? []);
  }

  /** Undefined when there is none. */
  async policy(id: XfrmPolicyId): Promise<XfrmPolicy | undefined> {
    const answer = await unlessErrno('ENOENT', this.#ask({ kind: 'getPolicy', id }));
    return answer && this.#read(answer, 'newPolicy')?.policy;
  }

  /** Undefined when there is none. */
  async state(id: XfrmStateId): Promise<XfrmState | undefined> {
    const answer = await unlessErrno('ESRCH', this.#ask({ kind: 'getState', id }));
    return answer && this.#read(answer, 'newState')?.state;
  }

  /** EEXIST where the direction has one of this type with the same selector, mark and interface number. */
  addPolicy(policy: XfrmPolicy): Promise<void> {
    return this.#change({ kind: 'newPolicy', policy });
  }

  /** In place of the one with the same selector; new where there is none. */
  updatePolicy(policy: XfrmPolicy): Promise<void> {
    return this.#change({ kind: 'updatePolicy', policy });
  }

  /** By its index where it has one. */
  removePolicy(id: XfrmPolicyId): Promise<void> {
    return this.#change({ kind: 'deletePolicy', id });
  }

  /** EEXIST where there is one with this destination, protocol and SPI, or, without SPI, with these addresses. */
  addState(state: XfrmState): Promise<void> {
    return this.#change({ kind: 'newState', state });
  }

  /** In place: care-of address, selector, encapsulation and limits. ESRCH where there is none. */
  updateState(state: XfrmState): Promise<void> {
    return this.#change({ kind: 'updateState', state });
  }

  removeState(id: XfrmStateId): Promise<void> {
    return this.#change({ kind: 'deleteState', id });
  }

  /** Moves the states first, then the templates of the policy. ENODATA where nothing is to be moved. */
  migrate(migration: XfrmMigration): Promise<void> {
    return this.#change({ kind: 'migrate', migration });
  }

  /** Reserves an SPI from `min` to `max`; it lapses when no state with it is added soon (30 s). */
  async allocateSpi(request: XfrmSpiRequest): Promise<number> {
    const { state } = await this.#get({ kind: 'allocateSpi', request }, 'newState');
    return state.spi;
  }

  /** Protocol 0: all states. */
  flushStates(protocol: XfrmProtocol = 0): Promise<void> {
    return this.#change({ kind: 'flushStates', protocol });
  }

  flushPolicies(ptype: XfrmPolicyType): Promise<void> {
    return this.#change({ kind: 'flushPolicies', ptype });
  }

  async spdInfo(): Promise<XfrmSpdInfo> {
    return (await this.#get({ kind: 'getSpdInfo' }, 'spdInfo')).info;
  }

  async sadInfo(): Promise<XfrmSadInfo> {
    return (await this.#get({ kind: 'getSadInfo' }, 'sadInfo')).info;
  }

  async #change(request: XfrmRequest): Promise<void> {
    await this.#ask(request);
  }

  async #get<K extends XfrmMessageKind>(request: XfrmRequest, kind: K): Promise<XfrmMessageOf<K>> {
    const read = this.#read(await this.#ask(request), kind);
    if (read) return read;
    const sentence = `Cannot ${wordsOf(request).doing()}: the kernel's answer cannot be read.`;
    throw new LinuxError('NETLINK', sentence);
  }

  /** Asynchronous for its errors only: the request is on its way before the call returns. */
  async #ask(request: XfrmRequest): Promise<NetlinkMessage> {
    return this.#requests.ask({ ...encodeXfrm(request), ...wordsOf(request) });
  }

  #dump(kind: 'getPolicy' | 'getState', listing: string): Promise<NetlinkMessage[]> {
    return this.#requests.dump(xfrmMessageType(kind), NO_FILTER, listing);
  }

  /** Undefined for another message, and for one that does not obey its header: both are counted. */
  #read<K extends XfrmMessageKind>(
    { type, data }: NetlinkMessage,
    kind: K,
  ): XfrmMessageOf<K> | undefined {
    try {
      const read = decodeXfrm(type, data);
      if (read?.kind === kind) return read as XfrmMessageOf<K>;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
    this.#unread++;
    return undefined;
  }
}

async function unlessErrno<T>(errno: string, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof LinuxError && error.errno === errno) return undefined;
    throw error;
  }
}

const NO_FILTER = new Uint8Array(0);
