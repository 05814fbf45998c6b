import { describe, expect, it } from 'vitest';
import { ipv4, mac, prefix, type Ipv6, type Prefix } from '../../../src/base/address.js';
import type { StoreEffect } from '../../../src/core/effect.js';
import {
  FamilyMemory,
  MAX_FAMILIES,
  network4,
  network6,
} from '../../../src/core/mn/family-memory.js';
import { CLOCK_KEY } from '../../../src/core/role.js';
import { BU_FLAG } from '../../../src/wire/mobility/flag.js';
import { at } from '../../helpers/drive.js';
import { HOA, network, ScriptedNetwork, type Network } from './scripted-network.js';

describe('the table', () => {
  it('keeps what was learned, by network and family, for its time', () => {
    const memory = new FamilyMemory(new Map(), 100, at(0));
    memory.learn(SIX, { answered: false }, at(0));
    memory.learn(FOUR, { answered: true }, at(0));
    expect(memory.recall(SIX)).toMatchObject({ answered: false, forceUdp: false });
    expect(memory.recall(FOUR)).toMatchObject({ answered: true });
    expect(memory.recall(null)).toBeUndefined();
    expect(memory.nextExpiry()).toBe(at(100));
    expect(memory.forgetExpired(at(99))).toEqual([]);
    expect(memory.forgetExpired(at(100)).map((e) => e.value)).toEqual([undefined, undefined]);
    expect(memory.recall(SIX)).toBeUndefined();
  });

  it('writes what is new, and what is half over; a failure is never prolonged', () => {
    const memory = new FamilyMemory(new Map(), 100, at(0));
    expect(memory.learn(FOUR, { answered: true }, at(0))).toHaveLength(1);
    expect(memory.learn(FOUR, { answered: true }, at(49))).toEqual([]);
    expect(memory.learn(FOUR, { answered: true }, at(51))).not.toEqual([]);
    memory.learn(SIX, { answered: false }, at(51));
    expect(memory.learn(SIX, { answered: false }, at(140))).toEqual([]);
    expect(memory.until(SIX)).toBe(at(151));
    expect(memory.learn(SIX, { answered: true }, at(141))).not.toEqual([]);
  });

  it('holds a bounded number: the one learned longest ago makes room, also in the store', () => {
    const memory = new FamilyMemory(new Map(), 100, at(0));
    for (let i = 0; i < MAX_FAMILIES; i++) memory.learn(`4 ${i}`, { answered: true }, at(0));
    memory.learn('4 0', { forceUdp: true }, at(1));
    const effects = memory.learn('4 new', { answered: true }, at(2));
    expect(effects[0]).toEqual({ kind: 'store', key: 'family 4 1', value: undefined });
    expect(memory.recall('4 0')).toMatchObject({ forceUdp: true });
  });

  it('is there again after a restart; under another clock its time begins anew', () => {
    const store = new Map([[CLOCK_KEY, 'boot 1']]);
    const memory = new FamilyMemory(store, 100, at(0));
    write(store, memory.learn(SIX, { answered: false }, at(10)));
    expect(new FamilyMemory(store, 100, at(50)).until(SIX)).toBe(at(110));
    expect(new FamilyMemory(store, 20, at(50)).until(SIX)).toBe(at(70)); // configured shorter now
    store.set(CLOCK_KEY, 'boot 2');
    expect(new FamilyMemory(store, 100, at(3)).until(SIX)).toBe(at(103));
    expect(new FamilyMemory(store, 0, at(3)).recall(SIX)).toBeUndefined();
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '7',
    '{"answered":1,"forceUdp":false,"until":1}',
    '{"answered":true,"forceUdp":false,"until":-1}',
    '{"answered":true,"forceUdp":false}',
  ])('leaves out what it has not written: %s', (value) => {
    const memory = new FamilyMemory(new Map([['family 6 x', value]]), 100, at(0));
    expect(memory.recall('6 x')).toBeUndefined();
  });
});

describe('a mobile node that comes back', () => {
  it('takes IPv4 at once where IPv6 had no answer, and IPv6 where it had', () => {
    const net = dual();
    net.plug('eth0', broken());
    net.run(20);
    net.plug('eth0', whole());
    net.run(40);
    net.take();
    net.plug('eth0', broken());
    expect(net.run(60).take('CARE_OF_CHOSEN', 'BINDING_ACCEPTED').at(-1)).toContain('10.0.0.5');
    expect(net.node.view(net.now).bul[0]).toMatchObject({
      careOf: '10.0.0.5',
      state: 'bound',
      choice: {
        rule: 'remembered',
        reason: 'Binding Updates over IPv6 had no answer in this network before',
        next: { why: 'IPv6 is tried again', at: at(3610.53) },
      },
    });
    // IPv6 failed elsewhere just now: here it is known to work.
    net.plug('eth0', whole());
    net.run(80);
    expect(net.node.view(net.now).bul[0]).toMatchObject({ careOf: COA_B, state: 'bound' });
  });

  it('stays with IPv4 in a network that it does not know, while the failure is fresh', () => {
    const net = dual();
    net.plug('eth0', broken());
    net.run(20);
    net.unplug('eth0');
    net.plug('eth0', { ...whole(), raDelay: 400 });
    net.run(30);
    expect(net.node.view(net.now).bul[0]).toMatchObject({
      careOf: '10.0.2.5',
      choice: { rule: 'unanswered' },
    });
    net.run(330);
    expect(net.node.view(net.now).bul[0]).toMatchObject({ careOf: COA_B, state: 'bound' });
  });

  it('tries IPv6 again when the memory ends', () => {
    const net = dual({ familyMemory: 600 });
    net.plug('eth0', broken());
    net.run(600);
    net.take();
    expect(net.run(630).take('CARE_OF_CHOSEN').slice(0, 2)).toEqual([
      `610.53 CARE_OF_CHOSEN eth0 ${COA_A} IPv6 comes first`,
      '617.53 CARE_OF_CHOSEN eth0 10.0.0.5 three Binding Updates over IPv6 had no answer',
    ]);
  });

  it('learns nothing of IPv6 from a home agent that was away altogether', () => {
    const net = dual();
    net.homeAgent = () => (net.now < 20_000 ? undefined : {});
    net.plug('eth0', broken());
    net.run(100);
    expect(net.node.view(net.now).bul[0]).toMatchObject({ careOf: '10.0.0.5', state: 'bound' });
    expect([...net.store.keys()].filter((key) => key.startsWith('family 6'))).toEqual([]);
  });
});

describe('RFC 5555 §4.4.1: UDP as the last resort', () => {
  it('F is set when nothing comes back, kept when that helps, and remembered', () => {
    const net = dual();
    net.homeAgent = grantingUdp;
    net.plug('eth0', only4());
    net.run(1);
    expect(net.tunnel?.udp).toBeUndefined();
    net.input({ kind: 'firstPacket', tunnel: HOA, direction: 'out' });
    net.run(10.9);
    expect(net.take('TUNNEL_SILENT')).toEqual([]);
    net.run(12);
    expect(flags(net)).toEqual([false, true]);
    expect(net.tunnel?.udp).toBeDefined();
    net.input({ kind: 'firstPacket', tunnel: HOA, direction: 'in' });
    net.run(60);
    expect(flags(net)).toEqual([false, true]);
    net.unplug('eth0');
    net.plug('eth0', only4());
    net.run(70);
    expect(flags(net)).toEqual([false, true, true]);
  });

  it('F is taken back when UDP is as silent, and not tried again here', () => {
    const net = dual();
    net.homeAgent = grantingUdp;
    net.plug('eth0', only4());
    net.run(1);
    for (const second of [12, 24, 36]) {
      net.input({ kind: 'firstPacket', tunnel: HOA, direction: 'out' });
      net.run(second);
    }
    expect(flags(net)).toEqual([false, true, false]);
    expect(net.tunnel?.udp).toBeUndefined();
    expect(net.events.filter((e) => e.event.code === 'TUNNEL_SILENT')).toHaveLength(2);
  });

  it('nothing is done where something comes back', () => {
    const net = dual();
    net.homeAgent = grantingUdp;
    net.plug('eth0', only4());
    net.run(1);
    net.input({ kind: 'firstPacket', tunnel: HOA, direction: 'out' });
    net.run(9);
    net.input({ kind: 'firstPacket', tunnel: HOA, direction: 'in' });
    net.run(60);
    expect(flags(net)).toEqual([false]);
  });

  it('a home agent that refuses F (144) is asked once', () => {
    const net = dual();
    net.homeAgent = ({ message }) =>
      (message.flags & BU_FLAG.forceUdp) !== 0 ? { status: 144 } : {};
    net.plug('eth0', only4());
    net.run(1);
    for (const second of [12, 24]) {
      net.input({ kind: 'firstPacket', tunnel: HOA, direction: 'out' });
      net.run(second);
    }
    expect(flags(net)).toEqual([false, true, false, false]);
    expect(net.node.view(net.now).bul[0]).toMatchObject({ state: 'bound', path: 'ipv4' });
  });
});

const SIX = network6(mac('02:00:00:00:00:0a'), prefix('2001:db8:a::/64') as Prefix<Ipv6>);
const FOUR = network4(mac('02:00:00:00:00:0a'), ipv4('10.0.0.1'));
const COA_A = '2001:db8:a1::ff:fe00:10';
const COA_B = '2001:db8:b1::ff:fe00:10';

/** IPv6 leads nowhere, IPv4 works. */
const broken = (): Network =>
  network({
    prefixes: ['2001:db8:a1::/64'],
    routerMac: mac('02:00:00:00:00:0a'),
    ipv6Lost: true,
    dhcp: { address: ipv4('10.0.0.5'), router: ipv4('10.0.0.1'), lease: 86400, delay: 5 },
  });

const whole = (): Network =>
  network({
    prefixes: ['2001:db8:b1::/64'],
    routerMac: mac('02:00:00:00:00:0b'),
    dhcp: { address: ipv4('10.0.2.5'), router: ipv4('10.0.2.1'), lease: 86400, delay: 5 },
  });

const only4 = (): Network =>
  network({
    dhcp: { address: ipv4('10.0.3.5'), router: ipv4('10.0.3.1'), lease: 86400, delay: 5 },
  });

const dual = (options: { familyMemory?: number } = {}): ScriptedNetwork =>
  new ScriptedNetwork({ dsmip: true, ...options });

const grantingUdp: ScriptedNetwork['homeAgent'] = ({ message }) => {
  const forceUdp = (message.flags & BU_FLAG.forceUdp) !== 0;
  return { options: [{ kind: 'natDetection', forceUdp, refresh: 0xffffffff }] };
};

/** Whether F was set in each update over IPv4. */
const flags = (net: ScriptedNetwork): boolean[] =>
  net.updates.filter((u) => u.via === 'udp').map((u) => (u.message.flags & BU_FLAG.forceUdp) !== 0);

function write(store: Map<string, string>, effects: readonly StoreEffect[]): void {
  for (const { key, value } of effects) {
    if (value === undefined) store.delete(key);
    else store.set(key, value);
  }
}
