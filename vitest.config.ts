import { defineConfig } from 'vitest/config';

const onCouchToo = (process.env['COUCHDB_URL'] ?? '') !== '';
/** A cluster of which a machine ends or starts lets who asks wait for seconds, many times in a test. */
const patience = onCouchToo ? 6 : 1;

const shared = {
  exclude: ['tests/e2e/**', 'node_modules/**'],
  setupFiles: ['tests/console-guard.ts'],
  // A test that hangs is ended; one that is slow on a busy machine is not. Times are the benchmarks' business.
  testTimeout: 30_000 * patience,
  hookTimeout: 60_000 * patience,
};

/** Suites of whole nodes run a second time on CouchDB, where one is named. */
const onCouch = { ...shared, name: 'nodes on CouchDB', include: ['tests/node/**/*.test.ts'], env: { PERIGEE_TEST_ENGINE: 'couchdb' } };

export default defineConfig({
  test: {
    // By itself vitest leaves one processor free: half the machine where there are two. Many of these tests wait for a disk or a process.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'all',
          include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'scripts/**/*.test.ts', 'service-worker/**/*.test.ts'],
        },
      },
      ...(onCouchToo ? [{ test: onCouch }] : []),
    ],
  },
});
