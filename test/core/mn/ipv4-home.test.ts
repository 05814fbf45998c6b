/** A dynamic IPv4 home address and a prefix, as a mobile node asks for them: RFC 5555 §3.1.1, §4.4.2. */
import { describe, expect, it } from 'vitest';
import { ipv4, ipv6 } from '../../../src/base/address.js';
import { eventSentence } from '../../../src/core/event.js';
import { Ipv4Home, type Ipv4HomeSettings } from '../../../src/core/mn/ipv4-home.js';
import {
  homeNetwork,
  ScriptedNetwork,
  HOA,
  mobileNodeOptions,
  network,
} from './scripted-network.js';
import type { MobilityOption } from '../../../src/wire/mobility/option.js';

const STATIC = ipv4('198.51.100.100');

describe('a dynamic address', () => {
  it('is asked for by 0.0.0.0, taken from the answer, kept, and asked for by name', () => {
    const home = dynamic();
    expect(home.address).toBeNull();
    expect(asks(home)).toEqual(['0.0.0.0/32']);
    expect(home.handleAck([grant('192.0.2.129')])).toEqual(bound('192.0.2.129'));
    expect(home.address).toBe('192.0.2.129');
    expect(said(home)).toEqual([
      'IPv4 home address 192.0.2.129 bound',
      `store ipv4 home ${HOA} = 192.0.2.129`,
    ]);
    expect(asks(home)).toEqual(['192.0.2.129/32']);
    home.handleAck([grant('192.0.2.129')]);
    expect(said(home)).toEqual([]);
  });

  it('of an earlier run is asked for by name, and is ours only when the home agent says so', () => {
    const home = dynamic({ kept: '192.0.2.129' });
    expect([asks(home), home.address]).toEqual([['192.0.2.129/32'], null]);
    home.handleAck([grant('192.0.2.129')]);
    expect([home.address, said(home)]).toEqual([
      '192.0.2.129',
      ['IPv4 home address 192.0.2.129 bound'],
    ]);
  });

  it.each([129, 130, 131, 132])(
    'that is refused by name with %i is let go, and any is asked for at once',
    (status) => {
      const home = dynamic({ kept: '192.0.2.129' });
      asks(home);
      expect(home.handleAck([refuse(status, '192.0.2.129')]).again).toBe(true);
      expect(said(home)).toEqual([`store ipv4 home ${HOA} forgotten`]);
      expect(asks(home)).toEqual(['0.0.0.0/32']);
    },
  );

  it('changes when the home agent says another one', () => {
    const home = dynamic();
    asks(home);
    home.handleAck([grant('192.0.2.129')]);
    said(home);
    asks(home);
    home.handleAck([grant('192.0.2.130')]);
    expect(said(home)).toEqual([
      'IPv4 home address 192.0.2.130 bound',
      'the IPv4 home address is 192.0.2.130 now and was 192.0.2.129: connections of the old one end',
      `store ipv4 home ${HOA} = 192.0.2.130`,
    ]);
  });

  it('that nobody has to give leaves IPv6 alone, said once; it is asked for again every time', () => {
    const home = dynamic();
    for (let i = 0; i < 3; i++) {
      expect(asks(home)).toEqual(['0.0.0.0/32']);
      expect(home.handleAck([refuse(132)])).toEqual(bound(null));
    }
    expect(said(home)).toEqual([
      `IPv4 home address 0.0.0.0 refused: 132 Dynamic IPv4 home address assignment not available; ${HOA} goes on with IPv6 only`,
    ]);
    expect([home.address, home.isRefused]).toEqual([null, true]);
    asks(home);
    home.handleAck([grant('192.0.2.129')]);
    expect([home.address, home.isRefused]).toEqual(['192.0.2.129', false]);
  });

  it('without any answer leaves IPv6 alone, and says so', () => {
    const home = dynamic();
    asks(home);
    expect(home.handleAck([])).toEqual(bound(null));
    expect(said(home)).toEqual([
      `IPv4 home address 0.0.0.0 refused: ? no answer to it; ${HOA} goes on with IPv6 only`,
    ]);
  });

  it.each(['0.0.0.0', '224.0.0.1', '127.0.0.1', '255.255.255.255'])('is not %s', (address) => {
    const home = dynamic();
    asks(home);
    expect(home.handleAck([grant(address)])).toEqual(bound(null));
    expect(home.address).toBeNull();
  });

  it('is not ours at home; its name is kept', () => {
    const home = dynamic();
    asks(home);
    home.handleAck([grant('192.0.2.129')]);
    home.unbound();
    expect([home.address, asks(home)]).toEqual([null, ['192.0.2.129/32']]);
  });

  it.each(['nonsense', '224.0.0.1', '192.0.2.1/77', ' / '])(
    'a store that says %j is empty',
    (kept) => {
      expect(asks(dynamic({ kept }))).toEqual(['0.0.0.0/32']);
    },
  );
});

describe('a prefix', () => {
  it('with a dynamic address: one request, and the address is one of the prefix', () => {
    const home = dynamic({ prefixLength: 28 });
    expect(asks(home)).toEqual(['0.0.0.0/28 P']);
    home.handleAck([grant('203.0.113.16', 28)]);
    expect([home.address, home.prefix]).toEqual([
      '203.0.113.17',
      { address: '203.0.113.16', length: 28 },
    ]);
    expect(said(home)).toEqual([
      'IPv4 home address 203.0.113.17 bound',
      'IPv4 prefix 203.0.113.16/28 bound',
      `store ipv4 home ${HOA} = 203.0.113.17 203.0.113.16/28`,
    ]);
    expect(asks(home)).toEqual(['203.0.113.17/28 P']);
  });

  it('takes the length and the address that the home agent says', () => {
    const home = dynamic({ prefixLength: 24 });
    asks(home);
    home.handleAck([grant('203.0.113.18', 29)]);
    expect([home.address, home.prefix]).toEqual([
      '203.0.113.18',
      { address: '203.0.113.16', length: 29 },
    ]);
    expect(asks(home)).toEqual(['203.0.113.18/29 P']);
  });

  it.each([132, 133])('refused with %i: an address alone is asked for at once', (status) => {
    const home = dynamic({ prefixLength: 28 });
    asks(home);
    expect(home.handleAck([refuse(status)]).again).toBe(true);
    expect(said(home)[0]).toMatch(/^no IPv4 prefix of 28 for /);
    expect(asks(home)).toEqual(['0.0.0.0/32']);
    home.handleAck([grant('192.0.2.129')]);
    expect([home.address, home.prefix]).toEqual(['192.0.2.129', null]);
    home.unbound();
    expect(asks(home)).toEqual(['0.0.0.0/28 P']); // the next binding asks for it again
  });

  it('of an earlier run is asked for by name, and any when it is another’s now', () => {
    const home = dynamic({ prefixLength: 28, kept: '203.0.113.17 203.0.113.16/28' });
    expect(asks(home)).toEqual(['203.0.113.17/28 P']);
    expect(home.handleAck([refuse(130, '203.0.113.17')]).again).toBe(true);
    expect(asks(home)).toEqual(['0.0.0.0/28 P']);
  });

  it('beside a static address: two requests, two answers, RFC 5555 §3.1.1', () => {
    const home = make({ wanted: STATIC, prefixLength: 29 });
    expect(asks(home)).toEqual([`${STATIC}/32`, '0.0.0.0/29 P']);
    home.handleAck([grant(STATIC), grant('203.0.113.1', 29)]);
    expect([home.address, home.prefix]).toEqual([STATIC, { address: '203.0.113.0', length: 29 }]);
    expect(said(home).at(-1)).toBe(`store ipv4 home ${HOA} = ${STATIC} 203.0.113.0/29`);
    expect(asks(home)).toEqual([`${STATIC}/32`, '203.0.113.0/29 P']);
  });

  it('refused beside a static address leaves that', () => {
    const home = make({ wanted: STATIC, prefixLength: 29 });
    asks(home);
    const { again, address } = home.handleAck([grant(STATIC), refuse(133)]);
    expect([again, address, asks(home)]).toEqual([false, STATIC, [`${STATIC}/32`]]);
  });
});

describe('a static address', () => {
  it('is asked for as it is, and bound as nothing else', () => {
    const home = make({ wanted: STATIC });
    expect([home.address, asks(home)]).toEqual([STATIC, [`${STATIC}/32`]]);
    expect(home.handleAck([grant('198.51.100.7')])).toEqual(bound(null));
    expect([home.address, home.isRefused]).toEqual([null, true]);
    home.handleAck([grant(STATIC)]);
    expect(home.address).toBe(STATIC);
    expect(said(home).filter((line) => line.startsWith('store'))).toEqual([]);
  });

  it('none: nothing is asked for, and nothing taken', () => {
    const home = make({ wanted: null, kept: '192.0.2.129' });
    expect([asks(home), home.handleAck([grant('192.0.2.129')])]).toEqual([[], bound(null)]);
  });
});

describe('in a mobile node', () => {
  it('the address comes with the acknowledgement, and goes at home', () => {
    const net = away([grant('192.0.2.129')]);
    expect([net.where('192.0.2.129'), net.store.get(`ipv4 home ${HOA}`)]).toEqual([
      '@tunnel',
      '192.0.2.129',
    ]);
    expect(net.tunnel?.send.at(-1)).toEqual({ source: { address: '192.0.2.129', length: 32 } });
    expect(net.node.view(net.now)).toMatchObject({
      bul: [{ homeAddress4: '192.0.2.129', homePrefix4: null, dynamic4: true }],
      homes: [{ homeAddress4: '192.0.2.129', dynamic4: true }],
    });
    net.unplug('eth0');
    net.plug('eth0', homeNetwork());
    net.run(5);
    expect([net.where('192.0.2.129'), net.node.view(net.now).homes[0]]).toEqual([
      undefined,
      { homeAddress: HOA, homeAddress4: null, dynamic4: true, where: 'home' },
    ]);
  });

  it('the whole prefix goes through the tunnel, and what nobody has of it nowhere', () => {
    const net = away([grant('203.0.113.17', 28)], { ipv4PrefixLength: 28 });
    const prefix = { address: '203.0.113.16', length: 28 };
    expect(net.tunnel?.accept.at(-1)).toEqual({ destination: prefix });
    expect(net.datapath.items).toContainEqual(
      expect.objectContaining({ kind: 'rule', from: prefix, table: 'home' }),
    );
    const route = net.datapath.items.find(
      (item) => item.kind === 'route' && item.destination.length === 28,
    );
    expect(route).toMatchObject({ table: 'main', link: '@tunnel' });
    expect(route).not.toHaveProperty('tunnel');
  });

  it('what is refused costs one more Binding Update, no storm', () => {
    const net = new ScriptedNetwork(OPTIONS(), { [`ipv4 home ${HOA}`]: '192.0.2.129' });
    net.homeAgent = ({ message }) => {
      const option = message.options.find((o) => o.kind === 'ipv4HomeAddress');
      const status = option?.kind === 'ipv4HomeAddress' && option.address === '0.0.0.0' ? 132 : 130;
      return { options: [refuse(status)] };
    };
    net.plug('eth0', NETWORK);
    net.run(60);
    expect(net.updates).toHaveLength(2);
    expect(net.node.view(net.now).bul[0]).toMatchObject({ state: 'bound', homeAddress4: null });
  });
});

const NETWORK = network({ prefixes: ['2001:db8:a::/64'] });
const HOME_AGENT = ipv6('2001:db8:1::1');
const OPTIONS = (more: { ipv4PrefixLength?: number } = {}) => ({
  dsmip: true,
  homes: [{ ...mobileNodeOptions().homes[0]!, homeAddress4: 'dynamic' as const, ...more }],
});

function away(
  options: MobilityOption[],
  more: { ipv4PrefixLength?: number } = {},
): ScriptedNetwork {
  const net = new ScriptedNetwork(OPTIONS(more));
  net.homeAgent = () => ({ options });
  net.plug('eth0', NETWORK);
  return net.run(1);
}

const dynamic = (more: Partial<Ipv4HomeSettings> = {}) => make({ wanted: 'dynamic', ...more });

const make = (more: Partial<Ipv4HomeSettings>): Ipv4Home =>
  new Ipv4Home({
    homeAddress: HOA,
    peer: HOME_AGENT,
    wanted: null,
    prefixLength: null,
    kept: undefined,
    ...more,
  });

const asks = (home: Ipv4Home): string[] =>
  home
    .requests()
    .flatMap((o) =>
      o.kind === 'ipv4HomeAddress'
        ? [`${o.address}/${o.prefixLength}${o.prefixRequested ? ' P' : ''}`]
        : [],
    );

const grant = (address: string, prefixLength = 32): MobilityOption => ({
  kind: 'ipv4AddressAck',
  status: 0,
  prefixLength,
  address: ipv4(address),
});
const refuse = (status: number, address = '0.0.0.0'): MobilityOption => ({
  kind: 'ipv4AddressAck',
  status,
  prefixLength: 0,
  address: ipv4(address),
});
const bound = (address: string | null) => ({ address, prefix: null, again: false });

function said(home: Ipv4Home): string[] {
  const lines: string[] = [];
  for (let e = home.pollEffect(); e; e = home.pollEffect()) {
    if (e.kind === 'event') lines.push(eventSentence(e.event));
    else lines.push(`store ${e.key}${e.value === undefined ? ' forgotten' : ` = ${e.value}`}`);
  }
  return lines;
}
