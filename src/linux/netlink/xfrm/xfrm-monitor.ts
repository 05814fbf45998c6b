/** XFRM notices as typed events. */
import { EventEmitter } from 'node:events';
import { NetlinkSocket } from 'netlink/dist/netlink.js';
import { WireError } from '../../../base/error.js';
import { linuxError } from '../../error.js';
import type { NetNamespace } from '../../native.js';
import { NetlinkTransport } from '../transport.js';
import {
  decodeXfrm,
  type XfrmMessage,
  type XfrmMessageKind,
  type XfrmMessageOf,
} from './message.js';
import { NETLINK_XFRM, withXfrm } from './open.js';

/** A set of notices. Being in `acquire` makes the kernel wait for a state where it would refuse a packet at once. */
export type XfrmGroup = keyof typeof GROUPS;

/**
 * An event for each kind of notice: `newState`, `deletePolicy`, `acquire`, `migrate` …; then `notice` for any of them.
 * `overrun`: notices were lost, what is known of policies and states is to be read again.
 */
export type XfrmMonitorEvents = {
  [K in XfrmMessageKind]: [notice: XfrmMessageOf<K>];
} & { notice: [notice: XfrmMessage]; overrun: [] };

export interface XfrmMonitorOptions {
  /** Absent: all. */
  readonly groups?: readonly XfrmGroup[];
  /** Counted are `xfrm-overrun`, `xfrm-error`, and `xfrm-invalid` for octets that do not obey their header. */
  readonly counters?: Record<string, number>;
}

export class XfrmMonitor extends EventEmitter<XfrmMonitorEvents> {
  readonly #transport: NetlinkTransport;
  readonly #counters: Record<string, number>;

  /** `open` is the usual way in. */
  constructor(transport: NetlinkTransport, counters: Record<string, number>) {
    super();
    this.#transport = transport;
    this.#counters = counters;
    transport.on('overrun', () => {
      this.#count('overrun');
      this.emit('overrun');
    });
    transport.on('error', () => this.#count('error'));
    const socket = new NetlinkSocket(transport.asRawSocket());
    socket.on('message', (messages) => {
      for (const { type, data } of messages) this.#notice(type, data);
    });
    socket.on('invalid', () => this.#count('invalid'));
    socket.on('error', () => {}); // counted on the transport
  }

  /** Throws `LinuxError`: listening needs CAP_NET_ADMIN. */
  static open(netns: NetNamespace, options: XfrmMonitorOptions = {}): XfrmMonitor {
    const { groups = Object.keys(GROUPS) as XfrmGroup[], counters = {} } = options;
    const transport = withXfrm(() => new NetlinkTransport(netns, NETLINK_XFRM));
    try {
      for (const group of groups) transport.addMembership(GROUPS[group]);
    } catch (error) {
      transport.close();
      throw linuxError('NETLINK', 'listen to XFRM notices', error);
    }
    return new XfrmMonitor(transport, counters);
  }

  close(): void {
    this.#transport.close();
  }

  #notice(type: number, data: Uint8Array): void {
    const notice = this.#read(type, data);
    if (!notice) return;
    // Of the kind it names: that much the types cannot say.
    this.emit(notice.kind, notice as never);
    this.emit('notice', notice as never);
  }

  /** Undefined for types that are not known here, too: a newer kernel may have more. */
  #read(type: number, data: Uint8Array): XfrmMessage | undefined {
    try {
      return decodeXfrm(type, data);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#count('invalid');
      return undefined;
    }
  }

  #count(what: string): void {
    const key = `xfrm-${what}`;
    this.#counters[key] = (this.#counters[key] ?? 0) + 1;
  }
}

/** enum xfrm_nlgroups */
const GROUPS = { acquire: 1, expire: 2, state: 3, policy: 4, report: 6, migrate: 7, mapping: 8 };
