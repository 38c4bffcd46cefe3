/** `_local/<id>`: where replications keep how far they came. */
import { json } from '../http/answer.ts';
import { couchError, missing, readCouchObject, readOnly, wrongMethod, type Range } from './range.ts';

/** Bytes of JSON of a local document. PouchDB's checkpoints have about 1 kB. */
const maxLocalBytes = 64 * 1024;

export async function local({ database, space, keepsLocals }: Range, request: Request, method: string, id: string): Promise<Response> {
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
      const body = Object.fromEntries(Object.entries(read.value).filter(([field]) => !field.startsWith('_')));
      if (Buffer.byteLength(JSON.stringify(body)) > maxLocalBytes)
        return couchError(413, 'too_large', 'A local document holds at most 64 kB.');
      return json({ ok: true, id: name, rev: await database.putLocal(space, id, body) }, 201);
    }
    case 'DELETE':
      if (!keepsLocals) return readOnly();
      return (await database.removeLocal(space, id)) ? json({ ok: true, id: name, rev: '0-0' }) : missing();
    default:
      return wrongMethod('DELETE,GET,HEAD,PUT');
  }
}
