/**
 * Admission by one nftables table of sets and a few rules that never change, before the kernel takes tunnels apart:
 * 0.1 KB a binding, and one look-up a packet whatever their number.
 *
 * Positions are of the inner header: 40 octets into an IPv6 packet, 48 behind a Tunnel Encapsulation Limit (RFC 2473
 * §4.1.1) or in a first fragment, 20 into an IPv4 packet, 8 into a datagram. Later fragments pass: without the first
 * they come to nothing. Mobility Headers in datagrams pass: they come before there is a binding (RFC 5555 §4.4.2).
 */
import { addressOctets, isIpv6, type IpAddress } from '../../base/address.js';
import type { NetNamespace } from '../native.js';
import { NfNetlink, type SetChange } from '../netlink/nfnetlink.js';
import { NftMonitor } from '../netlink/nft-monitor.js';
import type { Outbox } from '../netlink/outbox.js';
import type { Admission } from './admission.js';
import type { Keeper } from './keeper.js';
import type { AcceptObject } from './kernel-object.js';
import { nft } from './nft.js';

export class NftAdmission implements Admission {
  readonly #netns: NetNamespace;
  readonly #table: string;
  readonly #netlink: NfNetlink;
  readonly #monitor: NftMonitor;
  #prepared: Promise<void> | undefined;
  #ready = false;
  #guarded: readonly IpAddress[] = [];

  /** `changed` is called when somebody else has changed the table: `restore` it. */
  constructor(netns: NetNamespace, table: string, outbox: Outbox, changed: () => void) {
    this.#netns = netns;
    this.#table = table;
    this.#netlink = new NfNetlink(netns, outbox);
    try {
      this.#monitor = new NftMonitor(netns, table, this.#netlink.port, () => {
        if (this.#ready) changed();
      });
    } catch (error) {
      this.#netlink.close();
      throw error;
    }
  }

  /** Sets are not read back: what somebody does to the table is told, and all of it made anew. */
  readonly keeper: Keeper<AcceptObject> = {
    put: (object, was) => this.change([object], was ? [was] : []),
    remove: (object) => this.change([], [object]),
    text: () => '',
    present: undefined,
  };

  prepare(): Promise<void> {
    const make = () => nft(this.#netns, ruleset(this.#table));
    this.#prepared ??= this.#monitor.whileOurs(make).then(
      () => void (this.#ready = true),
      (error: unknown) => {
        this.#prepared = undefined; // the next call tries again
        throw error;
      },
    );
    return this.#prepared;
  }

  async guard(addresses: readonly IpAddress[]): Promise<void> {
    const was = this.#guarded;
    this.#guarded = addresses;
    const changes = new SetChanges();
    for (const a of addresses) if (!was.includes(a)) changes.add(guarded(a));
    for (const a of was) if (!addresses.includes(a)) changes.remove(guarded(a));
    await this.#change(changes);
  }

  change(add: readonly AcceptObject[], remove: readonly AcceptObject[]): Promise<void> {
    const changes = new SetChanges();
    // An object in two versions has one element: what is added anew is not removed.
    const kept = new Set(add.map((a) => nameOf(element(a))));
    for (const accept of add) changes.add(element(accept));
    for (const accept of remove) {
      const gone = element(accept);
      if (!kept.has(nameOf(gone))) changes.remove(gone);
    }
    return this.#change(changes);
  }

  async restore(admitted: Iterable<AcceptObject>): Promise<void> {
    this.#prepared = undefined;
    this.#ready = false;
    await this.prepare();
    const changes = new SetChanges();
    for (const a of this.#guarded) changes.add(guarded(a));
    for (const accept of admitted) changes.add(element(accept));
    await this.#change(changes);
  }

  async remove(): Promise<void> {
    await this.#prepared?.catch(() => {});
    this.#prepared = undefined;
    this.#ready = false;
    this.#guarded = [];
    await this.#netlink.removeTable(this.#table);
  }

  close(): void {
    this.#monitor.close();
    this.#netlink.close();
  }

  /** Sent within the call once the table is there. */
  async #change(changes: SetChanges): Promise<void> {
    if (changes.empty) return;
    if (!this.#ready) await this.prepare();
    for (const part of changes.parts()) await this.#netlink.changeSets(this.#table, part);
  }
}

interface Element {
  readonly set: string;
  readonly key: Uint8Array;
}

const nameOf = ({ set, key }: Element): string => `${set} ${Buffer.from(key).toString('hex')}`;

/** The element that admits it. Parts of a key begin at multiples of 4 octets. */
function element({ outer, port, inner }: AcceptObject): Element {
  const parts = [addressOctets(outer)];
  if (port !== null) parts.push(Uint8Array.of(port >> 8, port, 0, 0));
  if (inner !== null) parts.push(addressOctets(inner));
  const outside = port !== null ? 'udp' : isIpv6(outer) ? '6' : '4';
  const inside = inner === null ? 'any' : isIpv6(inner) ? 'v6' : 'v4';
  return { set: `${inside}in${outside}`, key: Buffer.concat(parts) };
}

const guarded = (a: IpAddress): Element => ({
  set: isIpv6(a) ? 'signalling6' : 'signalling4',
  key: addressOctets(a),
});

class SetChanges {
  readonly #sets = new Map<string, { add: Uint8Array[]; remove: Uint8Array[] }>();

  get empty(): boolean {
    return this.#sets.size === 0;
  }

  add({ set, key }: Element): void {
    this.#of(set).add.push(key);
  }

  remove({ set, key }: Element): void {
    this.#of(set).remove.push(key);
  }

  /** Bounded: one message holds so many elements at most. */
  *parts(): Generator<SetChange[]> {
    const sets = [...this.#sets].map(([set, c]) => ({ set, add: c.add, remove: c.remove }));
    const rest = sets.flatMap(({ set, add, remove }) => {
      const more: SetChange[] = [];
      for (let i = MAX_ELEMENTS; i < Math.max(add.length, remove.length); i += MAX_ELEMENTS) {
        more.push({
          set,
          add: add.slice(i, i + MAX_ELEMENTS),
          remove: remove.slice(i, i + MAX_ELEMENTS),
        });
      }
      return more;
    });
    yield sets.map(({ set, add, remove }) => ({
      set,
      add: add.slice(0, MAX_ELEMENTS),
      remove: remove.slice(0, MAX_ELEMENTS),
    }));
    for (const part of rest) yield [part];
  }

  #of(set: string) {
    let changes = this.#sets.get(set);
    if (!changes) this.#sets.set(set, (changes = { add: [], remove: [] }));
    return changes;
  }
}

/** One transaction: add and delete make the table absent whether it was there or not. */
function ruleset(table: string): string {
  return `
add table inet ${table}
delete table inet ${table}
table inet ${table} {
  set signalling6 { type ipv6_addr; }
  set signalling4 { type ipv4_addr; }
  set anyin6 { type ipv6_addr; }
  set anyin4 { type ipv4_addr; }
  set anyinudp { type ipv4_addr . inet_service; }
  set v6in6 { typeof ip6 saddr . @nh,384,128; }
  set v4in6 { typeof ip6 saddr . @nh,416,32; }
  set v6in4 { typeof ip saddr . @nh,224,128; }
  set v4in4 { typeof ip saddr . @nh,256,32; }
  set v6inudp { typeof ip saddr . udp sport . @th,128,128; }
  set v4inudp { typeof ip saddr . udp sport . @th,160,32; }
  chain from6 {
    frag frag-off != 0 accept
    ip6 saddr @anyin6 accept
    ip6 nexthdr 41 ip6 saddr . @nh,384,128 @v6in6 accept
    ip6 nexthdr 4 ip6 saddr . @nh,416,32 @v4in6 accept
    ip6 nexthdr { 44, 60 } @nh,320,16 0x2900 ip6 saddr . @nh,448,128 @v6in6 accept
    ip6 nexthdr { 44, 60 } @nh,320,16 0x0400 ip6 saddr . @nh,480,32 @v4in6 accept
    drop
  }
  chain from4 {
    ip frag-off & 0x1fff != 0 accept
    ip hdrlength != 5 drop
    ip saddr @anyin4 accept
    ip protocol 41 ip saddr . @nh,224,128 @v6in4 accept
    ip protocol 4 ip saddr . @nh,256,32 @v4in4 accept
    drop
  }
  chain fromudp {
    ip saddr . udp sport @anyinudp accept
    @th,64,4 6 @th,112,8 { 60, 135 } accept
    @th,64,4 6 ip saddr . udp sport . @th,128,128 @v6inudp accept
    @th,64,4 4 ip saddr . udp sport . @th,160,32 @v4inudp accept
    drop
  }
  chain prerouting {
    type filter hook prerouting priority raw; policy accept;
    ip6 daddr @signalling6 meta l4proto { 4, 41 } jump from6
    ip daddr @signalling4 ip protocol { 4, 41 } jump from4
    ip daddr @signalling4 udp dport 4191 jump fromudp
  }
}
`;
}

const MAX_ELEMENTS = 500; // ours: some 20 kB of a 64 kB netlink attribute
