/** DHCPv4 messages as plain data, RFC 2131 §2 and RFC 2132. */
import type { Ipv4, MacAddress } from '../../base/address.js';

export type DhcpType =
  'discover' | 'offer' | 'request' | 'decline' | 'ack' | 'nak' | 'release' | 'inform';

export type DhcpOption = Readonly<
  | { kind: 'subnetMask'; mask: Ipv4 } // 1
  | { kind: 'router'; addresses: readonly Ipv4[] } // 3
  | { kind: 'dnsServer'; addresses: readonly Ipv4[] } // 6
  | { kind: 'hostName'; name: string } // 12
  | { kind: 'interfaceMtu'; mtu: number } // 26
  | { kind: 'requestedAddress'; address: Ipv4 } // 50
  | { kind: 'leaseTime'; seconds: number } // 51
  | { kind: 'messageType'; type: DhcpType } // 53
  | { kind: 'serverIdentifier'; address: Ipv4 } // 54
  | { kind: 'parameterRequest'; codes: readonly number[] } // 55
  | { kind: 'maximumMessageSize'; size: number } // 57, octets of IP packet
  | { kind: 'renewalTime'; seconds: number } // 58
  | { kind: 'rebindingTime'; seconds: number } // 59
  | { kind: 'clientIdentifier'; data: Uint8Array } // 61
  | {
      kind: 'classlessRoutes';
      routes: readonly { destination: Ipv4; prefixLength: number; router: Ipv4 }[];
    } // 121, RFC 3442
  | { kind: 'unknown'; type: number; data: Uint8Array }
>;

export interface DhcpMessage {
  /** 1 request (client to server), 2 reply */
  readonly op: 1 | 2;
  /** 32 bits */
  readonly xid: number;
  readonly secs: number;
  readonly broadcast: boolean;
  readonly clientAddress: Ipv4; // ciaddr
  readonly yourAddress: Ipv4; // yiaddr
  readonly serverAddress: Ipv4; // siaddr
  readonly relayAddress: Ipv4; // giaddr
  readonly clientHardware: MacAddress; // chaddr
  readonly options: readonly DhcpOption[];
}
