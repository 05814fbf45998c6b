/** The contract of the ports on the kernel datapath: whatever this kernel can do of it. */
import { afterEach, describe, expect, it } from 'vitest';
import { canForward } from '../../src/linux/datapath/abilities.js';
import { probeAbilities } from '../../src/linux/datapath/probe-abilities.js';
import { linuxBench } from '../linux/linux-bench.js';
import { removeNamespaces } from '../linux/netns.js';
import { datapathContract } from '../ports/datapath-contract.js';
import { linksContract } from '../ports/links-contract.js';
import { packetIoContract } from '../ports/packet-io-contract.js';

const { abilities, findings } = await probeAbilities();

it('this kernel can forward', () => {
  expect(canForward(abilities), JSON.stringify(findings)).toBe(true);
});

describe('in network namespaces', () => {
  afterEach(removeNamespaces);
  packetIoContract('the kernel', () => linuxBench(abilities));
  linksContract('the kernel', () => linuxBench(abilities));
  datapathContract('the kernel', () => linuxBench(abilities));
});
