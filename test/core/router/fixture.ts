/** Links, hosts and a die that tells its numbers, for the tests of this folder. */
import {
  ipv6,
  linkLocalAddress,
  mac,
  type Ipv6,
  type MacAddress,
} from '../../../src/base/address.js';
import type { FrameEffect } from '../../../src/core/effect.js';
import { ingressFrame, type IngressOf } from '../../../src/core/ingress.js';
import type { LinkState, ReceivedFrame } from '../../../src/core/input.js';
import type { Random } from '../../../src/core/random.js';
import { encodeIcmpv6 } from '../../../src/wire/icmpv6.js';
import { encodeIpv6 } from '../../../src/wire/ipv6-codec.js';
import type { NdOption } from '../../../src/wire/nd/message.js';
import { ETHERTYPE } from '../../../src/wire/protocol.js';

export const ROUTER_MAC = mac('02:00:00:00:00:01');
export const HOST_MAC = mac('02:00:00:00:00:aa');
export const HOST = linkLocalAddress(HOST_MAC);

export const link = (change: Partial<LinkState> = {}): LinkState => ({
  name: 'eth0',
  index: 2,
  up: true,
  mac: ROUTER_MAC,
  mtu: 1500,
  carrierUps: 1,
  addresses: [
    { address: ipv6('2001:db8:b::1'), prefixLength: 64 },
    { address: ipv6('fe80::1'), prefixLength: 64 },
  ],
  ...change,
});

/** Gives the fractions in turn, the last one for ever. */
export function die(...fractions: number[]): Random {
  let next = 0;
  return {
    fraction: () => fractions[Math.min(next++, fractions.length - 1)]!,
    octets: (n) => new Uint8Array(n),
  };
}

export function solicitationFrame(
  source: Ipv6 = HOST,
  linkSource: MacAddress = HOST_MAC,
  options: readonly NdOption[] = [],
): ReceivedFrame {
  const destination = ipv6('ff02::2');
  const payload = encodeIpv6({
    trafficClass: 0,
    flowLabel: 0,
    hopLimit: 255,
    source,
    destination,
    headers: [],
    protocol: 58,
    payload: encodeIcmpv6({ kind: 'routerSolicitation', options }, source, destination),
  });
  return {
    link: 'eth0',
    source: linkSource,
    destination: mac('33:33:00:00:00:02'),
    etherType: ETHERTYPE.ipv6,
    payload,
  };
}

/** What the other end of the link makes of a frame. */
export function received<K extends 'nd' | 'dhcp'>(kind: K, frame: FrameEffect): IngressOf<K> {
  const result = ingressFrame({ ...frame, source: ROUTER_MAC });
  if (!result.ok) throw new Error(result.refusal.reason);
  if (result.value.kind !== kind) throw new Error(result.value.kind);
  return result.value as IngressOf<K>;
}

export function taken<K extends 'nd' | 'dhcp'>(kind: K, frame: ReceivedFrame): IngressOf<K> {
  const result = ingressFrame(frame);
  if (!result.ok || result.value.kind !== kind) throw new Error('not taken');
  return result.value as IngressOf<K>;
}
