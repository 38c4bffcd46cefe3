import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The Node that runs Perigee: the one that npm brought, or the running one where it is new enough.
 *
 * @returns {string | null} path of the program
 */
export function findNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const brought = fileURLToPath(new URL(`../node_modules/node-${platform}-${process.arch}/bin/${program}`, import.meta.url));
  if (existsSync(brought)) return brought;
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : null;
}
