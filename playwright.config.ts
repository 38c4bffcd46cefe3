import { defineConfig } from '@playwright/test';

/** Tests in a real browser on the built app: `npm run build` comes first. What a test starts, it starts through tests/e2e/perigee.ts. */
export default defineConfig({
  testDir: 'tests/e2e',
  globalSetup: './tests/e2e/publish-courses.ts',
  outputDir: 'test-results',
  // A test starts a node and a browser of its own; more than two at once only make each other slow.
  workers: 2,
  fullyParallel: true,
  // A test that hangs is ended; one that is slow on a busy machine is not. Times are the benchmarks' business.
  timeout: 240_000,
  expect: { timeout: 30_000 },
  // A test that passes on the second try has found something.
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: 'line',
});
