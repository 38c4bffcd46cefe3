/**
 * The list of trust and the status lists that this node knows. They lie in `commons`, each in that of the node which published it, and so come down
 * from parent to child by the replication that brings everything else:
 *
 *   <node>:trust:list         the list of trust, whole; replaced by a newer one
 *   <node>:status:<digest>    a status list; <digest> is of its name, which has characters that names of documents may not have
 *
 * The root is pinned in `private` when the node first sees a list: another root is followed only where the pinned one named it.
 */
import { base32, type NodeId } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, type JsonObject } from '../../domain/shape.ts';
import { utf8 } from '../../certification/encoding.ts';
import { isDid, type Did } from '../../certification/keys.ts';
import { readStatusListHead } from '../../certification/status-list.ts';
import { openTrust, type TrustFault, type TrustList } from '../../certification/trust.ts';
import type { TrustSet } from '../../certification/trust-set.ts';
import type { CouchDocument, Engine } from '../engine/engine.ts';
import { nodeTools } from './tools.ts';

export type PublishFault = TrustFault | 'older' | 'no-space';

export interface Shelf {
  /** The newest list under the pinned root, and the newest of each status list; null where there is no list. */
  read(): Promise<TrustSet | null>;
  /** Takes a set into this node's own commons. */
  publish(set: TrustSet): Promise<Result<null, PublishFault>>;
  /** A status list that this node published, by its name; null where it published none. */
  ownStatus(id: string): Promise<JsonObject | null>;
  /** Puts this node's own status lists into its commons. False where they could not be written. */
  publishStatus(documents: readonly JsonObject[]): Promise<boolean>;
}

export function openShelf({ node, engine }: { readonly node: NodeId; readonly engine: Engine }): Shelf {
  const secret = engine.database('private');
  const pinId = `${node}:trust:root`;

  async function pinned(): Promise<Did | null> {
    const root = (await secret.get(pinId))?.['root'];
    return isDid(root) ? root : null;
  }

  async function put(database: string, document: JsonObject & { readonly _id: string }): Promise<boolean> {
    const known = await engine.database(database).get(document._id);
    const [written] = await engine
      .database(database)
      .bulk([{ ...document, ...(known === null ? {} : { _rev: known._rev }) }], { newEdits: true });
    return written?.ok === true;
  }

  async function pin(root: Did): Promise<void> {
    await put('private', { _id: pinId, writer: node, root });
  }

  /**
   * Every commons that this node holds, its own first, with the names of status lists that were seen there. On a cluster a listing comes from one copy of its
   * documents, which may lag behind the others: a verifier who was handed an older list would take what was revoked for valid. So all is read by name, and a name
   * that was seen once is not forgotten.
   */
  const seen = new Map<string, Set<string>>([[`commons-${node}`, new Set()]]);
  const ownerOf = (commons: string): string => commons.slice('commons-'.length);

  async function commonsHeld(): Promise<readonly string[]> {
    for (const name of await engine.databases()) if (name.startsWith('commons-') && !seen.has(name)) seen.set(name, new Set());
    return [...seen.keys()];
  }

  const present = (documents: readonly (CouchDocument | null)[]): readonly CouchDocument[] =>
    documents.flatMap((document) => (document === null ? [] : [document]));

  async function lists(): Promise<readonly CouchDocument[]> {
    const names = await commonsHeld();
    return present(await Promise.all(names.map((name) => engine.database(name).get(`${ownerOf(name)}:trust:list`))));
  }

  async function statuses(): Promise<readonly CouchDocument[]> {
    const found: CouchDocument[] = [];
    for (const name of await commonsHeld()) {
      const [owner, database] = [ownerOf(name), engine.database(name)];
      const ids = seen.get(name) ?? new Set<string>();
      const range = { partition: owner, start: `${owner}:status:`, end: `${owner}:status;`, inclusiveEnd: false };
      for (const { id } of (await database.list(range)).rows) ids.add(id);
      found.push(...present(await Promise.all([...ids].map((id) => database.get(id)))));
    }
    return found;
  }

  const statusName = async (id: string): Promise<string> => `${node}:status:${base32(await nodeTools.sha256(utf8(id)))}`;

  async function newest(): Promise<TrustList | null> {
    let root = await pinned();
    let best: TrustList | null = null;
    for (const document of await lists()) {
      const opened = await openTrust(document['list'], root, nodeTools);
      if (!opened.ok) continue;
      if (root === null) {
        root = opened.value.root;
        await pin(root);
      }
      const { list } = opened.value;
      if (best === null || list.body.sequence > best.body.sequence) best = list;
    }
    return best;
  }

  async function putStatus(documents: readonly JsonObject[]): Promise<boolean> {
    for (const document of documents) {
      const head = readStatusListHead(document);
      if (head === null) continue;
      if (!(await put(`commons-${node}`, { _id: await statusName(head.id), writer: node, kind: 'status', document }))) return false;
    }
    return true;
  }

  return {
    async read() {
      const list = await newest();
      if (list === null) return null;
      const newestById = new Map<string, NonNullable<ReturnType<typeof readStatusListHead>>>();
      for (const document of await statuses()) {
        const head = readStatusListHead(document['document']);
        const known = head === null ? undefined : newestById.get(head.id);
        if (head !== null && (known === undefined || known.made < head.made)) newestById.set(head.id, head);
      }
      return { list, statusLists: [...newestById.values()].map((head) => head.document) };
    },

    async publish({ list, statusLists }) {
      const opened = await openTrust(list, await pinned(), nodeTools);
      if (!opened.ok) return err(opened.error);
      const known = await newest();
      if (known !== null && known.body.sequence > list.body.sequence) return err('older');
      await pin(opened.value.root);
      const commons = `commons-${node}`;
      if (!(await put(commons, { _id: `${node}:trust:list`, writer: node, kind: 'trust', list }))) return err('no-space');
      return (await putStatus(statusLists.filter(isObject))) ? ok(null) : err('no-space');
    },

    async ownStatus(id) {
      const document = (await engine.database(`commons-${node}`).get(await statusName(id)))?.['document'];
      return isObject(document) ? document : null;
    },

    publishStatus: putStatus,
  };
}
