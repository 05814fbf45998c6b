/** XFRM requests in plain values: policies, states, migration. */
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import { WireError } from '../../../base/error.js';
import { LinuxError } from '../../error.js';
import type { NetNamespace } from '../../native.js';
import { Outbox } from '../outbox.js';
import { NetlinkRequests } from '../requests.js';
import { summarizePolicy, summarizeState } from './describe.js';
import {
  decodeXfrm,
  encodeXfrm,
  type XfrmMessage,
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
import { wayOut } from './refusal.js';

/**
 * Requests leave in the order of the calls, those of one turn together. A refusal is a `LinuxError` `NETLINK` that
 * names the object, the errno, what the kernel said and, where it is known, the way out.
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
    const found = await this.#requests.dump(GETPOLICY, NO_FILTER, 'XFRM policies');
    return found.flatMap((m) => this.#read(m, 'newPolicy')?.policy ?? []);
  }

  /** Without keys. */
  async states(): Promise<XfrmState[]> {
    const found = await this.#requests.dump(GETSA, NO_FILTER, 'XFRM states');
    return found.flatMap((m) => this.#read(m, 'newState')?.state ?? []);
  }

  /** Undefined when there is none. */
  policy(id: XfrmPolicyId): Promise<XfrmPolicy | undefined> {
    const answer = this.#ask(
      { kind: 'getPolicy', id },
      'policy',
      () => `get policy ${summarizePolicy(id)}`,
    );
    return unlessErrno(
      'ENOENT',
      answer.then((m) => this.#read(m, 'newPolicy')?.policy),
    );
  }

  /** Undefined when there is none. */
  state(id: XfrmStateId): Promise<XfrmState | undefined> {
    const answer = this.#ask(
      { kind: 'getState', id },
      'state',
      () => `get state ${summarizeState(id)}`,
    );
    return unlessErrno(
      'ESRCH',
      answer.then((m) => this.#read(m, 'newState')?.state),
    );
  }

  /** EEXIST where the direction has one of this type with the same selector, mark and interface number. */
  addPolicy(policy: XfrmPolicy): Promise<void> {
    return this.#change(
      { kind: 'newPolicy', policy },
      'policy',
      () => `add policy ${summarizePolicy(policy)}`,
    );
  }

  /** In place, or new. */
  updatePolicy(policy: XfrmPolicy): Promise<void> {
    return this.#change(
      { kind: 'updatePolicy', policy },
      'policy',
      () => `update policy ${summarizePolicy(policy)}`,
    );
  }

  /** By its index where it has one. */
  removePolicy(id: XfrmPolicyId): Promise<void> {
    return this.#change(
      { kind: 'deletePolicy', id },
      'policy',
      () => `remove policy ${summarizePolicy(id)}`,
    );
  }

  /** EEXIST where there is one with this destination, protocol and SPI, or, without SPI, with these addresses. */
  addState(state: XfrmState): Promise<void> {
    return this.#change(
      { kind: 'newState', state },
      'state',
      () => `add state ${summarizeState(state)}`,
    );
  }

  /** In place: care-of address, selector, encapsulation and limits. ESRCH where there is none. */
  updateState(state: XfrmState): Promise<void> {
    return this.#change(
      { kind: 'updateState', state },
      'state',
      () => `update state ${summarizeState(state)}`,
    );
  }

  removeState(id: XfrmStateId): Promise<void> {
    return this.#change(
      { kind: 'deleteState', id },
      'state',
      () => `remove state ${summarizeState(id)}`,
    );
  }

  /** Moves the states first, then the templates of the policy. ENODATA where nothing is to be moved. */
  migrate(migration: XfrmMigration): Promise<void> {
    return this.#change(
      { kind: 'migrate', migration },
      'migration',
      () => `migrate policy ${summarizePolicy(migration)}`,
    );
  }

  /** Reserves an SPI from `min` to `max`; it lapses when no state with it is added soon (30 s). */
  async allocateSpi(request: XfrmSpiRequest): Promise<number> {
    const doing = (): string => `allocate an SPI for ${summarizeState({ ...request, spi: 0 })}`;
    const answer = await this.#ask({ kind: 'allocateSpi', request }, 'state', doing);
    const read = this.#read(answer, 'newState');
    if (read) return read.state.spi;
    throw unanswered(doing());
  }

  /** Protocol 0: all states. */
  flushStates(protocol: XfrmProtocol = 0): Promise<void> {
    return this.#change(
      { kind: 'flushStates', protocol },
      'state',
      () => `flush states of protocol ${protocol}`,
    );
  }

  flushPolicies(ptype: XfrmPolicyType): Promise<void> {
    return this.#change(
      { kind: 'flushPolicies', ptype },
      'policy',
      () => `flush policies of type ${ptype}`,
    );
  }

  async spdInfo(): Promise<XfrmSpdInfo> {
    const doing = (): string => 'count policies';
    const answer = await this.#ask({ kind: 'getSpdInfo' }, 'count', doing);
    const read = this.#read(answer, 'spdInfo');
    if (read) return read.info;
    throw unanswered(doing());
  }

  async sadInfo(): Promise<XfrmSadInfo> {
    const doing = (): string => 'count states';
    const answer = await this.#ask({ kind: 'getSadInfo' }, 'count', doing);
    const read = this.#read(answer, 'sadInfo');
    if (read) return read.info;
    throw unanswered(doing());
  }

  async #change(message: XfrmMessage, operation: string, doing: () => string): Promise<void> {
    await this.#ask(message, operation, doing);
  }

  /** Sent before it returns: an encoder that refuses rejects, too. */
  async #ask(
    message: XfrmMessage,
    operation: string,
    doing: () => string,
  ): Promise<NetlinkMessage | undefined> {
    const way = (errno: string): string | undefined => wayOut(message, errno);
    return this.#requests.ask({ operation, ...encodeXfrm(message), doing, way });
  }

  /** Undefined for another message, and for one that does not obey its header, which is counted. */
  #read<K extends XfrmMessageKind>(
    message: NetlinkMessage | undefined,
    kind: K,
  ): XfrmMessageOf<K> | undefined {
    if (!message) return undefined;
    try {
      const read = decodeXfrm(message.type, message.data);
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

const unanswered = (doing: string): LinuxError =>
  new LinuxError('NETLINK', `Cannot ${doing}: the kernel's answer could not be read.`);

const NO_FILTER = new Uint8Array(0);
const GETSA = 18;
const GETPOLICY = 21;
