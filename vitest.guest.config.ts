/**
 * What runs inside a guest kernel: `test/guest/uml.test.ts` and its neighbours boot one and run these there. As root of
 * this machine they would run too, and say what this kernel lacks.
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/guest/**/*.guest.ts'],
    disableConsoleIntercept: true,
    // One processor, one kernel: nothing beside one another.
    fileParallelism: false,
    // Limits against hanging, not measures: an emulated machine is many times slower.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
  },
});
