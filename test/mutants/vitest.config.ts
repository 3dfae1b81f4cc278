/** How do mutants meet the tests? The tables of decisions alone: pure, without a database and without a set-up. */
import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    include: ['test/decision/**/*.test.ts'],
    pool: 'threads',
    // A mutant that loops is found by the runner; a test has less time than that.
    testTimeout: 5_000,
  },
});
