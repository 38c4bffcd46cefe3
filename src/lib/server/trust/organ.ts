/** `/content/trust` and `/content/programmes`: what every verifier and every learner carries. Open to all. */
import { createHash } from 'node:crypto';
import { json } from '../http/answer.ts';
import type { Route, OrganRequest } from '../http/organ.ts';
import { isKnown } from '../content/organ.ts';
import type { Programmes } from './programmes.ts';
import type { Shelf } from './shelf.ts';

/** Asked again at each meeting, and sent only where it is another. */
function answered(request: OrganRequest, value: unknown): Response {
  const etag = `"${createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22)}"`;
  const headers = { etag, 'cache-control': 'no-cache', vary: 'accept-encoding' };
  return isKnown(request, etag) ? new Response(null, { status: 304, headers }) : json(value, 200, headers);
}

export const trustRoutes = ({ shelf, programmes }: { readonly shelf: Shelf; readonly programmes: Programmes }): readonly Route[] => [
  {
    method: 'GET',
    path: '/content/trust',
    async answer({ request }) {
      const set = await shelf.read();
      // Nothing is no fault: devices ask at every meeting.
      return set === null ? new Response(null, { status: 204 }) : answered(request, set);
    },
  },
  {
    method: 'GET',
    path: '/content/programmes',
    answer: ({ request }) => Promise.resolve(answered(request, { programmes: programmes.all(), courses: programmes.courseTitles() })),
  },
];
