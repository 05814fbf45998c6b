/**
 * Notices when somebody else changes what is ours in the kernel, and has it put right: monitors tell of which kind
 * something was changed, and after a moment that kind is read and compared.
 *
 * Notices of links and of IPv6 addresses, and those of routes that go with them, do not say who made the change. What
 * they tell is compared with what we believe to be there: our own handovers are followed by no listing.
 */
import type { LinuxLinks } from '../links.js';
import type { NetNamespace } from '../native.js';
import { KernelMonitor, type KernelNotice } from '../netlink/kernel-monitor.js';
import type { KernelLink, RtNetlink } from '../netlink/rtnetlink.js';
import type { XfrmMessage } from '../netlink/xfrm/message.js';
import { XfrmMonitor } from '../netlink/xfrm/xfrm-monitor.js';
import { deviceOf } from './keep-devices.js';
import { addressOf, routeOf } from './keep-routing.js';
import { isOurPolicy } from './keep-xfrm.js';
import type { DeviceIndex, ObjectText } from './keeper.js';
import { objectKey } from './kernel-object.js';
import type { LinuxDatapath, ObjectKind } from './linux-datapath.js';
import { isOurs, LINK_GROUP, PROTOCOL_MIP6, REQID } from './marks.js';

export interface WatchParts {
  readonly netns: NetNamespace;
  readonly requests: RtNetlink;
  readonly links: LinuxLinks;
  readonly datapath: LinuxDatapath;
  /** The kernel does XFRM for us. */
  readonly xfrm: boolean;
  /** The kernel has a FOU port for us: it tells nobody when that goes, so it is looked at now and then. */
  readonly fou: boolean;
  readonly devices: DeviceIndex;
  /** Index of the TUN device, 0 while there is none. */
  readonly tun: () => number;
  readonly mended: (keys: readonly string[]) => void;
  readonly failed: (error: unknown) => void;
}

export class DatapathWatch {
  readonly #parts: WatchParts;
  readonly #closers: (() => void)[] = [];
  #dirty: Set<ObjectKind> | 'all' | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  /** Tunnel devices that have been as they should be: what is down then, somebody took down. */
  readonly #settled = new Set<number>();
  /** Tunnel devices that are not as they should be, or not yet: the notice that they are comes with the first one. */
  readonly #unsettled = new Set<number>();
  #closed = false;

  /** Throws `LinuxError`. */
  constructor(parts: WatchParts) {
    this.#parts = parts;
    const { netns, requests, links } = parts;
    try {
      const options = { protocol: PROTOCOL_MIP6, group: LINK_GROUP, except: [requests.port] };
      const kernel = new KernelMonitor(netns, options);
      this.#closers.push(() => kernel.close());
      kernel.on('notice', (notice) => this.#notice(notice));
      kernel.on('overrun', () => this.suspect('all'));
      links.on('gone', this.#tunLost);
      links.on('lowered', this.#tunLost);
      this.#closers.push(() => {
        links.off('gone', this.#tunLost);
        links.off('lowered', this.#tunLost);
      });
      if (parts.xfrm) this.#watchXfrm(netns);
      if (parts.fou) this.#watchFou();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Something of these kinds may be wrong. */
  suspect(kinds: readonly ObjectKind[] | 'all'): void {
    if (this.#closed) return;
    if (kinds === 'all' || this.#dirty === 'all') this.#dirty = 'all';
    else this.#dirty = new Set([...(this.#dirty ?? []), ...kinds]);
    if (this.#running) return;
    this.#timer ??= setTimeout(() => void this.#mend(), PAUSE);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const close of this.#closers.splice(0)) close();
  }

  readonly #tunLost = (index: number): void => {
    if (index !== 0 && index === this.#parts.tun()) this.suspect('all');
  };

  #notice(notice: KernelNotice): void {
    const { change } = notice;
    switch (notice.kind) {
      case 'route': {
        const { replaced, route } = notice;
        const others = replaced && route.protocol !== PROTOCOL_MIP6;
        return others || this.#surprises(change, routeOf(route))
          ? this.suspect(['route'])
          : undefined;
      }
      case 'rule':
        return this.suspect(['rule']);
      case 'address': // with an address the kernel takes its routes
        return this.#surprises(change, addressOf(notice.address, this.#parts.devices))
          ? this.suspect(['address', 'route'])
          : undefined;
      case 'filter':
        return isOurs(notice.link) ? this.suspect(['accept']) : undefined;
      case 'link': // with a link it takes addresses, routes and filters
        return this.#link(change, notice.link);
      default:
        return notice satisfies never;
    }
  }

  #surprises(change: KernelNotice['change'], { key, text }: ObjectText): boolean {
    const { datapath } = this.#parts;
    return change === 'added' ? !datapath.agrees(key, text) : datapath.has(key);
  }

  #link(change: KernelNotice['change'], link: KernelLink): void {
    const { index } = link;
    const there = deviceOf(link);
    const wrong = this.#surprises(change, there);
    if (change === 'removed') {
      this.#settled.delete(index);
      this.#unsettled.delete(index);
      if (wrong) this.suspect('all');
    } else if (!wrong) {
      this.#settled.add(index);
      this.#unsettled.delete(index);
    } else if (this.#settled.has(index) && (link.up || this.#parts.datapath.has(there.key))) {
      this.suspect('all');
    } else if (!this.#settled.delete(index)) {
      // Being made: down first, and up in the same batch. One that is taken away by us is down, and gone.
      this.#unsettled.add(index);
      setTimeout(() => {
        if (this.#unsettled.delete(index)) this.suspect('all');
      }, PAUSE).unref();
    }
  }

  #watchXfrm(netns: NetNamespace): void {
    const monitor = XfrmMonitor.open(netns, { groups: ['state', 'policy'] });
    this.#closers.push(() => monitor.close());
    monitor.on('notice', (notice) => {
      if (this.#isForeign(notice)) this.suspect(['state', 'policy']);
    });
    monitor.on('overrun', () => this.suspect(['state', 'policy']));
  }

  /** Our own changes are told too: they are as we believe things to be. */
  #isForeign(notice: XfrmMessage): boolean {
    const { datapath } = this.#parts;
    switch (notice.kind) {
      case 'newState':
      case 'updateState':
        return (
          notice.state.reqid === REQID && !datapath.believes({ kind: 'state', state: notice.state })
        );
      case 'newPolicy':
      case 'updatePolicy': {
        const { policy } = notice;
        return isOurPolicy(policy) && !datapath.believes({ kind: 'policy', policy });
      }
      case 'deleteState': {
        const { state } = notice;
        return (
          !state || (state.reqid === REQID && datapath.has(objectKey({ kind: 'state', state })))
        );
      }
      case 'deletePolicy': {
        const { policy } = notice;
        return (
          !policy || (isOurPolicy(policy) && datapath.has(objectKey({ kind: 'policy', policy })))
        );
      }
      case 'flushStates':
      case 'flushPolicies':
        return true;
      default:
        return false;
    }
  }

  #watchFou(): void {
    const timer = setInterval(() => this.suspect(['fou']), FOU_LOOK);
    timer.unref();
    this.#closers.push(() => clearInterval(timer));
  }

  async #mend(): Promise<void> {
    this.#timer = undefined;
    this.#running = true;
    const kinds = this.#dirty;
    this.#dirty = undefined;
    try {
      const mended = await this.#parts.datapath.reconcile(kinds === 'all' ? undefined : kinds);
      if (mended.length > 0 && !this.#closed) this.#parts.mended(mended);
    } catch (error) {
      if (!this.#closed) this.#parts.failed(error);
    } finally {
      this.#running = false;
      if (this.#dirty && !this.#closed) this.#timer ??= setTimeout(() => void this.#mend(), PAUSE);
    }
  }
}

const PAUSE = 20; // ours, ms: one change seldom comes alone
const FOU_LOOK = 500; // ours, ms
