/** One trip on bad links, all of it drawn from a seed, and whether it came out right. */
import { PERFECT_LINK } from '../../src/sim/link.js';
import { SeededRandom } from '../../src/sim/random.js';
import { HOME, HOME4, roam, type LinkHere, type Roam } from './roam-network.js';

/** What went wrong, or nothing. The way, the stays and the end are the seed's. */
export function trip(seed: number, watch?: (r: Roam) => void): string | undefined {
  const r = roam({ seed, faults: BAD, raInterval: [1500, 2000] });
  watch?.(r);
  const random = new SeededRandom(`trip ${seed}`);
  const pings = [r.ping(HOME, 1000), r.ping(HOME4, 1000)];
  for (const ping of pings) ping.start();
  let here: LinkHere = 'home';
  const stops: LinkHere[] = ['b', 'v4', 'c', 'home'];
  // Half the trips end somewhere else.
  if (random.chance(0.5)) stops.push(...STOPS.filter((s) => s !== 'home' && random.chance(0.5)));
  for (const stop of stops) {
    r.net.runFor(500 + random.fraction() * 6000);
    r.move(stop, random.chance(0.5) ? 0 : random.fraction() * 800);
    here = stop;
  }
  for (let waited = 0; fault(r, here) !== undefined; waited += LOOK) {
    if (waited >= PATIENCE) return `at ${here}: ${fault(r, here)}`;
    r.net.runFor(LOOK);
  }
  // On good links it stays so, and everything flows.
  for (const link of r.net.links) link.faults = PERFECT_LINK;
  const healed = r.net.clock.now();
  const flows = () => pings.every((ping) => ping.counted(healed, r.net.clock.now()).received > 1);
  for (let waited = 0; !flows(); waited += LOOK) {
    if (waited >= HEALING) return `at ${here}: no answers, ${fault(r, here) ?? 'registered'}`;
    r.net.runFor(LOOK);
  }
  return fault(r, here) ?? overdue(r);
}

function fault(r: Roam, here: LinkHere): string | undefined {
  const now = r.net.clock.now();
  const mn = r.mn.role.view(now);
  const bc = r.ha.role.view(now).bc;
  const bul = mn.bul[0]!;
  const at = mn.homes[0]!.where;
  if (here === 'home') {
    if (at !== 'home') return `where is ${at}, ${bul.state} ${bul.careOf}`;
    return bc.length === 0 ? undefined : `the home agent still has ${bc[0]!.careOf}`;
  }
  if (at !== 'away' || bul.state !== 'bound') return `where is ${at}, ${bul.state} ${bul.careOf}`;
  if (!bul.careOf?.startsWith(PREFIX[here])) return `registered ${bul.careOf}`;
  if (bc.length !== 1 || bc[0]!.state !== 'bound') return `the home agent has ${bc.length}`;
  if (bc[0]!.careOf !== bul.careOf) return `the home agent has ${bc[0]!.careOf}`;
  return bul.path === bc[0]!.path ? undefined : `paths ${bul.path} and ${bc[0]!.path}`;
}

/** A deadline in the past is one that `handleTimeout` does not serve. */
function overdue(r: Roam): string | undefined {
  const now = r.net.clock.now();
  for (const { role } of [r.mn, r.ha]) {
    const next = role.pollTimeout();
    if (next && next.at < now) return `${next.why} was due ${now - next.at} ms ago`;
  }
  return undefined;
}

const BAD = {
  latency: 2,
  jitter: 3,
  loss: 0.2,
  duplication: 0.1,
  reordering: 0.1,
  reorderDelay: 40,
};
const PREFIX = { b: '2001:db8:b:', c: '2001:db8:c:', v4: '10.1.0.' } as const;
const STOPS: readonly LinkHere[] = ['b', 'v4', 'c', 'home'];
/** Retransmissions are 32 s apart in the end, and four of ten get through: all of these seeds do in time. */
const PATIENCE = 1_500_000;
const LOOK = 250;
/** A lease that is still wanted is asked for every 64 s. */
const HEALING = 200_000;
