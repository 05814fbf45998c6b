/**
 * Movement detection on one link: who are the routers here, and are they still here?
 *
 * Spec: RFC 6275 §11.5.1; RFC 4861 §6.3.4 (advertisements), RFC 4862 §5.5.3 (prefixes),
 * §6.3.7 (solicitations), §7.3 (reachability);
 * RFC 6059 (a link come back to is known again by its router's answer to one solicitation).
 *
 *   unknown ─advertisement→ confirmed ─carrier came up again→ suspect ─answer→ confirmed
 *   confirmed ─silent for 3 intervals→ (probed) ─no answer→ lost
 *   any ─carrier or its answers lost→ known (`known-routers.ts`) ─answer after a later link up→ confirmed
 */
import {
  ALL_ROUTERS,
  formatPrefix,
  isLinkLocal,
  isMulticast,
  linkLocalAddress,
  prefixOf,
  UNSPECIFIED6,
  type Ipv6,
  type MacAddress,
  type Prefix,
} from '../../base/address.js';
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import type { NdOption, RouterAdvertisement } from '../../wire/nd/message.js';
import type { EventEffect, FrameEffect } from '../effect.js';
import { event } from '../event.js';
import type { LinkName } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import { Timers } from '../timers.js';
import { ndFrame } from '../frames.js';
import { KnownRouters } from './known-routers.js';

export type DetectorEffect = FrameEffect | EventEffect;

export interface AdvertisedPrefix {
  readonly prefix: Prefix<Ipv6>;
  readonly onLink: boolean;
  readonly autonomous: boolean;
  /** The router's own address, where it says so: RFC 6275 §7.2, bit R. */
  readonly routerAddress: Ipv6 | null;
  /** Null: for ever. */
  readonly validUntil: Instant | null;
  readonly preferredUntil: Instant | null;
}

export interface Router {
  /** Link-local. */
  readonly address: Ipv6;
  readonly mac: MacAddress;
  readonly homeAgent: boolean;
  /** Of home agents, greater is better: RFC 6275 §7.4. */
  readonly agentPreference: number;
  /** False for a home agent that asks not to be a default router (router lifetime 0). */
  readonly isDefault: boolean;
  /** RFC 4191 §2.2 */
  readonly preference: -1 | 0 | 1;
  /** Confirmed since carrier last came up. A suspect one is being asked. */
  readonly confirmed: boolean;
  readonly prefixes: readonly AdvertisedPrefix[];
  /** RetransTimer that it advertises, milliseconds; 0 when it does not say. */
  readonly retransTimer: Millis;
  /** MTU that it advertises for the link, octets; undefined when it does not say. RFC 4861 §4.6.4 */
  readonly mtu: number | undefined;
}

/** Neighbour unreachability detection of a router that is doubted, RFC 4861 §7.3.3. */
export interface RouterProbes {
  /** Solicitations without an answer until it is lost; 0: it is lost when it is doubted. */
  readonly count: number;
  /** From one to the next; 0: the RetransTimer that the router advertises, or 1 s. */
  readonly interval: Millis;
}

/**
 * RFC 4861 §10: MAX_UNICAST_SOLICIT 3. Ours: RETRANS_TIMER of 1 s would leave a node that moved 3 s without a link.
 */
export const ROUTER_PROBES: RouterProbes = { count: 3, interval: 300 };

interface Entry {
  address: Ipv6;
  mac: MacAddress;
  homeAgent: boolean;
  agentPreference: number;
  isDefault: boolean;
  preference: -1 | 0 | 1;
  standing: 'confirmed' | 'suspect';
  /** Carrier came up since the last advertisement: the next one replaces all prefixes. */
  recheck: boolean;
  prefixes: AdvertisedPrefix[];
  retransTimer: Millis;
  mtu: number | undefined;
  interval: Millis | undefined;
  heardAt: Instant;
  probes: number;
}

type TimerName =
  'router solicitation' | `${'probe' | 'silence' | 'lifetime' | 'prefix'} of ${Ipv6}`;

export class MovementDetector implements Machine<DetectorEffect> {
  readonly #link: LinkName;
  readonly #probes: RouterProbes;
  readonly #timers = new Timers<TimerName>();
  readonly #effects: DetectorEffect[] = [];
  readonly #routers = new Map<Ipv6, Entry>();
  readonly #known = new KnownRouters();
  #up = false;
  #mac: MacAddress = '00:00:00:00:00:00' as MacAddress;
  #linkLocal: Ipv6 | null = null;
  #solicitations = 0;

  constructor(link: LinkName, probes: RouterProbes = ROUTER_PROBES) {
    this.#link = link;
    this.#probes = probes;
  }

  /** Carrier came up, perhaps without its loss having been seen. `linkLocal` is null while there is none. */
  linkUp(mac: MacAddress, linkLocal: Ipv6 | null, now: Instant): void {
    this.#up = true;
    this.#mac = mac;
    this.#linkLocal = linkLocal;
    this.solicit(now);
    for (const router of this.#routers.values()) {
      if (this.#probes.count === 0) {
        this.#remember(router);
        continue;
      }
      this.#timers.stop(`silence of ${router.address}`);
      router.recheck = true;
      router.standing = 'suspect';
      this.#probe(router, now);
    }
    // RFC 6059 §5.11: once each, the router solicitation is the safe way. Ours: at every link up, though §5.11 would
    // have a second between; who moves that fast needs it most, and the number is bounded.
    for (const router of this.#known.candidates(now)) this.#solicitRouter(router);
  }

  /** Addresses of a link without carrier are of no use; what is remembered only speeds up coming back. */
  linkDown(): void {
    this.#up = false;
    this.#timers.stop('router solicitation');
    for (const router of this.#routers.values()) this.#remember(router);
  }

  setLinkLocal(linkLocal: Ipv6 | null): void {
    this.#linkLocal = linkLocal;
  }

  /**
   * Asks for routers now. The random delay of RFC 4861 §6.3.7 is left out: it spreads hosts that boot together,
   * while nodes that move arrive one by one, and a second of it would be most of the handover.
   */
  solicit(now: Instant): void {
    if (!this.#up) return;
    this.#solicitations = 0;
    this.#sendSolicitation(now);
  }

  /** `source` and `linkSource` as they came; anything not from a link-local address is none of ours. */
  handleAdvertisement(
    source: Ipv6,
    linkSource: MacAddress,
    ra: RouterAdvertisement,
    now: Instant,
  ): void {
    if (!this.#up || !isLinkLocal(source)) return;
    const mac = optionOf(ra.options, 'sourceLinkLayer')?.address ?? linkSource;
    let known = this.#routers.get(source);
    if (known?.recheck && known.mac !== mac) {
      this.#remember(known); // a namesake on another link
      known = undefined;
    }
    // RFC 6059 §5.7.3.1: what it advertises now is definitive.
    this.#known.forget(source, mac);
    if (ra.routerLifetime === 0 && !ra.homeAgent) {
      if (known) this.#lose(known, 'it no longer is a default router', now);
      return;
    }
    const router = known ?? this.#newEntry(source, mac, now);
    if (!router) return;
    const fresh = !known;
    const before = new Set(router.prefixes.map((p) => formatPrefix(p.prefix)));
    this.#learn(router, mac, ra, now);
    this.#confirm(router, now);
    if (router.isDefault) {
      this.#timers.stop('router solicitation'); // RFC 4861 §6.3.7: answered
    }
    if (fresh || router.prefixes.some((p) => !before.has(formatPrefix(p.prefix)))) {
      this.#found(router);
    }
    if (fresh) {
      this.#doubtOthers(router, now);
      this.#hurrySuspects(now);
    }
    if (!router.isDefault && router.prefixes.length === 0) {
      this.#lose(router, 'it neither routes nor advertises a prefix', now);
    }
  }

  /** Only an answer to our own question proves that both directions work: RFC 4861 §7.3.1. */
  handleNeighborAdvertisement(
    target: Ipv6,
    solicited: boolean,
    linkSource: MacAddress,
    now: Instant,
  ): void {
    if (!solicited || !this.#up) return;
    const router = this.#routers.get(target);
    // RFC 6059 §5.7.1: link-local addresses such as fe80::1 recur, so the link-layer address must be the same too.
    if (router && !(router.recheck && router.mac !== linkSource)) {
      this.#confirm(router, now);
      return;
    }
    const back = this.#known.take(target, linkSource, now);
    if (!back) return;
    if (router) this.#remember(router);
    const entry = this.#newEntry(target, linkSource, now);
    if (!entry) return;
    const { prefixes, until, ...rest } = back;
    Object.assign(entry, rest, { prefixes: [...prefixes], recheck: true });
    this.#armPrefixes(entry);
    if (until !== undefined) this.#timers.set(`lifetime of ${target}`, until);
    this.#confirm(entry, now);
    this.#found(entry);
    this.#doubtOthers(entry, now);
    this.#hurrySuspects(now);
  }

  handleTimeout(now: Instant): void {
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      if (why === 'router solicitation') {
        this.#sendSolicitation(now);
        continue;
      }
      const [what, , address] = why.split(' ') as [
        'probe' | 'silence' | 'lifetime' | 'prefix',
        'of',
        Ipv6,
      ];
      const router = this.#routers.get(address);
      if (!router) continue;
      switch (what) {
        case 'probe':
          if (router.probes < this.#probes.count) this.#sendProbe(router, now);
          else this.#silent(router, now);
          break;
        case 'silence':
          this.#probe(router, now);
          break;
        case 'lifetime':
          this.#lose(router, 'its lifetime is over', now);
          break;
        case 'prefix':
          this.#dropPrefixes(router, now);
          break;
        default:
          what satisfies never;
      }
    }
  }

  pollTimeout(): Deadline<TimerName> | undefined {
    return this.#timers.next();
  }

  pollEffect(): DetectorEffect | undefined {
    return this.#effects.shift();
  }

  /** Those that this link has, as far as known; none while carrier is down. */
  get routers(): readonly Router[] {
    const out: Router[] = [];
    for (const r of this.#routers.values()) {
      out.push({
        address: r.address,
        mac: r.mac,
        homeAgent: r.homeAgent,
        agentPreference: r.agentPreference,
        isDefault: r.isDefault,
        preference: r.preference,
        confirmed: r.standing === 'confirmed',
        prefixes: r.prefixes,
        retransTimer: r.retransTimer,
        mtu: r.mtu,
      });
    }
    return out;
  }

  #newEntry(address: Ipv6, mac: MacAddress, now: Instant): Entry | undefined {
    if (this.#routers.size >= MAX_ROUTERS) return undefined;
    const entry: Entry = {
      address,
      mac,
      homeAgent: false,
      agentPreference: 0,
      isDefault: true,
      preference: 0,
      standing: 'confirmed',
      recheck: false,
      prefixes: [],
      retransTimer: 0,
      mtu: undefined,
      interval: undefined,
      heardAt: now,
      probes: 0,
    };
    this.#routers.set(address, entry);
    return entry;
  }

  #learn(router: Entry, mac: MacAddress, ra: RouterAdvertisement, now: Instant): void {
    router.mac = mac;
    router.homeAgent = ra.homeAgent;
    router.agentPreference = optionOf(ra.options, 'homeAgentInformation')?.preference ?? 0;
    router.isDefault = ra.routerLifetime > 0;
    router.preference = ra.preference;
    if (ra.retransTimer > 0) router.retransTimer = ra.retransTimer;
    // RFC 4861 §6.3.4: at least the minimum, which every IPv6 link has.
    const mtu = optionOf(ra.options, 'mtu')?.mtu ?? 0;
    if (mtu >= LEAST_MTU6) router.mtu = mtu;
    router.heardAt = now;
    // RFC 6275 §7.3, at least MinDelayBetweenRAs of §13; nonsense is no promise.
    const interval = optionOf(ra.options, 'advertisementInterval')?.interval ?? 0;
    router.interval = interval >= MIN_INTERVAL ? interval : undefined;
    if (router.recheck) router.prefixes = [];
    router.recheck = false;
    for (const option of ra.options) {
      if (option.kind === 'prefixInformation') learnPrefix(router, option, now);
    }
    this.#armPrefixes(router);
    const lifetime: TimerName = `lifetime of ${router.address}`;
    if (router.isDefault) this.#timers.set(lifetime, after(now, seconds(ra.routerLifetime)));
    else this.#timers.stop(lifetime);
  }

  #confirm(router: Entry, now: Instant): void {
    router.standing = 'confirmed';
    router.heardAt = now;
    this.#timers.stop(`probe of ${router.address}`);
    if (router.interval !== undefined) {
      this.#timers.set(`silence of ${router.address}`, after(now, MISSED * router.interval));
    } else this.#timers.stop(`silence of ${router.address}`);
  }

  /**
   * A new router with no sign from the link layer may mean that this is another link: RFC 6275 §11.5.1 says to
   * stay with the old one while it can be reached, so it is asked.
   */
  #doubtOthers(fresh: Entry, now: Instant): void {
    for (const other of this.#routers.values()) {
      if (other === fresh || other.standing !== 'confirmed') continue;
      if (now - other.heardAt >= FRESH) this.#probe(other, now);
    }
  }

  /**
   * Another router has answered since carrier came up. A suspect one was asked in the same moment, and a neighbour
   * answers at once while advertisements are delayed (RFC 4861 §7.2.4, §6.2.6): it has had its time.
   */
  #hurrySuspects(now: Instant): void {
    for (const other of this.#routers.values()) {
      if (other.standing !== 'suspect') continue;
      other.probes = this.#probes.count;
      this.#timers.set(`probe of ${other.address}`, after(now, SUSPECT_GRACE));
    }
  }

  #probe(router: Entry, now: Instant): void {
    router.probes = 0;
    if (this.#probes.count === 0) this.#silent(router, now);
    else this.#sendProbe(router, now);
  }

  #sendProbe(router: Entry, now: Instant): void {
    router.probes++;
    const interval = this.#probes.interval || router.retransTimer || RETRANS_TIMER;
    this.#timers.set(`probe of ${router.address}`, after(now, interval));
    this.#solicitRouter(router);
  }

  /** RFC 4861 §7.3.3: unicast. From `::` it would be DAD, so it takes the link-local address. */
  #solicitRouter(router: Pick<Entry, 'address' | 'mac'>): void {
    const source = this.#linkLocal ?? linkLocalAddress(this.#mac);
    this.#effects.push(
      ndFrame(
        this.#link,
        source,
        router.address,
        {
          kind: 'neighborSolicitation',
          target: router.address,
          options: [{ kind: 'sourceLinkLayer', address: this.#mac }],
        },
        router.mac,
      ),
    );
  }

  #sendSolicitation(now: Instant): void {
    const wait = SOLICITATION_WAITS[this.#solicitations++];
    if (wait !== undefined) this.#timers.set('router solicitation', after(now, wait));
    const options: NdOption[] = this.#linkLocal
      ? [{ kind: 'sourceLinkLayer', address: this.#mac }]
      : []; // RFC 4861 §4.1: not from the unspecified address
    this.#effects.push(
      ndFrame(this.#link, this.#linkLocal ?? UNSPECIFIED6, ALL_ROUTERS, {
        kind: 'routerSolicitation',
        options,
      }),
      { kind: 'event', event: event('ROUTER_SOLICITED', { link: this.#link }) },
    );
  }

  #found(router: Entry): void {
    const prefix = router.prefixes.map((p) => formatPrefix(p.prefix)).join(' ');
    const fields = { link: this.#link, router: router.address, prefix };
    this.#effects.push({ kind: 'event', event: event('ROUTER_FOUND', fields) });
  }

  /** It may be on another link now, and we come back to it. */
  #silent(router: Entry, now: Instant): void {
    this.#remember(router);
    this.#lost(router, 'it does not answer', now);
  }

  #lose(router: Entry, reason: string, now: Instant): void {
    this.#forget(router);
    this.#lost(router, reason, now);
  }

  #lost(router: Entry, reason: string, now: Instant): void {
    const fields = { link: this.#link, router: router.address, reason };
    this.#effects.push({ kind: 'event', event: event('ROUTER_LOST', fields) });
    // §11.5.1: if the router does not answer, it makes sense to solicit.
    if (this.#routers.size === 0 && !this.#timers.armed('router solicitation')) this.solicit(now);
  }

  #remember(router: Entry): void {
    const { address, mac, homeAgent, agentPreference, isDefault, preference } = router;
    const { prefixes, retransTimer, mtu, interval } = router;
    const until = this.#timers.at(`lifetime of ${address}`);
    const advertised = {
      homeAgent,
      agentPreference,
      isDefault,
      preference,
      prefixes,
      retransTimer,
      mtu,
      interval,
    };
    this.#known.remember({ address, mac, ...advertised, until });
    this.#forget(router);
  }

  #forget(router: Entry): void {
    this.#routers.delete(router.address);
    const a = router.address;
    this.#timers.stop(`probe of ${a}`, `silence of ${a}`, `lifetime of ${a}`, `prefix of ${a}`);
  }

  #dropPrefixes(router: Entry, now: Instant): void {
    router.prefixes = router.prefixes.filter((p) => p.validUntil === null || p.validUntil > now);
    this.#armPrefixes(router);
    if (!router.isDefault && router.prefixes.length === 0) {
      this.#lose(router, 'its last prefix is no longer valid', now);
    }
  }

  #armPrefixes(router: Entry): void {
    const name: TimerName = `prefix of ${router.address}`;
    const ends = router.prefixes.flatMap((p) => (p.validUntil === null ? [] : [p.validUntil]));
    if (ends.length > 0) this.#timers.set(name, Math.min(...ends) as Instant);
    else this.#timers.stop(name);
  }
}

function learnPrefix(
  router: Entry,
  option: Extract<NdOption, { kind: 'prefixInformation' }>,
  now: Instant,
): void {
  const prefix = prefixOf(option.prefix, option.prefixLength);
  if (isLinkLocal(prefix.address) || isMulticast(prefix.address)) return; // RFC 4861 §6.3.4
  const same = (p: AdvertisedPrefix) =>
    p.prefix.address === prefix.address && p.prefix.length === prefix.length;
  const known = router.prefixes.find(same);
  const others = router.prefixes.filter((p) => !same(p));
  if (!known && (option.validLifetime === 0 || others.length >= MAX_PREFIXES)) return;
  router.prefixes = others;
  // RFC 4862 §5.5.3 a and c: what is not for addresses, or is nonsense for them, does not touch those there are.
  const forAddresses = option.autonomous && option.preferredLifetime <= option.validLifetime;
  if (known?.autonomous && !forAddresses) {
    others.push({ ...known, onLink: known.onLink || option.onLink });
    return;
  }
  const until = (lifetime: number) =>
    lifetime === FOR_EVER ? null : after(now, seconds(lifetime));
  const fresh = until(option.validLifetime);
  others.push({
    prefix,
    onLink: option.onLink || (known?.onLink ?? false),
    autonomous: forAddresses,
    routerAddress: option.routerAddress ? option.prefix : null,
    validUntil: known ? shortened(known.validUntil, fresh, now) : fresh,
    preferredUntil: until(option.preferredLifetime),
  });
}

/**
 * RFC 4862 §5.5.3 e: a forged advertisement must not end an address within two hours. Ours: the same for the
 * prefix, since a mobile node has no use for one without the other.
 */
function shortened(held: Instant | null, fresh: Instant | null, now: Instant): Instant | null {
  const twoHours = after(now, TWO_HOURS);
  if (fresh === null || fresh > twoHours) return fresh;
  if (held === null || held > twoHours) return twoHours;
  return fresh > held ? fresh : held;
}

function optionOf<K extends NdOption['kind']>(
  options: readonly NdOption[],
  kind: K,
): Extract<NdOption, { kind: K }> | undefined {
  return options.find((o): o is Extract<NdOption, { kind: K }> => o.kind === kind);
}

/** Routers of one link that are kept; more are ignored. */
export const MAX_ROUTERS = 8;
/** Prefixes of one router that are kept. */
export const MAX_PREFIXES = 16;

/**
 * RFC 4861 §10: MAX_RTR_SOLICITATIONS 3, RTR_SOLICITATION_INTERVAL 4 s. Ours: two more, and all but the last wait shorter.
 * Frames lost just after association are the usual case on a link moved to, the silence is heard by nobody
 * but us, and five small multicasts a link change are no load. From then on the 4 s hold.
 */
const SOLICITATION_WAITS: readonly Millis[] = [80, 250, 1000, 4000];
const MISSED = 3; // ours: RFC 6275 §11.5.1 leaves to us how many lost advertisements are a hint
const SUSPECT_GRACE: Millis = 20; // ours: a neighbour's answer may be one scheduling late
const RETRANS_TIMER: Millis = 1000; // RFC 4861 §10
const FRESH: Millis = 1000; // ours: a router heard within the last second is not doubted
const MIN_INTERVAL: Millis = 30; // RFC 6275 §13: MinDelayBetweenRAs
const LEAST_MTU6 = 1280; // RFC 8200 §5
const TWO_HOURS = seconds(7200);
const FOR_EVER = 0xffffffff;
