/** A process that boots a guest and says so, to be killed. */
import { umlGuest } from '../../src/lab/guest/uml.js';

void umlGuest().run(['sleep', '1000'], {
  cwd: '/',
  environment: {},
  writable: [],
  memory: 256,
  timeoutMs: 100_000,
  onOutput: () => {},
  onProgress: (_, done) => {
    if (done) console.log('up');
  },
});
