/**
 * The kernel datapath, killed at any moment. A process takes a guest long to start: 20 are killed, and 80 times a
 * world of this process is left as it is.
 */
import { afterAll, it } from 'vitest';
import { probeAbilities } from '../../src/linux/datapath/probe-abilities.js';
import { killAndClean } from '../linux/kill-and-clean.js';
import { removeNamespaces } from '../linux/netns.js';

const { abilities } = await probeAbilities();
const nftables = abilities.admission === 'nft';

afterAll(removeNamespaces);

it('killed 100 times: nothing of ours is left after a cleaning, and nothing of others is touched', () =>
  killAndClean(abilities, { killed: 20, abandoned: 80, nftables }));
