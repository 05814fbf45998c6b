/** Coming home with the whole home link around: RFC 6275 §11.5.5. */
import { expect, it } from 'vitest';
import { ipv6 } from '../../src/base/address.js';
import { HOME, mobileNodeOptions, roam } from './roam-network.js';

it('several home addresses come home to one link, each deregistered for itself', () => {
  const [home] = mobileNodeOptions().homes;
  const second = { ...home!, homeAddress: SECOND, homeAddress4: null };
  const r = roam({
    seed: 'two addresses',
    mn: { homes: [home!, second] },
    ha: { acl: [HOME, SECOND].map((a) => ({ homeAddress: a, status: 0, homeAddress4: null })) },
  });
  r.net.runFor(3000);
  r.move('b');
  r.net.runFor(6000);
  const bound = () => r.ha.role.view(r.net.clock.now()).bc.map((b) => b.homeAddress);
  expect(bound()).toEqual([HOME, SECOND]);
  r.move('home');
  r.net.runFor(6000);
  expect(bound()).toEqual([]);
  for (const address of [HOME, SECOND]) {
    expect(where(r, address)).toBe('home');
    const ping = r.ping(address, 100);
    ping.start();
    r.net.runFor(2000);
    ping.close();
    expect([address, ping.summary.received >= 18]).toEqual([address, true]);
  }
});

const where = (r: ReturnType<typeof roam>, address: string) =>
  r.mn.role.view(r.net.clock.now()).homes.find((h) => h.homeAddress === address)?.where;

const SECOND = ipv6('2001:db8:a::101');
