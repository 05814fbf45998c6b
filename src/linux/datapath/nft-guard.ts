/**
 * The guard by nftables. The rules never change. The addresses are elements of two sets, changed by netlink within the
 * handover, so that `nft` is started once. Matching `fib daddr type local` instead would need no changes at all, and
 * would break every other 6in4 or IP-in-IP tunnel that ends on this host.
 */
import { addressOctets, isIpv6, type IpAddress } from '../../base/address.js';
import { PROTOCOL } from '../../wire/protocol.js';
import type { NetNamespace } from '../native.js';
import { NfNetlink, type SetChange } from '../netlink/nfnetlink.js';
import type { Outbox } from '../netlink/outbox.js';
import type { GuardRules } from './guard.js';
import { nft } from './nft.js';

export class NftGuard implements GuardRules {
  readonly #netns: NetNamespace;
  readonly #table: string;
  readonly #netlink: NfNetlink;

  constructor(netns: NetNamespace, table: string, outbox: Outbox) {
    this.#netns = netns;
    this.#table = table;
    this.#netlink = new NfNetlink(netns, outbox);
  }

  prepare(): Promise<void> {
    return nft(this.#netns, ruleset(this.#table));
  }

  change(_: readonly IpAddress[], added: readonly IpAddress[], gone: readonly IpAddress[]) {
    return this.#netlink.changeSets(this.#table, [
      change('signalling6', added, gone, isIpv6),
      change('signalling4', added, gone, (a) => !isIpv6(a)),
    ]);
  }

  remove(): Promise<void> {
    return this.#netlink.removeTable(this.#table);
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

const { mobility: MOBILITY, ipv6: IPV6_IN_IP, ipv4: IPV4_IN_IP } = PROTOCOL;

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
