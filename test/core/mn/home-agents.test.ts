/** A mobile node and several home agents: discovery, order, fall-over. RFC 6275 §11.4.1 */
import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, type Ipv6 } from '../../../src/base/address.js';
import type { HomeOptions } from '../../../src/core/mn/options.js';
import { decodeIcmpv6 } from '../../../src/wire/icmpv6.js';
import { decodeIpv6 } from '../../../src/wire/ipv6-codec.js';
import { PROTOCOL } from '../../../src/wire/protocol.js';
import {
  HOA,
  HOME_AGENT,
  HOME_AGENT4,
  HOME_AGENTS,
  ScriptedNetwork,
  homeNetwork,
  mobileNodeOptions,
  network,
  reply,
  type HomeAgentScript,
  type Network,
} from './scripted-network.js';

describe('without a configured home agent', () => {
  it('asks the anycast address once there is a care-of address, and registers with the first named', () => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN] });
    net.discovered = [B, C];
    net.plug('eth0', networkA());
    expect(
      said(net.run(1), 'packet', 'DHAAD_SENT', 'HOME_AGENT_FOUND', 'BU', 'BA_RECEIVED'),
    ).toEqual([
      `0.02 packet to ${HOME_AGENTS}`,
      `0.02 DHAAD_SENT ${COA_A} 1`,
      `0.03 HOME_AGENT_FOUND ${B} names it`,
      `0.03 BU native ${COA_A} hao ${HOA} → ${B} seq 1`,
      '0.04 BA_RECEIVED 1 0',
    ]);
    expect(net.tunnel).toMatchObject({ local: COA_A, remote: B });
  });

  it('declares the care-of address before it asks', () => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN] });
    net.plug('eth0', networkA());
    const lines = net.run(1).take('datapath', 'packet');
    expect(lines.slice(-2)).toEqual([
      `0.02 datapath home on @tunnel, care-of ${COA_A}`,
      `0.02 packet to ${HOME_AGENTS}`,
    ]);
  });

  it('asks the same again after 3, 6, 12 and 24 s, then gives up, and asks anew a minute later', () => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN] });
    net.plug('eth0', networkA());
    expect(net.run(155).take('DHAAD_SENT', 'DHAAD_UNANSWERED')).toEqual([
      `0.02 DHAAD_SENT ${COA_A} 1`,
      `3.02 DHAAD_SENT ${COA_A} 2`,
      `9.02 DHAAD_SENT ${COA_A} 3`,
      `21.02 DHAAD_SENT ${COA_A} 4`,
      `45.02 DHAAD_SENT ${COA_A} 5`,
      '93.02 DHAAD_UNANSWERED',
      `153.02 DHAAD_SENT ${COA_A} 1`,
    ]);
    const ids = requests(net).map(({ identifier }) => identifier);
    expect(new Set(ids.slice(0, 5)).size).toBe(1);
    expect(ids[5]).not.toBe(ids[0]);
  });

  it('asks anew, at once, from another care-of address', () => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN] });
    net.plug('eth0', networkA());
    net.run(95);
    net.plug('eth0', networkB());
    net.run(96);
    expect(net.take('DHAAD_SENT').at(-1)).toBe(`95.02 DHAAD_SENT ${COA_B} 1`);
    const [first, last] = [requests(net)[0]!, requests(net).at(-1)!];
    expect([first.source, last.source]).toEqual([COA_A, COA_B]);
    expect(last.identifier).not.toBe(first.identifier);
  });

  const wrong: readonly (readonly [string, (net: ScriptedNetwork, id: number) => void])[] = [
    ['another identifier', (net, id) => net.icmpv6(B, COA_A, reply(id ^ 1, [B]))],
    ['another destination', (net, id) => net.icmpv6(B, HOA, reply(id, [B]))],
    ['a source that cannot be', (net, id) => net.icmpv6(ipv6('fe80::1'), COA_A, reply(id, [B]))],
    ['no address', (net, id) => net.icmpv6(B, COA_A, reply(id, []))],
    [
      'addresses that nobody has',
      (net, id) => net.icmpv6(B, COA_A, reply(id, [ipv6('ff02::1'), ipv6('::'), COA_A, HOA])),
    ],
    ['a code', (net, id) => net.icmpv6(B, COA_A, { ...reply(id, [B]), code: 1 } as never)],
  ];
  it.each(wrong)('takes no answer with %s', (_, say) => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN] });
    net.plug('eth0', networkA());
    net.run(1);
    say(net, requests(net)[0]!.identifier);
    expect(net.run(2).updates).toEqual([]);
    net.icmpv6(B, COA_A, reply(requests(net)[0]!.identifier, [B]));
    expect(net.updates).toHaveLength(1);
  });

  it('takes no answer unasked, nor a second one', () => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN] });
    net.discovered = [B];
    net.plug('eth0', networkA());
    net.run(1);
    net.icmpv6(C, COA_A, reply(requests(net)[0]!.identifier, [C]));
    expect(net.run(2).updates.map((u) => u.packet.destination)).toEqual([B]);
    expect(net.node.view(net.now).counters).toMatchObject({ 'dhaad-unasked': 1 });
  });

  it('says why nothing is registered where only IPv4 is', () => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN], dsmip: true });
    net.plug('eth0', network({ dhcp: DHCP }));
    expect(net.run(5).take('HOME_AGENT_UNKNOWN')).toEqual([
      '0.02 HOME_AGENT_UNKNOWN home agent discovery needs an IPv6 care-of address: there is none for IPv4',
    ]);
    expect(net.updates).toEqual([]);
    expect(net.node.discoverHomeAgents(null, net.now)).toEqual({
      accepted: false,
      reason: 'home agent discovery needs an IPv6 care-of address: there is none for IPv4',
    });
  });

  it('finds it over IPv6, and then registers over IPv4 by the configured IPv4 address', () => {
    const net = new ScriptedNetwork({
      homes: [{ ...UNKNOWN, homeAgent4: HOME_AGENT4 }],
      dsmip: true,
    });
    net.discovered = [B];
    net.plug('eth0', networkA());
    net.run(5);
    net.plug('eth0', network({ dhcp: DHCP }));
    net.run(60);
    const last = net.updates.at(-1)!;
    expect(last).toMatchObject({ via: 'udp', packet: { destination: B } });
  });

  it('at home knows the home agents by their advertisements, without asking', () => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN] });
    net.plug('eth0', homeNetwork());
    net.run(5).take();
    expect(requests(net)).toEqual([]);
    net.plug('eth0', networkA());
    expect(net.run(6).updates.map((u) => u.packet.destination)).toEqual([HOME_AGENT]);
    expect(requests(net)).toEqual([]);
  });

  it('remembers over a restart which one has the registration, and the others', () => {
    const first = new ScriptedNetwork({ homes: [UNKNOWN] });
    first.discovered = [B, C];
    first.homeAgent = refuses(B, 130);
    first.plug('eth0', networkA());
    first.run(5);
    const second = new ScriptedNetwork({ homes: [UNKNOWN] }, Object.fromEntries(first.store));
    second.plug('eth0', networkA());
    second.run(5);
    expect(second.updates.map((u) => u.packet.destination)).toEqual([C]);
    expect(requests(second)).toEqual([]);
    expect(agents(second)).toEqual([`${B} known`, `${C} current`]);
  });
});

describe('fall-over', () => {
  it('to the next one at once when the first refuses with 130', () => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN] });
    net.discovered = [B, C];
    net.homeAgent = refuses(B, 130);
    net.plug('eth0', networkA());
    expect(said(net.run(5), 'BU', 'HOME_AGENT_CHANGED', 'BINDING_ACCEPTED')).toEqual([
      `0.03 BU native ${COA_A} hao ${HOA} → ${B} seq 1`,
      '0.04 HOME_AGENT_CHANGED it refuses: Insufficient resources',
      `0.04 BU native ${COA_A} hao ${HOA} → ${C} seq 2`,
      `0.05 BINDING_ACCEPTED eth0 ${COA_A}`,
    ]);
    const change = net.events.find(({ event }) => event.code === 'HOME_AGENT_CHANGED')!;
    expect(change.event.fields).toMatchObject({ homeAddress: HOA, from: B, to: C });
    expect(agents(net)).toEqual([`${B} failed`, `${C} current`]);
    expect(net.tunnel?.remote).toBe(C);
  });

  it.each([
    [128, 2],
    [129, 2],
    [130, 2],
    [131, 2],
    [132, 2],
    [133, 2],
    [134, 1],
    [139, 1],
    [145, 1],
  ])('after status %i, home agents asked: %i', (status, asked) => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN] });
    net.discovered = [B, C];
    net.homeAgent = refuses(B, status);
    net.plug('eth0', networkA());
    net.run(1);
    expect(new Set(net.updates.map((u) => u.packet.destination)).size).toBe(asked);
  });

  it('from a configured one that falls silent, by discovery, where that is enabled', () => {
    const net = new ScriptedNetwork({ homes: [{ ...KNOWN, discovery: true }] });
    net.plug('eth0', networkA());
    net.run(5).take();
    expect(requests(net)).toEqual([]);
    net.discovered = [B, HOME_AGENT];
    net.homeAgent = ({ packet }) => (packet.destination === HOME_AGENT ? undefined : {});
    net.plug('eth0', networkB());
    // Three updates without an answer: 1, 2 and 4 s. Then the question, the answer, and the next home agent.
    expect(said(net.run(20), 'BU', 'DHAAD_SENT', 'HOME_AGENT_CHANGED', 'BINDING_ACCEPTED')).toEqual(
      [
        `5.02 BU native ${COA_B} hao ${HOA} → ${HOME_AGENT} seq 2`,
        `6.02 BU native ${COA_B} hao ${HOA} → ${HOME_AGENT} seq 3`,
        `8.02 BU native ${COA_B} hao ${HOA} → ${HOME_AGENT} seq 4`,
        `12.02 DHAAD_SENT ${COA_B} 1`,
        `12.02 BU native ${COA_B} hao ${HOA} → ${HOME_AGENT} seq 5`,
        `12.03 HOME_AGENT_CHANGED ${B} names it`,
        `12.03 BU native ${COA_B} hao ${HOA} → ${B} seq 6`,
        `12.04 BINDING_ACCEPTED eth0 ${COA_B}`,
      ],
    );
  });

  it('never, from a configured one without discovery', () => {
    const net = new ScriptedNetwork({ homes: [KNOWN] });
    net.discovered = [B];
    net.homeAgent = () => undefined;
    net.plug('eth0', networkA());
    expect(net.run(200).take('DHAAD_SENT', 'HOME_AGENT_CHANGED')).toEqual([]);
    expect(new Set(net.updates.map((u) => u.packet.destination))).toEqual(new Set([HOME_AGENT]));
  });

  it('waits three updates long for each, RFC 6275 §11.4.1, and goes back when the time of the first is over', () => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN] });
    net.discovered = [B, C];
    net.homeAgent = () => undefined;
    net.plug('eth0', networkA());
    net.run(2);
    net.discovered = null;
    net.run(75);
    const to = net.updates.map((u) => u.packet.destination);
    expect(to.slice(0, 7)).toEqual([B, B, B, C, C, C, C]);
    expect(to.at(-1)).toBe(B);
    expect(net.take('HOME_AGENT_CHANGED')).toEqual([
      '10.53 HOME_AGENT_CHANGED it does not answer',
      '70.53 HOME_AGENT_CHANGED it did not answer, and another may again',
    ]);
  });

  it('first by the other family, then to another home agent', () => {
    const net = new ScriptedNetwork({
      homes: [{ ...KNOWN, homeAgent4: HOME_AGENT4, discovery: true }],
      dsmip: true,
    });
    net.plug('eth0', networkA({ dhcp: DHCP }));
    net.run(5);
    net.homeAgent = ({ packet }) => (packet.destination === HOME_AGENT ? undefined : {});
    net.discovered = [B];
    net.plug('eth0', networkB({ dhcp: DHCP }));
    net.run(40);
    const path = net.updates.slice(1).map((u) => `${u.via} ${u.packet.destination}`);
    expect([...new Set(path)]).toEqual([
      `native ${HOME_AGENT}`,
      `udp ${HOME_AGENT}`,
      `native ${B}`,
    ]);
  });

  it('leads back where a duplicate is what the home agent that was left still keeps', () => {
    const net = new ScriptedNetwork({ homes: [UNKNOWN] });
    net.discovered = [B, C];
    net.plug('eth0', networkA());
    net.run(5);
    let reachable = false;
    net.homeAgent = ({ packet }) =>
      packet.destination === C ? { status: 134, lifetime: 0 } : reachable ? {} : undefined;
    net.plug('eth0', networkB());
    net.run(20);
    reachable = true;
    net.run(90);
    expect(net.take('BINDING_ACCEPTED').at(-1)).toContain(COA_B);
    expect(net.tunnel?.remote).toBe(B);
  });
});

describe('a person asks', () => {
  it('and the question leaves at once, whoever serves', () => {
    const net = new ScriptedNetwork({ homes: [{ ...KNOWN, discovery: true }] });
    net.plug('eth0', networkA());
    net.run(5).take();
    net.discovered = [B, HOME_AGENT];
    expect(net.do((node, now) => node.discoverHomeAgents(HOA, now)).accepted).toBe(true);
    expect(net.run(6).take('DHAAD_SENT', 'HOME_AGENT_CHANGED', 'BU')).toEqual([
      `5 DHAAD_SENT ${COA_A} 1`,
    ]);
    expect(agents(net)).toEqual([`${HOME_AGENT} current`, `${B} known`]);
  });

  it.each([
    ['it is no home address', UNKNOWN, '2001:db8::9'],
    ['home agent discovery is disabled (`UseDhaad`)', undefined, null],
    ['there is no care-of address', UNKNOWN, null],
  ])('and hears that %s', (reason, home, homeAddress) => {
    const net = new ScriptedNetwork({ homes: [home ?? KNOWN] });
    expect(net.do((node, now) => node.discoverHomeAgents(homeAddress, now))).toEqual({
      accepted: false,
      reason,
    });
  });
});

/** Lines that begin so; of Binding Updates, where to and the number. */
const said = (net: ScriptedNetwork, ...words: string[]): string[] =>
  net.take(...words).map((line) => line.replace(/ AH .*/, ''));

const agents = (net: ScriptedNetwork): string[] =>
  net.node.homeAgents()[0]!.agents.map(({ address, state }) => `${address} ${state}`);

/** Of the questions that left. */
function requests(net: ScriptedNetwork): { source: Ipv6; identifier: number }[] {
  return net.packets.flatMap(({ octets }) => {
    const { source, destination, protocol, payload } = decodeIpv6(octets);
    if (protocol !== PROTOCOL.icmpv6) return [];
    const message = decodeIcmpv6(payload, source, destination);
    if (message.kind !== 'homeAgentDiscoveryRequest') return [];
    expect(destination).toBe(HOME_AGENTS);
    return [{ source, identifier: message.identifier }];
  });
}

const refuses =
  (agent: Ipv6, status: number): HomeAgentScript =>
  ({ packet }) =>
    packet.destination === agent ? { status, lifetime: 0 } : {};

const networkA = (part: Partial<Network> = {}): Network =>
  network({ prefixes: ['2001:db8:a::/64'], ...part });
const networkB = (part: Partial<Network> = {}): Network =>
  network({ prefixes: ['2001:db8:b::/64'], ...part });

const [KNOWN] = mobileNodeOptions().homes as [HomeOptions];
const UNKNOWN: HomeOptions = { ...KNOWN, homeAgent: ipv6('::'), homeAgent4: null };
const B = ipv6('2001:db8:1::b');
const C = ipv6('2001:db8:1::c');
const COA_A = ipv6('2001:db8:a::ff:fe00:10');
const COA_B = ipv6('2001:db8:b::ff:fe00:10');
const DHCP = {
  address: ipv4('10.0.0.7'),
  router: ipv4('10.0.0.1'),
  lease: 3600,
  delay: 10,
};
