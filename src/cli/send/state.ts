/** What a running daemon knows that a message needs: addresses, the way, the next sequence number. */
import { isIpv6, type Ipv4, type Ipv6 } from '../../base/address.js';
import type { BcEntry, BulEntry, Status } from '../../control/api.js';
import type { Control } from '../../control/lease.js';
import { ControlError } from '../../control/error.js';
import { nextSequence } from '../../core/binding/sequence.js';
import { UDP_PORT } from '../../wire/protocol.js';
import type { UdpPath } from '../../diagnostics/craft/packet.js';
import type { Named } from './place.js';

/** From this node to the other end of one binding. */
export interface NodeState {
  readonly role: 'mn' | 'ha';
  readonly homeAddress: Ipv6;
  /** This node's own address, or the care-of address: null while there is none, or while it is an IPv4 one. */
  readonly careOf: Ipv6 | null;
  readonly homeAgent: Ipv6;
  /** IPv4 address of the other end, where signalling in UDP would go. */
  readonly peer4: Ipv4 | null;
  /** The way in UDP, where one is known; the ends as this node sees them. */
  readonly udp: UdpPath | null;
  /** The way goes in UDP now. */
  readonly inUdp: boolean;
  /** Next for Binding Updates; for a home agent, that of the last update, which it would acknowledge. */
  readonly sequence: number | null;
}

/**
 * `homeAddress` and `route` are as named for the message: they tell which of several bindings is meant, the mobile
 * node's by its home address, the home agent's by where the message is routed to. Undefined when that does not say.
 * A mobile node gives `reserve` sequence numbers away, so that its own updates go on behind them.
 */
export async function readState(
  control: Pick<Control, 'call'>,
  named: Pick<Named, 'homeAddress' | 'route'>,
  reserve = 0,
): Promise<NodeState | undefined> {
  const status = await control.call('status', {});
  if (status.role === 'mn') {
    const { entries } = await control.call('bul.list', {});
    const found = choose(entries, named.homeAddress);
    if (!found) return undefined;
    const state = mobileNodeState(found.entry);
    if (!found.exact) return { ...state, sequence: null };
    const first = reserve > 0 ? await reserved(control, state.homeAddress, reserve) : undefined;
    return { ...state, sequence: first ?? state.sequence };
  }
  if (status.role !== 'ha' || !status.homeAgent) return undefined;
  const which = named.route ?? undefined;
  const query = which === undefined ? { limit: 2 } : { homeAddress: which };
  const { entries } = await control.call('bc.list', query);
  const found = choose(entries, which);
  return found && homeAgentState(status.homeAgent, found.entry);
}

export function mobileNodeState(entry: BulEntry): NodeState {
  const { homeAddress, careOf, peer, peer4 } = entry;
  const careOf4 = careOf !== null && !isIpv6(careOf) ? careOf : null;
  return {
    role: 'mn',
    homeAddress,
    careOf: careOf !== null && isIpv6(careOf) ? careOf : null,
    homeAgent: peer,
    peer4: peer4 ?? null, // daemons before it do not say
    udp: careOf4 !== null && peer4 ? path4(careOf4, peer4) : null,
    inUdp: careOf4 !== null,
    sequence: nextSequence(entry.sequence),
  };
}

export function homeAgentState(
  homeAgent: NonNullable<Status['homeAgent']>,
  entry: BcEntry,
): NodeState {
  const { homeAddress, careOf, mapped, sequence } = entry;
  const { address, address4 } = homeAgent;
  const six = isIpv6(careOf) ? careOf : null;
  const remote = mapped?.address ?? (isIpv6(careOf) ? null : careOf);
  return {
    role: 'ha',
    homeAddress,
    careOf: six,
    homeAgent: address,
    peer4: remote,
    udp:
      address4 !== null && remote !== null
        ? path4(address4, remote, mapped?.port ?? UDP_PORT.dsmip)
        : null,
    inUdp: six === null,
    sequence,
  };
}

/** Of one home address; else the only one there is, whose home agent serves for another home address too. */
function choose<E extends { readonly homeAddress: Ipv6 }>(
  entries: readonly E[],
  homeAddress: Ipv6 | null | undefined,
): { readonly entry: E; readonly exact: boolean } | undefined {
  const exact = entries.find((entry) => entry.homeAddress === homeAddress);
  if (exact) return { entry: exact, exact: true };
  const [entry] = entries;
  if (!entry || entries.length > 1) return undefined;
  return { entry, exact: homeAddress === undefined || homeAddress === null };
}

/** Undefined where it has none to give: it waits for an answer itself, or is older. */
async function reserved(
  control: Pick<Control, 'call'>,
  homeAddress: Ipv6,
  count: number,
): Promise<number | undefined> {
  try {
    return (await control.call('bul.reserve', { homeAddress, count })).first;
  } catch (error) {
    if (error instanceof ControlError && WITHOUT.has(error.code)) return undefined;
    throw error;
  }
}

const WITHOUT: ReadonlySet<string> = new Set(['REFUSED', 'DAEMON_OLDER', 'NO_PERMISSION']);
const path4 = (
  source: Ipv4,
  destination: Ipv4,
  destinationPort: number = UDP_PORT.dsmip,
): UdpPath => ({ source, sourcePort: UDP_PORT.dsmip, destination, destinationPort });
