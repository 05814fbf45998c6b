import { makeGuest } from '../../src/lab/guest/make.js';
import { runInside, tellInside } from './inside.js';

/** Emulated, these take long: what a kernel can differ in, and no more. */
const FILES = ['kernel', 'guard', 'fou', 'rtnetlink', 'traffic-filter'].map(
  (name) => `test/guest/${name}.guest.ts`,
);

for (const kernel of ['6.1', '6.12'] as const) {
  const ran = await runInside(() => makeGuest('vm', kernel, () => {}), FILES);
  tellInside(`under Debian's ${kernel}`, ran);
}
