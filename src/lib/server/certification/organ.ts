/** `/api/certificates…`: what an administrator does with certificates; `/api/me/evidence`: what the node knows of whoever asks. */
import { instantOf, type Clock } from '../../domain/clock.ts';
import { isPersonId, isSlug } from '../../domain/ids.ts';
import { isString } from '../../domain/shape.ts';
import { bearerOf, hasRole } from '../accounts/bearer.ts';
import type { Sessions } from '../accounts/sessions.ts';
import { readName } from '../accounts/store.ts';
import { badRequest, forbidden, json, notFound, refuse } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import type { Asked, Route } from '../http/organ.ts';
import type { Programme } from '../../certification/programme.ts';
import { isIssuedState } from './book.ts';
import type { IssueFault, Issuing } from './issuing.ts';
import type { PersonId } from '../../domain/ids.ts';

const longestReason = 500;

const faults: Readonly<Record<IssueFault, string>> = {
  'not-waiting': 'Nobody of this name waits for this certificate: the requirements are not met, or it was issued already.',
  'not-recognised':
    'The list of trust does not let this node issue this certificate. Send its key to the training centre, and publish the list that names it.',
  'name-too-long': 'A printed certificate holds a name of at most 60 characters. Give a shorter form of it.',
  'unknown-language': 'The programme has no texts in this language.',
};

export function certificateRoutes({
  sessions,
  issuing,
  programmes,
  clock,
}: {
  readonly sessions: Sessions;
  readonly issuing: Issuing;
  readonly programmes: () => readonly Programme[];
  readonly clock: Clock;
}): readonly Route[] {
  const forAdministrator =
    (answer: (by: PersonId, asked: Asked) => Promise<Response>): Route['answer'] =>
    async (asked) => {
      const bearer = await bearerOf(asked.request, sessions);
      if (!bearer.ok) return bearer.error;
      const { value: staff } = bearer;
      return staff.type === 'staff' && hasRole(staff, 'administrator') ? answer(staff.person, asked) : forbidden();
    };

  return [
    {
      method: 'GET',
      path: '/api/me/evidence',
      async answer({ request }) {
        const bearer = await bearerOf(request, sessions);
        if (!bearer.ok) return bearer.error;
        if (bearer.value.type === 'peer') return forbidden();
        const { person } = bearer.value;
        const { people } = await issuing.standings();
        const found = people.find(({ ids }) => ids.includes(person));
        return json({
          person: found?.person ?? person,
          ids: found?.ids ?? [person],
          at: instantOf(clock()),
          evidence: found?.evidence ?? [],
        });
      },
    },
    {
      method: 'GET',
      path: '/api/certificates',
      answer: forAdministrator(async () => {
        const named = programmes().map(({ id, title }) => ({ id, title }));
        return json({ ...(await issuing.overview()), programmes: named });
      }),
    },
    {
      method: 'POST',
      path: '/api/certificates',
      answer: forAdministrator(async (by, { request }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const { person, programme, language } = read.value;
        const name = readName(read.value['name']);
        if (!isPersonId(person) || !isSlug(programme) || !isString(language) || name === null)
          return badRequest('The body has person, programme, language, and the name that is to stand on the certificate.');
        const issued = await issuing.issue({ person, programme, language, name, by });
        return issued.ok ? json(issued.value, 201) : refuse(409, issued.error, faults[issued.error]);
      }),
    },
    {
      method: 'POST',
      path: '/api/certificates/:uuid/state',
      answer: forAdministrator(async (by, { request, parts }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const { state, reason } = read.value;
        if (!isIssuedState(state) || !isString(reason) || !reason.isWellFormed() || reason.trim() === '' || reason.length > longestReason)
          return badRequest('The body has state, which is revoked, suspended or in-force, and a reason of at most 500 characters.');
        const changed = await issuing.change(parts['uuid'] ?? '', state, reason.trim(), by);
        if (changed.ok) return json({ state: changed.value });
        return changed.error === 'unknown'
          ? notFound()
          : refuse(409, 'revoked', 'This certificate is revoked, and stays so. Issue a new one in its place.');
      }),
    },
  ];
}
