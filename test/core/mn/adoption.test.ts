/** Interfaces that another program configures: its addresses and routers, taken as they are. */
import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, mac, NO_MAC, type IpAddress } from '../../../src/base/address.js';
import type { LinkAddress, LinkOwner, LinkState } from '../../../src/core/input.js';
import { at } from '../../helpers/drive.js';
import { HOA, HOA4, ScriptedNetwork, network, type Network } from './scripted-network.js';

describe('an IPv6 address of another owner', () => {
  it('is registered once its router is heard; neither it nor a DAD of it is ours', () => {
    const net = adopted({ addresses: [LINK_LOCAL, own(A1)], routers: [via('fe80::ff:fe00:a')] });
    net.plug('eth0', linkA());
    expect(net.run(1).take('NS', 'ADDRESS_READY', 'BU_SENT', 'BINDING_ACCEPTED')).toEqual([
      `0.02 BU_SENT eth0 ${A1} 1 1`,
      `0.03 BINDING_ACCEPTED eth0 ${A1}`,
    ]);
    expect(net.where(A1)).toBeUndefined();
    expect(routes(net, 'careOf6')).toEqual(['eth0 via fe80::ff:fe00:a']);
  });

  it('of the link that was left does not count on the next one, until its owner has another', () => {
    const net = adopted({ addresses: [LINK_LOCAL, own(A1)] });
    net.plug('eth0', linkA());
    net.run(5);
    net.unplug('eth0');
    net.plug('eth0', linkB());
    net.run(9);
    expect(net.take('BU_SENT', 'CARE_OF_LOST')).toEqual([
      `0.02 BU_SENT eth0 ${A1} 1 1`,
      '5 CARE_OF_LOST no address on any link',
    ]);
    net.tell('eth0', { addresses: [LINK_LOCAL, own(A1), own(B1)] });
    expect(net.run(10).take('BU_SENT')).toEqual([`9 BU_SENT eth0 ${B1} 2 1`]);
  });

  it('is known again with the answer of its router: RFC 6059', () => {
    const net = adopted({ addresses: [LINK_LOCAL, own(A1)] });
    net.plug('eth0', linkA());
    net.run(5);
    net.unplug('eth0');
    net.take();
    net.run(5.05);
    net.plug('eth0', linkA());
    expect(net.run(6).take('BU_SENT')).toEqual([`5.051 BU_SENT eth0 ${A1} 2 1`]);
  });

  it('where no router is heard, counts after two seconds', () => {
    const net = adopted({ addresses: [own(A1)], routers: [via('fe80::9')] });
    net.plug('eth0', network({ prefixes: [] }));
    expect(net.run(5).take('BU_SENT')).toEqual([`2 BU_SENT eth0 ${A1} 1 1`]);
    expect(routes(net, 'careOf6')).toEqual(['eth0 via fe80::9']);
  });

  it('by DHCPv6 has the router that advertises no prefix, as the owner has it', () => {
    const net = adopted({ addresses: [own(A1, 128)], routers: [via('fe80::ff:fe00:a')] });
    net.plug('eth0', network({ prefixes: [] }));
    net.nd('eth0', ROUTER_A, ipv6('fe80::ff:fe00:a'), ipv6('ff02::1'), {
      kind: 'routerAdvertisement',
      hopLimit: 64,
      managed: true,
      otherConfig: false,
      homeAgent: false,
      preference: 0,
      routerLifetime: 1800,
      reachableTime: 0,
      retransTimer: 0,
      options: [],
    });
    expect(net.run(1).take('BU_SENT')).toEqual([`0 BU_SENT eth0 ${A1} 1 1`]);
  });

  it('that is deprecated comes after one that is not; a temporary one is not taken', () => {
    const addresses = [
      { ...own(A1), deprecated: true },
      { ...own('2001:db8:a::3'), temporary: true },
      own('2001:db8:a::2'),
    ];
    const net = adopted({ addresses });
    net.plug('eth0', linkA());
    expect(net.run(1).take('BU_SENT')).toEqual(['0.02 BU_SENT eth0 2001:db8:a::2 1 1']);
  });

  it('its lifetime bounds the binding, and is followed as the owner renews it', () => {
    const net = adopted({ addresses: [{ ...own(A1), validUntil: at(60) }] });
    net.plug('eth0', linkA());
    net.run(1);
    expect(net.updates[0]!.message.lifetime).toBeLessThanOrEqual(60);
  });

  it('that its owner takes away is left', () => {
    const net = adopted({ addresses: [own(A1)] });
    net.plug('eth0', linkA());
    net.run(1);
    net.take();
    net.tell('eth0', { addresses: [] });
    expect(net.take('CARE_OF_LOST')).toEqual(['1 CARE_OF_LOST no address on any link']);
    expect(net.tunnel).toBeUndefined();
  });
});

describe('an IPv4 address of another DHCP client', () => {
  it('is registered as it is, and no DHCP client of ours runs beside it', () => {
    const net = adopted({ addresses: [own('10.0.0.7', 24)], routers: [via('10.0.0.1')] });
    net.plug('eth0', network());
    const lines = net.run(3).take('DHCP', 'ARP', 'BU_SENT', 'BINDING_ACCEPTED');
    expect(lines[0]).toBe('0.1 BU_SENT eth0 10.0.0.7 1 1'); // after the head start of IPv6
    expect(lines.some((line) => /DHCP|ARP/.test(line))).toBe(false);
    expect(routes(net, 'careOf4')).toEqual(['eth0 via 10.0.0.1']);
    expect(net.node.view(net.now).links[0]).toMatchObject({
      dhcp: null,
      addresses: ['10.0.0.7'],
      adopted: { from: 'NetworkManager', why: 'a test says so' },
    });
  });

  it('beside the kernel, which has no DHCP client, ours runs', () => {
    const owner = { ...OTHER, name: 'the kernel', leases: false } as const;
    const net = adopted({ owner, addresses: [own(A1)] });
    net.plug('eth0', linkA());
    expect(net.run(0.1).take('DHCP')).toEqual(['0 DHCP eth0 discover']);
  });

  it('the home address at home is none', () => {
    const net = adopted({ addresses: [own(HOA4, 24)], routers: [via('198.51.100.1')] });
    net.plug('eth0', network());
    expect(net.run(3).take('BU_SENT')).toEqual([]);
  });
});

describe('an interface without a link-layer address (ppp, tun, wireguard)', () => {
  it('asks no routers: its address counts at once, and everything is on the link', () => {
    const net = adopted({ mac: NO_MAC, addresses: [own(A1, 128)], routers: [direct(6)] });
    net.plug('eth0', network({ prefixes: [] }));
    expect(net.run(1).take('RS', 'NS', 'BU_SENT')).toEqual([`0 BU_SENT eth0 ${A1} 1 1`]);
    expect(routes(net, 'careOf6')).toEqual(['eth0 via nothing']);
  });
});

describe('who configures an interface', () => {
  it('is told when the interface is there, with the reason', () => {
    const net = adopted({ addresses: [] });
    const told = net.events.find(({ event }) => event.code === 'LINK_ADOPTED');
    expect(told?.event.fields).toEqual({
      link: 'eth0',
      owner: 'NetworkManager',
      reason: 'a test says so',
    });
    net.take();
    net.tell('eth0', { mtu: 1400 });
    expect(net.take('LINK_ADOPTED', 'LINK_OWNED')).toEqual([]);
  });

  it('may turn out to be us: then routers and leases are asked for, and addresses made', () => {
    const net = adopted({ addresses: [LINK_LOCAL] });
    net.plug('eth0', linkA());
    net.run(5);
    net.take();
    net.tell('eth0', { owner: { kind: 'us', why: 'it let go' } });
    expect(net.run(6).take('LINK_OWNED', 'RS', 'DHCP', 'BU_SENT').slice(0, 4)).toEqual([
      '5 LINK_OWNED eth0 it let go',
      '5 RS eth0 from fe80::ff:fe00:10',
      '5 DHCP eth0 discover',
      '5 BU_SENT eth0 2001:db8:a::ff:fe00:10 1 1',
    ]);
  });
});

const A1 = '2001:db8:a::1';
const B1 = '2001:db8:b::1';
const ROUTER_A = mac('02:00:00:00:00:0a');
const LINK_LOCAL: LinkAddress = { address: ipv6('fe80::ff:fe00:10'), prefixLength: 64 };
const OTHER: LinkOwner = {
  kind: 'other',
  name: 'NetworkManager',
  leases: true,
  why: 'a test says so',
};

const own = (text: string, prefixLength = 64): LinkAddress => ({
  address: text.includes(':') ? ipv6(text) : ipv4(text),
  prefixLength,
  validUntil: null,
});
const via = (text: string) => {
  const next: IpAddress = text.includes(':') ? ipv6(text) : ipv4(text);
  return { family: text.includes(':') ? 6 : 4, via: next } as const;
};
const direct = (family: 4 | 6) => ({ family, via: null });

const linkA = (part: Partial<Network> = {}) =>
  network({ prefixes: ['2001:db8:a::/64'], routerMac: ROUTER_A, ...part });
const linkB = () => network({ prefixes: ['2001:db8:b::/64'], routerMac: mac('02:00:00:00:00:0b') });

function adopted(part: Partial<LinkState>): ScriptedNetwork {
  const net = new ScriptedNetwork({
    dsmip: true,
    homes: [
      {
        homeAddress: HOA,
        homePrefix: { address: ipv6('2001:db8:1::'), length: 64 },
        homeAgent: ipv6('2001:db8:1::1'),
        homeAgent4: ipv4('192.0.2.1'),
        homeAddress4: { address: HOA4, prefixLength: 24 },
        homeLink: null,
      },
    ],
  });
  net.tell('eth0', { owner: OTHER, ...part });
  return net;
}

function routes(net: ScriptedNetwork, table: string): string[] {
  return net.datapath.items.flatMap((item) =>
    item.kind === 'route' && item.table === table
      ? [`${item.link} via ${item.via ?? 'nothing'}`]
      : [],
  );
}
