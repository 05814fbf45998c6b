import { describe, expect, it } from 'vitest';
import { labNames, loadLab } from '../../src/lab/library.js';
import { describeCheck, describeMove, parseLab } from '../../src/lab/model.js';

describe('labs that come with the program', () => {
  it('are these', () => {
    expect(labNames()).toEqual(['dynamic-v4-home', 'roam', 'roam-v4plain', 'two-behind-nat']);
  });

  it.each(labNames())('%s can be read, and checks something after every move', (name) => {
    const { lab } = loadLab(name);
    expect(lab.name).toBe(name);
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
    expect(lab.links.map((l) => [l.name, l.ra?.from, l.dhcp?.server])).toEqual([
      ['home', 'ha', undefined],
      ['net', undefined, 'ha'],
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
      'small.yaml:22: moves.0.checks.1: expected a check: registered, bound, unbound, ping, outage, came {"bond":"ha"',
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

function SMALL(): string {
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
