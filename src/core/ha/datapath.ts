/**
 * Bindings → the forwarding state they ask for. Pure.
 *
 * A binding's items are built once and stay the same objects until one of their fields must change, so that a
 * diff may compare by reference. A refresh that moves nothing declares nothing, and a registration or handover
 * declares what it changes, whatever the number of bindings.
 *
 * Spec: RFC 6275 §10.4.2 (to the mobile node), §10.4.5 (from it); RFC 5555 §4.5.1.
 */
import type { IpAddress, Ipv4, Ipv6, Prefix } from '../../base/address.js';
import { bits, inPrefix, samePrefix } from '../../base/address.js';
import { UDP_PORT } from '../../wire/protocol.js';
import { DerivedState } from '../datapath/derived-state.js';
import {
  TUNNEL_LINK,
  type DatapathItem,
  type DatapathState,
  type RouteItem,
  type SignallingItem,
  type TunnelItem,
} from '../datapath/model.js';
import type { Attachment } from './home-binding.js';
import type { HomeAgentOptions } from './options.js';

/** All items that are in force, in no order that matters: the selectors of no two bindings overlap. */
export class DeclaredItems {
  #state: DatapathState;

  /** `own`: what stands whatever the bindings. */
  constructor(own: readonly DatapathItem[]) {
    this.#state = { items: own };
  }

  /** `was` and `is` are of one binding; either may be empty, and they may share objects. */
  replace(was: readonly DatapathItem[], is: readonly DatapathItem[]): void {
    if (was === is) return;
    const drop = was.filter((item) => !is.includes(item));
    const put = is.filter((item) => !was.includes(item));
    if (drop.length + put.length > 0) this.#state = new DerivedState(this.#state, put, drop);
  }

  /** What was declared does not change afterwards. */
  state(): DatapathState {
    return this.#state;
  }
}

/**
 * What reaches a home agent, at these addresses, that the host must not answer by itself. `anycast`: addresses that it
 * is asked by for home agents.
 */
export function signallingItem(
  options: Pick<HomeAgentOptions, 'address4' | 'dsmip'>,
  addresses: readonly Ipv6[],
  anycast: readonly Ipv6[] = [],
): SignallingItem {
  return {
    kind: 'signalling',
    addresses: [...addresses, ...anycast, ...(options.address4 === null ? [] : [options.address4])],
    udp: options.dsmip
      ? {
          address: null,
          port: UDP_PORT.dsmip,
          endpoints: options.address4 === null ? [] : [options.address4],
        }
      : null,
    homeAddressOptionAt: addresses,
  };
}

export interface BoundAddresses {
  readonly homeAddress: Ipv6;
  readonly homeAddress4: Ipv4 | null;
  readonly homePrefix4?: Prefix<Ipv4> | null;
  readonly attachment: Attachment;
}

/** Tunnel and routes of one binding. Items of `previous` that need no change are taken over. */
export function bindingItems(
  bound: BoundAddresses,
  previous: readonly DatapathItem[] = [],
): readonly DatapathItem[] {
  const homes = boundPrefixes(bound);
  const was = previous.find((item) => item.kind === 'tunnel');
  const tunnel = was && sameTunnel(was, bound, homes) ? was : makeTunnel(bound, homes);
  const routes = homes.map(
    (home) =>
      previous.find((item) => item.kind === 'route' && samePrefix(item.destination, home)) ??
      makeRoute(home, bound.homeAddress),
  );
  const items = [tunnel, ...routes];
  return items.length === previous.length && items.every((item, i) => item === previous[i])
    ? previous
    : items;
}

/** All that is the mobile node's; an IPv4 home address within its prefix is there with it. */
function boundPrefixes({
  homeAddress,
  homeAddress4,
  homePrefix4 = null,
}: BoundAddresses): Prefix[] {
  const homes = [host(homeAddress)];
  if (homeAddress4 !== null && !(homePrefix4 && inPrefix(homeAddress4, homePrefix4))) {
    homes.push(host(homeAddress4));
  }
  return homePrefix4 ? [...homes, homePrefix4] : homes;
}

function makeTunnel(bound: BoundAddresses, homes: readonly Prefix[]): TunnelItem {
  const { attachment } = bound;
  return {
    kind: 'tunnel',
    key: bound.homeAddress,
    local: attachment.local,
    remote: attachment.remote,
    ...(attachment.path === 'udp' && {
      udp: { localPort: attachment.localPort, remotePort: attachment.remotePort },
    }),
    send: homes.map((destination) => ({ destination })),
    // RFC 6275 §10.4.5: from the care-of address only, and only as the home address bound to it.
    accept: homes.map((source) => ({ source })),
    pathMtu: PATH_MTU,
  };
}

function sameTunnel(
  was: TunnelItem,
  { attachment }: BoundAddresses,
  homes: readonly Prefix[],
): boolean {
  const ports = attachment.path === 'udp' ? attachment : undefined;
  return (
    was.local === attachment.local &&
    was.remote === attachment.remote &&
    was.udp?.localPort === ports?.localPort &&
    was.udp?.remotePort === ports?.remotePort &&
    was.send.length === homes.length &&
    was.send.every(({ destination }, i) => samePrefix(destination!, homes[i]!))
  );
}

const makeRoute = (destination: Prefix, tunnel: string): RouteItem => ({
  kind: 'route',
  table: 'main',
  destination,
  link: TUNNEL_LINK,
  tunnel,
  metric: ROUTE_METRIC,
});

const host = (address: IpAddress): Prefix => ({ address, length: bits(address) });

/** Octets; until the path says otherwise. */
const PATH_MTU = 1500;
/** Ours: before what the host has learnt by itself. */
const ROUTE_METRIC = 64;
