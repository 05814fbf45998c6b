import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, linkLocalAddress, mac } from '../../../src/base/address.js';
import {
  ReturningHome,
  type HomeLink,
  type ReturnEffect,
} from '../../../src/core/mn/returning-home.js';
import { decodeIcmpv6 } from '../../../src/wire/icmpv6.js';
import { decodeIpv6 } from '../../../src/wire/ipv6-codec.js';
import type { NdMessage } from '../../../src/wire/nd/message.js';
import { at, drive } from '../../helpers/drive.js';
import { say } from './say.js';

describe('returning home with a binding, RFC 6275 §11.5.5', () => {
  it('deregisters with the home agent’s link-layer address of its advertisement', () => {
    const home = returning();
    expect(trace(home, 0, 0.5)).toEqual([
      '0 RETURNING_HOME eth0',
      '0 deregister at 02:00:00:00:01:01',
    ]);
    expect([home.state, home.inUse]).toEqual(['deregistering', false]);
  });

  it('when acknowledged, the home address is advertised to all nodes, three times', () => {
    const home = returning();
    trace(home, 0, 0.5);
    home.deregistered(at(0.5));
    expect(home.inUse).toBe(true);
    expect(trace(home, 0.5, 60)).toEqual([
      '0.5 AT_HOME eth0',
      '0.5 NA eth0 to ff02::1 for 2001:db8:1::100 O',
      '1.5 NA eth0 to ff02::1 for 2001:db8:1::100 O',
      '2.5 NA eth0 to ff02::1 for 2001:db8:1::100 O',
    ]);
    expect(home.pollTimeout()).toBeUndefined();
  });

  it('the advertisement overrides, is unsolicited, and names our link-layer address', () => {
    const home = returning();
    trace(home, 0, 0.5);
    home.deregistered(at(0.5));
    const effects = [...drive(home, at(0.5), at(0.5))].map(([, e]) => e);
    const frame = effects.find((e) => e.kind === 'frame');
    if (frame?.kind !== 'frame') throw new Error('no frame');
    const packet = decodeIpv6(frame.payload);
    expect(decodeIcmpv6(packet.payload, packet.source, packet.destination)).toEqual({
      kind: 'neighborAdvertisement',
      router: false,
      solicited: false,
      override: true,
      target: HOA,
      options: [{ kind: 'targetLinkLayer', address: OWN }],
    });
  });

  it('with L, the link-local address is advertised too', () => {
    const home = returning({ linkLocalToo: true });
    trace(home, 0, 0.5);
    home.deregistered(at(0.5));
    expect(only(trace(home, 0.5, 1), 'NA')).toEqual([
      '0.5 NA eth0 to ff02::1 for 2001:db8:1::100 O',
      `0.5 NA eth0 to ff02::1 for ${linkLocalAddress(OWN)} O`,
    ]);
  });

  it('with an IPv4 home address, ARP is told as well: RFC 5227 §2.3', () => {
    const home = returning({ homeAddress4: true });
    trace(home, 0, 0.5);
    home.deregistered(at(0.5));
    expect(only(trace(home, 0.5, 1), 'ARP')).toEqual([
      '0.5 ARP eth0 to all: request 198.51.100.100 from 198.51.100.100',
    ]);
  });

  it('when the home agent is silent for a second, the home address is used all the same', () => {
    const home = returning();
    trace(home, 0, 0.99);
    expect(home.inUse).toBe(false);
    trace(home, 0.99, 1);
    expect([home.state, home.inUse]).toEqual(['deregistering', true]);
    home.deregistered(at(40));
    expect(home.state).toBe('home');
  });

  it('leaving forgets everything', () => {
    const home = returning();
    home.leave();
    expect([home.state, home.inUse, home.link]).toEqual(['away', false, null]);
    expect(trace(home, 0, 60)).toEqual([]);
  });
});

describe('without the home agent’s link-layer address', () => {
  it('asks for the home address from `::`, and takes the defender for the home agent', () => {
    const home = returning({ homeAgentMac: null });
    expect(trace(home, 0, 0)).toEqual([
      '0 RETURNING_HOME eth0',
      '0 NS eth0 from :: for 2001:db8:1::100',
    ]);
    hear(home, 0.1, advertised(mac('02:00:00:00:01:02')), HOME_AGENT, HA_MAC);
    expect(trace(home, 0.1, 0.1)).toEqual(['0.1 deregister at 02:00:00:00:01:02']);
  });

  it('or takes an advertisement of the home agent that comes later', () => {
    const home = returning({ homeAgentMac: null });
    trace(home, 0, 0);
    home.resolved(HA_MAC, at(0.2));
    home.resolved(HA_MAC, at(0.3));
    expect(trace(home, 0.2, 0.9)).toEqual(['0.2 deregister at 02:00:00:00:01:01']);
  });

  it('asks three times, then trusts a router of the home link to forward', () => {
    const home = returning({ homeAgentMac: null });
    expect(without(trace(home, 0, 60), 'RETURNING_HOME')).toEqual([
      '0 NS eth0 from :: for 2001:db8:1::100',
      '0.3 NS eth0 from :: for 2001:db8:1::100',
      '0.6 NS eth0 from :: for 2001:db8:1::100',
      '0.9 deregister at 02:00:00:00:01:07',
    ]);
  });
});

describe('solicitations for the home address before the acknowledgement', () => {
  it('of the home agent are answered, to its link-layer address', () => {
    const home = returning();
    trace(home, 0, 0);
    hear(home, 0.1, solicitation, HOME_AGENT, HA_MAC);
    const effects = [...drive(home, at(0.1), at(0.1))].map(([, e]) => e);
    expect(effects).toMatchObject([{ kind: 'frame', destination: HA_MAC }]);
    expect(effects.map(text)).toEqual([`NA eth0 to ${HOME_AGENT} for 2001:db8:1::100 SO`]);
  });

  it.each([
    { who: 'others', source: 'fe80::9', from: '02:00:00:00:00:99' },
    { who: 'a probe', source: '::', from: '02:00:00:00:00:99' },
  ])('of $who are not', ({ source, from }) => {
    const home = returning();
    trace(home, 0, 0);
    hear(home, 0.1, solicitation, ipv6(source), mac(from));
    expect(trace(home, 0.1, 0.1)).toEqual([]);
  });

  it('after it they are the stack’s business', () => {
    const home = returning();
    trace(home, 0, 0.1);
    home.deregistered(at(0.1));
    trace(home, 0.1, 0.1);
    hear(home, 0.2, solicitation, HOME_AGENT, HA_MAC);
    expect(trace(home, 0.2, 0.2)).toEqual([]);
  });
});

describe('at home without a binding', () => {
  it('the address is used at once, while DAD runs: §11.5.5, RFC 4429', () => {
    const home = returning({ maybeBound: false });
    expect([home.state, home.inUse]).toEqual(['home', true]);
    expect(trace(home, 0, 0)).toEqual([
      '0 NS eth0 from :: for 2001:db8:1::100',
      '0 AT_HOME eth0',
      '0 NA eth0 to ff02::1 for 2001:db8:1::100 O',
    ]);
  });

  it.each([
    { what: 'an advertisement', message: 'advertisement' },
    { what: 'a probe', message: 'probe' },
  ])('$what of somebody else takes it away', ({ message }) => {
    const home = returning({ maybeBound: false });
    trace(home, 0, 0);
    const said = message === 'probe' ? solicitation : advertised(OTHER);
    hear(home, 0.1, said, ipv6(message === 'probe' ? '::' : 'fe80::9'), OTHER);
    expect([home.state, home.inUse]).toEqual(['conflict', false]);
    expect(trace(home, 0.1, 60)).toEqual(['0.1 ADDRESS_DUPLICATE eth0 2001:db8:1::100']);
  });

  it('not any more when DAD is over', () => {
    const home = returning({ maybeBound: false });
    trace(home, 0, 2);
    hear(home, 2, advertised(OTHER), ipv6('fe80::9'), OTHER);
    expect(home.inUse).toBe(true);
  });
});

const HOA = ipv6('2001:db8:1::100');
const HOME_AGENT = ipv6('2001:db8:1::1');
const OWN = mac('02:00:00:00:00:10');
const HA_MAC = mac('02:00:00:00:01:01');
const OTHER = mac('02:00:00:00:00:99');

const solicitation: NdMessage = { kind: 'neighborSolicitation', target: HOA, options: [] };
const advertised = (by: typeof OWN): NdMessage => ({
  kind: 'neighborAdvertisement',
  router: false,
  solicited: false,
  override: true,
  target: HOA,
  options: [{ kind: 'targetLinkLayer', address: by }],
});

interface Given {
  homeAgentMac: HomeLink['homeAgentMac'];
  maybeBound: boolean;
  linkLocalToo: boolean;
  homeAddress4: boolean;
}

function returning(given: Partial<Given> = {}): ReturningHome {
  const home = new ReturningHome({
    homeAddress: HOA,
    homeAddress4: given.homeAddress4 ? ipv4('198.51.100.100') : null,
    homeAgent: () => HOME_AGENT,
  });
  const link: HomeLink = {
    link: 'eth0',
    mac: OWN,
    homeAgentMac: given.homeAgentMac === undefined ? HA_MAC : given.homeAgentMac,
    routerMac: mac('02:00:00:00:01:07'),
  };
  home.begin(link, given.maybeBound ?? true, given.linkLocalToo ?? false, at(0));
  return home;
}

function hear(
  home: ReturningHome,
  second: number,
  message: NdMessage,
  source: typeof HOA,
  from: typeof OWN,
): void {
  home.handleNd(message, source, from, at(second));
}

function trace(home: ReturningHome, from: number, until: number): string[] {
  return [...drive(home, at(from), at(until))].map(([t, e]) => `${t} ${text(e)}`);
}

const text = (e: ReturnEffect): string =>
  e.kind === 'deregister' ? `deregister at ${e.homeAgentMac}` : say(e);

const only = (lines: readonly string[], word: string): string[] =>
  lines.filter((line) => line.split(' ')[1] === word);
const without = (lines: readonly string[], word: string): string[] =>
  lines.filter((line) => line.split(' ')[1] !== word);
