/** The pages: as `npm run build` left them, or from Vite while they are written. */
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { NodeHandle } from '../lib/server/handle.ts';
import type { Pages } from './sockets.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const built = `${root}build/handler.js`;

export const isBuilt = (): boolean => existsSync(built);

/** adapter-node's handler. It reads the canonical address from `ORIGIN` once, when it is loaded. */
export async function builtPages(origin: string): Promise<Pages> {
  process.env['ORIGIN'] = origin;
  const { handler } = (await import(pathToFileURL(built).href)) as { readonly handler: Pages };
  return handler;
}

export interface DevelopmentPages {
  readonly pages: Pages;
  close(): Promise<void>;
}

/** Vite in the middle, on the node's own socket. The pages find the node where `svelte.config.js` looks for it. */
export async function developmentPages(node: NodeHandle, server: Server): Promise<DevelopmentPages> {
  Reflect.set(globalThis, Symbol.for('perigee.node'), node);
  // SvelteKit looks for its project where the process stands.
  process.chdir(root);
  const { createServer } = await import('vite');
  const vite = await createServer({ server: { middlewareMode: true, ws: { server } } });
  return { pages: (request, response, next) => vite.middlewares(request, response, next), close: () => vite.close() };
}
