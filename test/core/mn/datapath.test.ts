import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, type Ipv6 } from '../../../src/base/address.js';
import { keyOf, type DatapathItem, type DatapathState } from '../../../src/core/datapath/model.js';
import {
  mobileNodeDatapath,
  type CareOfSituation,
  type HomeSituation,
  type TunnelSituation,
} from '../../../src/core/mn/datapath.js';

describe('away over IPv6', () => {
  it('the home addresses are on the tunnel device, and everything from them goes there', () => {
    expect(lines(state({ careOf: [COA], tunnel: TUNNEL }))).toEqual([
      'signalling 2001:db8:1::100 198.51.100.100 2001:db8:a::10 udp 4191',
      'address 2001:db8:a::10/64 dev eth0',
      'rule 1002 from 2001:db8:a::10/128 table careOf6',
      'route careOf6 ::/0 via fe80::1 dev eth0 metric 64',
      'address 2001:db8:1::100/128 dev @tunnel host',
      'rule 1001 from 2001:db8:1::100/128 table home',
      'route home ::/0 dev @tunnel metric 64',
      'route main ::/0 dev @tunnel src 2001:db8:1::100 metric 64',
      'address 198.51.100.100/32 dev @tunnel host',
      'rule 1001 from 198.51.100.100/32 table home',
      'route home 0.0.0.0/0 dev @tunnel metric 64',
      'route main 0.0.0.0/0 dev @tunnel src 198.51.100.100 metric 64',
      'tunnel 2001:db8:1::100: 2001:db8:a::10 → 2001:db8:1::1 dev eth0 mtu 1500',
    ]);
  });

  it('the tunnel carries what comes from and goes to the bound home addresses, RFC 6275 §10.4.5', () => {
    const tunnel = state({ careOf: [COA], tunnel: TUNNEL }).items.find((i) => i.kind === 'tunnel');
    expect(tunnel).toMatchObject({
      send: [{ source: host('2001:db8:1::100') }, { source: host4('198.51.100.100') }],
      accept: [{ destination: host('2001:db8:1::100') }, { destination: host4('198.51.100.100') }],
    });
  });

  it('an IPv4 home address that is not bound is not carried', () => {
    const { items } = state({ careOf: [COA], tunnel: TUNNEL, ipv4Bound: false });
    expect(items.find((i) => i.kind === 'tunnel')).toMatchObject({
      send: [{ source: host('2001:db8:1::100') }],
    });
  });
});

it('signalling from a care-of address bears the home address, before there is a tunnel, RFC 6275 §11.3.1', () => {
  const signalling = { peer: ipv6('2001:db8:1::1'), careOf: COA.address as Ipv6 };
  expect(lines(state({ careOf: [COA], tunnel: null, signalling }))).toContain(
    'homeAddress 2001:db8:1::100 ↔ 2001:db8:1::1 at 2001:db8:a::10',
  );
  expect(lines(state({ careOf: [COA], tunnel: null })).join()).not.toContain('homeAddress');
});

it('each home address has a table and a tunnel of its own', () => {
  const second = {
    ...HOME,
    slot: 1,
    homeAddress: ipv6('2001:db8:2::100'),
    homeAddress4: null,
  };
  const { items } = mobileNodeDatapath({ homes: [HOME, second], careOf: [], udpPort: null });
  const into = items.flatMap((i) =>
    i.kind === 'route' && i.tunnel !== undefined && i.destination.address === '::'
      ? [`${i.table} ${i.tunnel}`]
      : [],
  );
  expect(into).toEqual([
    'home 2001:db8:1::100',
    'main 2001:db8:1::100',
    'home1 2001:db8:2::100',
    'main 2001:db8:2::100',
  ]);
});

it('over IPv4 behind a NAT the tunnel is UDP', () => {
  const tunnel: TunnelSituation = {
    local: ipv4('10.0.0.5'),
    remote: ipv4('192.0.2.1'),
    link: 'eth0',
    udp: { localPort: 4191, remotePort: 4191 },
    pathMtu: 1500,
  };
  const all = lines(state({ careOf: [COA4], tunnel }));
  expect(all.filter((l) => /careOf4|tunnel 2001|10\.0\.0\.5\/24/.test(l))).toEqual([
    'address 10.0.0.5/24 dev eth0',
    'rule 1002 from 10.0.0.5/32 table careOf4',
    'route careOf4 0.0.0.0/0 via 10.0.0.1 dev eth0 metric 64',
    'tunnel 2001:db8:1::100: 10.0.0.5 → 192.0.2.1 dev eth0 mtu 1500 udp 4191→4191',
  ]);
});

it('without a binding there is no tunnel, and the home address leaks nowhere', () => {
  const all = lines(state({ careOf: [COA], tunnel: null }));
  expect(all.filter((l) => l.startsWith('tunnel'))).toEqual([]);
  expect(all).toContain('route home ::/0 dev @tunnel metric 64');
  expect(all).toContain('rule 1001 from 2001:db8:1::100/128 table home');
});

it('with two links each has its default route, the first the better one', () => {
  const other = { ...COA, address: ipv6('2001:db8:b::10'), link: 'eth1', router: ipv6('fe80::2') };
  const all = lines(state({ careOf: [other, COA], tunnel: TUNNEL }));
  expect(all.filter((l) => l.startsWith('route careOf6'))).toEqual([
    'route careOf6 ::/0 via fe80::2 dev eth1 metric 64',
    'route careOf6 ::/0 via fe80::1 dev eth0 metric 65',
  ]);
});

it('at home the home addresses are ordinary ones', () => {
  const home: HomeSituation = {
    ...HOME,
    where: {
      kind: 'home',
      link: 'eth0',
      prefixLength: 64,
      router: ipv6('fe80::1'),
      router4: ipv4('198.51.100.1'),
    },
  };
  expect(lines(mobileNodeDatapath({ homes: [home], careOf: [], udpPort: null }))).toEqual([
    'signalling 2001:db8:1::100 198.51.100.100',
    'address 2001:db8:1::100/64 dev eth0',
    'route main ::/0 via fe80::1 dev eth0 src 2001:db8:1::100 metric 64',
    'address 198.51.100.100/24 dev eth0',
    'route main 0.0.0.0/0 via 198.51.100.1 dev eth0 src 198.51.100.100 metric 64',
  ]);
});

it('two home addresses have keys of their own', () => {
  const second = {
    ...HOME,
    slot: 1,
    homeAddress: ipv6('2001:db8:2::100'),
    homeAddress4: null,
  };
  const { items } = mobileNodeDatapath({ homes: [HOME, second], careOf: [], udpPort: null });
  const mains = items.filter((i) => i.kind === 'route' && i.table === 'main');
  expect(mains.map(keyOf)).toEqual([
    'route main ::/0 64',
    'route main 0.0.0.0/0 64',
    'route main ::/0 65',
  ]);
  expect(new Set(items.map(keyOf)).size).toBe(items.length);
});

it('one at home has a way of its own beside one that is away', () => {
  const away = { ...HOME, slot: 1, homeAddress: ipv6('2001:db8:2::100'), homeAddress4: null };
  const home: HomeSituation = {
    ...HOME,
    homeAddress4: null,
    where: {
      kind: 'home',
      link: 'eth0',
      prefixLength: 64,
      router: ipv6('fe80::1'),
      router4: null,
    },
  };
  const shown = lines(mobileNodeDatapath({ homes: [away, home], careOf: [], udpPort: null }));
  expect(shown.filter((line) => line.includes(' home ') || line.startsWith('rule'))).toEqual([
    'rule 1001 from 2001:db8:2::100/128 table home1',
    'rule 1001 from 2001:db8:1::100/128 table home',
    'route home 2001:db8:1::/64 dev eth0 metric 64',
    'route home ::/0 via fe80::1 dev eth0 metric 64',
  ]);
});

describe('the ways of a care-of address', () => {
  const shown = (more: Partial<CareOfSituation>): string[] =>
    lines(state({ careOf: [{ ...COA4, ...more }], tunnel: null })).filter((line) =>
      /careOf4|address 10/.test(line),
    );

  it('are those of its lease, RFC 3442: by their routers, or on the link itself', () => {
    const routes = [
      { destination: { address: ipv4('10.50.0.0'), length: 16 }, router: ipv4('10.0.0.2') },
      { destination: { address: ipv4('10.60.0.0'), length: 16 }, router: null },
    ];
    expect(shown({ routes })).toEqual([
      'address 10.0.0.5/24 dev eth0',
      'rule 1002 from 10.0.0.5/32 table careOf4',
      'route careOf4 10.50.0.0/16 via 10.0.0.2 dev eth0 metric 64',
      'route careOf4 10.60.0.0/16 dev eth0 metric 64',
      'route careOf4 0.0.0.0/0 via 10.0.0.1 dev eth0 metric 64',
    ]);
  });

  it('the address of another owner is not ours to put there', () => {
    expect(shown({ adopted: true })).toEqual([
      'rule 1002 from 10.0.0.5/32 table careOf4',
      'route careOf4 0.0.0.0/0 via 10.0.0.1 dev eth0 metric 64',
    ]);
  });

  it('a point-to-point link needs no next hop', () => {
    expect(shown({ adopted: true, router: null, onLink: true })).toEqual([
      'rule 1002 from 10.0.0.5/32 table careOf4',
      'route careOf4 0.0.0.0/0 dev eth0 metric 64',
    ]);
    expect(shown({ router: null })).not.toContain('route careOf4 0.0.0.0/0 dev eth0 metric 64');
  });
});

const HOME: HomeSituation = {
  homeAddress: ipv6('2001:db8:1::100'),
  slot: 0,
  homeAddress4: { address: ipv4('198.51.100.100'), prefixLength: 24 },
  where: { kind: 'away', tunnel: null, ipv4Bound: true, signalling: null },
};
const COA: CareOfSituation = {
  address: ipv6('2001:db8:a::10'),
  prefixLength: 64,
  link: 'eth0',
  router: ipv6('fe80::1'),
};
const COA4: CareOfSituation = {
  address: ipv4('10.0.0.5'),
  prefixLength: 24,
  link: 'eth0',
  router: ipv4('10.0.0.1'),
};
const TUNNEL: TunnelSituation = {
  local: ipv6('2001:db8:a::10'),
  remote: ipv6('2001:db8:1::1'),
  link: 'eth0',
  udp: null,
  pathMtu: 1500,
};

const host = (address: string) => ({ address, length: 128 });
const host4 = (address: string) => ({ address, length: 32 });

function state(given: {
  careOf: readonly CareOfSituation[];
  tunnel: TunnelSituation | null;
  ipv4Bound?: boolean;
  signalling?: { peer: Ipv6; careOf: Ipv6 };
}): DatapathState {
  const { careOf, tunnel, ipv4Bound = true, signalling = null } = given;
  const where = { kind: 'away', tunnel, ipv4Bound, signalling } as const;
  const home: HomeSituation = { ...HOME, where };
  return mobileNodeDatapath({ homes: [home], careOf, udpPort: 4191 });
}

const lines = ({ items }: DatapathState): string[] => items.map(line);

function line(item: DatapathItem): string {
  switch (item.kind) {
    case 'address': {
      const host = item.onLinkPrefix ? '' : ' host';
      return `address ${item.address}/${item.prefixLength} dev ${item.link}${host}`;
    }
    case 'anycast':
      return `anycast ${item.address} dev ${item.link}`;
    case 'route': {
      const via = item.via === undefined ? '' : ` via ${item.via}`;
      const src = item.preferredSource === undefined ? '' : ` src ${item.preferredSource}`;
      const to = `${item.destination.address}/${item.destination.length}`;
      return `route ${item.table} ${to}${via} dev ${item.link}${src} metric ${item.metric}`;
    }
    case 'rule':
      return `rule ${item.priority} from ${item.from.address}/${item.from.length} table ${item.table}`;
    case 'tunnel': {
      const udp = item.udp ? ` udp ${item.udp.localPort}→${item.udp.remotePort}` : '';
      const ends = `${item.local} → ${item.remote}`;
      return `tunnel ${item.key}: ${ends} dev ${item.link} mtu ${item.pathMtu}${udp}`;
    }
    case 'signalling': {
      const udp = item.udp ? ` udp ${item.udp.port}` : '';
      return `signalling ${item.addresses.join(' ')}${udp}`;
    }
    case 'homeAddress':
      return `homeAddress ${item.home} ↔ ${item.peer} at ${item.careOf}`;
    default:
      return item satisfies never;
  }
}
