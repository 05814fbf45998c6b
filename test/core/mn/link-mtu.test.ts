/** What a link's routers and DHCP servers say of it beyond addresses. */
import { describe, expect, it } from 'vitest';
import { ipv4 } from '../../../src/base/address.js';
import type { DhcpOption } from '../../../src/wire/dhcpv4/message.js';
import { ScriptedNetwork, network } from './scripted-network.js';

describe('the MTU of the tunnel’s path', () => {
  it.each([
    { said: undefined, mtu: 1500 },
    { said: 1400, mtu: 1400 },
    { said: 9000, mtu: 1500 },
    { said: 1279, mtu: 1500 },
  ])('over IPv6: a router says $said, the interface 1500', ({ said, mtu }) => {
    const net = new ScriptedNetwork();
    net.plug('eth0', network({ prefixes: ['2001:db8:a::/64'], mtu: said }));
    net.run(1);
    expect(net.tunnel?.pathMtu).toBe(mtu);
  });

  it('over IPv6 on a link that is known again, before its router advertises', () => {
    const net = new ScriptedNetwork();
    const link = network({ prefixes: ['2001:db8:a::/64'], mtu: 1400 });
    net.plug('eth0', link);
    net.run(5);
    net.unplug('eth0');
    net.plug('eth0', { ...link, raDelay: null });
    net.run(6);
    expect(net.tunnel?.pathMtu).toBe(1400);
  });

  it.each([
    { said: [], mtu: 1500 },
    { said: [{ kind: 'interfaceMtu', mtu: 1300 }] as const, mtu: 1300 },
    { said: [{ kind: 'interfaceMtu', mtu: 9000 }] as const, mtu: 1500 },
  ])('over IPv4: option 26 says $said', ({ said, mtu }) => {
    const net = lease(said);
    expect(net.tunnel).toMatchObject({ local: '10.0.0.5', pathMtu: mtu });
  });
});

it('the classless routes of a lease are ways of its address, RFC 3442', () => {
  const net = lease([
    {
      kind: 'classlessRoutes',
      routes: [
        { destination: ipv4('0.0.0.0'), prefixLength: 0, router: ipv4('10.0.0.1') },
        { destination: ipv4('10.50.0.0'), prefixLength: 16, router: ipv4('10.0.0.2') },
      ],
    },
  ]);
  const routes = net.datapath.items.filter((i) => i.kind === 'route' && i.table === 'careOf4');
  expect(routes).toMatchObject([
    { destination: { address: '10.50.0.0', length: 16 }, via: '10.0.0.2', link: 'eth0' },
    { destination: { address: '0.0.0.0', length: 0 }, via: '10.0.0.1', link: 'eth0' },
  ]);
});

function lease(more: readonly DhcpOption[]): ScriptedNetwork {
  const net = new ScriptedNetwork({ dsmip: true });
  const dhcp = {
    address: ipv4('10.0.0.5'),
    router: ipv4('10.0.0.1'),
    lease: 600,
    delay: 5,
    more,
  };
  net.plug('eth0', network({ dhcp }));
  return net.run(2);
}
