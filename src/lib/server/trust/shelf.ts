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

  /** Documents of one kind in every commons that this node holds, its own first. */
  async function documents(kind: string): Promise<readonly CouchDocument[]> {
    const own = `commons-${node}`;
    const others = (await engine.databases()).filter((name) => name.startsWith('commons-') && name !== own);
    const found: CouchDocument[] = [];
    for (const name of [own, ...others]) {
      const owner = name.slice('commons-'.length);
      const { rows } = await engine
        .database(name)
        .list({ partition: owner, start: `${owner}:${kind}:`, end: `${owner}:${kind};`, inclusiveEnd: false, bodies: true });
      found.push(...rows.flatMap(({ document }) => (document === undefined ? [] : [document])));
    }
    return found;
  }

  async function newest(): Promise<TrustList | null> {
    let root = await pinned();
    let best: TrustList | null = null;
    for (const document of await documents('trust')) {
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
      const name = base32(await nodeTools.sha256(utf8(head.id)));
      if (!(await put(`commons-${node}`, { _id: `${node}:status:${name}`, writer: node, kind: 'status', document }))) return false;
    }
    return true;
  }

  return {
    async read() {
      const list = await newest();
      if (list === null) return null;
      const newestById = new Map<string, NonNullable<ReturnType<typeof readStatusListHead>>>();
      for (const document of await documents('status')) {
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

    publishStatus: putStatus,
  };
}
