#!/usr/bin/env node
/** `npx perigee <command>`: hands over to the Node that npm brought, which runs `perigee.ts` as it stands. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findNode, serveFlags } from './find-node.mjs';

const node = findNode();
if (node === null) {
  process.stderr.write('Perigee needs Node 24. Run «npm install» in this folder first: it brings the right one.\n');
  process.exit(2);
}
const given = process.argv.slice(2);

/**
 * The data folder's own version of the commands, where an update runs on it (src/lib/server/update/versions.ts): an older one may not read what that wrote.
 *
 * @returns {string} path of the program
 */
function programFor() {
  const own = fileURLToPath(new URL('perigee.ts', import.meta.url));
  const option = given.indexOf('--data');
  const data = resolve((option >= 0 ? given[option + 1] : undefined) ?? process.env['PERIGEE_DATA'] ?? './data');
  try {
    const { version } = JSON.parse(readFileSync(join(data, 'versions', 'current.json'), 'utf8'));
    const program = join(data, 'versions', String(version), 'scripts', 'perigee.ts');
    return version !== null && existsSync(program) ? program : own;
  } catch {
    return own;
  }
}
const flags = given[0] === 'serve' ? serveFlags : [];
const { status, signal } = spawnSync(node, [...flags, programFor(), ...given], {
  stdio: 'inherit',
});
process.exit(signal === null ? (status ?? 1) : 0);
