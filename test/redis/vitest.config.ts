/** How do the tests run that need a Redis? Apart from the others, which need nothing but npm. */
import { defineConfig } from 'vitest/config';
import main from '../../vitest.config.ts';

// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration from the default export.
export default defineConfig({ ...main, test: { ...main.test, include: ['test/redis/**/*.test.ts'], exclude: [] } });
