/** What a mobile node makes of a home agent that says no, with the whole network around it. */
import { expect, it } from 'vitest';
import { eventSentence } from '../../src/core/event.js';
import { HOME, roam } from './roam-network.js';

it('RFC 6275 §11.7.3: a refusal that time may cure is asked about again, also after a move', () => {
  const prohibited = { homeAddress: HOME, status: 129, homeAddress4: null };
  const r = roam({ seed: 1, ha: { acl: [prohibited] } });
  r.net.runFor(3000);
  r.move('b');
  r.net.runFor(5000);
  const sent = () =>
    r.net.journal.filter((e) => e.event.code === 'BU_SENT').map((e) => eventSentence(e.event));
  expect(r.mn.role.view(r.net.clock.now()).bul[0]).toMatchObject({
    state: 'refused',
    lastStatus: 129,
  });
  r.move('v4', 500); // for half a second there is no address to register at all
  r.net.runFor(5000);
  r.move('c', 500);
  const before = sent().length;
  r.net.runFor(300_000);
  expect(sent().length).toBeGreaterThan(before);
  expect(sent().at(-1)).toContain('2001:db8:c:');
});
