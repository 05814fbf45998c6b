import { describe, expect, it } from 'vitest';
import { ipv4, ipv6 } from '../../../src/base/address.js';
import { ADMISSION, DUPLICATE_ADDRESS } from '../../../src/core/ha/admission.js';
import { IPV4_RULES } from '../../../src/core/ha/ipv4-home-pool.js';
import { encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import type { MobilityOption } from '../../../src/wire/mobility/option.js';
import {
  advertise,
  Bench,
  bu,
  COA,
  COA2,
  HA,
  HOA,
  HOA2,
  HOA4,
  HOA4_2,
  HOME_LINK,
  ipv4Home,
} from './harness.js';

interface Row {
  readonly status: number;
  readonly rule: string;
  readonly clause: string;
  readonly what: string;
  /** Sequence of the acknowledgement; 16 is what most updates carry. */
  readonly sequence?: number;
  provoke(): Bench;
}

const refreshed = { sequence: 16 };
const alternate = (text: string): MobilityOption[] => [
  { kind: 'alternateCareOf', address: ipv6(text) },
];

const ANSWERS: readonly Row[] = [
  {
    status: 0,
    rule: 'bound',
    clause: 'RFC 6275 §10.3.1',
    what: 'a home registration',
    provoke: () => new Bench().update(refreshed),
  },
  {
    status: 0,
    rule: 'bound',
    clause: 'RFC 6275 §10.3.1',
    what: 'a home registration that does not ask for an answer (A clear)',
    provoke: () => new Bench().update({ ...refreshed, flags: 'H' }),
  },
  {
    status: 0,
    rule: 'renewed',
    clause: 'RFC 6275 §9.5.1',
    what: 'a refresh with the next number',
    provoke: () => bound().update(refreshed),
  },
  {
    status: 0,
    rule: 'deregistered',
    clause: 'RFC 6275 §10.3.2',
    what: 'a deregistration',
    provoke: () => bound().update({ ...refreshed, lifetime: 0 }),
  },
  {
    status: 128,
    rule: 'home-link-down',
    clause: 'RFC 6275 §10.3.1',
    what: 'a registration while the home link has no carrier',
    provoke: () => new Bench({}, new Map(), [{ ...HOME_LINK, up: false }]).update(refreshed),
  },
  {
    status: 128,
    rule: 'home-link-down',
    clause: 'RFC 6275 §10.3.1',
    what: 'a registration whose home link goes while its address is probed',
    provoke: () => {
      const bench = new Bench({ dadMode: 'strict' }).update(refreshed);
      return bench.link({ ...HOME_LINK, up: false });
    },
  },
  {
    status: 129,
    rule: 'access-list',
    clause: 'RFC 6275 §10.3.1',
    what: 'a home address that the access list refuses',
    provoke: () =>
      new Bench({ acl: [{ homeAddress: HOA, status: 129, homeAddress4: null }] }).update(refreshed),
  },
  {
    status: 129,
    rule: 'access-list',
    clause: 'RFC 6275 §10.3.1',
    what: 'a home address that is in no list where the default is to refuse',
    provoke: () => new Bench({ defaultStatus: 129 }).update(refreshed),
  },
  {
    status: 130,
    rule: 'cache-full',
    clause: 'RFC 6275 §9.5.4',
    what: 'one binding more than there is room for',
    provoke: () => {
      const bench = new Bench({ maxBindings: 1 }).update({ homeAddress: HOA2 });
      bench.take();
      return bench.update(refreshed);
    },
  },
  {
    status: 130,
    rule: 'cache-full',
    clause: 'RFC 6275 §9.5.4',
    what: 'a registration when those being probed take the room',
    provoke: () => {
      const bench = new Bench({ maxBindings: 1, dadMode: 'strict' }).update({ homeAddress: HOA2 });
      bench.take();
      return bench.update(refreshed);
    },
  },
  {
    status: 131,
    rule: 'no-home-link',
    clause: 'RFC 6275 §10.3.1',
    what: 'a home registration where no home link is served',
    provoke: () => new Bench({ homeLinks: [] }).update(refreshed),
  },
  {
    status: 132,
    rule: 'not-home-subnet',
    clause: 'RFC 6275 §10.3.1',
    what: 'a home address outside the home prefix',
    provoke: () => new Bench().update({ ...refreshed, homeAddress: ipv6('2001:db8:1::100') }),
  },
  {
    status: 132,
    rule: 'not-home-subnet',
    clause: 'RFC 6275 §10.3.1',
    what: 'the same with A clear',
    provoke: () =>
      new Bench().update({ ...refreshed, flags: 'H', homeAddress: ipv6('2001:db8:1::100') }),
  },
  {
    status: 132,
    rule: 'not-home-subnet',
    clause: 'RFC 6275 §10.3.1',
    what: "the home agent's own address as a home address",
    provoke: () => new Bench().update({ ...refreshed, homeAddress: HA }),
  },
  {
    status: 133,
    rule: 'no-binding',
    clause: 'RFC 6275 §10.3.2',
    what: 'a deregistration from away without a binding',
    provoke: () => new Bench().update({ ...refreshed, lifetime: 0 }),
  },
  {
    status: 133,
    rule: 'no-binding',
    clause: 'RFC 6275 §10.3.2',
    what: 'a deregistration from home without a binding',
    provoke: () => new Bench().updateFromHome(refreshed),
  },
  {
    status: 134,
    rule: 'duplicate-address',
    clause: 'RFC 6275 §10.3.1',
    what: 'a home address that somebody on the home link has',
    provoke: () => new Bench({ dadMode: 'strict' }).update(refreshed).nd(advertise(HOA)),
  },
  {
    status: 135,
    rule: 'sequence',
    clause: 'RFC 6275 §9.5.1',
    what: 'the last number again',
    sequence: 15,
    provoke: () => bound().update(),
  },
  {
    status: 135,
    rule: 'sequence',
    clause: 'RFC 6275 §9.5.1',
    what: 'a number 32768 before the last',
    sequence: 15,
    provoke: () => bound().update({ sequence: 32783 }),
  },
  {
    status: 135,
    rule: 'sequence',
    clause: 'RFC 6275 §10.3.2',
    what: 'an update that a deregistration has overtaken',
    sequence: 20,
    provoke: () => {
      const bench = bound().updateFromHome({ sequence: 20 });
      bench.take();
      return bench.update({ sequence: 19 });
    },
  },
  {
    status: 139,
    rule: 'type-change',
    clause: 'RFC 6275 §9.5.1',
    what: 'an update without H for a home registration',
    provoke: () => bound().update({ ...refreshed, flags: 'A' }),
  },
  {
    status: 139,
    rule: 'mobile-router-change',
    clause: 'RFC 3963 §6.2',
    what: 'a refresh that sets R',
    provoke: () => bound().update({ ...refreshed, flags: 'AHR' }),
  },
  {
    status: 140,
    rule: 'mobile-router',
    clause: 'RFC 3963 §6.5',
    what: 'the registration of a mobile router',
    provoke: () => new Bench().update({ ...refreshed, flags: 'AHR' }),
  },
  {
    status: 140,
    rule: 'mobile-router',
    clause: 'RFC 3963 §6.2',
    what: 'R without H',
    provoke: () => new Bench().update({ ...refreshed, flags: 'AR' }),
  },
  {
    status: 144,
    rule: 'force-udp',
    clause: 'RFC 5555 §4.5',
    what: 'F where UDP is not to be forced',
    provoke: () => new Bench({ acceptForceUdp: false }).updateInUdp({ ...refreshed, flags: 'AHF' }),
  },
  {
    status: 144,
    rule: 'force-udp',
    clause: 'RFC 5555 §3.1.3',
    what: 'F from an IPv6 care-of address',
    provoke: () => new Bench().update({ ...refreshed, flags: 'AHF' }),
  },
  {
    status: 174,
    rule: 'invalid-care-of',
    clause: 'RFC 6275 §6.1.8',
    what: "the home agent's own address as care-of address",
    provoke: () => new Bench().update({ ...refreshed, options: alternate('2001:db8::1') }),
  },
  {
    status: 174,
    rule: 'invalid-care-of',
    clause: 'RFC 6275 §6.1.8',
    what: 'a care-of address that is a home address bound here',
    provoke: () => bound({ homeAddress: HOA2 }).update({ ...refreshed, careOf: HOA2 }),
  },
  {
    status: 174,
    rule: 'invalid-care-of',
    clause: 'RFC 5555 §3.1.2',
    what: 'an update in UDP without its IPv4 care-of address',
    provoke: () => new Bench().updateInUdp({ ...refreshed, careOf4: null }),
  },
  {
    status: 174,
    rule: 'invalid-care-of',
    clause: 'RFC 5555 §3.1.2',
    what: 'an IPv4 care-of address that is no unicast address',
    provoke: () => new Bench().updateInUdp({ ...refreshed, careOf4: ipv4('224.0.0.1') }),
  },
];

describe('what a home agent answers', () => {
  it.each(ANSWERS)('$status: $what, $clause', ({ status, rule, sequence = 16, provoke }) => {
    const bench = provoke();
    const acks = bench.acks();
    expect(acks.map((ack) => [ack.status, ack.sequence])).toEqual([[status, sequence]]);
    expect(bench.view().counters[rule]).toBe(1);
    if (status >= 128) expect(acks[0]!.lifetime).toBe(0);
  });
});

const SILENCE: readonly Omit<Row, 'status' | 'sequence'>[] = [
  {
    rule: 'bu-unauthorized',
    clause: 'RFC 6275 §9.5.1',
    what: 'an update without H, nonces and authenticator',
    provoke: () => new Bench().update({ flags: 'A' }),
  },
  {
    rule: 'bu-nonce-indices',
    clause: 'RFC 6275 §9.5.1',
    what: 'a home registration with Nonce Indices',
    provoke: () => new Bench().update({ options: [{ kind: 'nonceIndices', home: 1, careOf: 2 }] }),
  },
  {
    rule: 'bu-care-of-not-routable',
    clause: 'RFC 6275 §6.1.7',
    what: 'a multicast care-of address',
    provoke: () => new Bench().update({ options: alternate('ff0e::1') }),
  },
  {
    rule: 'bu-care-of-not-routable',
    clause: 'RFC 6275 §6.1.7',
    what: 'a link-local care-of address',
    provoke: () => new Bench().update({ careOf: ipv6('fe80::9') }),
  },
  {
    rule: 'bu-home-address',
    clause: 'RFC 6275 §9.5.1',
    what: 'a deregistration from a link-local source',
    provoke: () => new Bench().updateFromHome({ homeAddress: ipv6('fe80::100') }),
  },
  {
    rule: 'hao-address',
    clause: 'RFC 6275 §9.3.1',
    what: 'a multicast home address in the option',
    provoke: () => new Bench().update({ homeAddress: ipv6('ff0e::1') }),
  },
  {
    rule: 'bu-no-home-address-option',
    clause: 'RFC 6275 §10.3.1',
    what: 'a registration without a Home Address option',
    provoke: () =>
      new Bench().updateFromHome({ lifetime: 420, options: alternate('2001:db8:f::9') }),
  },
  {
    rule: 'bu-dsmip-off',
    clause: 'RFC 5555 §4.2',
    what: 'an update in UDP where IPv4 is not served',
    provoke: () => new Bench({ dsmip: false }).updateInUdp(),
  },
  {
    rule: 'not-ours',
    clause: 'RFC 6275 §10.3.1',
    what: 'an update to another address than that of the home agent',
    provoke: () => new Bench().update({ destination: ipv6('2001:db8::2') }),
  },
  {
    rule: 'mh-checksum',
    clause: 'RFC 6275 §9.2',
    what: 'a wrong checksum',
    provoke: () => {
      const path = { source: COA, destination: HA, homeAddress: HOA };
      const octets = encodeMobilityPacket({ ...path, message: bu() });
      octets[octets.length - 1]! ^= 1;
      return new Bench().packet(octets);
    },
  },
];

describe('what a home agent is silent about', () => {
  it.each(SILENCE)('$what, $clause', ({ rule, provoke }) => {
    const bench = provoke();
    expect(bench.sent()).toEqual([]);
    expect(bench.view()).toMatchObject({ bc: [], counters: { [rule]: 1 } });
    expect(bench.take('event')).toContain('0 event DROPPED');
  });
});

it('has an answer or a silence here for every admission rule', () => {
  const tried = new Set([...ANSWERS, ...SILENCE].map((row) => row.rule));
  const rules = [...ADMISSION, DUPLICATE_ADDRESS].map((rule) => rule.name);
  expect(rules.filter((name) => !tried.has(name))).toEqual([]);
});

describe('a refused update leaves the binding as it was', () => {
  it.each([
    { what: '135', fields: { careOf: COA2 } },
    { what: '139', fields: { ...refreshed, flags: 'A', careOf: COA2 } },
    { what: '140', fields: { ...refreshed, flags: 'AHR', careOf: COA2 } },
    { what: '174', fields: { ...refreshed, options: alternate('2001:db8::1') } },
  ])('$what', ({ fields }) => {
    const bench = bound();
    const [before] = bench.view().bc;
    bench.update(fields);
    expect(bench.view().bc).toEqual([before]);
    expect(bench.take('datapath')).toEqual([]);
    expect(bench.update({ sequence: 17 }).acks()[0]?.status).toBe(0);
  });
});

interface Ipv4Row {
  readonly status: number;
  readonly clause: string;
  readonly what: string;
  readonly options: readonly MobilityOption[];
  readonly bench?: () => Bench;
  /** What is bound in the end; none unless said. */
  readonly bound?: string;
  readonly statuses?: readonly number[];
  readonly address?: string;
}

const acl = [{ homeAddress: HOA, status: 0, homeAddress4: HOA4 }] as const;

const IPV4_ANSWERS: readonly Ipv4Row[] = [
  {
    status: 0,
    clause: 'RFC 5555 §4.5',
    what: 'an address of the accepted range',
    options: [ipv4Home(HOA4)],
    bound: HOA4,
  },
  {
    status: 0,
    clause: 'RFC 5555 §4.5',
    what: 'the address that the access list has for the home address',
    options: [ipv4Home(HOA4)],
    bench: () => new Bench({ acl, acceptIpv4: [] }),
    bound: HOA4,
  },
  {
    status: 0,
    clause: 'RFC 5555 §4.5',
    what: 'any address, when the access list has one',
    options: [ipv4Home(ipv4('0.0.0.0'))],
    bench: () => new Bench({ acl }),
    bound: HOA4,
    address: HOA4,
  },
  {
    status: 0,
    clause: 'RFC 5555 §3.2.1',
    what: 'a shorter prefix length, which the answer overrides',
    options: [ipv4Home(HOA4, { prefixLength: 24 })],
    bound: HOA4,
  },
  {
    status: 0,
    clause: 'RFC 5555 §3.1.1',
    what: 'P in a refresh',
    options: [ipv4Home(HOA4, { prefixRequested: true })],
    bench: () => bound({ sequence: 14, options: [ipv4Home(HOA4)] }),
    bound: HOA4,
  },
  {
    status: 128,
    clause: 'RFC 5555 §4.5',
    what: 'a second address for one home address',
    options: [ipv4Home(HOA4), ipv4Home(HOA4_2)],
    statuses: [0, 128],
    bound: HOA4,
  },
  {
    status: 129,
    clause: 'RFC 5555 §3.2.1',
    what: 'an address outside what may be bound',
    options: [ipv4Home(ipv4('198.18.0.1'))],
  },
  {
    status: 130,
    clause: 'RFC 5555 §4.5',
    what: 'another address than the access list has',
    options: [ipv4Home(HOA4_2)],
    bench: () => new Bench({ acl }),
  },
  {
    status: 130,
    clause: 'RFC 5555 §4.5',
    what: 'an address that the access list has for another',
    options: [ipv4Home(HOA4)],
    bench: () => new Bench({ acl: [{ homeAddress: HOA2, status: 0, homeAddress4: HOA4 }] }),
  },
  {
    status: 130,
    clause: 'RFC 5555 §4.5',
    what: 'an address that is bound to another',
    options: [ipv4Home(HOA4)],
    bench: () => bound({ homeAddress: HOA2, options: [ipv4Home(HOA4)] }),
  },
  {
    status: 131,
    clause: 'RFC 5555 §4.5',
    what: 'a multicast address',
    options: [ipv4Home(ipv4('224.0.0.5'))],
  },
  {
    status: 131,
    clause: 'RFC 5555 §3.1.1',
    what: 'a prefix length of zero',
    options: [ipv4Home(HOA4, { prefixLength: 0 })],
  },
  {
    status: 132,
    clause: 'RFC 5555 §4.5',
    what: 'any address, when there is no pool',
    options: [ipv4Home(ipv4('0.0.0.0'))],
  },
  {
    status: 133,
    clause: 'RFC 5555 §3.1.1',
    what: 'a prefix with another address than the one bound: no refresh',
    options: [ipv4Home(HOA4_2, { prefixRequested: true })],
    bench: () => bound({ sequence: 14, options: [ipv4Home(HOA4)] }),
  },
  {
    status: 133,
    clause: 'RFC 5555 §3.1.1',
    what: 'a prefix',
    options: [ipv4Home(ipv4('0.0.0.0'), { prefixLength: 28, prefixRequested: true })],
  },
];

describe('what a home agent answers to an IPv4 home address, beside status 0', () => {
  it.each(IPV4_ANSWERS)('$status: $what, $clause', (row) => {
    const bench = (row.bench ?? (() => new Bench()))();
    bench.take();
    const [ack] = bench.update({ options: row.options }).acks();
    expect(ack?.status).toBe(0);
    const options = ack!.options.flatMap((o) => (o.kind === 'ipv4AddressAck' ? [o] : []));
    expect(options.map((o) => o.status)).toEqual(row.statuses ?? [row.status]);
    for (const [i, option] of options.entries()) {
      const asked = row.options[i];
      const address = asked?.kind === 'ipv4HomeAddress' ? asked.address : undefined;
      expect(option.address).toBe(row.address ?? address);
      // RFC 5555 §3.2.1: zero in case of failure
      expect(option.prefixLength).toBe(option.status < 128 ? 32 : 0);
    }
    const entry = bench.view().bc.find(({ homeAddress }) => homeAddress === HOA);
    expect(entry?.homeAddress4).toBe(row.bound ?? null);
  });

  it('tries every rule', () => {
    const statuses = new Set(IPV4_ANSWERS.map((row) => row.status));
    expect(IPV4_RULES.filter((rule) => !statuses.has(rule.status))).toEqual([]);
    expect([...statuses].sort()).toEqual([0, 128, 129, 130, 131, 132, 133]);
  });

  it('says nothing of it without dual stack: the option is skipped, RFC 6275 §6.2.1', () => {
    const [ack] = new Bench({ dsmip: false }).update({ options: [ipv4Home(HOA4)] }).acks();
    expect(ack).toMatchObject({ status: 0, options: [] });
  });

  it('lets go of it when a refresh no longer asks, RFC 5555 §4.4.2.1', () => {
    const bench = bound({ options: [ipv4Home(HOA4)] }).update(refreshed);
    expect(bench.view().bc).toMatchObject([{ homeAddress4: null }]);
    bench.take();
    const [ack] = bench.update({ homeAddress: HOA2, options: [ipv4Home(HOA4)] }).acks();
    expect(ack?.options).toMatchObject([{ status: 0 }]); // free for others
  });

  it('looks at no more than four options of one update', () => {
    const options = Array.from({ length: 9 }, () => ipv4Home(ipv4('0.0.0.0')));
    const [ack] = new Bench().update({ options }).acks();
    expect(ack?.options.filter((o) => o.kind === 'ipv4AddressAck')).toHaveLength(4);
  });
});

describe('Binding Errors and Parameter Problems', () => {
  it('answers an unknown Mobility Header type with status 2 from its own address, RFC 6275 §9.2', () => {
    const message = { kind: 'unknown', type: 255, data: new Uint8Array(10) } as const;
    const octets = encodeMobilityPacket({ source: COA, destination: HA, message });
    const bench = new Bench();
    bench.take();
    expect(bench.packet(octets).take()).toEqual(['0 event DROPPED', `0 BE 2 home :: to ${COA}`]);
    expect(bench.view().counters).toMatchObject({ 'mh-type': 1 });
  });

  it('answers at most ten at once and ten a second, RFC 4443 §2.4(f)', () => {
    const message = { kind: 'unknown', type: 255, data: new Uint8Array(10) } as const;
    const octets = encodeMobilityPacket({ source: COA, destination: HA, message });
    const bench = new Bench();
    for (let i = 0; i < 50; i++) bench.packet(octets);
    expect(bench.take('BE')).toHaveLength(10);
    expect(bench.view().counters['error-rate-limited']).toBe(40);
    bench.wait(0.5);
    for (let i = 0; i < 50; i++) bench.packet(octets);
    expect(bench.take('BE')).toHaveLength(5);
    bench.wait(1000);
    for (let i = 0; i < 50; i++) bench.packet(octets);
    expect(bench.take('BE')).toHaveLength(10);
  });

  it('is silent about Mobility Headers that it has no use for, RFC 6275 §9.3.1', () => {
    const cookie = new Uint8Array(8);
    const message = { kind: 'homeTestInit', cookie, options: [] } as const;
    const path = { source: COA, destination: HA, homeAddress: HOA };
    const bench = new Bench().packet(encodeMobilityPacket({ ...path, message }));
    expect(bench.sent()).toEqual([]);
    expect(bench.view().counters).toMatchObject({ 'unused-homeTestInit': 1 });
  });

  it('answers in UDP what came in UDP, also a refusal, RFC 5555 §4.2', () => {
    const bench = new Bench({ defaultStatus: 129 }).updateInUdp();
    const [effect] = bench.sent();
    expect(effect?.udp).toMatchObject({ destination: '198.51.100.9', destinationPort: 4191 });
    expect(bench.acks()[0]).toMatchObject({ status: 129, options: [{ kind: 'natDetection' }] });
  });
});

/** A bench with one binding and nothing to take. */
function bound(fields: Parameters<Bench['update']>[0] = {}): Bench {
  const bench = new Bench().update(fields);
  bench.take();
  return bench;
}
