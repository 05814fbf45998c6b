/** From where to where, with a mobile node's state, a home agent's, and none; what is named goes before all. */
import { describe, expect, it } from 'vitest';
import { ipv4, ipv6 } from '../../../src/base/address.js';
import type { BcEntry, BulEntry, Status } from '../../../src/control/api.js';
import { ControlError } from '../../../src/control/error.js';
import { findMessage } from '../../../src/cli/send/names.js';
import { placeMessage, type Named, type SourceChoice } from '../../../src/cli/send/place.js';
import { homeAgentState, mobileNodeState, readState } from '../../../src/cli/send/state.js';
import { BC, BUL } from '../../helpers/fake-daemon.js';

const HOME = ipv6('2001:db8:a::100');
const AGENT = ipv6('2001:db8:a::1');
const CARE_OF = ipv6('2001:db8:b::5');
const CORRESPONDENT = ipv6('2001:db8:f::c');
const bul = (more: Partial<BulEntry> = {}): BulEntry => ({
  ...BUL,
  choice: null,
  homePrefix4: null,
  datapath: null,
  expiresIn: 60,
  careOf: CARE_OF,
  ...more,
});
const bc = (more: Partial<BcEntry> = {}): BcEntry => ({
  ...BC,
  homePrefix4: null,
  datapath: null,
  expiresIn: 60,
  careOf: CARE_OF,
  mapped: null,
  path: 'ipv6',
  ...more,
});
const HA = { address: AGENT, address4: ipv4('203.0.113.1') };
const AWAY = mobileNodeState(bul());
const AT_HOME = mobileNodeState(bul({ careOf: null }));
const BEHIND_NAT = mobileNodeState(bul({ careOf: ipv4('10.1.0.100') }));
const OF_ONE_AWAY = homeAgentState(HA, bc());
const OF_ONE_BEHIND_NAT = homeAgentState(
  HA,
  bc({ careOf: ipv4('10.1.0.100'), mapped: { address: ipv4('203.0.113.9'), port: 40_000 } }),
);

describe('a mobile node', () => {
  it.each([
    ['bu', AWAY, {}, { source: CARE_OF, destination: AGENT, homeAddress: HOME }],
    ['mps', AWAY, {}, { source: CARE_OF, destination: AGENT, homeAddress: HOME }],
    ['hb', AWAY, {}, { source: CARE_OF, destination: AGENT }],
    ['hoti', AWAY, { destination: CORRESPONDENT }, { source: HOME, destination: CORRESPONDENT }],
    ['coti', AWAY, { destination: CORRESPONDENT }, { source: CARE_OF, destination: CORRESPONDENT }],
    ['dhaad', AWAY, {}, { source: CARE_OF, destination: '2001:db8:a:0:fdff:ffff:ffff:fffe' }],
    ['bu', AT_HOME, {}, { source: HOME, destination: AGENT }],
    ['bu', AWAY, { homeAddress: null }, { source: CARE_OF, destination: AGENT }],
    [
      'bu',
      AWAY,
      { source: CORRESPONDENT },
      { source: CORRESPONDENT, destination: AGENT, homeAddress: HOME },
    ],
    [
      'bu',
      AWAY,
      { homeAddress: CORRESPONDENT, hopLimit: 1, route: HOME },
      {
        source: CARE_OF,
        destination: AGENT,
        homeAddress: CORRESPONDENT,
        route: HOME,
        hopLimit: 1,
      },
    ],
    [
      'bu',
      BEHIND_NAT,
      {},
      { source: HOME, destination: AGENT, udp: udp('10.1.0.100', 4191, '203.0.113.1', 4191) },
    ],
    [
      'bu',
      BEHIND_NAT,
      { source: CARE_OF },
      { source: CARE_OF, destination: AGENT, homeAddress: HOME },
    ],
    [
      'bu',
      AWAY,
      { udp: 'auto' },
      { source: HOME, destination: AGENT, udp: udp('192.0.2.7', 4191, '203.0.113.1', 4191) },
    ],
    [
      'bu',
      AWAY,
      {
        udp: { address: ipv4('198.51.100.9'), port: 9 },
        udpSource: { address: ipv4('10.0.0.1'), port: 7 },
      },
      { source: HOME, destination: AGENT, udp: udp('10.0.0.1', 7, '198.51.100.9', 9) },
    ],
  ] satisfies Case[])('%s, case %#', async (word, state, named, path) => {
    expect(await placeMessage(findMessage(word), named, state, choose())).toEqual(path);
  });
});

describe('a home agent', () => {
  it.each([
    ['ba', OF_ONE_AWAY, {}, { source: AGENT, destination: CARE_OF, route: HOME }],
    ['brr', OF_ONE_AWAY, {}, { source: AGENT, destination: CARE_OF, route: HOME }],
    ['mpa', OF_ONE_AWAY, {}, { source: AGENT, destination: CARE_OF, route: HOME }],
    ['be', OF_ONE_AWAY, {}, { source: AGENT, destination: CARE_OF }],
    ['dhaad-reply', OF_ONE_AWAY, {}, { source: AGENT, destination: CARE_OF }],
    ['ba', OF_ONE_AWAY, { route: null }, { source: AGENT, destination: CARE_OF }],
    [
      'hot',
      OF_ONE_AWAY,
      { destination: CORRESPONDENT },
      { source: AGENT, destination: CORRESPONDENT },
    ],
    [
      'ba',
      OF_ONE_BEHIND_NAT,
      {},
      { source: AGENT, destination: HOME, udp: udp('203.0.113.1', 4191, '203.0.113.9', 40_000) },
    ],
  ] satisfies Case[])('%s, case %#', async (word, state, named, path) => {
    expect(await placeMessage(findMessage(word), named, state, choose())).toEqual(path);
  });
});

describe('without a daemon', () => {
  it('the kernel chooses the source, and nothing else is made up', async () => {
    const path = await placeMessage(findMessage('bu'), { destination: AGENT }, undefined, choose());
    expect(path).toEqual({ source: '2001:db8:9::7', destination: AGENT });
  });

  it.each([
    [{}, 'Where to? Name it with --destination'],
    [{ destination: CORRESPONDENT }, 'has no address to reach 2001:db8:f::c from'],
    [{ destination: ipv6('fe80::1') }, 'Which link is fe80::1 on?'],
    [{ destination: ipv6('ff02::1') }, 'Which link is ff02::1 on?'],
    [{ destination: AGENT, udp: 'auto' }, 'The IPv4 address of the other end is not known here.'],
    [
      { destination: AGENT, udp: { address: ipv4('198.51.100.9') } },
      'no address to reach 198.51.100.9 from. Name one with --udp-source.',
    ],
  ] satisfies [Named, string][])('%o is refused', async (named, said) => {
    const nowhere: SourceChoice = { six: async () => undefined, four: async () => undefined };
    const choice = 'udp' in named ? { ...choose(), four: nowhere.four } : nowhere;
    const placed = placeMessage(findMessage('bu'), named, undefined, choice);
    await expect(placed).rejects.toThrow(said);
  });
});

describe('what a daemon says', () => {
  const other = ipv6('2001:db8:a::101');

  it('a mobile node’s only binding, or the one that is named; its numbers are taken', async () => {
    expect(await readState(daemon('mn', [bul()]), {})).toMatchObject({ sequence: 8 });
    expect(await readState(daemon('mn', [bul()], 40), {}, 3)).toMatchObject({ sequence: 40 });
    const two = [bul(), bul({ homeAddress: other, sequence: 70 })];
    expect(await readState(daemon('mn', two), {})).toBeUndefined();
    expect(await readState(daemon('mn', two), { homeAddress: other })).toMatchObject({
      homeAddress: other,
      sequence: 71,
    });
  });

  it('of another home address, the home agent and the care-of address, and no number', async () => {
    const state = await readState(daemon('mn', [bul()], 40), { homeAddress: other }, 1);
    expect(state).toMatchObject({ homeAgent: AGENT, careOf: CARE_OF, sequence: null });
  });

  it('a node that gives no numbers away is believed in its list', async () => {
    expect(await readState(daemon('mn', [bul()]), {}, 1)).toMatchObject({ sequence: 8 });
  });

  it('a home agent’s only binding, or the one that is routed to', async () => {
    const two = [bc(), bc({ homeAddress: other, sequence: 70 })];
    expect(await readState(daemon('ha', [bc()]), {})).toMatchObject({ role: 'ha', sequence: 7 });
    expect(await readState(daemon('ha', two), {})).toBeUndefined();
    expect(await readState(daemon('ha', two), { route: other })).toMatchObject({ sequence: 70 });
    expect(await readState(daemon('ha', []), {})).toBeUndefined();
  });
});

type Case = [string, Parameters<typeof placeMessage>[2], Named, object];

function udp(source: string, sourcePort: number, destination: string, destinationPort: number) {
  return { source, sourcePort, destination, destinationPort };
}

const choose = (): SourceChoice => ({
  six: async () => ipv6('2001:db8:9::7'),
  four: async () => ipv4('192.0.2.7'),
});

/** Answers calls as a daemon of that role; `first` is the number that it gives away. */
function daemon(role: 'mn' | 'ha', entries: readonly (BulEntry | BcEntry)[], first?: number) {
  const call = async (method: string, params: { homeAddress?: string; limit?: number }) => {
    switch (method) {
      case 'status':
        return { role, ...(role === 'ha' ? { homeAgent: HA } : {}) } as Partial<Status>;
      case 'bul.reserve':
        if (first === undefined) throw new ControlError('REFUSED', 'It waits for an answer.');
        return { first };
      default:
        return {
          entries: entries.filter(
            (e) => params.homeAddress === undefined || e.homeAddress === params.homeAddress,
          ),
        };
    }
  };
  return { call } as unknown as Parameters<typeof readState>[0];
}
