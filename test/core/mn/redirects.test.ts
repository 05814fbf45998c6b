/** Redirects that a mobile node heeds for its home agent, RFC 4861 §8. */
import { describe, expect, it } from 'vitest';
import { ipv6, mac, type Ipv6 } from '../../../src/base/address.js';
import { MAX_REDIRECTS, Redirects } from '../../../src/core/mn/redirects.js';
import { HOME_AGENT, ScriptedNetwork, network } from './scripted-network.js';

describe('a redirect for the home agent', () => {
  it('of the router in use gives it another first hop', () => {
    const net = away();
    redirect(net, ROUTER, HOME_AGENT, BETTER);
    expect(net.take('ROUTER_REDIRECTED')).toEqual([
      `1 ROUTER_REDIRECTED eth0 ${ROUTER} ${HOME_AGENT} ${BETTER}`,
    ]);
    expect(wayToHomeAgent(net)).toBe(BETTER);
  });

  it('to itself says that it is on the link', () => {
    const net = away();
    redirect(net, ROUTER, HOME_AGENT, HOME_AGENT);
    expect(wayToHomeAgent(net)).toBe('the link');
  });

  it('may be followed by one of the new first hop, and no longer by one of the old', () => {
    const net = away();
    redirect(net, ROUTER, HOME_AGENT, BETTER);
    redirect(net, BETTER, HOME_AGENT, BEST);
    expect(wayToHomeAgent(net)).toBe(BEST);
    redirect(net, BETTER, HOME_AGENT, BETTER);
    expect(wayToHomeAgent(net)).toBe(BEST);
    redirect(net, BEST, HOME_AGENT, ROUTER);
    expect(wayToHomeAgent(net)).toBeUndefined();
  });

  it.each([
    { what: 'of another router', from: 'fe80::bad', destination: HOME_AGENT, target: 'fe80::bad' },
    { what: 'of no router', from: '2001:db8:a::1', destination: HOME_AGENT, target: 'fe80::bad' },
    { what: 'to what is no neighbour', destination: HOME_AGENT, target: '2001:db8:a::bad' },
    { what: 'for another destination', destination: '2001:db8:ff::1', target: 'fe80::bad' },
    { what: 'for a group', destination: 'ff05::1', target: 'fe80::bad' },
  ])('$what changes nothing', ({ from = ROUTER, destination, target }) => {
    const net = away();
    const before = net.datapath;
    redirect(net, ipv6(from), ipv6(destination), ipv6(target));
    expect(net.take('ROUTER_REDIRECTED')).toEqual([]);
    expect(net.datapath).toBe(before);
  });

  it('ends when three Binding Updates by it had no answer', () => {
    const net = away();
    redirect(net, ROUTER, HOME_AGENT, BETTER);
    net.homeAgent = () => undefined;
    net.plug('eth1', { ...LINK, prefixes: ['2001:db8:b::/64'] });
    net.run(2);
    net.do((node, now) => node.handover({ kind: 'link', link: 'eth1' }, now));
    net.run(2.5);
    net.do((node, now) => node.handover({ kind: 'link', link: 'eth0' }, now));
    expect(wayToHomeAgent(net)).toBe(BETTER);
    net.run(60);
    expect(wayToHomeAgent(net)).toBeUndefined();
  });

  it('ends with the link', () => {
    const net = away();
    redirect(net, ROUTER, HOME_AGENT, BETTER);
    net.unplug('eth0');
    net.plug('eth0', LINK);
    net.run(2);
    expect(net.tunnel).toBeDefined();
    expect(wayToHomeAgent(net)).toBeUndefined();
  });
});

it('redirects are bounded', () => {
  const redirects = new Redirects();
  for (let i = 1; i <= MAX_REDIRECTS + 1; i++) {
    const accepted = redirects.handle(ROUTER, ipv6(`2001:db8::${i}`), BETTER, ROUTER);
    expect(accepted).toBe(i <= MAX_REDIRECTS);
  }
  expect(redirects.routes()).toHaveLength(MAX_REDIRECTS);
});

const ROUTER = ipv6('fe80::ff:fe00:a');
const BETTER = ipv6('fe80::2');
const BEST = ipv6('fe80::3');
const ROUTER_MAC = mac('02:00:00:00:00:0a');
const LINK = network({ prefixes: ['2001:db8:a::/64'], routerMac: ROUTER_MAC });

function away(): ScriptedNetwork {
  const net = new ScriptedNetwork();
  net.plug('eth0', LINK);
  net.run(1);
  net.take();
  return net;
}

function redirect(net: ScriptedNetwork, from: Ipv6, destination: Ipv6, target: Ipv6): void {
  const own = ipv6('2001:db8:a::ff:fe00:10');
  net.nd('eth0', ROUTER_MAC, from, own, { kind: 'redirect', destination, target, options: [] });
}

function wayToHomeAgent(net: ScriptedNetwork): string | undefined {
  for (const item of net.datapath.items) {
    if (item.kind !== 'route' || item.table !== 'careOf6') continue;
    if (item.destination.address === HOME_AGENT && item.destination.length === 128)
      return item.via ?? 'the link';
  }
  return undefined;
}
