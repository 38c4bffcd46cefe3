import { defineConfig } from 'vitest/config';

const shared = {
  exclude: ['tests/e2e/**', 'node_modules/**'],
  setupFiles: ['tests/console-guard.ts'],
  // A test that hangs is ended; one that is slow on a busy machine is not. Times are the benchmarks' business.
  testTimeout: 30_000,
  hookTimeout: 60_000,
};

/** Suites of whole nodes run a second time on CouchDB, where one is named. */
const onCouch = { ...shared, name: 'nodes on CouchDB', include: ['tests/node/**/*.test.ts'], env: { PERIGEE_TEST_ENGINE: 'couchdb' } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'all',
          include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'scripts/**/*.test.ts', 'service-worker/**/*.test.ts'],
        },
      },
      ...((process.env['COUCHDB_URL'] ?? '') === '' ? [] : [{ test: onCouch }]),
    ],
  },
});
