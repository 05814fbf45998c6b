import { describe, expect, it } from 'vitest';
import { ipv6, mac } from '../../../src/base/address.js';
import type { Instant } from '../../../src/base/time.js';
import { CareOfAddress } from '../../../src/core/mn/care-of-address.js';
import { decodeIcmpv6 } from '../../../src/wire/icmpv6.js';
import { decodeIpv6 } from '../../../src/wire/ipv6-codec.js';
import { at, drive } from '../../helpers/drive.js';
import { say } from './say.js';

describe('duplicate address detection, RFC 4862 §5.4', () => {
  it('optimistic: usable at once, RFC 4429 §3.3', () => {
    const address = make({ optimistic: true });
    expect(address.usable).toBe(true);
    expect(address.state).toBe('tentative');
    expect(trace(address, 0, 60)).toEqual([
      '0 NS eth0 from :: for 2001:db8:a::1',
      '0 ADDRESS_READY eth0 2001:db8:a::1',
    ]);
    expect(address.state).toBe('preferred');
  });

  it('strict: usable after RetransTimer', () => {
    const address = make({ optimistic: false });
    expect(address.usable).toBe(false);
    expect(trace(address, 0, 60)).toEqual([
      '0 NS eth0 from :: for 2001:db8:a::1',
      '1 ADDRESS_READY eth0 2001:db8:a::1',
    ]);
    expect(address.usable).toBe(true);
  });

  it('strict, with the RetransTimer that the router advertises', () => {
    const address = make({ optimistic: false, retransTimer: 250 });
    expect(trace(address, 0, 60)[1]).toBe('0.25 ADDRESS_READY eth0 2001:db8:a::1');
  });

  it('solicits the group of the address, without a link-layer address', () => {
    const effect = make().pollEffect();
    if (effect?.kind !== 'frame') throw new Error('no frame');
    expect(effect.destination).toBe('33:33:ff:00:00:01');
    const packet = decodeIpv6(effect.payload);
    expect(packet).toMatchObject({ source: '::', destination: 'ff02::1:ff00:1', hopLimit: 255 });
    expect(decodeIcmpv6(packet.payload, packet.source, packet.destination)).toEqual({
      kind: 'neighborSolicitation',
      target: '2001:db8:a::1',
      options: [],
    });
  });

  it.each([{ optimistic: true }, { optimistic: false }])(
    'an objection withdraws it, optimistic $optimistic',
    ({ optimistic }) => {
      const address = make({ optimistic });
      trace(address, 0, 0.5);
      address.handleConflict(OTHER);
      expect(address.usable).toBe(false);
      expect(address.state).toBe('duplicate');
      expect(trace(address, 0.5, 60)).toEqual(['0.5 ADDRESS_DUPLICATE eth0 2001:db8:a::1']);
    },
  );

  it('after it, objections are the stack’s business', () => {
    const address = make();
    trace(address, 0, 2);
    address.handleConflict(OTHER);
    expect(address.state).toBe('preferred');
  });
});

describe('lifetimes, RFC 4862 §5.5.4', () => {
  it('preferred, deprecated, expired', () => {
    const address = make({ valid: 20, preferred: 10 });
    trace(address, 0, 9.9);
    expect(address.state).toBe('preferred');
    trace(address, 9.9, 10);
    expect([address.state, address.usable, address.deprecated]).toEqual(['deprecated', true, true]);
    expect(trace(address, 10, 60)).toEqual(['20 ADDRESS_EXPIRED eth0 2001:db8:a::1']);
    expect([address.state, address.usable]).toEqual(['expired', false]);
    expect(address.pollTimeout()).toBeUndefined();
  });

  it('a further advertisement moves both', () => {
    const address = make({ valid: 20, preferred: 10 });
    trace(address, 0, 15);
    address.refresh(at(40), at(30), at(15));
    expect(address.state).toBe('preferred');
    expect(trace(address, 15, 60)).toEqual(['40 ADDRESS_EXPIRED eth0 2001:db8:a::1']);
  });

  it('for ever needs no timer', () => {
    const address = make({ valid: null, preferred: null });
    trace(address, 0, 2);
    expect(address.pollTimeout()).toBeUndefined();
    expect(address.validUntil).toBeNull();
  });
});

const OTHER = mac('02:00:00:00:00:99');

interface Make {
  optimistic: boolean;
  retransTimer: number;
  valid: number | null;
  preferred: number | null;
}

function make(part: Partial<Make> = {}): CareOfAddress {
  const { optimistic, retransTimer, valid, preferred } = {
    optimistic: true,
    retransTimer: 0,
    valid: 3600,
    preferred: 1800,
    ...part,
  };
  const until = (second: number | null): Instant | null => (second === null ? null : at(second));
  return new CareOfAddress(
    { link: 'eth0', address: ipv6('2001:db8:a::1'), optimistic, retransTimer },
    until(valid),
    until(preferred),
    at(0),
  );
}

function trace(address: CareOfAddress, from: number, until: number): string[] {
  return [...drive(address, at(from), at(until))].map(([t, e]) => `${t} ${say(e)}`);
}
