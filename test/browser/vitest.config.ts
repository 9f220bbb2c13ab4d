import { defineConfig } from 'vitest/config';

/** What needs a browser: `npm run test:browser`. */
export default defineConfig({
  test: { include: ['test/browser/answer-page.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});
