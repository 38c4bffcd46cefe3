/** `/<document>/<attachment>`: the bytes of one attachment, read, put and taken away. */
import { attachmentNameProblem, stubsOf } from '../engine/attachments.ts';
import { readBytes } from '../http/body.ts';
import { revisionOf, write } from './documents.ts';
import { badRequest, contains, couchBodyError, couchError, outside, readOnly, withoutHistory, wrongMethod, type Range } from './range.ts';
import type { OrganRequest } from '../http/organ.ts';

const missingAttachment = (): Response => couchError(404, 'not_found', 'Document is missing attachment');
const conflict = (): Response => couchError(409, 'conflict', 'Document update conflict.');

export async function answerAttachment(
  range: Range,
  request: OrganRequest,
  query: URLSearchParams,
  id: string,
  name: string,
): Promise<Response> {
  if (!contains(range, id)) return outside();
  const problem = attachmentNameProblem(name);
  if (problem !== null) return badRequest(problem);
  const { database, gate } = range;
  const rev = revisionOf(request, query);
  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      const found = await database.attachment(id, name, rev);
      if (found === null) return missingAttachment();
      const { bytes, contentType, digest } = found;
      // Whatever its type says, a browser shows it as nothing: it is another's, and stands beside a learner's data.
      return new Response(bytes, {
        headers: {
          'content-type': contentType,
          'content-length': String(bytes.byteLength),
          etag: `"${digest.replace('md5-', '')}"`,
          'content-disposition': 'attachment',
          'content-security-policy': "sandbox; default-src 'none'",
          'cache-control': 'no-store',
        },
      });
    }
    case 'PUT':
    case 'DELETE': {
      if (gate === null) return readOnly();
      const [winner] = await database.leaves(id);
      if (rev === undefined ? winner !== undefined && !winner.deleted : winner === undefined) return conflict();
      const standing = rev === undefined ? undefined : (await database.open(id, [rev])).found[0];
      if (rev !== undefined && standing === undefined) return conflict();
      const document = standing === undefined ? { _id: id } : withoutHistory(standing);
      const attachments: Record<string, unknown> = { ...stubsOf(standing ?? null) };
      if (request.method === 'DELETE') {
        if (!Object.hasOwn(attachments, name)) return missingAttachment();
        const { [name]: _gone, ...others } = attachments;
        return write(range, query, { ...document, _attachments: others }, 200);
      }
      const bytes = await readBytes(request);
      if (!bytes.ok) return couchBodyError(bytes.error);
      const given = { content_type: request.headers.get('content-type'), data: bytes.value.toString('base64') };
      return write(range, query, { ...document, _attachments: { ...attachments, [name]: given } }, 201);
    }
    default:
      return wrongMethod('DELETE,GET,HEAD,PUT');
  }
}
