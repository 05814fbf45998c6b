import { describe, expect, it } from 'vitest';
import { labNames, loadLab } from '../../src/lab/library.js';
import { describeCheck, parseLab } from '../../src/lab/model.js';
import { describeMove, spanOf, withServices } from '../../src/lab/script.js';

describe('labs that come with the program', () => {
  it('are these', () => {
    const top = labNames().filter((name) => !name.startsWith('scenarios/'));
    expect(top).toEqual(['dynamic-v4-home', 'roam', 'roam-v4plain', 'two-behind-nat']);
  });

  it.each(labNames())('%s can be read, and checks something after every move', (name) => {
    const { lab } = loadLab(name);
    expect(lab.name).toBe(name.replace('scenarios/', ''));
    expect(lab.moves.length).toBeGreaterThan(0);
    expect(lab.moves.every((m) => m.checks.length > 0)).toBe(true);
  });

  it('an unknown name is answered with the names there are', () => {
    expect(() => loadLab('raom')).toThrow(
      'There is no lab raom. There are dynamic-v4-home, roam, roam-v4plain, two-behind-nat',
    );
  });
});

describe('what a file leaves open is worked out', () => {
  const lab = parseLab(SMALL(), 'labs/small.yaml');

  it('who advertises and who leases: the only router with an address there', () => {
    expect(
      lab.links.map((l) => [l.name, l.ra.map((r) => r.from), l.dhcp.map((d) => d.server)]),
    ).toEqual([
      ['home', ['ha'], []],
      ['net', [], ['ha']],
    ]);
  });

  it("a mobile node's home: its link, its prefix, its home agent's address there", () => {
    expect(lab.nodes.find((n) => n.name === 'mn')?.home).toEqual({
      agent: 'ha',
      agent6: '2001:db8:a::1',
      agent4: null,
      link: 'home',
      prefix6: { address: '2001:db8:a::', length: 64 },
      address6: '2001:db8:a::100',
      address4: null,
    });
  });

  it('link-layer addresses: all different, the same every time', () => {
    const macs = (l: typeof lab) => l.nodes.flatMap((n) => n.interfaces.map((i) => i.mac));
    expect(new Set(macs(lab)).size).toBe(3);
    expect(macs(parseLab(SMALL(), 'labs/small.yaml'))).toEqual(macs(lab));
  });

  it('times have units', () => {
    expect(lab.moves.map((m) => [describeMove(m), m.at, m.after, m.settle])).toEqual([
      ['mn eth0 to net', null, 0, 1500],
      ['mn eth0 unplugged', 120_000, 0, 3000],
    ]);
  });

  it('checks are sentences', () => {
    expect([...lab.moves.flatMap((m) => m.checks), ...lab.checks].map(describeCheck)).toEqual([
      'mn is registered at net (by udp, NAT found)',
      'ha has 2001:db8:a::100 bound at net',
      'ha reaches 2001:db8:a::100',
      'mn is at home, deregistered',
      'ha has no binding of 2001:db8:a::100',
      'every outage of 2001:db8:a::100 is below 4000 ms',
    ]);
  });
});

describe('what can be done to a network', () => {
  it.each([
    [
      '{ move: mn, interface: eth0, to: net, gap: 50ms }',
      'mn eth0 to net after 50 ms without carrier',
      50,
    ],
    ['{ move: ha, interface: eth0, to: null }', 'ha eth0 unplugged', 0],
    [
      '{ alternate: mn, interface: eth0, between: [net, home], every: 200ms, count: 300 }',
      'mn eth0 to and fro, net and home, 300 times every 200 ms',
      59_800,
    ],
    ['{ drop: net, family: ipv6 }', 'net carries no IPv6', 0],
    ['{ pass: net, family: ipv4 }', 'net carries IPv4 again', 0],
    [
      '{ advertise: home, prefixes: [{ prefix: 2001:db8:a::/64, preferred: 0s, valid: 8s }, 2001:db8:d::/64] }',
      'ha advertises 2001:db8:a::/64 as deprecated for 8 s and 2001:db8:d::/64 on home',
      0,
    ],
    [
      '{ dhcp: net, from: 10.1.0.200, to: 10.1.0.210, lease: 8s, replyDelay: 2s }',
      'DHCP of ha on net: from 10.1.0.200, to 10.1.0.210, leases of 8 s, answers after 2000 ms',
      0,
    ],
    ['{ dhcp: net, off: true }', 'DHCP of ha on net: silent from now on', 0],
  ])('%s: %s', (text, told, span) => {
    const [move] = parseLab(SMALL(text), 'small.yaml').moves;
    expect(describeMove(move!)).toBe(told);
    expect(spanOf(move!.act)).toBe(span);
  });

  it.each([
    [
      '{ jump: mn }',
      'moves.0: expected a move: move, alternate, drop, pass, advertise, dhcp, came',
    ],
    [
      '{ alternate: mn, interface: eth0, between: [net, nets], every: 1s, count: 2 }',
      'moves.0.between.1: expected one of the links home, net, came "nets"',
    ],
    [
      '{ alternate: mn, interface: eth0, between: [net, home], every: 1s, count: 1 }',
      'moves.0.count: expected >=2, came 1',
    ],
    ['{ drop: net, family: ipx }', 'moves.0.family: expected "ipv6" or "ipv4", came "ipx"'],
    ['{ advertise: net, prefixes: [] }', 'moves.0: nobody advertises on this link'],
    [
      '{ advertise: home, prefixes: [2001:db8:e::/64] }',
      "moves.0.prefixes.0: expected one of the link's prefixes 2001:db8:a::/64, 2001:db8:d::/64, came 2001:db8:e::/64",
    ],
    [
      '{ advertise: home, prefixes: [2001:db8:a::/64, 2001:db8:a::/64] }',
      'moves.0.prefixes.1: 2001:db8:a::/64 is there twice',
    ],
    ['{ dhcp: net, from: 10.2.0.1 }', 'moves.0.from: 10.2.0.1 is not on the link'],
    [
      '{ dhcp: net, router: mn, off: true }',
      'moves.0.router: expected one of the nodes ha, came "mn"',
    ],
  ])('%s → %s', (text, message) => {
    expect(() => parseLab(SMALL(text), 'small.yaml')).toThrow(message);
  });

  it('what routers serve changes as the file says, and nothing else', () => {
    const lab = parseLab(SMALL('{ dhcp: net, from: 10.1.0.200, to: 10.1.0.210 }'), 'small.yaml');
    const changed = withServices(lab, lab.moves[0]!.act);
    expect(changed.links[1]!.dhcp).toEqual([
      { server: 'ha', from: '10.1.0.200', to: '10.1.0.210', lease: 3600, replyDelay: 0 },
    ]);
    expect({ ...changed, links: lab.links }).toEqual(lab);
    const off = parseLab(SMALL('{ dhcp: net, off: true }'), 'small.yaml');
    expect(withServices(off, off.moves[0]!.act).links[1]!.dhcp).toEqual([]);
  });

  it('a router advertises the prefixes in which it has an address', () => {
    const [home] = parseLab(SMALL('{ drop: net, family: ipv6 }'), 'small.yaml').links;
    expect(home!.prefixes6.map((p) => p.address)).toEqual(['2001:db8:a::', '2001:db8:d::']);
    expect(home!.ra.map((r) => r.prefixes)).toEqual([
      [
        {
          prefix: { address: '2001:db8:a::', length: 64 },
          validLifetime: 86_400,
          preferredLifetime: 14_400,
        },
      ],
    ]);
  });
});

describe('errors name file, line and path, what was expected and what came', () => {
  it.each([
    [
      'prefix6: 2001:db8:a::/64',
      'prefix6: foo',
      'small.yaml:3: links.home.prefix6: expected an IPv6 prefix such as 2001:db8::/64, came "foo"',
    ],
    [
      'prefix6: 2001:db8:a::/64',
      'prefix6: 10.0.0.0/8',
      'small.yaml:3: links.home.prefix6: expected an IPv6 prefix such as 2001:db8::/64, came "10.0.0.0/8"',
    ],
    ['home: true', 'hom: true', 'small.yaml:4: links.home.hom: "hom" is not known here'],
    [
      'home: true',
      'home: yes please',
      'small.yaml:4: links.home.home: expected boolean, came "yes please"',
    ],
    [
      'settle: 1500ms',
      'settle: 1500',
      'small.yaml:19: moves.0.settle: expected a time with its unit such as 20ms or 3s, came 1500',
    ],
    [
      'role: ha',
      'role: agent',
      'small.yaml:10: nodes.ha.role: expected "mn" or "ha" or "router" or "nat" or "host", came "agent"',
    ],
    [
      'to: net',
      'to: nets',
      'small.yaml:18: moves.0.to: expected one of the links home, net, came "nets"',
    ],
    [
      'move: mn, interface: eth0',
      'move: mn, interface: eth7',
      'small.yaml:18: moves.0.interface: expected one of the interfaces eth0, came "eth7"',
    ],
    [
      'eth0: { link: home, address6: 2001:db8:a::1 }',
      'eth0: { link: home, address6: 2001:db8:b::1 }',
      'small.yaml:12: nodes.ha.interfaces.eth0.address6: 2001:db8:b::1 is not in 2001:db8:a::/64 of link home',
    ],
    [
      'agent: ha',
      'agent: mn',
      'small.yaml:17: nodes.mn.home.agent: expected one of the home agents ha, came "mn"',
    ],
    [
      'address6: 2001:db8:a::100',
      'address6: 2001:db8:c::100',
      'small.yaml:17: nodes.mn.home.address6: 2001:db8:c::100 is in no prefix6 of a link with "home: true"',
    ],
    [
      'bound: ha',
      'bond: ha',
      'small.yaml:22: moves.0.checks.1: expected a check: registered, bound, unbound, ping, outage, lost, came {"bond":"ha"',
    ],
    [
      '- { outage: 2001:db8:a::100',
      '- { outage: 2001:db8:a::200',
      'small.yaml:31: checks.0.outage: no series in "pings" goes to 2001:db8:a::200',
    ],
    [
      'from: 10.1.0.100',
      'from: 10.2.0.100',
      'small.yaml:8: links.net.dhcp.from: 10.2.0.100 is not on the link',
    ],
    [
      'minInterval: 30ms',
      'minInterval: 30s',
      'small.yaml:5: links.home.ra.minInterval: is above maxInterval',
    ],
    ['  mn:', '  switch:', 'small.yaml:15: nodes.switch: the lab takes this name for itself'],
    [
      '  mn:',
      '  mobile_node:',
      'small.yaml:15: nodes.mobile_node: expected a name of at most 8 small letters, digits and dashes',
    ],
    ['links:', 'links: [', 'small.yaml:3: '],
  ])('%s → %s', (was, is, message) => {
    expect(SMALL()).toContain(was);
    expect(() => parseLab(SMALL().replace(was, is), 'small.yaml')).toThrow(message);
  });

  it('all of them at once, a line each', () => {
    const text = SMALL()
      .replace('to: net', 'to: nets')
      .replace('settle: 1500ms', 'settle: 2s')
      .replace('bound: ha', 'bound: hb');
    try {
      parseLab(text, 'small.yaml');
      expect.unreachable();
    } catch (error) {
      expect((error as { code: string }).code).toBe('LAB_SYNTAX');
      expect((error as Error).message.split('\n')).toHaveLength(2);
    }
  });
});

/** With `act`: that alone is done, and the home link has a second prefix that nobody has an address of. */
function SMALL(act?: string): string {
  if (act !== undefined) {
    return SMALL()
      .replace('prefix6: 2001:db8:a::/64', 'prefix6: [2001:db8:a::/64, 2001:db8:d::/64]')
      .replace(/^moves: [^]*?(?=^pings)/m, `moves: [${act}]\n`);
  }
  return `links:
  home:
    prefix6: 2001:db8:a::/64
    home: true
    ra: { minInterval: 30ms, maxInterval: 70ms }
  net:
    prefix4: 10.1.0.0/24
    dhcp: { from: 10.1.0.100, to: 10.1.0.199, lease: 1h }
nodes:
  ha: { role: ha,
    interfaces: {
      eth0: { link: home, address6: 2001:db8:a::1 },
      eth1: { link: net, address4: 10.1.0.1 } } }
  mn:
    role: mn
    interfaces: { eth0: { link: home } }
    home: { agent: ha, address6: 2001:db8:a::100 }
moves: [ { move: mn, interface: eth0, to: net,
    settle: 1500ms,
    checks: [
      { registered: mn, at: net, path: udp, nat: true },
      { bound: ha, home: 2001:db8:a::100, at: net },
      { ping: ha, to: 2001:db8:a::100 },
    ] },
  { move: mn, interface: eth0, to: null, at: 2min,
    checks: [
      { registered: mn, at: home },
      { unbound: ha, home: 2001:db8:a::100 } ] } ]
pings: [ { from: ha, to: 2001:db8:a::100 } ]
checks:
  - { outage: 2001:db8:a::100, below: 4s }
`;
}
