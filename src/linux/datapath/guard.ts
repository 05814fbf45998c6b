/**
 * Keeps the kernel from answering packets that are ours to answer. A kernel without Mobile IPv6 sends a Parameter
 * Problem for a Home Address option, a type 2 routing header, a Mobility Header, and for a tunnelled packet that
 * it has no device for. So these are dropped in prerouting, after our packet socket has read them, and only when
 * sent to one of the declared signalling addresses: other tunnels of the host, and packets that it forwards, pass.
 *
 * The rules never change. The addresses are elements of two sets, changed by netlink within the handover, so that
 * `nft` is started once. Matching `fib daddr type local` instead would need no changes at all, and would break
 * every other 6in4 or IP-in-IP tunnel that ends on this host.
 */
import { addressOctets, isIpv6, type IpAddress } from '../../base/address.js';
import type { NetNamespace } from '../native.js';
import { NfNetlink, type SetChange } from '../netlink/nfnetlink.js';
import type { Outbox } from '../netlink/outbox.js';
import { nft } from './nft.js';

export class SignallingGuard {
  readonly #netns: NetNamespace;
  readonly #table: string;
  readonly #netlink: NfNetlink;
  #prepared: Promise<void> | undefined;
  #guarded: ReadonlySet<IpAddress> = new Set();

  constructor(netns: NetNamespace, table: string, outbox: Outbox) {
    this.#netns = netns;
    this.#table = table;
    this.#netlink = new NfNetlink(netns, outbox);
  }

  /** Makes the table, replacing what a crash left. Later calls share the first one's result. */
  prepare(): Promise<void> {
    this.#prepared ??= nft(this.#netns, ruleset(this.#table)).catch((error: unknown) => {
      this.#prepared = undefined; // the next call tries again
      throw error;
    });
    return this.#prepared;
  }

  async guard(addresses: readonly IpAddress[]): Promise<void> {
    const wanted = new Set(addresses);
    if (wanted.size === 0 && this.#guarded.size === 0) return;
    await this.prepare();
    const add = [...wanted].filter((a) => !this.#guarded.has(a));
    const remove = [...this.#guarded].filter((a) => !wanted.has(a));
    await this.#netlink.changeSets(this.#table, [
      change('signalling6', add, remove, isIpv6),
      change('signalling4', add, remove, (a) => !isIpv6(a)),
    ]);
    this.#guarded = wanted;
  }

  /** With or without a memory of having made it. */
  async remove(): Promise<void> {
    await this.#prepared?.catch(() => {});
    this.#prepared = undefined;
    this.#guarded = new Set();
    await this.#netlink.removeTable(this.#table);
  }

  close(): void {
    this.#netlink.close();
  }
}

function change(
  set: string,
  add: readonly IpAddress[],
  remove: readonly IpAddress[],
  belongs: (a: IpAddress) => boolean,
): SetChange {
  return {
    set,
    add: add.filter(belongs).map(addressOctets),
    remove: remove.filter(belongs).map(addressOctets),
  };
}

/** One transaction: add and delete make the table absent whether it was there or not. */
function ruleset(table: string): string {
  return `
add table inet ${table}
delete table inet ${table}
table inet ${table} {
  set signalling6 { type ipv6_addr; }
  set signalling4 { type ipv4_addr; }
  chain mobility {
    meta l4proto { ${MOBILITY}, ${IPV6_IN_IP}, ${IPV4_IN_IP} } drop
    exthdr dst exists drop
    rt type 2 drop
  }
  chain prerouting {
    type filter hook prerouting priority raw; policy accept;
    ip6 daddr @signalling6 jump mobility
    ip daddr @signalling4 ip protocol { ${IPV6_IN_IP}, ${IPV4_IN_IP} } drop
  }
}
`;
}

const MOBILITY = 135;
const IPV6_IN_IP = 41;
const IPV4_IN_IP = 4;
