/** A process that boots the guest that its arguments name and says so, to be killed. */
import type { KernelName } from '../../src/lab/guest/debian-kernel.js';
import type { GuestKind } from '../../src/lab/guest/guest.js';
import { makeGuest } from '../../src/lab/guest/make.js';

const [kind, kernel] = process.argv.slice(2) as [GuestKind, KernelName | undefined];
void makeGuest(kind, kernel, () => {}).then((guest) =>
  guest.run(['sleep', '1000'], {
    cwd: '/',
    environment: {},
    writable: [],
    memory: 512,
    timeoutMs: 100_000,
    onOutput: () => {},
    onProgress: (_, done) => {
      if (done) console.log('up');
    },
  }),
);
