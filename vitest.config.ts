import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real child processes and sockets on a busy two-core machine: generous limits, no tight timing.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // After each test no process that it started may be left.
    setupFiles: ['test/support/census.ts', 'test/support/cache-home.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
  },
});
