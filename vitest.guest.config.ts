import { defineConfig } from 'vitest/config';

/** Run inside a kernel that has Mobile IPv6, tunnels and traffic control: one file at a time. */
export default defineConfig({
  test: {
    include: ['test/guest/**/*.guest.ts'],
    disableConsoleIntercept: true,
    fileParallelism: false,
    // A limit against hanging, not a measure: some guest kernels are emulated.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
