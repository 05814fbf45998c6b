/**
 * IPv4 home addresses and prefixes: who may bind which, and the answer for each that is asked for.
 *
 * Spec: RFC 5555 §3.1.1 (request), §3.2.1 (statuses), §4.5 (checks).
 * The access list assigns addresses; what is free to give lies in pools (`ipv4-reservations.ts`).
 */
import {
  inPrefix,
  ipv4FromNumber,
  ipv4ToNumber,
  isRoutableUnicast,
  prefixOf,
  UNSPECIFIED4,
  type Ipv4,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import type { Instant } from '../../base/time.js';
import type { OptionOf } from '../../wire/mobility/option.js';
import { IPV4_ACK_STATUS } from '../../wire/mobility/status.js';
import { Ipv4Reservations, type Reservation } from './ipv4-reservations.js';
import type { HomeAgentOptions } from './options.js';

export type Ipv4Request = OptionOf<'ipv4HomeAddress'>;
export type Ipv4Ack = OptionOf<'ipv4AddressAck'>;

/** What a binding has beside its IPv6 home address. `address` may lie in `prefix`. */
export interface Ipv4Home {
  readonly address: Ipv4 | null;
  readonly prefix: Prefix<Ipv4> | null;
}

export interface Ipv4Assignment extends Ipv4Home {
  /** One for each option of the Binding Update, up to `MAX_REQUESTS`. */
  readonly acks: readonly Ipv4Ack[];
}

type PoolOptions = Pick<
  HomeAgentOptions,
  'acl' | 'acceptIpv4' | 'ipv4Pool' | 'ipv4PrefixPool' | 'ipv4PrefixLength' | 'ipv4Hold'
>;

export class Ipv4HomePool {
  readonly reservations: Ipv4Reservations;
  readonly #accepted: HomeAgentOptions['acceptIpv4'];
  /** Shortest that is given. */
  readonly #prefixLength: number;
  readonly #assigned = new Map<Ipv6, Ipv4>();
  readonly #assignee = new Map<Ipv4, Ipv6>();
  readonly #holder = new Map<Ipv4, Ipv6>();
  readonly #held = new Map<Ipv6, Ipv4>();

  /** `isOwn`: an address of the home agent's host. */
  constructor(options: PoolOptions, isOwn: (address: Ipv4) => boolean) {
    this.#accepted = options.acceptIpv4;
    this.#prefixLength = options.ipv4PrefixLength;
    for (const { homeAddress, homeAddress4 } of options.acl) {
      if (homeAddress4 === null) continue;
      this.#assigned.set(homeAddress, homeAddress4);
      this.#assignee.set(homeAddress4, homeAddress);
    }
    const ends = new Set(options.ipv4Pool.flatMap(endsOf));
    this.reservations = new Ipv4Reservations(
      options,
      (address) =>
        !ends.has(address) &&
        !this.#assignee.has(address) &&
        !this.#holder.has(address) &&
        !isOwn(address),
    );
  }

  /** Decides; `hold` makes it so. `held` is what the mobile node's binding has now. */
  assign(homeAddress: Ipv6, requests: readonly Ipv4Request[], held: Ipv4Home): Ipv4Assignment {
    let granted: Ipv4Home = NOTHING;
    const acks = requests.slice(0, MAX_REQUESTS).map((request): Ipv4Ack => {
      const wanted = this.#wanted(homeAddress, request, held);
      const context = this.#context(homeAddress, wanted, granted);
      const rule = IPV4_RULES.find((row) => row.refuses(request, context));
      if (rule) {
        // RFC 5555 §3.2.1: the length is zero in case of failure.
        const { address } = request;
        return { kind: 'ipv4AddressAck', status: rule.status, prefixLength: 0, address };
      }
      const { address, prefix } = wanted;
      granted = prefix
        ? { address: granted.address ?? address, prefix }
        : { address, prefix: granted.prefix };
      // RFC 5555 §3.2.1: overrides the length asked for.
      const prefixLength = prefix?.length ?? 32;
      return { kind: 'ipv4AddressAck', status: IPV4_ACK_STATUS.success, prefixLength, address };
    });
    return { ...granted, acks };
  }

  /** The binding has this now, and nothing else. */
  hold(homeAddress: Ipv6, { address, prefix }: Ipv4Home, now: Instant): void {
    this.#release(homeAddress);
    if (address !== null) {
      this.#holder.set(address, homeAddress);
      this.#held.set(homeAddress, address);
    }
    this.reservations.hold(homeAddress, { address, prefix }, now);
  }

  /** The binding is gone. */
  letGo(homeAddress: Ipv6, now: Instant): void {
    this.#release(homeAddress);
    this.reservations.letGo(homeAddress, now);
  }

  /** What of this may a binding kept from an earlier run have still? */
  allowed(homeAddress: Ipv6, { address, prefix }: Ipv4Home): Ipv4Home {
    const requests: Ipv4Request[] = [];
    if (prefix) requests.push(requestFor(address ?? prefix.address, prefix.length, true));
    if (address !== null && !(prefix && inPrefix(address, prefix))) {
      requests.push(requestFor(address, 32, false));
    }
    const assigned = this.assign(homeAddress, requests, NOTHING);
    const same = assigned.address === address;
    return { address: same ? address : null, prefix: same ? assigned.prefix : null };
  }

  /** Given by us, not by a configuration of the mobile node's own. */
  isGiven(homeAddress: Ipv6): boolean {
    return this.reservations.get(homeAddress) !== undefined;
  }

  #release(homeAddress: Ipv6): void {
    const was = this.#held.get(homeAddress);
    if (was === undefined) return;
    this.#held.delete(homeAddress);
    this.#holder.delete(was);
  }

  /** What a request comes to, before anybody asks whether it may. */
  #wanted(homeAddress: Ipv6, request: Ipv4Request, held: Ipv4Home): Wanted {
    const reserved = this.reservations.get(homeAddress) ?? NOTHING;
    if (this.#asksForPrefix(request, held)) return this.#wantedPrefix(request, held, reserved);
    const { address } = request;
    if (address !== UNSPECIFIED4) return { address, prefix: null, asksForPrefix: false };
    const found =
      this.#assigned.get(homeAddress) ??
      outside(held) ??
      outside(reserved) ??
      this.reservations.findAddress();
    return { address: found ?? UNSPECIFIED4, prefix: null, asksForPrefix: false };
  }

  /** RFC 5555 §3.1.1: P is ignored in refreshes; what is bound says then what it is about. */
  #asksForPrefix({ address, prefixLength, prefixRequested }: Ipv4Request, held: Ipv4Home): boolean {
    const { prefix } = held;
    if (prefix && inPrefix(address, prefix) && prefixLength === prefix.length) return true;
    return prefixRequested && (prefix !== null || held.address !== address);
  }

  #wantedPrefix(
    { address, prefixLength }: Ipv4Request,
    held: Ipv4Home,
    reserved: Ipv4Home,
  ): Wanted {
    const length = Math.min(Math.max(prefixLength, this.#prefixLength), LONGEST_PREFIX);
    const prefix =
      address === UNSPECIFIED4
        ? (held.prefix ?? reserved.prefix ?? this.reservations.findPrefix(length) ?? null)
        : prefixOf(address, length);
    const own = prefix && (prefix.address === address || address === UNSPECIFIED4);
    return {
      address: own ? firstHost(prefix) : address,
      prefix,
      asksForPrefix: true,
    };
  }

  #context(homeAddress: Ipv6, wanted: Wanted, granted: Ipv4Home): Context {
    const { address, prefix } = wanted;
    const owner = this.#assignee.get(address) ?? this.#holder.get(address);
    const pooled = this.reservations.isPooled(address);
    const open = this.reservations.isOpenTo(homeAddress, address);
    return {
      ...wanted,
      assigned: this.#assigned.get(homeAddress) ?? null,
      elsewhere: owner === undefined ? pooled && !open : owner !== homeAddress,
      accepted: open || this.#accepted.some((p) => inPrefix(address, p)),
      another: (prefix ? granted.prefix : outside(granted)) !== null,
      givesPrefixes: this.reservations.givesPrefixes,
      prefixOpen: prefix !== null && this.reservations.isPrefixOpenTo(homeAddress, prefix),
    };
  }
}

interface Wanted {
  /** For 0.0.0.0 the one to be given; 0.0.0.0 where there is none. */
  readonly address: Ipv4;
  readonly prefix: Prefix<Ipv4> | null;
  readonly asksForPrefix: boolean;
}

interface Context extends Wanted {
  readonly assigned: Ipv4 | null;
  /** Assigned to, held by or kept for another mobile node, or ours. */
  readonly elsewhere: boolean;
  readonly accepted: boolean;
  /** An earlier option of this Binding Update was granted one of the same kind. */
  readonly another: boolean;
  readonly givesPrefixes: boolean;
  readonly prefixOpen: boolean;
}

interface Ipv4Rule {
  readonly name: string;
  readonly clause: string;
  /** Of the IPv4 Address Acknowledgement option, RFC 5555 §3.2.1. */
  readonly status: number;
  refuses(request: Ipv4Request, context: Context): boolean;
}

/** In order; the first that refuses answers. */
export const IPV4_RULES: readonly Ipv4Rule[] = [
  {
    name: 'ipv4-prefix-length',
    clause: 'RFC 5555 §3.1.1', // zero "is invalid and MUST be considered an error"
    status: IPV4_ACK_STATUS.invalidAddress,
    refuses: (request) => request.prefixLength === 0 || request.prefixLength > 32,
  },
  {
    name: 'ipv4-prefix-unauthorized',
    clause: 'RFC 5555 §3.2.1',
    status: IPV4_ACK_STATUS.prefixUnauthorized,
    refuses: (_, { asksForPrefix, givesPrefixes }) => asksForPrefix && !givesPrefixes,
  },
  {
    name: 'ipv4-no-dynamic-address',
    clause: 'RFC 5555 §4.5', // prefixes too: "the appropriate error code"
    status: IPV4_ACK_STATUS.dynamicNotAvailable,
    refuses: (_, { address }) => address === UNSPECIFIED4,
  },
  {
    name: 'ipv4-not-unicast',
    clause: 'RFC 5555 §4.5',
    status: IPV4_ACK_STATUS.invalidAddress,
    refuses: (_, { address }) => !isRoutableUnicast(address),
  },
  {
    name: 'ipv4-prefix-not-yours',
    clause: 'RFC 5555 §4.5', // "The same MUST be done for an IPv4 prefix."
    status: IPV4_ACK_STATUS.incorrectAddress,
    refuses: (_, { prefix, prefixOpen }) => prefix !== null && !prefixOpen,
  },
  {
    name: 'ipv4-not-yours',
    clause: 'RFC 5555 §4.5',
    status: IPV4_ACK_STATUS.incorrectAddress,
    refuses: (_, { prefix, address, assigned, elsewhere }) =>
      prefix === null && (elsewhere || (assigned !== null && assigned !== address)),
  },
  {
    name: 'ipv4-prohibited',
    clause: 'RFC 5555 §3.2.1',
    status: IPV4_ACK_STATUS.administrativelyProhibited,
    // Ours: an address that the access list gives to this home address needs no second permission.
    refuses: (_, { prefix, assigned, accepted }) =>
      prefix === null && assigned === null && !accepted,
  },
  {
    name: 'ipv4-second-address',
    clause: 'RFC 5555 §4.5', // ours: one IPv4 home address and one prefix for each IPv6 home address
    status: IPV4_ACK_STATUS.reasonUnspecified,
    refuses: (_, { another }) => another,
  },
];

/** An address that does not come with the prefix. */
const outside = ({ address, prefix }: Reservation): Ipv4 | null =>
  address !== null && prefix && inPrefix(address, prefix) ? null : address;

/** Where a mobile node settles in a prefix that it was given: behind the address of the network itself. */
const firstHost = (p: Prefix<Ipv4>): Ipv4 => ipv4FromNumber(ipv4ToNumber(p.address) + 1);

/** Of a whole network they are its own address and its broadcast address: no host's. */
function endsOf(pool: Prefix<Ipv4>): Ipv4[] {
  if (pool.length > LONGEST_PREFIX) return [];
  const { address, length } = prefixOf(pool.address, pool.length);
  return [address, ipv4FromNumber(ipv4ToNumber(address) + 2 ** (32 - length) - 1)];
}

const requestFor = (
  address: Ipv4,
  prefixLength: number,
  prefixRequested: boolean,
): Ipv4Request => ({
  kind: 'ipv4HomeAddress',
  prefixLength,
  prefixRequested,
  address,
});

const NOTHING: Ipv4Home = { address: null, prefix: null };
const LONGEST_PREFIX = 30; // a network of two hosts
/** Ours: options of one Binding Update that are looked at. */
const MAX_REQUESTS = 4;
