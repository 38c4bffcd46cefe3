/** Who asks, by the token in the `Authorization` header. */
import type { PersonId } from '../../domain/ids.ts';
import type { Role, Who } from '../../sync/access.ts';
import type { Cohorts } from '../cohorts/cohorts.ts';
import { err, type Result } from '../../domain/result.ts';
import { refuse } from '../http/answer.ts';
import type { Bearer, Sessions } from './sessions.ts';

export async function readBearer(request: Request, sessions: Sessions): Promise<Result<Bearer, 'expired' | 'revoked'>> {
  const token = /^Bearer +([\w.-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  return token === undefined ? err('expired') : sessions.bearer(token);
}

/** Whoever asks, or the answer to one who is not, or no longer, signed in. */
export async function bearerOf(request: Request, sessions: Sessions): Promise<Result<Bearer, Response>> {
  const read = await readBearer(request, sessions);
  if (read.ok) return read;
  return err(
    read.error === 'revoked'
      ? refuse(403, 'revoked', 'This sign-in was taken back by the centre.')
      : refuse(401, 'expired', 'Nobody is signed in with this request, or no longer.'),
  );
}

export const hasRole = (bearer: Bearer | null, ...wanted: readonly Role[]): boolean =>
  bearer?.type === 'staff' && bearer.roles.some((role) => wanted.includes(role));

/** The bearer as the access module knows them, for questions about one person. */
export async function whoFor(bearer: Bearer | null, person: PersonId, cohorts: Cohorts): Promise<Who> {
  if (bearer === null) return { type: 'stranger' };
  if (bearer.type === 'device') return { type: 'device', person: bearer.person, device: bearer.device };
  if (bearer.type === 'peer') return { type: 'peer', node: bearer.node };
  const teaches = await cohorts.teaches(bearer.person, person);
  return { type: 'staff', person: bearer.person, roles: bearer.roles, teaches: (asked) => asked === person && teaches };
}
