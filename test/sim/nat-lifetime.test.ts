/** A mobile node behind a NAT, and what the NAT does to it, between real roles in virtual time. RFC 5555 §4.2, §4.3 */
import { describe, expect, it } from 'vitest';
import type { EventCode } from '../../src/core/event.js';
import { HOME, roam, type Roam, type RoamOptions } from './roam-network.js';

describe('an adaptive keep-alive', () => {
  it.each([40, 60, 180, 300])(
    'finds that mappings live %i s, though the NAT keeps ports',
    (life) => {
      const r = behindNat({ nat: { udpTimeout: life * 1000 }, ha: { natAdaptive: true } });
      r.net.runFor(3 * 3600_000);
      const { natRefresh } = entry(r);
      expect(natRefresh).toBeLessThan(life);
      expect(natRefresh).toBeGreaterThan(life * 0.7);
      // It is in reach at any time of an hour.
      const ping = r.ping(HOME, 613_000);
      ping.start();
      const lost = count(r, 'NAT_LOST');
      r.net.runFor(3600_000);
      ping.close();
      expect(ping.summary.received).toBe(ping.summary.sent);
      expect(count(r, 'NAT_LOST')).toBe(lost);
      expect(count(r, 'NAT_REFRESH')).toBeGreaterThan(0);
    },
  );

  it('is not learned unless asked for: what the home agent is told is what it suggests', () => {
    const r = behindNat({ nat: { udpTimeout: 60_000 }, ha: { natRefresh: 90 } });
    r.net.runFor(600_000);
    expect(entry(r).natRefresh).toBe(90);
    expect(count(r, 'NAT_LOST')).toBe(0);
  });
});

describe('a NAT that changes under a binding', () => {
  it('forgets and gives another port: within one keep-alive the tunnel follows', () => {
    const r = behindNat({ nat: { portPreservation: false } });
    const was = mapped(r);
    r.net.host('nat').nat!.forget();
    const ping = r.ping(HOME, 1000);
    ping.start();
    r.net.runFor(112_000);
    expect(mapped(r)).not.toEqual(was);
    expect(count(r, 'NAT_CHANGED')).toBe(1);
    const from = r.net.clock.now();
    r.net.runFor(5500);
    ping.close();
    const { sent, received } = ping.counted(from, r.net.clock.now());
    expect(sent).toBeGreaterThan(3);
    expect(received).toBeGreaterThanOrEqual(sent - 1);
  });

  it('goes away: both ends say so, and the tunnel is plain IPv4', () => {
    const r = behindNat();
    expect(entry(r)).toMatchObject({ path: 'udp', nat: true, natRefresh: 110 });
    r.net.host('nat').nat = undefined;
    r.net.addRoute('ha', '10.1.0.0/24', { via: '198.51.100.9', link: 'eth1' });
    r.net.runFor(112_000);
    expect(entry(r)).toMatchObject({ path: 'ipv4', nat: false, natRefresh: null });
    expect(bc(r)).toMatchObject({ path: 'ipv4', mapped: null });
    expect(nodes(r, 'NAT_NONE')).toEqual(['ha', 'mn']);
  });

  it('appears: the next Binding Update finds it, both ends say so, and the tunnel is in UDP', () => {
    const r = behindNat({ mn: { bindingLifetime: 600 } });
    const { nat } = r.net.host('nat');
    r.net.host('nat').nat = undefined;
    r.net.addRoute('ha', '10.1.0.0/24', { via: '198.51.100.9', link: 'eth1' });
    r.net.runFor(112_000);
    r.net.journal.length = 0;
    r.net.host('nat').nat = nat;
    r.net.runFor(600_000);
    expect(entry(r)).toMatchObject({ path: 'udp', nat: true, natRefresh: 110 });
    expect(nodes(r, 'NAT_FOUND')).toEqual(['ha', 'mn']);
  });
});

function behindNat(options: Omit<RoamOptions, 'seed'> = {}): Roam {
  const r = roam({ seed: 11, ...options });
  r.net.runFor(5000);
  r.move('v4');
  r.net.runFor(20_000);
  expect(entry(r)).toMatchObject({ state: 'bound', path: 'udp' });
  return r;
}

const entry = (r: Roam) => r.mn.role.view(r.net.clock.now()).bul[0]!;
const bc = (r: Roam) => r.ha.role.view(r.net.clock.now()).bc[0]!;
const mapped = (r: Roam) => bc(r).mapped;
const count = (r: Roam, code: EventCode): number =>
  r.net.journal.filter((e) => e.event.code === code).length;
const nodes = (r: Roam, code: EventCode): string[] =>
  [...new Set(r.net.journal.filter((e) => e.event.code === code).map((e) => e.host))].sort();
