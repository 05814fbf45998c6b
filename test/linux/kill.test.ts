/** The userspace datapath, killed at any moment. */
import { afterEach, describe, it } from 'vitest';
import { USER_SPACE } from '../../src/linux/datapath/abilities.js';
import { killAndClean } from './kill-and-clean.js';
import { isRoot, removeNamespaces } from './netns.js';

describe.skipIf(!isRoot)('killed 100 times', () => {
  afterEach(removeNamespaces);

  it('leaves nothing of ours after a cleaning, and nothing of others is touched', () =>
    killAndClean(USER_SPACE, { killed: 100, abandoned: 0, nftables: true }));
});
