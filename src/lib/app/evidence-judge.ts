/** What statements on a device amount to: which count, which wait, and the standings that follow. Pure: lists, keys and the moment are given. */
import { admit, type KnownSitting, type RefusedWhy } from '#lib/certification/admission.ts';
import { base64url } from '#lib/certification/encoding.ts';
import { keyOf, type Did, type Tools } from '#lib/certification/keys.ts';
import type { Programme } from '#lib/certification/programme.ts';
import { idOf, type Digest } from '#lib/certification/signed.ts';
import { standing, type Evidence, type Standing } from '#lib/certification/standing.ts';
import type { SignedStatement, Statement } from '#lib/certification/statement.ts';
import { authorityOf, type Refusal, type Trust } from '#lib/certification/trust.ts';
import type { Instant } from '#lib/domain/clock.ts';
import type { PersonId } from '#lib/domain/ids.ts';

export interface Known {
  readonly statements: readonly SignedStatement[];
  /** Null where this device has no list of who may do what. */
  readonly trust: Trust | null;
  readonly owners: ReadonlyMap<Did, PersonId>;
  /** Sittings whose answers are on this device, by the digest of their last link. */
  readonly sittings?: ReadonlyMap<Digest, KnownSitting>;
  readonly programmes: readonly Programme[];
  readonly now: Instant;
  readonly tools: Tools;
}

/** `waits`: nobody has confirmed it yet, or this device cannot tell. */
export type StateOf = { readonly type: 'counts' | 'waits' | 'withdrawn' } | { readonly type: 'refused'; readonly why: RefusedWhy };

export interface Judged {
  readonly stateById: ReadonlyMap<Digest, StateOf>;
  readonly evidence: readonly Evidence[];
}

/** Not here, not yet: another phone or the centre may have what is missing. */
const isOpen = (why: RefusedWhy): boolean =>
  why === 'unconfirmed' || why === 'nothing-to-sign' || why === 'unknown-key' || why === 'no-answers';

export async function judge({ statements, trust, owners, sittings, now, tools }: Known): Promise<Judged> {
  const stateById = new Map<Digest, StateOf>();
  for (const { body } of statements) stateById.set(await idOf(body, tools), { type: 'waits' });
  if (trust === null) return { stateById, evidence: [] };
  const { evidence, refused } = await admit(statements, {
    trust,
    ownerOf: (key) => {
      const person = owners.get(key);
      return person === undefined ? null : { person, ends: null };
    },
    receivedAt: () => null,
    sittingOf: (answers) => sittings?.get(answers) ?? null,
    now,
    tools,
  });
  for (const id of stateById.keys()) stateById.set(id, { type: 'counts' });
  for (const piece of evidence) if (piece.type === 'withdrawal') stateById.set(piece.of as Digest, { type: 'withdrawn' });
  // An exam counts where it counts for somebody.
  const counted = new Set(evidence.flatMap((piece) => (piece.type === 'exam' ? [piece.id] : [])));
  for (const { id, why } of refused.filter(({ id, person }) => person === undefined || !counted.has(id)))
    if (stateById.get(id)?.type !== 'withdrawn') stateById.set(id, isOpen(why) ? { type: 'waits' } : { type: 'refused', why });
  return { stateById, evidence };
}

/** Why something must not be signed at all, before it is: nobody signs for themself. */
export const objectionTo = (body: Statement): 'for-oneself' | null =>
  (body.type === 'observation' && body.trainer === body.person) ||
  (body.type === 'exam-session' && body.candidates.some(({ person }) => person === body.person))
    ? 'for-oneself'
    : null;

/** Whether this device's list gives the key the right; `unknown` where there is no list here. */
export async function mayDo(
  right: 'observe' | 'proctor',
  key: Did,
  programme: string,
  { trust, now, tools }: Pick<Known, 'trust' | 'now' | 'tools'>,
): Promise<'yes' | 'unknown' | Refusal> {
  if (trust === null) return 'unknown';
  // A key that signs now needs no receipt: no digest is looked up.
  const authority = await authorityOf(trust, { key, right, programme, at: now, digest: '' as Digest }, now, tools);
  return authority.ok ? 'yes' : authority.error;
}

export const mayObserve = (...asked: readonly [key: Did, programme: string, known: Pick<Known, 'trust' | 'now' | 'tools'>]) =>
  mayDo('observe', ...asked);

/** The public keys, base64url, to which the list gives some right. */
export const grantedKeys = (trust: Trust | null): readonly string[] =>
  [...(trust?.grantsByKey.keys() ?? [])].flatMap((did) => {
    const key = keyOf(did);
    return key === null ? [] : [base64url(key)];
  });

export const standingsOf = (
  person: PersonId,
  evidence: readonly Evidence[],
  { programmes, now }: Pick<Known, 'programmes' | 'now'>,
): readonly Standing[] => programmes.map((programme) => standing(programme, person, evidence, now));
