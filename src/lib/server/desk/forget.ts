/**
 * What a desk and its neighbours hold of people who were erased: their drafts, also those that lie in `private` and were never released; reviews by them and of
 * their drafts; and whose edition an entry is. The entry itself stays: an institution accepted it, or a country said it, and nobody's id is in it.
 */
import type { NodeId, PersonId } from '../../domain/ids.ts';
import { isObject } from '../../domain/shape.ts';
import type { CouchDocument, Engine } from '../engine/engine.ts';

/** Whether a document of a desk is by a person or about them: its fields say so, or its name. */
export function isOfErased(document: CouchDocument, erased: ReadonlySet<PersonId>): boolean {
  const is = (value: unknown): boolean => erased.has(value as PersonId);
  const parts = document._id.split(/[:]|(?<=\d)-/);
  return ['writer', 'person', 'author'].some((field) => is(document[field])) || parts.some(is);
}

/** Purges it from `private`, where the sweep of the desks does not come. Safe to call again; answers how many documents were there. */
export async function forgetInPrivate(
  { node, engine }: { readonly node: NodeId; readonly engine: Engine },
  erased: ReadonlySet<PersonId>,
): Promise<number> {
  const secret = engine.database('private');
  const under = async (kind: string): Promise<readonly CouchDocument[]> => {
    const { rows } = await secret.list({ partition: node, start: `${node}:${kind}:`, end: `${node}:${kind};`, bodies: true });
    return rows.flatMap(({ document }) => (document !== undefined && isObject(document) && isOfErased(document, erased) ? [document] : []));
  };
  const drafts = await under('draft');
  await secret.purge(drafts.map(({ _id }) => _id));
  const editions = await under('edition');
  // Purged first: what is followed may lie on the disk until it is overwritten.
  await secret.purge(editions.map(({ _id }) => _id));
  for (const { _id, kind, writer, id, edition, at } of editions)
    await secret.bulk([{ _id, kind, writer, id, edition, at, author: null }], { newEdits: true });
  return drafts.length + editions.length;
}
