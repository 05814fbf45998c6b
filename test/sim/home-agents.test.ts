/** Two home agents on one home link, and a mobile node that is told of neither. RFC 6275 §10.5, §11.4.1 */
import { describe, expect, it } from 'vitest';
import { ipv6, prefix, type Ipv6, type Prefix } from '../../src/base/address.js';
import { after } from '../../src/base/time.js';
import { HomeAgent } from '../../src/core/ha/home-agent.js';
import type { HomeAgentOptions } from '../../src/core/ha/options.js';
import { AccessRouter } from '../../src/core/router/access-router.js';
import {
  HOME,
  HOME_AGENT,
  homeAgentOptions,
  mobileNodeOptions,
  roam,
  type Roam,
} from './roam-network.js';
import type { RunningRole } from '../../src/sim/network.js';

describe('two home agents', () => {
  it('hear of each other, and the mobile node takes the more preferred one', () => {
    const { r, second } = pair({ first: 10, second: 20 });
    r.net.runFor(5000);
    const heard = (ha: RunningRole<HomeAgent>) =>
      ha.role.homeAgents().map((a) => `${a.addresses.join(' ')} ${a.preference}`);
    expect(heard(r.ha)).toEqual([`${HOME_AGENT} 10`, `${SECOND} 20`]);
    expect(heard(second)).toEqual([`${SECOND} 20`, `${HOME_AGENT} 10`]);
    r.move('b');
    r.net.runFor(8000);
    expect(knows(r)).toEqual([`${SECOND} current`, `${HOME_AGENT} known`]);
    expect(second.role.view(r.net.clock.now()).bc).toMatchObject([{ state: 'bound' }]);
    expect(r.ha.role.view(r.net.clock.now()).bc).toEqual([]);
  });

  it('the mobile node registers with the other when its own dies, and data flows again', () => {
    const { r, second } = pair({ first: 20, second: 10 });
    r.net.runFor(5000);
    r.move('b');
    r.net.runFor(8000);
    expect(knows(r)[0]).toBe(`${HOME_AGENT} current`);
    r.ha.crash();
    r.move('c');
    const bound = () => second.role.view(r.net.clock.now()).bc.some((b) => b.state === 'bound');
    expect(r.net.runUntil(bound, 30_000)).toBe(true);
    expect(knows(r)).toEqual([`${HOME_AGENT} failed`, `${SECOND} current`]);
    const ping = r.ping(HOME, 100);
    ping.start();
    const from = r.net.clock.now();
    r.net.runFor(10_000);
    expect(ping.counted(after(from, 5000), after(from, 9000)).received).toBeGreaterThan(30);
    const told = r.net.journal.filter(({ event }) => event.code === 'HOME_AGENT_CHANGED');
    expect(told.at(-1)!.event.fields).toMatchObject({
      homeAddress: HOME,
      from: HOME_AGENT,
      to: SECOND,
      reason: 'it does not answer',
    });
  });

  it('the mobile node goes to the other at once when the first has no room (130)', () => {
    const { r, second } = pair({ first: 20, second: 10 }, { maxBindings: 0 });
    r.net.runFor(5000);
    r.move('b');
    r.net.runFor(6000);
    expect(knows(r)).toEqual([`${HOME_AGENT} failed`, `${SECOND} current`]);
    expect(second.role.view(r.net.clock.now()).bc).toMatchObject([{ state: 'bound' }]);
  });

  it('one answers for both when the mobile node starts away from home', () => {
    const { r } = pair({ first: 10, second: 20 }, {}, 'b');
    const bound = () => r.mn.role.view(r.net.clock.now()).bul[0]?.state === 'bound';
    expect(r.net.runUntil(bound, 30_000)).toBe(true);
    expect(knows(r)).toEqual([`${SECOND} current`, `${HOME_AGENT} known`]);
    const asked = r.net.journal.filter(({ event }) => event.code === 'DHAAD_ANSWER');
    expect(asked).toHaveLength(1);
  });

  it('come home from the second as from the first', () => {
    const { r, second } = pair({ first: 10, second: 20 });
    r.net.runFor(5000);
    r.move('b');
    r.net.runFor(8000);
    r.move('home');
    r.net.runFor(8000);
    expect(r.mn.role.view(r.net.clock.now()).homes[0]!.where).toBe('home');
    expect(second.role.view(r.net.clock.now()).bc).toEqual([]);
  });
});

/** `first` and `second`: preferences. */
function pair(
  preference: { readonly first: number; readonly second: number },
  ha: Partial<HomeAgentOptions> = {},
  start: 'home' | 'b' = 'home',
): { r: Roam; second: RunningRole<HomeAgent> } {
  const [home] = mobileNodeOptions().homes;
  const homes = [{ ...home!, homeAgent: ipv6('::'), homeAgent4: null }];
  const r = roam({
    seed: 1,
    ha: { ...ha, preference: preference.first },
    mn: { homes },
    homeAgentInformation: { preference: preference.first, lifetime: 1800 },
  });
  if (start !== 'home') r.net.move('mn', 'eth0', start);
  r.net.addHost('ha2', { forwarding: true });
  r.net.addInterface('ha2', 'eth0', { link: 'home', addresses: [`${SECOND}/64`] });
  r.net.addRoute('ha2', '::/0', { via: HOME_AGENT, link: 'eth0' });
  const advertise = {
    link: 'eth0',
    prefixes: [
      {
        prefix: prefix('2001:db8:a::/64') as Prefix<Ipv6>,
        routerAddress: SECOND,
        validLifetime: 86_400,
        preferredLifetime: 14_400,
      },
    ],
    homeAgent: true,
    homeAgentInformation: { preference: preference.second, lifetime: 1800 },
    routerLifetime: 1800,
    minInterval: 3000,
    maxInterval: 4000,
    advertiseInterval: true,
  };
  r.net.run(
    'ha2',
    'router',
    (random) => new AccessRouter({ advertise: [advertise], dhcp: [] }, random),
  );
  const options = homeAgentOptions({
    address: SECOND,
    address4: null,
    dsmip: false,
    preference: preference.second,
  });
  const second = r.net.run('ha2', 'ha', (random) => new HomeAgent(options, random));
  return { r, second };
}

const knows = (r: Roam): string[] =>
  r.mn.role.homeAgents()[0]!.agents.map(({ address, state }) => `${address} ${state}`);

const SECOND = ipv6('2001:db8:a::2');
