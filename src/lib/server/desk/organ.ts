/** `/api/desk`: what staff write for the commons and about it. Answers name this node and its epoch: they are receipts. */
import type { NodeId } from '../../domain/ids.ts';
import { parseDraft, parseReview } from '../../domain/drafts.ts';
import type { JsonObject } from '../../domain/shape.ts';
import type { Who } from '../../sync/access.ts';
import { bearerOf } from '../accounts/bearer.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { Engine } from '../engine/engine.ts';
import { badRequest, forbidden, json } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import type { OrganRequest, Route } from '../http/organ.ts';
import type { Desk, Said } from './desk.ts';

/** Documents in one request: a person's whole desk fits. */
const most = 200;

const malformed: Said = { id: '', ok: false, reason: 'This is no draft and no review as docs/http.md shows them.' };

export function deskRoutes(given: {
  readonly node: NodeId;
  readonly engine: Pick<Engine, 'epoch'>;
  readonly desk: Desk;
  readonly sessions: Sessions;
}): readonly Route[] {
  const { node, engine, desk, sessions } = given;
  const receipt = { 'perigee-node': node, 'perigee-epoch': engine.epoch };

  async function staffOf(request: OrganRequest): Promise<Who | Response> {
    const bearer = await bearerOf(request, sessions);
    if (!bearer.ok) return bearer.error;
    const { value: staff } = bearer;
    // Nothing here depends on whom they teach.
    return staff.type === 'staff'
      ? { type: 'staff', person: staff.person, roles: staff.roles, countries: staff.countries, teaches: () => false }
      : forbidden();
  }

  async function keep(who: Who, document: unknown): Promise<Said> {
    const [draft, review] = [parseDraft(document), parseReview(document)];
    if (draft.ok) return desk.keepDraft(who, draft.value);
    return review.ok ? desk.keepReview(who, review.value) : malformed;
  }

  async function take(who: Who, { documents }: JsonObject): Promise<Response> {
    if (!Array.isArray(documents) || documents.length > most)
      return badRequest(`The body has documents: a list of at most ${String(most)} drafts and reviews.`);
    const said: Said[] = [];
    for (const document of documents as readonly unknown[]) said.push(await keep(who, document));
    return json({ said }, 200, receipt);
  }

  return [
    {
      method: 'GET',
      path: '/api/desk',
      async answer({ request }) {
        const who = await staffOf(request);
        return who instanceof Response ? who : json(await desk.open(who), 200, receipt);
      },
    },
    {
      method: 'POST',
      path: '/api/desk',
      async answer({ request }) {
        const who = await staffOf(request);
        if (who instanceof Response) return who;
        const body = await readObject(request);
        return body.ok ? take(who, body.value) : body.error;
      },
    },
  ];
}
