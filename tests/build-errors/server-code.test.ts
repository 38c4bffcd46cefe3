/**
 * A page that imports the node's code must not build: passwords' hashes and the engine have no business in a browser. The
 * bundler's guard says so in words; this holds it to them.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
let copy = '';

beforeAll(() => {
  // Inside the project, so that its packages are found by walking up.
  mkdirSync(join(root, '.cache'), { recursive: true });
  copy = mkdtempSync(join(root, '.cache/build-'));
  for (const name of [
    'svelte.config.js',
    'vite.config.ts',
    'package.json',
    'tsconfig.json',
    'tsconfig.base.json',
    'scripts',
    'src/lib',
    'src/app.html',
  ])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  mkdirSync(join(copy, 'src/routes'), { recursive: true });
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

function build(page: string) {
  writeFileSync(join(copy, 'src/routes/+page.svelte'), page);
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  // Vitest says TEST=true, and SvelteKit's guard sleeps where it reads that.
  const { TEST: _, VITEST: __, NODE_ENV: ___, ...env } = process.env;
  return spawnSync(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: copy, env, encoding: 'utf8', timeout: 120_000 });
}

describe('a build', () => {
  it('succeeds with a page that keeps to its rooms', { timeout: 130_000 }, () => {
    const { status } = build(`<script>import { isSlug } from '#lib/domain/ids.ts';</script>{isSlug('a')}`);
    expect(status).toBe(0);
  });

  it('is refused where a page imports the node', { timeout: 130_000 }, () => {
    const { status, stderr } = build(`<script>import { isNodePath } from '#lib/server/handle.ts';</script>{isNodePath('/api')}`);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/Cannot import .*lib\/server\/handle\.ts.* into code that runs in the browser/s);
  });
});
