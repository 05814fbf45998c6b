import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, prefix, type Ipv6, type Prefix } from '../../../src/base/address.js';
import {
  chooseCareOf,
  type Candidate,
  type Candidate4,
  type Candidate6,
  type ChoicePolicy,
} from '../../../src/core/mn/care-of-choice.js';
import { at } from '../../helpers/drive.js';

describe('RFC 5555 §4.4.1', () => {
  it.each([
    { what: 'IPv6 before IPv4', given: [v4(), v6()], chosen: 'A', reason: 'IPv6 comes first' },
    {
      what: 'IPv4 where there is no IPv6',
      given: [v4()],
      chosen: '4',
      reason: 'the only one, and no IPv6',
    },
    {
      what: 'IPv4 when three updates over IPv6 had no answer',
      given: [v6(), v4()],
      policy: { ipv6Unanswered: { network: null } },
      chosen: '4',
      reason: 'three Binding Updates over IPv6 had no answer',
    },
    {
      what: 'IPv6 all the same when there is no IPv4',
      given: [v6()],
      policy: { ipv6Unanswered: { network: null } },
      chosen: 'A',
      reason: 'the only one',
    },
    { what: 'nothing', given: [], chosen: undefined, reason: 'no address on any link' },
    {
      what: 'no IPv4 without DSMIPv6',
      given: [v4()],
      policy: { ipv4: false },
      chosen: undefined,
      reason: 'no address can be used',
    },
  ])('$what', ({ given, policy, chosen, reason }) => {
    const choice = choose(given, policy);
    expect([name(choice.chosen), choice.reason]).toEqual([chosen, reason]);
  });

  it('IPv4 waits for its link’s head start, and says until when', () => {
    const waiting = v4({ notBefore: at(5.1) });
    expect(choose([waiting])).toMatchObject({
      chosen: null,
      again: at(5.1),
      rejected: [{ why: 'IPv6 still has its head start on this link' }],
    });
    expect(choose([waiting], {}, 5.1)).toMatchObject({ chosen: waiting, again: null });
  });

  it('does not wait where IPv6 is there already, was tried in vain, or IPv4 is in use', () => {
    const waiting = v4({ notBefore: at(5.1) });
    const current = { address: waiting.address, link: 'eth0' };
    expect(choose([v6(), waiting]).again).toBeNull();
    expect(choose([waiting], { ipv6Unanswered: { network: null } }).chosen).toBe(waiting);
    expect(choose([waiting], { current }).chosen).toBe(waiting);
  });
});

describe('ours', () => {
  it.each([
    {
      what: 'a better link beats a better family',
      given: [v6({ preference: 5 }), v4({ link: 'eth1', preference: 1 })],
      chosen: '4',
      reason: 'its link is preferred',
    },
    {
      what: 'a link that is liked less beats one where IPv6 has no answer',
      given: [v6({ preference: 1 }), v4({ link: 'eth1', preference: 9 })],
      policy: { ipv6Unanswered: { network: null } },
      chosen: '4',
      reason: 'three Binding Updates over IPv6 had no answer',
    },
    {
      what: 'IPv6 anywhere beats IPv4 on an equal link',
      given: [v4({ link: 'eth0' }), v6({ link: 'eth1' })],
      chosen: 'A',
      reason: 'IPv6 comes first',
    },
    {
      what: 'a router that is there beats one that is being asked',
      given: [v6({ confirmed: false, preference: 1 }), v6b({ link: 'eth1', preference: 9 })],
      chosen: 'B',
      reason: 'its router answers',
    },
    {
      what: 'one that is being asked beats nothing',
      given: [v6({ confirmed: false })],
      chosen: 'A',
      reason: 'the only one',
    },
    {
      what: 'what is in use stays in use',
      given: [v6(), v6b()],
      policy: { current: { address: ipv6('2001:db8:b::1'), link: 'eth0' } },
      chosen: 'B',
      reason: 'it still serves',
    },
    {
      what: 'but not when it is deprecated, RFC 6275 §11.5.3',
      given: [v6(), v6b({ deprecated: true })],
      policy: { current: { address: ipv6('2001:db8:b::1'), link: 'eth0' } },
      chosen: 'A',
      reason: 'it is not deprecated',
    },
    {
      what: 'the router’s preference, RFC 4191',
      given: [v6(), v6b({ routerPreference: 1 })],
      chosen: 'B',
      reason: 'its router is preferred',
    },
    {
      what: 'the lower of equals',
      given: [v6b(), v6()],
      chosen: 'A',
      reason: 'the lower of equals',
    },
    {
      what: 'an unused link is not used',
      given: [v6({ preference: 0 })],
      chosen: undefined,
      reason: 'no address can be used',
    },
    {
      what: 'an address in DAD is not used',
      given: [v6({ usable: false })],
      chosen: undefined,
      reason: 'no address can be used',
    },
    {
      what: 'an address of the home link is not a care-of address',
      given: [v6({ address: ipv6('2001:db8:1::7') })],
      chosen: undefined,
      reason: 'no address can be used',
    },
  ])('$what', ({ given, policy, chosen, reason }) => {
    const choice = choose(given, policy);
    expect([name(choice.chosen), choice.reason]).toEqual([chosen, reason]);
  });

  it('is the same in whatever order candidates come', () => {
    const all = [v6(), v6b(), v4(), v4({ link: 'eth1' })];
    expect(choose([...all].reverse()).chosen).toBe(choose(all).chosen);
  });

  it('says of each other one why it is not the one', () => {
    const all = [v6(), v6b(), v4(), v6({ address: ipv6('2001:db8:c::1'), usable: false })];
    expect(choose(all).rejected.map((r) => [r.candidate.address, r.rule, r.why])).toEqual([
      ['2001:db8:b::1', 'order', 'equal; the lower address is taken'],
      ['10.0.0.5', 'family', 'IPv6 comes first'],
      ['2001:db8:c::1', 'tentative', 'duplicate address detection is not over'],
    ]);
  });
});

describe('forced', () => {
  const all = [v6(), v6b({ link: 'eth1' }), v4()];

  it.each([
    { forced: { kind: 'link', link: 'eth1' }, chosen: 'B', reason: 'forced to link eth1' },
    { forced: { kind: 'family', family: 4 }, chosen: '4', reason: 'forced to IPv4' },
    {
      forced: { kind: 'address', address: '2001:db8:b::1' },
      chosen: 'B',
      reason: 'forced to 2001:db8:b::1',
    },
    {
      forced: { kind: 'link', link: 'wlan9' },
      chosen: 'A',
      reason: 'forced link wlan9 is not there; the lower of equals',
    },
    { forced: { kind: 'auto' }, chosen: 'A', reason: 'the lower of equals' },
  ] as const)('$forced.kind: $reason', ({ forced, chosen, reason }) => {
    const choice = choose(all, { forced });
    expect([name(choice.chosen), choice.reason]).toEqual([chosen, reason]);
  });

  it('the others know why', () => {
    const { rejected } = choose(all, { forced: { kind: 'family', family: 4 } });
    expect(rejected.map((r) => r.why)).toEqual(['IPv4 is forced', 'IPv4 is forced']);
  });

  it('IPv4 when forced does not wait for IPv6', () => {
    const waiting = v4({ notBefore: at(99) });
    expect(choose([waiting], { forced: { kind: 'family', family: 4 } }).chosen).toBe(waiting);
  });
});

const COMMON = {
  link: 'eth0',
  preference: 5,
  validUntil: null,
  deprecated: false,
  confirmed: true,
  usable: true,
  network: null,
  answered: null,
} as const;

function v6(part: Partial<Candidate6> = {}): Candidate6 {
  return { ...COMMON, family: 6, address: ipv6('2001:db8:a::1'), routerPreference: 0, ...part };
}

function v6b(part: Partial<Candidate6> = {}): Candidate6 {
  return v6({ address: ipv6('2001:db8:b::1'), ...part });
}

function v4(part: Partial<Candidate4> = {}): Candidate4 {
  return { ...COMMON, family: 4, address: ipv4('10.0.0.5'), notBefore: at(0), ...part };
}

function name(candidate: Candidate | null): string | undefined {
  if (!candidate) return undefined;
  return candidate.family === 4 ? '4' : candidate.address === '2001:db8:a::1' ? 'A' : 'B';
}

function choose(candidates: readonly Candidate[], part: Partial<ChoicePolicy> = {}, now = 5) {
  const policy: ChoicePolicy = {
    homePrefix: prefix('2001:db8:1::/64') as Prefix<Ipv6>,
    ipv4: true,
    ipv6Unanswered: null,
    forced: { kind: 'auto' },
    current: null,
    ...part,
  };
  return chooseCareOf(candidates, policy, at(now));
}
