#!/usr/bin/env node
/** `npx perigee <command>`: hands over to the Node that npm brought, which runs `perigee.ts` as it stands. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findNode, serveFlags } from './find-node.mjs';

const node = findNode();
if (node === null) {
  process.stderr.write('Perigee needs Node 24. Run «npm install» in this folder first: it brings the right one.\n');
  process.exit(2);
}
const given = process.argv.slice(2);
const flags = given[0] === 'serve' ? serveFlags : [];
const { status, signal } = spawnSync(node, [...flags, fileURLToPath(new URL('perigee.ts', import.meta.url)), ...given], {
  stdio: 'inherit',
});
process.exit(signal === null ? (status ?? 1) : 0);
