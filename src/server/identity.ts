/** The node's short name, written into its data folder at the first start: its databases are named after it, so it never changes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isNodeId, type NodeId } from '../lib/domain/ids.ts';
import { err, ok, type Result } from '../lib/domain/result.ts';
import { makeFolder, syncFolder } from '../lib/server/engine/sync-folder.ts';

const fileOf = (data: string): string => join(data, 'node-name');

/** The name in the data folder; null where none was written yet. */
export function readNodeName(data: string): NodeId | null {
  try {
    const name = readFileSync(fileOf(data), 'utf8').trim();
    return isNodeId(name) ? name : null;
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return null;
    throw error;
  }
}

/** A name for a machine that nobody named: what its host name makes, or `centre`. */
export function suggestNodeName(host = hostname()): NodeId {
  const slug = (host.split('.')[0] ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return isNodeId(slug) && slug !== 'localhost' ? slug : ('centre' as NodeId);
}

/** The name that the folder has, or else takes now. A folder of another name is not silently used under a new one. */
export function settleNodeName(data: string, wanted: NodeId | null, suggested: NodeId): Result<NodeId, string> {
  const kept = readNodeName(data);
  if (kept !== null) {
    return wanted === null || wanted === kept
      ? ok(kept)
      : err(`The data folder ${data} belongs to the node «${kept}», not «${wanted}». Use another folder, or leave the name as it is.`);
  }
  makeFolder(data, 0o700);
  const name = wanted ?? suggested;
  writeFileSync(fileOf(data), `${name}\n`, { flush: true });
  syncFolder(data);
  return ok(name);
}
