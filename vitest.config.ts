/** How do the tests run? Against real PostgreSQL databases, cloned from templates that one set-up makes. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Without this the tests would import a second copy of graphql beside the one the gateway's libraries use.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/setup.ts',
    pool: 'forks',
    maxWorkers: 2,
    // A test that needs longer says so itself.
    testTimeout: 10_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
  },
});
