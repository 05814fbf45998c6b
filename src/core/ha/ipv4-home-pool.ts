/**
 * IPv4 home addresses: who may bind which, and the answer for each that is asked for.
 *
 * Spec: RFC 5555 §3.1.1 (request), §3.2.1 (statuses), §4.5 (checks).
 * Addresses are assigned by the access list; there is no pool of free ones, so a request for any is 132.
 */
import {
  inPrefix,
  isRoutableUnicast,
  UNSPECIFIED4,
  type Ipv4,
  type Ipv6,
} from '../../base/address.js';
import type { OptionOf } from '../../wire/mobility/option.js';
import { IPV4_ACK_STATUS } from '../../wire/mobility/status.js';
import type { HomeAgentOptions } from './options.js';

export type Ipv4Request = OptionOf<'ipv4HomeAddress'>;
export type Ipv4Ack = OptionOf<'ipv4AddressAck'>;

export interface Ipv4Assignment {
  /** Bound; null when none was asked for or all were refused. */
  readonly address: Ipv4 | null;
  /** One for each option of the Binding Update, up to `MAX_REQUESTS`. */
  readonly acks: readonly Ipv4Ack[];
}

export class Ipv4HomePool {
  readonly #accepted: HomeAgentOptions['acceptIpv4'];
  readonly #assigned = new Map<Ipv6, Ipv4>();
  readonly #assignee = new Map<Ipv4, Ipv6>();
  readonly #holder = new Map<Ipv4, Ipv6>();

  constructor(options: Pick<HomeAgentOptions, 'acl' | 'acceptIpv4'>) {
    this.#accepted = options.acceptIpv4;
    for (const { homeAddress, homeAddress4 } of options.acl) {
      if (homeAddress4 === null) continue;
      this.#assigned.set(homeAddress, homeAddress4);
      this.#assignee.set(homeAddress4, homeAddress);
    }
  }

  /** Decides; `hold` makes it so. `held` is what the mobile node's binding has now. */
  assign(homeAddress: Ipv6, requests: readonly Ipv4Request[], held: Ipv4 | null): Ipv4Assignment {
    const assigned = this.#assigned.get(homeAddress) ?? held;
    let address: Ipv4 | null = null;
    const acks = requests.slice(0, MAX_REQUESTS).map((request): Ipv4Ack => {
      const wanted =
        request.address === UNSPECIFIED4 && assigned !== null ? assigned : request.address;
      const context: Context = {
        wanted,
        refresh: held !== null && wanted === held,
        assigned: this.#assigned.get(homeAddress) ?? null,
        elsewhere: this.#elsewhere(wanted, homeAddress),
        accepted: this.#accepted.some((prefix) => inPrefix(wanted, prefix)),
        another: address !== null,
      };
      const rule = IPV4_RULES.find((row) => row.refuses(request, context));
      if (rule)
        return {
          kind: 'ipv4AddressAck',
          status: rule.status,
          prefixLength: 0,
          address: request.address,
        };
      address = wanted;
      // RFC 5555 §3.2.1: overrides the length asked for. Prefixes are not given out.
      return {
        kind: 'ipv4AddressAck',
        status: IPV4_ACK_STATUS.success,
        prefixLength: 32,
        address: wanted,
      };
    });
    return { address, acks };
  }

  hold(address: Ipv4, homeAddress: Ipv6): void {
    this.#holder.set(address, homeAddress);
  }

  release(address: Ipv4): void {
    this.#holder.delete(address);
  }

  /** May a binding kept from an earlier run have this address still? */
  allows(homeAddress: Ipv6, address: Ipv4): boolean {
    const request = {
      kind: 'ipv4HomeAddress',
      prefixLength: 32,
      prefixRequested: false,
      address,
    } as const;
    return this.assign(homeAddress, [request], null).address === address;
  }

  #elsewhere(address: Ipv4, homeAddress: Ipv6): boolean {
    const owner = this.#assignee.get(address) ?? this.#holder.get(address);
    return owner !== undefined && owner !== homeAddress;
  }
}

interface Context {
  /** The address meant: for 0.0.0.0 the one assigned. */
  readonly wanted: Ipv4;
  readonly refresh: boolean;
  readonly assigned: Ipv4 | null;
  /** Assigned to, or held by, another mobile node. */
  readonly elsewhere: boolean;
  readonly accepted: boolean;
  /** An earlier option of this Binding Update was granted an address. */
  readonly another: boolean;
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
    clause: 'RFC 5555 §3.1.1', // P is ignored in refreshes
    status: IPV4_ACK_STATUS.prefixUnauthorized,
    refuses: (request, { refresh }) => request.prefixRequested && !refresh,
  },
  {
    name: 'ipv4-no-dynamic-address',
    clause: 'RFC 5555 §4.5',
    status: IPV4_ACK_STATUS.dynamicNotAvailable,
    refuses: (_, { wanted }) => wanted === UNSPECIFIED4,
  },
  {
    name: 'ipv4-not-unicast',
    clause: 'RFC 5555 §4.5',
    status: IPV4_ACK_STATUS.invalidAddress,
    refuses: (_, { wanted }) => !isRoutableUnicast(wanted),
  },
  {
    name: 'ipv4-not-yours',
    clause: 'RFC 5555 §4.5',
    status: IPV4_ACK_STATUS.incorrectAddress,
    refuses: (_, { wanted, assigned, elsewhere }) =>
      elsewhere || (assigned !== null && assigned !== wanted),
  },
  {
    name: 'ipv4-prohibited',
    clause: 'RFC 5555 §3.2.1',
    status: IPV4_ACK_STATUS.administrativelyProhibited,
    // Ours: an address that the access list gives to this home address needs no second permission.
    refuses: (_, { assigned, accepted }) => assigned === null && !accepted,
  },
  {
    name: 'ipv4-second-address',
    clause: 'RFC 5555 §4.5', // ours: one IPv4 home address for each IPv6 home address
    status: IPV4_ACK_STATUS.reasonUnspecified,
    refuses: (_, { another }) => another,
  },
];

/** Ours: options of one Binding Update that are looked at. */
const MAX_REQUESTS = 4;
