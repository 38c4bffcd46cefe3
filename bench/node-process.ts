/** A node of its own for one benchmark: an empty data folder, the courses of the checkout. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeProcess, type NodeProcess } from '../scripts/node-process.ts';

/** @param origin the address that browsers use, where it is not the node's own but that of a line before it */
export async function startNode({ port, origin }: { port: number; origin: string }): Promise<NodeProcess & { remove(): Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'perigee-bench-'));
  const node = createNodeProcess({ port, data, environment: { PERIGEE_NODE: 'bench', PERIGEE_ORIGIN: origin } });
  await node.start();
  return Object.assign(node, {
    async remove() {
      await node.stop();
      rmSync(data, { recursive: true, force: true });
    },
  });
}
