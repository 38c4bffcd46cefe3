/** `_local/<id>`: where replications keep how far they came. */
import { err, ok, type Result } from '../../domain/result.ts';
import type { JsonObject } from '../../domain/shape.ts';
import { json } from '../http/answer.ts';
import { couchError, missing, readCouchObject, readOnly, wrongMethod, type Range } from './range.ts';
import type { OrganRequest } from '../http/organ.ts';

/** Bytes of JSON of a local document. PouchDB's checkpoints have about 1 kB. */
const maxLocalBytes = 64 * 1024;

/** Writes or removes one; answers its new revision, or why not. */
export async function writeLocal(
  { database, space, keepsLocals }: Range,
  id: string,
  document: JsonObject,
): Promise<Result<string, Response>> {
  if (!keepsLocals) return err(readOnly());
  if (document['_deleted'] === true) return (await database.removeLocal(space, id)) ? ok('0-0') : err(missing());
  const body = Object.fromEntries(Object.entries(document).filter(([field]) => !field.startsWith('_')));
  return Buffer.byteLength(JSON.stringify(body)) > maxLocalBytes
    ? err(couchError(413, 'too_large', 'A local document holds at most 64 kB.'))
    : ok(await database.putLocal(space, id, body));
}

export async function local(range: Range, request: OrganRequest, method: string, id: string): Promise<Response> {
  const { database, space, keepsLocals } = range;
  if (id === '' || id.length > 500) return missing();
  const name = `_local/${id}`;
  switch (method) {
    case 'GET': {
      const found = await database.getLocal(space, id);
      return found === null ? missing() : json({ ...found.body, _id: name, _rev: found.rev });
    }
    case 'PUT': {
      if (!keepsLocals) return readOnly();
      const read = await readCouchObject(request);
      if (!read.ok) return read.error;
      const written = await writeLocal(range, id, read.value);
      return written.ok ? json({ ok: true, id: name, rev: written.value }, 201) : written.error;
    }
    case 'DELETE':
      if (!keepsLocals) return readOnly();
      return (await database.removeLocal(space, id)) ? json({ ok: true, id: name, rev: '0-0' }) : missing();
    default:
      return wrongMethod('DELETE,GET,HEAD,PUT');
  }
}
