/** How do the tests run? Against real PostgreSQL databases, cloned from templates that one set-up makes. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Without this the tests would import a second copy of graphql beside the one the gateway's libraries use.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // They need a browser, `npm run test:browser`, and a Redis, `npm run test:redis`.
    exclude: ['test/browser/**', 'test/redis/**'],
    globalSetup: 'test/support/setup.ts',
    pool: 'forks',
    maxWorkers: 2,
    // Far beyond what any of them needs, also on a busy machine: only what hangs is ended.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 10_000,
  },
});
