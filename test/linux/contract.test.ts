/** The contract of every port, for the Linux adapter: two namespaces on one switch. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe } from 'vitest';
import { LinuxClock } from '../../src/linux/clock.js';
import { FileStore } from '../../src/linux/store.js';
import { clockContract } from '../ports/clock-contract.js';
import { datapathContract } from '../ports/datapath-contract.js';
import { linksContract } from '../ports/links-contract.js';
import { packetIoContract } from '../ports/packet-io-contract.js';
import { storeContract } from '../ports/store-contract.js';
import { linuxBench, pause, scratch } from './linux-bench.js';
import { isRoot, removeNamespaces } from './netns.js';

clockContract('linux', () => ({ clock: new LinuxClock(), pass: pause }));

storeContract('linux', () => {
  const path = join(mkdtempSync(join(scratch, 'store-')), 'mn.store');
  const store = new FileStore(path);
  return {
    store,
    reopen: () => {
      store.close();
      return new FileStore(path);
    },
  };
});

describe.skipIf(!isRoot)('in network namespaces', () => {
  afterEach(removeNamespaces);
  packetIoContract('linux', () => linuxBench());
  linksContract('linux', () => linuxBench());
  datapathContract('linux', () => linuxBench());
});
