/**
 * From where to where a message goes: what was named, then what the daemon knows. RFC 6275 says which messages carry the
 * home address in an option or a routing header, and which go from home address or care-of address alone.
 */
import { isLinkLocal, isMulticast, prefixOf, type Ipv4, type Ipv6 } from '../../base/address.js';
import { homeAgentsAnycast } from '../../base/anycast.js';
import { UsageError } from '../../base/error.js';
import { UDP_PORT } from '../../wire/protocol.js';
import type { MessageEntry } from '../../diagnostics/craft/catalogue.js';
import type { Path, UdpPath } from '../../diagnostics/craft/packet.js';
import type { NodeState } from './state.js';

/** As typed: undefined where nothing was, null for `none`. */
export interface Named {
  readonly source?: Ipv6 | undefined;
  readonly destination?: Ipv6 | undefined;
  readonly homeAddress?: Ipv6 | null | undefined;
  readonly route?: Ipv6 | null | undefined;
  readonly hopLimit?: number | undefined;
  /** Interface to leave by. */
  readonly link?: string | undefined;
  /** Absent: as the daemon does; `auto`: in UDP, wherever it goes. */
  readonly udp?: 'auto' | End4 | undefined;
  readonly udpSource?: End4 | undefined;
}

export interface End4 {
  readonly address: Ipv4;
  /** Absent: 4191. */
  readonly port?: number;
}

/** The address that the kernel would send from; undefined where it has no route. */
export interface SourceChoice {
  six(destination: Ipv6): Promise<Ipv6 | undefined>;
  four(destination: Ipv4): Promise<Ipv4 | undefined>;
}

/**
 * Nothing but what was named, what the daemon says and what the kernel chooses. Throws `UsageError` `SEND_PATH` when
 * that does not make a path.
 */
export async function placeMessage(
  entry: MessageEntry,
  named: Named,
  state: NodeState | undefined,
  choose: SourceChoice,
): Promise<Path> {
  const usual = state ? usualPath(entry, state, named) : {};
  const destination = named.destination ?? usual.destination;
  if (destination === undefined) {
    throw new UsageError(
      'SEND_PATH',
      'Where to?',
      'Name it with --destination, or run beside a daemon with one binding (--home-address says which of several).',
    );
  }
  if ((isLinkLocal(destination) || isMulticast(destination)) && named.link === undefined) {
    throw new UsageError(
      'SEND_PATH',
      `Which link is ${destination} on?`,
      'Name the interface with --interface.',
    );
  }
  const udp = await udpPath(named, state, usual.inUdp === true, choose);
  // What was named for another place is not mixed with what is usual here.
  const homeAddress = pick(named.homeAddress, udp ? undefined : usual.homeAddress);
  const route = pick(named.route, udp ? undefined : usual.route);
  const source = named.source ?? usual.source ?? (await choose.six(destination));
  if (source === undefined) {
    throw new UsageError(
      'SEND_PATH',
      `This host has no address to reach ${destination} from.`,
      'Name one with --source.',
    );
  }
  const { hopLimit } = named;
  return {
    source,
    destination,
    ...(homeAddress === undefined || homeAddress === source ? {} : { homeAddress }),
    ...(route === undefined ? {} : { route }),
    ...(hopLimit === undefined ? {} : { hopLimit }),
    ...(udp ? { udp } : {}),
  };
}

interface Usual {
  readonly source?: Ipv6;
  readonly destination?: Ipv6;
  readonly homeAddress?: Ipv6;
  readonly route?: Ipv6;
  readonly inUdp?: boolean;
}

function usualPath(entry: MessageEntry, state: NodeState, named: Named): Usual {
  const { homeAddress, careOf, homeAgent } = state;
  const inUdp = named.udp !== undefined || (state.inUdp && named.source === undefined);
  if (state.role === 'ha') {
    const away = inUdp || careOf === null ? homeAddress : careOf;
    const plain = inUdp || PLAIN_TO_MOBILE_NODE.has(entry.kind);
    return {
      source: homeAgent,
      destination: away,
      ...(plain || named.destination !== undefined ? {} : { route: homeAddress }),
      inUdp,
    };
  }
  // RFC 6275 §11.4.1
  const anycast = entry.kind === DISCOVERY ? homeAgentsAnycast(prefixOf(homeAddress, 64)) : null;
  const destination = anycast ?? homeAgent;
  // RFC 5555 §4.2: in UDP the inner source is the home address, without an option.
  const home = inUdp || entry.kind === 'homeTestInit';
  const source = named.source ?? (home ? homeAddress : (careOf ?? homeAddress));
  const option = !inUdp && WITH_HOME_ADDRESS.has(entry.kind);
  return { source, destination, inUdp, ...(option ? { homeAddress } : {}) };
}

async function udpPath(
  named: Named,
  state: NodeState | undefined,
  usual: boolean,
  choose: SourceChoice,
): Promise<UdpPath | undefined> {
  if (named.udp === undefined && !usual) return undefined;
  const to = named.udp === undefined || named.udp === 'auto' ? knownEnd(state) : named.udp;
  if (!to) {
    throw new UsageError(
      'SEND_PATH',
      'The IPv4 address of the other end is not known here.',
      'Name it: --udp ADDRESS[:PORT].',
    );
  }
  const from = named.udpSource ?? (await sourceEnd(state, to, choose));
  if (!from) {
    throw new UsageError(
      'SEND_PATH',
      `This host has no address to reach ${to.address} from.`,
      'Name one with --udp-source.',
    );
  }
  return {
    source: from.address,
    sourcePort: from.port ?? UDP_PORT.dsmip,
    destination: to.address,
    destinationPort: to.port ?? UDP_PORT.dsmip,
  };
}

const knownEnd = (state: NodeState | undefined): End4 | undefined =>
  state?.udp
    ? { address: state.udp.destination, port: state.udp.destinationPort }
    : state?.peer4
      ? { address: state.peer4 }
      : undefined;

async function sourceEnd(
  state: NodeState | undefined,
  to: End4,
  choose: SourceChoice,
): Promise<End4 | undefined> {
  if (state?.udp?.destination === to.address) {
    return { address: state.udp.source, port: state.udp.sourcePort };
  }
  const address = await choose.four(to.address);
  return address && { address };
}

function pick(named: Ipv6 | null | undefined, usual: Ipv6 | undefined): Ipv6 | undefined {
  return named === null ? undefined : (named ?? usual);
}

const DISCOVERY = 'homeAgentDiscoveryRequest';
/** RFC 6275 §6.1.7, §6.7: from a care-of address. RFC 5846 §5.2 and RFC 7077 §4.2 answer in the same way. */
const WITH_HOME_ADDRESS: ReadonlySet<string> = new Set([
  'bindingUpdate',
  'mobilePrefixSolicitation',
  'bindingRevocation',
  'updateNotificationAck',
]);
/** RFC 6275 §9.3.3, §9.4.4, §10.5: to the care-of address itself. */
const PLAIN_TO_MOBILE_NODE: ReadonlySet<string> = new Set([
  'bindingError',
  'careOfTest',
  'homeAgentDiscoveryReply',
]);
