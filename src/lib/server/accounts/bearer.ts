/** Who asks, by the token in the `Authorization` header. */
import type { PersonId } from '../../domain/ids.ts';
import type { Role, Who } from '../../sync/access.ts';
import type { Cohorts } from '../cohorts/cohorts.ts';
import { err, type Result } from '../../domain/result.ts';
import { refuse } from '../http/answer.ts';
import type { Bearer, BearerError, From, Sessions } from './sessions.ts';
import type { OrganRequest } from '../http/organ.ts';

export async function readBearer(request: OrganRequest, sessions: Sessions): Promise<Result<Bearer, BearerError>> {
  const token = /^Bearer +([\w.-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  return token === undefined ? err('expired') : sessions.bearer(token);
}

/** Why a sign-in is not accepted, in a sentence. */
export const bearerSentences: Readonly<Record<BearerError, string>> = {
  expired: 'Nobody is signed in with this request, or no longer.',
  revoked: 'This sign-in was taken back by the centre.',
  erased: 'All about this person was erased here on request. Nothing of theirs is taken or kept any more.',
};

/** Whoever asks, or the answer to one who is not, or no longer, signed in. */
export async function bearerOf(request: OrganRequest, sessions: Sessions): Promise<Result<Bearer, Response>> {
  const read = await readBearer(request, sessions);
  if (read.ok) return read;
  return err(refuse(read.error === 'expired' ? 401 : 403, read.error, bearerSentences[read.error]));
}

/** From where a request comes, as the list of one's sessions shows it. */
export const fromOf = (request: OrganRequest, address: string): From => ({ address, agent: request.headers.get('user-agent') ?? '' });

/** To somebody who is signed in and would do what cannot be taken back, or gives somebody power. */
export const unconfirmed = (): Response =>
  refuse(409, 'confirm', 'For this the password is shown again: POST /api/me/confirm, then the same request within ten minutes.');

export const hasRole = (bearer: Bearer | null, ...wanted: readonly Role[]): boolean =>
  bearer?.type === 'staff' && bearer.roles.some((role) => wanted.includes(role));

/**
 * The bearer as the access module knows them, for questions about one person.
 *
 * @param isRestored whether the node's storage was put back to an earlier day
 */
export async function whoFor(bearer: Bearer | null, person: PersonId, cohorts: Cohorts, isRestored: boolean): Promise<Who> {
  if (bearer === null) return { type: 'stranger' };
  if (bearer.type === 'device') {
    const { aliases, device } = bearer;
    return { type: 'device', person: bearer.person, device, aliases, handsOver: isRestored };
  }
  if (bearer.type === 'peer') return { type: 'peer', node: bearer.node };
  const teaches = (await cohorts.teaches(bearer.person, person)) || (hasRole(bearer, 'master') && (await cohorts.isTrainer(person)));
  return { type: 'staff', person: bearer.person, roles: bearer.roles, teaches: (asked) => asked === person && teaches };
}
