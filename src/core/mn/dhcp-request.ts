/**
 * What a DHCP client says, one row per message: which fields and options it has, and whom it is for.
 *
 * Spec: RFC 2131 §4.3.6, §4.4.4 and table 5; RFC 3442 (message size).
 */
import { macOctets, UNSPECIFIED4, type Ipv4, type MacAddress } from '../../base/address.js';
import type { DhcpMessage, DhcpOption, DhcpType } from '../../wire/dhcpv4/message.js';

export type DhcpPurpose =
  'discover' | 'reboot' | 'request' | 'renew' | 'rebind' | 'decline' | 'release';

interface PurposeRow {
  readonly type: DhcpType;
  /** The address stands in ciaddr, and is the source; else it is option 50. */
  readonly ownsAddress: boolean;
  readonly namesServer: boolean;
  /** To the server alone, §4.4.4. */
  readonly unicast: boolean;
  /** Has the options that ask for parameters. */
  readonly asks: boolean;
}

const ASKS = { ownsAddress: false, namesServer: false, unicast: false, asks: true } as const;
const TELLS = { ownsAddress: false, namesServer: true, unicast: false, asks: false } as const;

export const DHCP_PURPOSES: Readonly<Record<DhcpPurpose, PurposeRow>> = {
  discover: { ...ASKS, type: 'discover' },
  reboot: { ...ASKS, type: 'request' },
  request: { ...ASKS, type: 'request', namesServer: true },
  renew: { ...ASKS, type: 'request', ownsAddress: true, unicast: true },
  rebind: { ...ASKS, type: 'request', ownsAddress: true },
  decline: { ...TELLS, type: 'decline' },
  release: { ...TELLS, type: 'release', ownsAddress: true, unicast: true },
};

export interface DhcpClaim {
  readonly xid: number;
  /** seconds since the exchange began; a 16 bit field */
  readonly secs: number;
  readonly mac: MacAddress;
  /** Ours, or the one that we want. A DISCOVER may do without. */
  readonly address: Ipv4 | null;
  readonly server: Ipv4 | null;
}

export function dhcpRequest(purpose: DhcpPurpose, claim: DhcpClaim): DhcpMessage {
  const { type, ownsAddress, namesServer, asks } = DHCP_PURPOSES[purpose];
  const { xid, secs, mac, address, server } = claim;
  const options: DhcpOption[] = [
    { kind: 'messageType', type },
    { kind: 'clientIdentifier', data: clientIdentifier(mac) },
  ];
  if (address !== null && !ownsAddress) options.push({ kind: 'requestedAddress', address });
  if (server !== null && namesServer) options.push({ kind: 'serverIdentifier', address: server });
  if (asks) {
    options.push({ kind: 'parameterRequest', codes: PARAMETERS });
    options.push({ kind: 'maximumMessageSize', size: MESSAGE_SIZE });
  }
  return {
    op: 1,
    xid,
    secs: Math.min(0xffff, secs),
    broadcast: false, // frames are read below IP, so unicast answers arrive
    clientAddress: ownsAddress ? (address ?? UNSPECIFIED4) : UNSPECIFIED4,
    yourAddress: UNSPECIFIED4,
    serverAddress: UNSPECIFIED4,
    relayAddress: UNSPECIFIED4,
    clientHardware: mac,
    options,
  };
}

/** RFC 2132 §9.14: hardware type and address. */
export const clientIdentifier = (mac: MacAddress): Uint8Array =>
  Uint8Array.of(1, ...macOctets(mac));

/** RFC 3442: classless routes are asked for before the router. */
const PARAMETERS = [1, 121, 3, 26, 51, 58, 59];
/** Octets of IP packet; RFC 3442 wants at least the MTU. Ours: what one frame of Ethernet holds. */
const MESSAGE_SIZE = 1500;
