import { defineConfig } from 'vitest/config';

/** Rooms whose tests are many, and share most of the modules that they load: a worker loads these once for all of them. */
const TOGETHER = ['api', 'auth', 'calendar', 'dav', 'http', 'itip', 'mail', 'scheduling', 'web'].map(
  (room) => `test/${room}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    // One private PostgreSQL cluster for the run.
    globalSetup: ['test/postgres/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: more workers than that only wait for each other.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'together', isolate: false, include: TOGETHER } },
      { extends: true, test: { name: 'apart', include: ['test/**/*.test.ts'], exclude: TOGETHER } },
    ],
  },
});
