import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, mac } from '../../../src/base/address.js';
import {
  BulEntry,
  type AwayAttachment,
  type BulEffect,
  type BulEntrySettings,
} from '../../../src/core/mn/bul-entry.js';
import { UpdateRate } from '../../../src/core/mn/update-rate.js';
import { BU_FLAGS, flagLetters } from '../../../src/wire/mobility/flag.js';
import type { BindingAck, BindingUpdate } from '../../../src/wire/mobility/message.js';
import type { MobilityOption } from '../../../src/wire/mobility/option.js';
import { at, drive } from '../../helpers/drive.js';
import { sayEvent } from './say.js';

describe('retransmission, RFC 6275 §11.8', () => {
  it.each([
    { what: 'first', known: false, sends: [0, 1.5, 4.5, 10.5, 22.5, 46.5, 78.5, 110.5] },
    { what: 'repeated', known: true, sends: [0, 1, 3, 7, 15, 31, 63, 95] },
  ])('a $what registration doubles its wait, then holds at 32 s', ({ known, sends }) => {
    const sent = only(trace(pending({ known }), 0, 120), 'BU');
    expect(sent.map((line) => Number(line.split(' ')[0]))).toEqual(sends);
  });

  it('never uses a sequence number twice, across the wrap', () => {
    const sent = updates(pending({ sequence: 0xfffd }), 0, 5);
    expect(sent.map((u) => u.sequence)).toEqual([0xfffe, 0xffff, 0]);
  });

  it('keeps the number before it goes out', () => {
    const kinds = [...drive(pending(), at(0), at(0))].map(([, e]) => e.kind);
    expect(kinds).toEqual(['store', 'store', 'transmit', 'event']);
    expect(trace(pending({ sequence: 6 }), 0, 0).slice(0, 2)).toEqual([
      `0 store seq ${HOA} = 7`,
      `0 store bound ${HOA} = 1`,
    ]);
  });

  it('says after the third that none was answered: RFC 5555 §4.4.1', () => {
    const lines = only(trace(pending(), 0, 120), 'unanswered');
    expect(lines).toEqual(['10.5 unanswered 2001:db8:a::1']);
  });

  it('another care-of address replaces what is queued for the old one', () => {
    const entry = pending();
    trace(entry, 0, 10);
    entry.handleTimeout(at(10.5));
    expect(entry.pollEffect()?.kind).toBe('unanswered');
    entry.register(COA4, false, at(10.5));
    expect(only(trace(entry, 10.5, 10.5), 'BU')).toEqual(['10.5 BU 5 ipv4 10.0.0.5 600 s']);
  });
});

describe('no more than three within a second to one peer, RFC 6275 §11.8', () => {
  it('the fourth waits, and carries the last care-of address', () => {
    const entry = pending();
    for (const [i, t] of [0.1, 0.2, 0.3, 0.4].entries()) {
      trace(entry, t, t);
      entry.register({ ...COA, careOf: ipv6(`2001:db8:a::${i + 2}`) }, false, at(t));
    }
    expect(only(trace(entry, 0.4, 0.99), 'BU')).toEqual([]);
    expect(entry.pollTimeout()).toEqual({ at: at(1), why: 'Binding Update rate limit' });
    expect(only(trace(entry, 0.99, 1.05), 'BU')).toEqual(['1 BU 4 ipv6 2001:db8:a::5 600 s']);
  });

  it('holds for all home addresses of one home agent together', () => {
    const rate = new UpdateRate();
    const sent: number[] = [];
    for (let i = 0; i < 12; i++) {
      const when = rate.earliest(at(0.05 * i));
      rate.take(when);
      sent.push(when);
    }
    for (const [i, t] of sent.entries()) {
      if (i >= 3) expect(t - sent[i - 3]!).toBeGreaterThanOrEqual(1000);
    }
  });
});

describe('sequence numbers given away', () => {
  it('are those that come next; ours go on behind them, also after a restart', () => {
    const entry = pending({ sequence: 0xfffd });
    trace(entry, 0, 1);
    expect(entry.handleAck(ack({ sequence: 0xfffe }), at(1))).toBe('accepted');
    trace(entry, 1, 1);
    expect(entry.reserveSequences(3)).toBe(0xffff);
    expect(entry.view(null).sequence).toBe(1);
    expect(trace(entry, 1, 1)).toEqual([`1 store seq ${HOA} = 1`]);
    entry.refresh(at(2));
    expect(updates(entry, 2, 2).map((u) => u.sequence)).toEqual([2]);
  });

  it('none are, while an answer to the last one is waited for', () => {
    const entry = pending();
    expect(entry.reserveSequences(1)).toBeUndefined();
    trace(entry, 0, 1);
    expect(entry.handleAck(ack(), at(1))).toBe('accepted');
    expect(entry.reserveSequences(1)).toBe(2);
  });
});

describe('acknowledgement, RFC 6275 §11.7.3', () => {
  it.each([
    { status: 0, sequence: 1, verdict: 'accepted', state: 'bound' },
    { status: 1, sequence: 1, verdict: 'accepted', state: 'bound' },
    { status: 127, sequence: 1, verdict: 'accepted', state: 'bound' },
    { status: 128, sequence: 1, verdict: 'refused', state: 'refused' },
    { status: 129, sequence: 1, verdict: 'refused', state: 'refused' },
    { status: 0, sequence: 9, verdict: 'ignored', state: 'pending' },
    { status: 129, sequence: 9, verdict: 'ignored', state: 'pending' },
    { status: 135, sequence: 9, verdict: 'resent', state: 'pending' },
  ])('status $status for update $sequence is $verdict', ({ status, sequence, verdict, state }) => {
    const entry = pending();
    trace(entry, 0, 1);
    expect(entry.handleAck(ack({ status, sequence }), at(1))).toBe(verdict);
    expect(entry.state).toBe(state);
  });

  it('for an update before the last one is ignored', () => {
    const entry = pending();
    trace(entry, 0, 1.5);
    expect(entry.handleAck(ack({ sequence: 1 }), at(1.6))).toBe('ignored');
    expect(entry.handleAck(ack({ sequence: 2 }), at(1.7))).toBe('accepted');
  });

  it('a second copy is ignored', () => {
    const entry = bound();
    expect(entry.handleAck(ack(), at(1))).toBe('ignored');
  });

  it('the granted lifetime counts from the send, not from the answer', () => {
    const entry = pending();
    trace(entry, 0, 1);
    entry.handleAck(ack({ lifetime: 20 }), at(1));
    expect(entry.binding?.expiresAt).toBe(at(20));
    expect(entry.pollTimeout()).toEqual({ at: at(16), why: 'binding refresh' });
    expect(without(trace(entry, 1, 20), 'store', 'BU')).toEqual([
      '1 BA_RECEIVED 1 0',
      '1 BINDING_ACCEPTED eth0 2001:db8:a::1',
      '16 BU_SENT eth0 2001:db8:a::1 2 1',
      '17 BU_SENT eth0 2001:db8:a::1 3 2',
      '19 BU_SENT eth0 2001:db8:a::1 4 3',
      '20 BINDING_EXPIRED',
    ]);
    expect(entry.binding).toBeUndefined();
    expect(entry.state).toBe('pending');
  });

  it('more than was asked for is not granted', () => {
    const entry = pending();
    trace(entry, 0, 1);
    entry.handleAck(ack({ lifetime: 9000 }), at(1));
    expect(entry.binding?.lifetime).toBe(600);
  });

  it('§6.2.4: Binding Refresh Advice below the lifetime is taken, at or above it is not', () => {
    const when = (interval: number) => {
      const entry = pending();
      trace(entry, 0, 1);
      entry.handleAck(ack({ options: [{ kind: 'bindingRefreshAdvice', interval }] }), at(1));
      return entry.pollTimeout()?.at;
    };
    expect([100, 600, 0].map(when)).toEqual([at(100), at(480), at(480)]);
  });

  it('the old binding serves until the new one is acknowledged', () => {
    const entry = bound();
    entry.register({ ...COA, careOf: ipv6('2001:db8:b::1') }, false, at(10));
    trace(entry, 10, 10);
    expect(entry.binding?.attachment.careOf).toBe('2001:db8:a::1');
    entry.handleAck(ack({ sequence: 2 }), at(10.1));
    expect(entry.binding?.attachment.careOf).toBe('2001:db8:b::1');
  });

  it('a lifetime of nothing is a refusal', () => {
    const entry = pending();
    trace(entry, 0, 1);
    entry.handleAck(ack({ lifetime: 0 }), at(1));
    expect([entry.state, entry.binding]).toEqual(['refused', undefined]);
  });
});

describe('status 135, RFC 6275 §11.7.3', () => {
  it('adopts the peer’s number and goes on at once', () => {
    const entry = pending();
    trace(entry, 0, 0.1);
    entry.handleAck(ack({ status: 135, sequence: 4711 }), at(0.1));
    expect(without(trace(entry, 0.1, 0.1), 'store', 'BU_SENT')).toEqual([
      '0.1 BA_RECEIVED 4711 135',
      '0.1 SEQUENCE_ADOPTED 4711',
      '0.1 BU 4712 ipv6 2001:db8:a::1 600 s',
    ]);
    expect(entry.handleAck(ack({ sequence: 4712 }), at(0.2))).toBe('accepted');
  });

  it('does not race with a peer that likes no number', () => {
    const entry = pending();
    let sent = 0;
    for (let t = 0; t < 30; t += 0.01) {
      sent += only(trace(entry, t, t), 'BU').length;
      entry.handleAck(ack({ status: 135, sequence: 100 }), at(t));
    }
    expect(sent).toBeLessThan(12);
  });
});

describe('refusals', () => {
  it.each([
    { status: 128, tries: [10, 30, 70, 150, 310] },
    { status: 130, tries: [10, 30, 70, 150, 310] },
    { status: 129, tries: [60, 180, 420] },
    { status: 132, tries: [60, 180, 420] },
  ])('status $status is tried again after a while that doubles', ({ status, tries }) => {
    const entry = pending();
    const sent: number[] = [];
    for (let t = 0; t <= 420; t += 0.5) {
      for (const line of only(trace(entry, t, t), 'BU')) {
        sent.push(Number(line.split(' ')[0]));
        entry.handleAck(ack({ status, sequence: Number(line.split(' ')[2]) }), at(t));
      }
    }
    expect(sent).toEqual([0, ...tries]);
  });

  it('§11.7.1: after status 134 the home address is not tried again', () => {
    const entry = refused(134);
    expect(entry.pollTimeout()).toBeUndefined();
    entry.register({ ...COA, careOf: ipv6('2001:db8:b::1') }, false, at(9));
    expect(only(trace(entry, 9, 9999), 'BU')).toEqual([]);
  });

  it.each([
    { status: 174, now: 1 },
    { status: 130, now: 1 },
    { status: 129, now: 0 },
  ])('a new care-of address after status $status leads to $now update', ({ status, now }) => {
    const entry = refused(status);
    entry.register({ ...COA, careOf: ipv6('2001:db8:b::1') }, false, at(5));
    expect(only(trace(entry, 5, 5), 'BU')).toHaveLength(now);
  });

  it('a person who insists is obeyed', () => {
    const entry = refused(134);
    entry.register(COA, false, at(5), true);
    expect(only(trace(entry, 5, 5), 'BU')).toHaveLength(1);
  });

  it('a refused refresh leaves the binding to its time', () => {
    const entry = bound({ lifetime: 20 });
    expect(only(trace(entry, 1, 16), 'BU')).toHaveLength(1);
    entry.handleAck(ack({ status: 129, sequence: 2 }), at(16.1));
    expect(entry.binding?.attachment).toEqual(COA);
    expect(only(trace(entry, 16.1, 30), 'BINDING_EXPIRED')).toEqual(['20 BINDING_EXPIRED']);
  });

  it('RFC 5555 §4.4.2: 144 in answer to F means once more without F', () => {
    const entry = pending({ forceUdp: true, attachment: COA4 });
    expect(updates(entry, 0, 0).map(flags)).toEqual(['AHF']);
    expect(entry.handleAck(ack({ status: 144 }), at(0.1))).toBe('resent');
    expect(updates(entry, 0.1, 0.1).map(flags)).toEqual(['AH']);
  });

  it('and 144 without F is an ordinary refusal', () => {
    expect(refused(144).state).toBe('refused');
  });
});

describe('deregistration, RFC 6275 §11.5.5', () => {
  it('asks for lifetime zero until answered, without further options', () => {
    const entry = bound({ homeAddress4: HOA4 });
    entry.deregister(HOME, 'at home', at(5));
    const [update] = updates(entry, 5, 5);
    expect(update).toMatchObject({ lifetime: 0, sequence: 2, options: [] });
    expect(entry.state).toBe('deregistering');
    expect(entry.handleAck(ack({ sequence: 2, lifetime: 0 }), at(5.1))).toBe('accepted');
    expect(trace(entry, 5.1, 60)).toEqual([
      '5.1 BA_RECEIVED 2 0',
      `5.1 store bound ${HOA} forgotten`,
      '5.1 BINDING_REMOVED at home',
      '5.1 removed',
    ]);
    expect([entry.state, entry.binding, entry.mayBeBound]).toEqual(['idle', undefined, false]);
  });

  it('retransmits as for a known binding', () => {
    const entry = bound();
    entry.deregister(HOME, 'at home', at(5));
    expect(only(trace(entry, 5, 20), 'BU').map((l) => Number(l.split(' ')[0]))).toEqual([
      5, 6, 8, 12, 20,
    ]);
  });

  it('ends with the lifetime that the binding would have had', () => {
    const entry = bound({ lifetime: 40 });
    entry.deregister(HOME, 'at home', at(5));
    expect(only(trace(entry, 5, 600), 'BINDING_REMOVED')).toEqual([
      '40 BINDING_REMOVED its lifetime is over',
    ]);
    expect(entry.pollTimeout()).toBeUndefined();
  });

  it('ends with status 133: the home agent knows of no binding', () => {
    const entry = bound();
    entry.deregister(HOME, 'at home', at(5));
    trace(entry, 5, 5);
    entry.handleAck(ack({ sequence: 2, status: 133 }), at(5.1));
    expect(entry.mayBeBound).toBe(false);
  });

  it('adopts the sequence of status 135 too', () => {
    const entry = bound();
    entry.deregister(HOME, 'at home', at(5));
    trace(entry, 5, 5);
    entry.handleAck(ack({ sequence: 800, status: 135 }), at(5.1));
    expect(updates(entry, 5.1, 5.1)).toMatchObject([{ sequence: 801, lifetime: 0 }]);
  });
});

describe('what an update carries', () => {
  it('over IPv6: alternate care-of address and IPv4 home address, RFC 5555 §4.4.2', () => {
    const [update] = updates(pending({ homeAddress4: HOA4 }), 0, 0);
    expect(update!.options).toEqual([
      { kind: 'alternateCareOf', address: '2001:db8:a::1' },
      { kind: 'ipv4HomeAddress', prefixLength: 32, prefixRequested: false, address: HOA4 },
    ]);
  });

  it('over IPv4: IPv4 care-of and home address', () => {
    const [update] = updates(pending({ homeAddress4: HOA4, attachment: COA4 }), 0, 0);
    expect(update!.options).toEqual([
      { kind: 'ipv4CareOf', address: '10.0.0.5' },
      { kind: 'ipv4HomeAddress', prefixLength: 32, prefixRequested: false, address: HOA4 },
    ]);
  });

  it('A and H always, L when the link-local address is compatible, F over IPv4 only', () => {
    expect(updates(pending({ forceUdp: true }), 0, 0).map(flags)).toEqual(['AH']);
    expect(updates(pending({ linkLocalToo: true }), 0, 0).map(flags)).toEqual(['AHL']);
  });

  it('no more lifetime than the care-of address has, in steps of 4 s, never zero', () => {
    const asked = (validUntil: number) =>
      updates(pending({ attachment: { ...COA, validUntil: at(validUntil) } }), 0, 0)[0]!.lifetime;
    expect([10_000, 43, 3, 0].map(asked)).toEqual([600, 40, 4, 4]);
  });
});

describe('RFC 5555 in the acknowledgement', () => {
  it.each([
    { what: 'a NAT', option: nat(false, 60), udp: true, found: true, refresh: 60 },
    { what: 'a NAT, refresh time 0', option: nat(false, 0), udp: true, found: true, refresh: 110 },
    { what: 'a NAT and F', option: nat(true, 60), udp: true, found: true, refresh: 60 },
    { what: 'F without NAT', option: nat(true, ALL_ONES), udp: true, found: false, refresh: null },
    { what: 'no NAT', option: nat(false, ALL_ONES), udp: false, found: false, refresh: null },
    { what: 'no option', option: undefined, udp: false, found: false, refresh: null },
  ])('$what: UDP $udp, keep-alive $refresh', ({ option, udp, found, refresh }) => {
    const entry = pending({ attachment: COA4 });
    trace(entry, 0, 0.1);
    entry.handleAck(ack({ options: option ? [option] : [] }), at(0.1));
    expect(entry.binding).toMatchObject({ udp, nat: found, natRefresh: refresh });
    const why = refresh === null ? 'binding refresh' : 'NAT keep-alive';
    expect(entry.pollTimeout()?.why).toBe(why);
  });

  it('§4.3: the keep-alive is a Binding Update with the same care-of address', () => {
    const entry = pending({ attachment: COA4 });
    trace(entry, 0, 0.1);
    entry.handleAck(ack({ options: [nat(false, 60)] }), at(0.1));
    trace(entry, 0.1, 1);
    expect(without(trace(entry, 1, 60), 'store')).toEqual([
      '60 NAT_KEEPALIVE',
      '60 BU 2 ipv4 10.0.0.5 600 s',
      '60 BU_SENT eth0 10.0.0.5 2 1',
    ]);
    entry.handleAck(ack({ sequence: 2, options: [nat(false, 60)] }), at(60.1));
    expect(trace(entry, 60.1, 61)).toEqual(['60.1 BA_RECEIVED 2 0']);
    expect(entry.pollTimeout()).toEqual({ at: at(120), why: 'NAT keep-alive' });
  });

  it('NAT options mean nothing over IPv6', () => {
    const entry = pending();
    trace(entry, 0, 0.1);
    entry.handleAck(ack({ options: [nat(true, 60)] }), at(0.1));
    expect(entry.binding).toMatchObject({ udp: false, nat: false, natRefresh: null });
  });

  it.each([
    { status: 0, bound4: true, says: 'IPV4_HOME_ACCEPTED 198.51.100.100' },
    { status: 129, bound4: false, says: 'IPV4_HOME_REFUSED 198.51.100.100 129' },
  ])('IPv4 Address Acknowledgement $status: bound $bound4', ({ status, bound4, says }) => {
    const entry = pending({ homeAddress4: HOA4 });
    trace(entry, 0, 0.1);
    const option = { kind: 'ipv4AddressAck', status, prefixLength: 32, address: HOA4 } as const;
    entry.handleAck(ack({ options: [option] }), at(0.1));
    expect(entry.binding?.homeAddress4 !== null).toBe(bound4);
    expect(entry.ipv4.isRefused).toBe(!bound4);
    expect(trace(entry, 0.1, 0.1)).toContain(`0.1 ${says}`);
  });

  it('without that option only the IPv6 home address is bound', () => {
    expect(bound({ homeAddress4: HOA4 }).binding?.homeAddress4).toBeNull();
  });
});

describe('nowhere to send from', () => {
  it('is silent, and forgets the binding when its time is over', () => {
    const entry = bound({ lifetime: 40 });
    entry.detach();
    expect(trace(entry, 1, 600)).toEqual(['40 BINDING_EXPIRED', `40 store bound ${HOA} forgotten`]);
    expect(entry.pollTimeout()).toBeUndefined();
  });
});

const HOA = ipv6('2001:db8:1::100');
const HOA4 = ipv4('198.51.100.100');
const ALL_ONES = 0xffffffff;
const COA = {
  kind: 'ipv6',
  careOf: ipv6('2001:db8:a::1'),
  link: 'eth0',
  validUntil: null,
} as const satisfies AwayAttachment;
const COA4 = {
  kind: 'ipv4',
  careOf: ipv4('10.0.0.5'),
  link: 'eth0',
  validUntil: null,
} as const satisfies AwayAttachment;
const HOME = {
  kind: 'home',
  careOf: HOA,
  link: 'eth0',
  homeAgentMac: mac('02:00:00:00:01:01'),
} as const;

interface Given extends Partial<BulEntrySettings> {
  attachment?: AwayAttachment;
  linkLocalToo?: boolean;
  known?: boolean;
}

function pending({
  attachment = COA,
  linkLocalToo = false,
  known,
  ...settings
}: Given = {}): BulEntry {
  const entry = new BulEntry({
    homeAddress: HOA,
    homeAddress4: null,
    peer: ipv6('2001:db8:1::1'),
    peer4: null,
    lifetime: 600,
    initialTimeoutFirstReg: 1500,
    initialTimeoutReReg: 1000,
    forceUdp: false,
    useAlternateCareOf: true,
    natKeepalive: 110,
    sequence: 0,
    mayBeBound: false,
    rate: new UpdateRate(),
    ...settings,
  });
  if (known) {
    entry.register({ ...COA, careOf: ipv6('2001:db8:e::1') }, false, at(-5));
    entry.handleAck(ack(), at(-5));
    trace(entry, -5, -5);
  }
  entry.register(attachment, linkLocalToo, at(0));
  return entry;
}

function bound({ lifetime = 600, ...given }: Given = {}): BulEntry {
  const entry = pending({ lifetime, ...given });
  trace(entry, 0, 0.5);
  entry.handleAck(ack({ lifetime }), at(0.5));
  trace(entry, 0.5, 0.5);
  return entry;
}

function refused(status: number): BulEntry {
  const entry = pending();
  trace(entry, 0, 0.5);
  entry.handleAck(ack({ status }), at(0.5));
  trace(entry, 0.5, 0.5);
  return entry;
}

function ack(part: Partial<BindingAck> = {}): BindingAck {
  return {
    kind: 'bindingAck',
    status: 0,
    flags: 0,
    sequence: 1,
    lifetime: 600,
    options: [],
    ...part,
  };
}

function nat(forceUdp: boolean, refresh: number): MobilityOption {
  return { kind: 'natDetection', forceUdp, refresh };
}

const flags = (update: BindingUpdate): string => flagLetters(update.flags, BU_FLAGS);

function updates(entry: BulEntry, from: number, until: number): BindingUpdate[] {
  return [...drive(entry, at(from), at(until))].flatMap(([, e]) =>
    e.kind === 'transmit' ? [e.message] : [],
  );
}

function trace(entry: BulEntry, from: number, until: number): string[] {
  return [...drive(entry, at(from), at(until))].map(([t, e]) => `${t} ${text(e)}`);
}

function text(e: BulEffect): string {
  switch (e.kind) {
    case 'event':
      return sayEvent(e.event);
    case 'store':
      return `store ${e.key}${e.value === undefined ? ' forgotten' : ` = ${e.value}`}`;
    case 'transmit':
      return `BU ${e.message.sequence} ${e.attachment.kind} ${e.attachment.careOf} ${e.message.lifetime} s`;
    case 'unanswered':
      return `unanswered ${e.attachment.careOf}`;
    case 'removed':
    case 'learnPrefixes':
      return e.kind;
    default:
      return e satisfies never;
  }
}

const only = (lines: readonly string[], word: string): string[] =>
  lines.filter((line) => line.split(' ')[1] === word);
const without = (lines: readonly string[], ...words: string[]): string[] =>
  lines.filter((line) => !words.includes(line.split(' ')[1]!));
