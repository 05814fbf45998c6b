/** A mobile node, its home agent and everything between them, in virtual time: home → b → v4 → c → home. */
import { describe, expect, it } from 'vitest';
import { instant, type Instant, type Millis } from '../../src/base/time.js';
import { toHex } from '../../src/base/bytes.js';
import type { Role } from '../../src/core/role.js';
import { HOME, HOME4, roam, type LinkHere, type Roam, type RoamOptions } from './roam-network.js';

describe('a round trip through every kind of network', () => {
  it('ends each stop registered where it is, with both families flowing', () => {
    const r = roam({ seed: 1 });
    const pings = [HOME, HOME4].map((address) => r.ping(address, 20));
    for (const ping of pings) ping.start();
    r.net.runFor(5000);
    const lines: string[] = [];
    for (const stop of ['start', 'b', 'v4', 'c', 'home'] as const) {
      if (stop !== 'start') r.move(stop);
      r.net.runFor(SETTLE);
      const from = r.net.clock.now();
      r.net.runFor(2000);
      const flowing = pings.map((ping) => share(ping.counted(from, before(r, 500))));
      lines.push(`${stop}: ${where(r)}, pings ${flowing.join(' and ')}`);
    }
    expect(lines).toEqual([
      'start: home, HA none, pings 1 and 1',
      'b: away at 2001:db8:b::ff:fe00:a by ipv6, HA agrees, pings 1 and 1',
      'v4: away at 10.1.0.200 by udp, HA agrees, pings 1 and 1',
      'c: away at 2001:db8:c::ff:fe00:a by ipv6, HA agrees, pings 1 and 1',
      'home: home, HA none, pings 1 and 1',
    ]);
  });

  it('has one outage a move, no longer than its cause', () => {
    const r = roam({ seed: 2 });
    const ping = r.ping(HOME, 20);
    ping.start();
    r.net.runFor(5000);
    const since = r.net.clock.now();
    for (const stop of ['b', 'v4', 'c', 'home'] as const) {
      r.move(stop);
      r.net.runFor(SETTLE);
    }
    ping.close();
    const outages = ping.outages(2).filter((o) => o.from >= since);
    // The tunnel of the last stop dies with its link; the next one stands with the acknowledgement.
    expect(outages.length).toBeLessThanOrEqual(4);
    for (const { from, to } of outages) {
      expect(to).toBeDefined();
      expect(to! - from).toBeLessThan(LONGEST_OUTAGE);
    }
  });

  it('the NAT is found, and its mapping is kept alive while nothing else is said', () => {
    const r = roam({ seed: 3, nat: { udpTimeout: 150_000 } });
    r.net.runFor(5000);
    r.move('v4');
    r.net.runFor(600_000);
    expect(where(r)).toBe('away at 10.1.0.200 by udp, HA agrees');
    const ping = r.ping(HOME, 1000);
    ping.start();
    r.net.runFor(5500);
    ping.close();
    expect(ping.summary.received).toBeGreaterThanOrEqual(5);
    const codes = new Set(r.net.journal.map((e) => e.event.code));
    expect(codes).toContain('NAT_FOUND');
    expect(codes).toContain('NAT_KEEPALIVE');
  });
});

it('at rest nobody wakes for nothing: every deadline that comes has an effect', () => {
  const r = roam({ seed: 6 });
  const wakes: string[] = [];
  let resting = false;
  for (const [name, running] of [
    ['mn', r.mn],
    ['ha', r.ha],
  ] as const) {
    onTimeout(running.role, (why, effects) => {
      if (resting) wakes.push(`${name} ${why}: ${effects > 0 ? 'effects' : 'nothing'}`);
    });
  }
  const rest = (stop: LinkHere) => {
    r.move(stop);
    r.net.runFor(20_000);
    resting = true;
    r.net.runFor(300_000);
    resting = false;
    return counted(wakes.splice(0));
  };
  expect(rest('b')).toEqual(['mn DHCP retransmission on eth0: effects, 5 times']);
  expect(rest('v4')).toEqual([`mn NAT keep-alive for ${HOME}: effects, 2 times`]);
  expect(rest('home')).toEqual([]);
});

describe('determinism', () => {
  it('the same seed gives the same octets at the same times, another seed others', () => {
    const bad = { loss: 0.2, duplication: 0.1, reordering: 0.1, reorderDelay: 30, jitter: 5 };
    const trace = (seed: number) => {
      const lines: string[] = [];
      journey({ seed, faults: bad }, (r) => {
        r.net.tap = (link, at, octets) => lines.push(`${at} ${link} ${toHex(octets)}`);
      });
      return lines;
    };
    const first = trace(4);
    expect(first.length).toBeGreaterThan(200);
    expect(trace(4)).toEqual(first);
    expect(trace(5)).not.toEqual(first);
  });
});

/** A short trip; `watch` may look on from the start. */
function journey(options: RoamOptions, watch: (r: Roam) => void): void {
  const r = roam(options);
  watch(r);
  const ping = r.ping(HOME, 500);
  ping.start();
  for (const stop of ['b', 'v4', 'home'] as const satisfies LinkHere[]) {
    r.net.runFor(5000);
    r.move(stop);
  }
  r.net.runFor(5000);
}

function where(r: Roam): string {
  const now = r.net.clock.now();
  const view = r.mn.role.view(now);
  const bc = r.ha.role.view(now).bc;
  const { where: at } = view.homes[0]!;
  if (at !== 'away') return `${at}, HA ${bc.length === 0 ? 'none' : `has ${bc[0]!.careOf}`}`;
  const { careOf, path, state } = view.bul[0]!;
  const agrees = bc.length === 1 && bc[0]!.careOf === careOf && bc[0]!.path === path;
  const bound = state === 'bound' ? '' : `${state} `;
  return `away ${bound}at ${careOf} by ${path}, HA ${agrees ? 'agrees' : JSON.stringify(bc)}`;
}

/** Tells of every timeout of a role: which deadline it was for, and how many effects came of it. */
function onTimeout(role: Role, tell: (why: string, effects: number) => void): void {
  const { handleTimeout, pollEffect } = role;
  let why: string | undefined;
  let effects = 0;
  role.handleTimeout = (now) => {
    why = role.pollTimeout()?.why ?? 'no deadline';
    effects = 0;
    handleTimeout.call(role, now);
  };
  // The pump asks until there is no more.
  role.pollEffect = () => {
    const effect = pollEffect.call(role);
    if (effect) effects++;
    else if (why !== undefined) {
      tell(why, effects);
      why = undefined;
    }
    return effect;
  };
}

function counted(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, n]) => `${line}, ${n} times`);
}

const before = (r: Roam, ms: Millis): Instant => instant(r.net.clock.now() - ms);
const share = (c: { sent: number; received: number }): number => c.received / c.sent;

const SETTLE: Millis = 8000;
/** Ours: an advertisement waits up to 0.5 s (RFC 4861 §6.2.6), the first registration 1 s (RFC 6275 §10.3.1). */
const LONGEST_OUTAGE: Millis = 2000;
