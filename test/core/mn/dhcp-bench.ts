/** A DHCP client among scripted servers and gateways, in virtual time. */
import { expect } from 'vitest';
import { ipv4, mac, type Ipv4, type MacAddress } from '../../../src/base/address.js';
import { DhcpClient } from '../../../src/core/mn/dhcp-client.js';
import type { Lease } from '../../../src/core/mn/dhcp-lease.js';
import type { KnownNetwork, KnownNetworks } from '../../../src/core/mn/known-networks.js';
import type { Random } from '../../../src/core/random.js';
import type { ArpMessage } from '../../../src/wire/arp.js';
import type { DhcpMessage, DhcpOption, DhcpType } from '../../../src/wire/dhcpv4/message.js';
import { at, drive } from '../../helpers/drive.js';
import { readDhcp, say, typeOf } from './say.js';

export const OWN = mac('02:00:00:00:00:10');
export const GATEWAY = mac('02:00:00:00:00:01');
export const STRANGER = mac('02:00:00:00:00:66');
export const SERVER = ipv4('10.0.0.1');
/** A second server, which never gives out the first one's addresses. */
export const SECOND = ipv4('10.0.0.2');

export interface Terms {
  address: Ipv4;
  server: Ipv4;
  lease: number;
  mask: string;
  router: Ipv4 | null;
  more: readonly DhcpOption[];
}

export interface BenchOptions {
  readonly terms?: Partial<Terms>;
  readonly kept?: string;
  readonly networks?: KnownNetworks;
  readonly random?: Random;
  /** Second of carrier. */
  readonly since?: number;
}

export type Bench = ReturnType<typeof up>;

/** Never twice the same, always the same sequence. */
export function random(): Random {
  let n = 0;
  return {
    octets: (count) => Uint8Array.from({ length: count }, () => ++n & 0xff),
    fraction: () => (++n * 0.37) % 1,
  };
}

/** T1, T2 and waits as the clause names them, without the spread. */
export function steady(): Random {
  return { ...random(), fraction: () => 0 };
}

export function up(options: BenchOptions = {}) {
  const { terms = {}, since = 0 } = options;
  const client = new DhcpClient('eth0', options.random ?? random(), options.kept, options.networks);
  client.linkUp(OWN, at(since));
  const sent: DhcpMessage[] = [];
  const frames: { payload: Uint8Array }[] = [];
  const trace = (from: number, until: number): string[] =>
    [...drive(client, at(from), at(until))].map(([t, e]) => {
      if (e.kind === 'frame' && e.etherType === 0x0800) {
        sent.push(readDhcp(e));
        frames.push(e);
      }
      return `${t} ${say(e)}`;
    });
  const reply = (
    second: number,
    type: DhcpType,
    part: Partial<DhcpMessage> = {},
    own: Partial<Terms> = {},
    to = sent.at(-1)!,
    from = GATEWAY,
  ): void => {
    client.handle(answer(to, type, { ...terms, ...own }, part), from, at(second));
  };
  const arp = (second: number, from: MacAddress, sender: string, part: Partial<ArpMessage> = {}) =>
    client.handleArp(
      {
        operation: 'reply',
        senderMac: from,
        senderAddress: ipv4(sender),
        targetMac: OWN,
        targetAddress: ipv4('10.0.0.5'),
        ...part,
      },
      at(second),
    );
  /** The newest message of a type. */
  const last = (type: DhcpType): DhcpMessage => {
    const found = sent.filter((m) => typeOf(m) === type).at(-1);
    if (!found) throw new Error(`no ${type} has been sent`);
    return found;
  };
  return { client, sent, frames, trace, reply, arp, last };
}

/** Leased at 0.02 s. */
export function bound(terms: Partial<Terms> = {}, options: Omit<BenchOptions, 'terms'> = {}) {
  const bench = up({ ...options, terms });
  bench.trace(0, 0);
  bench.reply(0.01, 'offer');
  bench.trace(0.01, 0.01);
  bench.reply(0.02, 'ack');
  bench.trace(0.02, 0.02);
  expect(bench.client.state).toBe('bound');
  return bench;
}

export function answer(
  to: DhcpMessage,
  type: DhcpType,
  terms: Partial<Terms>,
  part: Partial<DhcpMessage>,
): DhcpMessage {
  const none = ipv4('0.0.0.0');
  const router = terms.router === undefined ? SERVER : terms.router;
  const options: DhcpOption[] = [
    { kind: 'messageType', type },
    { kind: 'serverIdentifier', address: terms.server ?? SERVER },
  ];
  if (type !== 'nak') {
    options.push(
      { kind: 'subnetMask', mask: ipv4(terms.mask ?? '255.255.255.0') },
      ...(router === null ? [] : [{ kind: 'router', addresses: [router] } as const]),
      { kind: 'leaseTime', seconds: terms.lease ?? 600 },
      ...(terms.more ?? []),
    );
  }
  return {
    op: 2,
    xid: to.xid,
    secs: 0,
    broadcast: false,
    clientAddress: none,
    yourAddress: type === 'nak' ? none : (terms.address ?? ipv4('10.0.0.5')),
    serverAddress: none,
    relayAddress: none,
    clientHardware: OWN,
    options,
    ...part,
  };
}

/** A network that was visited before, with `left` seconds of lease at 0 s. */
export function knownNetwork(part: Partial<KnownNetwork> = {}, left = 500): KnownNetwork {
  const gateway = part.gateway ?? ipv4('10.4.0.1');
  const lease: Lease = {
    address: ipv4('10.4.0.7'),
    prefixLength: 24,
    router: gateway,
    routes: [],
    server: gateway,
    serverMac: KNOWN,
    lifetime: 1000,
    expiresAt: at(left),
    renewAt: at(left / 2),
    rebindAt: at(left * 0.875),
  };
  return { gateway, gatewayMac: KNOWN, client: OWN, lease, timed: true, ...part };
}
export const KNOWN = mac('02:00:00:00:04:01');

export const only = (lines: readonly string[], ...words: string[]): string[] =>
  lines.filter((line) => words.includes(line.split(' ')[1]!));
export const without = (lines: readonly string[], ...words: string[]): string[] =>
  lines.filter((line) => !words.includes(line.split(' ')[1]!));
