/** Simple DNA (RFC 6059) from carrier to binding: known links and wrong ones. */
import { describe, expect, it } from 'vitest';
import { ipv6, mac } from '../../../src/base/address.js';
import { ScriptedNetwork, network, type Network } from './scripted-network.js';

describe('back on the link that it left', () => {
  it('carrier lost, 50 ms, carrier back: the address is up with the answer of the router, without DAD', () => {
    const net = settled();
    flap(net, linkA());
    expect(net.run(12).take('RS', 'NS', 'ROUTER_FOUND', 'ADDRESS_READY', 'BU_SENT')).toEqual([
      '10.05 RS eth0 from fe80::ff:fe00:10',
      '10.05 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:a',
      '10.051 ROUTER_FOUND eth0 fe80::ff:fe00:a',
      `10.051 ADDRESS_READY eth0 ${COA_A}`,
      `10.051 BU_SENT eth0 ${COA_A} 2 1`,
    ]);
  });

  it('strict DAD is not run again either: RFC 6059 §5.8', () => {
    const net = settled({ optimisticDad: false });
    flap(net, linkA());
    expect(net.run(12).take('ADDRESS_READY', 'BU_SENT')).toEqual([
      `10.051 ADDRESS_READY eth0 ${COA_A}`,
      `10.051 BU_SENT eth0 ${COA_A} 2 1`,
    ]);
  });

  it('a router that answers only solicitations for routers is recognised by its advertisement', () => {
    const net = settled({ optimisticDad: false });
    flap(net, linkA({ answersNs: false }));
    expect(net.run(12).take('NS', 'ADDRESS_READY')).toEqual([
      '10.05 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:a',
      `10.07 ADDRESS_READY eth0 ${COA_A}`,
    ]);
  });

  it('an address whose DAD carrier cut short has it run from the start', () => {
    const net = new ScriptedNetwork({ optimisticDad: false });
    net.plug('eth0', linkA());
    net.run(0.5);
    flap(net, linkA());
    net.take();
    expect(net.run(3).take('NS', 'ADDRESS_READY')).toEqual([
      `0.551 NS eth0 from :: for ${COA_A}`,
      `1.551 ADDRESS_READY eth0 ${COA_A}`,
    ]);
  });

  it('an address that took the place of a duplicate is the one that comes back', () => {
    const net = new ScriptedNetwork();
    net.plug('eth0', linkA({ taken: [ipv6(COA_A)] }));
    net.run(10);
    const [second] = net.node.view(net.now).links[0]!.addresses;
    expect(second).not.toBe(COA_A);
    net.take();
    flap(net, linkA({ taken: [ipv6(COA_A)] }));
    expect(net.run(12).take('ADDRESS_READY', 'ADDRESS_DUPLICATE')).toEqual([
      `10.051 ADDRESS_READY eth0 ${second}`,
    ]);
  });

  it('the interface itself gone and back, as a modem on USB', () => {
    const net = settled();
    net.input({ kind: 'linkGone', name: 'eth0' });
    expect(net.take('LINK_GONE')).toEqual(['10 LINK_GONE eth0']);
    net.run(11);
    net.plug('eth0', linkA());
    expect(net.run(12).take('ADDRESS_READY', 'BU_SENT')).toEqual([
      `11.001 ADDRESS_READY eth0 ${COA_A}`,
      `11.001 BU_SENT eth0 ${COA_A} 2 1`,
    ]);
  });

  it('another interface of that name knows the router, but has no address from before', () => {
    const net = settled({ optimisticDad: false });
    net.input({ kind: 'linkGone', name: 'eth0' });
    net.tell('eth0', { mac: mac('02:00:00:00:00:77'), index: 9, up: false });
    net.take();
    net.plug('eth0', linkA());
    expect(net.run(12).take('ADDRESS_READY')).toEqual([
      expect.stringMatching(/^11\.\d+ ADDRESS_READY eth0 2001:db8:a::ff:fe00:77$/),
    ]);
  });

  it('a prefix that the router no longer advertises goes with its advertisement: §5.7.3.1', () => {
    const net = settled();
    flap(net, linkA({ prefixes: ['2001:db8:aa::/64'] }));
    net.run(12);
    expect(net.node.view(net.now).links[0]!.addresses).toEqual(['2001:db8:aa::ff:fe00:10']);
  });
});

describe('on another link', () => {
  it('where nobody has the link-layer address of the old router: it advertises, and has DAD run', () => {
    const net = settled();
    flap(net, linkB());
    expect(net.run(12).take('NS', 'ROUTER_FOUND', 'ADDRESS_READY')).toEqual([
      '10.05 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:a',
      '10.07 ROUTER_FOUND eth0 fe80::ff:fe00:b',
      `10.07 NS eth0 from :: for ${COA_B}`,
      `10.07 ADDRESS_READY eth0 ${COA_B}`,
    ]);
  });

  it('both routers are fe80::1: each is known by its link-layer address', () => {
    const [a, b] = [linkA({ routerAddress: FE80_1 }), linkB({ routerAddress: FE80_1 })];
    const net = settled({}, a);
    flap(net, b);
    net.run(20);
    net.take();
    flap(net, a);
    expect(net.run(30).take('NS', 'ROUTER_FOUND', 'ADDRESS_READY')).toEqual([
      '20.05 NS eth0 from fe80::ff:fe00:10 for fe80::1',
      '20.05 NS eth0 from fe80::ff:fe00:10 for fe80::1',
      '20.051 ROUTER_FOUND eth0 fe80::1',
      `20.051 ADDRESS_READY eth0 ${COA_A}`,
    ]);
  });

  it('the same prefix and fe80::1 without a loss of carrier seen: DAD runs on the new link', () => {
    const net = settled({}, linkA({ routerAddress: FE80_1 }));
    net.flap('eth0', linkA({ routerAddress: FE80_1, routerMac: mac('02:00:00:00:00:0b') }));
    expect(net.run(12).take('NS', 'ROUTER_LOST', 'ADDRESS_READY')).toEqual([
      '10 NS eth0 from fe80::ff:fe00:10 for fe80::1',
      `10.02 NS eth0 from :: for ${COA_A}`,
      `10.02 ADDRESS_READY eth0 ${COA_A}`,
    ]);
  });

  it('ping-pong between two links every 200 ms: 1 ms to each from the second visit on', () => {
    const net = new ScriptedNetwork();
    for (let visit = 0; visit < 20; visit++) {
      net.plug('eth0', visit % 2 === 0 ? linkA() : linkB());
      // The first visits are long enough for DAD.
      net.run(visit < 2 ? 2 * visit + 2 : 4 + 0.2 * (visit - 1));
      if (visit === 1) net.take();
      net.unplug('eth0');
    }
    const ready = net.take('ADDRESS_READY').map((line) => line.split(' '));
    expect(ready).toHaveLength(18);
    for (const [i, [t, , , address]] of ready.entries()) {
      expect(address).toBe(i % 2 === 0 ? COA_A : COA_B);
      expect(Number(t)).toBeCloseTo(4.001 + 0.2 * i, 6);
    }
    expect(net.lines.filter((line) => line.includes('NS eth0 from :: '))).toEqual([]);
  });
});

const COA_A = '2001:db8:a::ff:fe00:10';
const COA_B = '2001:db8:b::ff:fe00:10';
const FE80_1 = ipv6('fe80::1');

const linkA = (part: Partial<Network> = {}) =>
  network({ prefixes: ['2001:db8:a::/64'], routerMac: mac('02:00:00:00:00:0a'), ...part });
const linkB = (part: Partial<Network> = {}) =>
  network({ prefixes: ['2001:db8:b::/64'], routerMac: mac('02:00:00:00:00:0b'), ...part });

function settled(
  options: ConstructorParameters<typeof ScriptedNetwork>[0] = {},
  on = linkA(),
): ScriptedNetwork {
  const net = new ScriptedNetwork(options);
  net.plug('eth0', on);
  net.run(10);
  net.take();
  return net;
}

function flap(net: ScriptedNetwork, to: Network): void {
  net.unplug('eth0');
  net.run(net.now / 1000 + 0.05);
  net.plug('eth0', to);
}
