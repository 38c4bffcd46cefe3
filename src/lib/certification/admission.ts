/**
 * Which statements count. A statement becomes evidence when its signature is right, the key is its person's, and the person could know and
 * may say what it says:
 *
 * - Nobody signs for themself. An observer is not the trainer, a proctor is no candidate, and a trainer's own record of a session counts only as far as
 *   others confirm it: whole, where an observer of the programme signed beside it; else for those learners who did.
 * - Nobody signs beyond what their own credential allows, nor after its end (`trust.ts`).
 * - A signature of a key that has ended counts as made before only where a node had it by then.
 * - An exam counts for those whose own chain of answers is here, whole and by a key of theirs, and comes to what the proctor signed; of each as many as the exam allows.
 * - What is withdrawn by its signer or by a centre counts as if it had never been; a withdrawal cannot be withdrawn.
 *
 * What is refused is told with its reason, for the one who waits for it.
 */
import { instantOf, type Instant } from '../domain/clock.ts';
import type { PersonId } from '../domain/ids.ts';
import type { Did, Tools } from './keys.ts';
import { idOf, isSignedRight, type Digest } from './signed.ts';
import type { Evidence } from './standing.ts';
import type { Closed } from './sitting.ts';
import type { CoSignature, ExamSession, Observation, SignedStatement, Statement, TeachingSession, Withdrawal } from './statement.ts';
import { authorityOf, type Refusal, type Right, type Trust } from './trust.ts';

/** Whose key it is, by the word of the node that enrolled them; `ends` once the key was lost or taken. */
export interface KeyOwner {
  readonly person: PersonId;
  readonly ends: Instant | null;
}

/** A sitting whose chain is whole (`sitting.ts`), as whoever holds it found it. */
export interface KnownSitting extends Pick<Closed, 'person' | 'course' | 'unit' | 'session' | 'score'> {
  readonly by: Did;
  /** It is among as many as the exam allows. */
  readonly counts: boolean;
  /** Its answers, marked again, come to the same; null where whoever asks cannot mark. */
  readonly right: boolean | null;
}

export interface Admission {
  readonly trust: Trust;
  ownerOf(key: Did): KeyOwner | null;
  /** The sitting whose last link has this digest; null where it is not here. */
  sittingOf(answers: Digest): KnownSitting | null;
  /** When a node received the statement; null where none is known to have. */
  receivedAt(statement: Digest): Instant | null;
  readonly now: Instant;
  readonly tools: Tools;
}

export type RefusedWhy =
  | 'bad-signature'
  /** No node has said whose key this is. */
  | 'unknown-key'
  | 'other-person'
  | 'key-ended'
  | 'in-the-future'
  | 'for-oneself'
  /** What it speaks of is not here, or not admitted. */
  | 'nothing-to-sign'
  | 'unconfirmed'
  /** Nobody's answers to the exam are here yet. */
  | 'no-answers'
  /** The answers are another's, of another exam, or come to something else. */
  | 'other-answers'
  /** They sat the exam more often than it allows. */
  | 'used-up'
  | 'not-yours'
  | Refusal['type'];

export interface NotCounted {
  readonly id: Digest;
  readonly why: RefusedWhy;
  /** Of an exam: whom alone it does not count for. */
  readonly person?: PersonId;
}

export interface Admitted {
  readonly evidence: readonly Evidence[];
  readonly refused: readonly NotCounted[];
}

interface Named<Body extends Statement = Statement> {
  readonly id: Digest;
  readonly body: Body;
}

/** A device's clock may run ahead by this much: milliseconds. */
const slack = 24 * 60 * 60 * 1000;

const only = <Type extends Statement['type']>(statements: readonly Named[], type: Type): readonly Named<Statement & { type: Type }>[] =>
  statements.filter((statement): statement is Named<Statement & { type: Type }> => statement.body.type === type);

export async function admit(statements: readonly SignedStatement[], admission: Admission): Promise<Admitted> {
  const { trust, tools, now } = admission;
  const refused = new Map<Digest, RefusedWhy>();
  const evidence: Evidence[] = [];
  const apart: NotCounted[] = [];

  /** Whether the key had the right: as of when a node received it, where one did. */
  const mayAs = async ({ id, body }: Named, right: Right, programme: string): Promise<RefusedWhy | null> => {
    const asked = { key: body.by, right, programme, at: body.at, digest: id };
    const received = admission.receivedAt(id);
    const authority = await authorityOf(trust, asked, received !== null && received < now ? received : now, tools);
    return authority.ok ? null : authority.error.type;
  };

  const known = new Map<Digest, Named>();
  for (const signed of statements) {
    const id = await idOf(signed.body, tools);
    if (known.has(id)) continue;
    const why = await signerFault(signed, id, admission);
    // A copy whose signature somebody spoilt does not hide the true one.
    if (why === null) {
      known.set(id, { id, body: signed.body });
      refused.delete(id);
    } else if (refused.get(id) === undefined || why !== 'bad-signature') refused.set(id, why);
  }

  const withdrawn = new Set<Digest>();
  for (const statement of only([...known.values()], 'withdrawal')) {
    const why = await withdrawalFault(statement, known, mayAs);
    if (why !== null) refused.set(statement.id, why);
    else {
      withdrawn.add(statement.body.of);
      evidence.push({ type: 'withdrawal', of: statement.body.of });
    }
  }
  const standing = [...known.values()].filter(({ id }) => !withdrawn.has(id) && !refused.has(id));

  const sessions = new Map(only(standing, 'teaching-session').map((session) => [session.id, session]));
  const observersBySession = new Map<Digest, Named<Observation>[]>();
  for (const observation of only(standing, 'observation')) {
    const why = await observationFault(observation, sessions, mayAs);
    if (why !== null) refused.set(observation.id, why);
    else observersBySession.set(observation.body.session, [...(observersBySession.get(observation.body.session) ?? []), observation]);
  }
  const signersBySession = new Map<Digest, Named<CoSignature>[]>();
  for (const signature of only(standing, 'co-signature')) {
    const session = sessions.get(signature.body.of);
    if (session === undefined) refused.set(signature.id, 'nothing-to-sign');
    else if (session.body.person === signature.body.person) refused.set(signature.id, 'for-oneself');
    else signersBySession.set(session.id, [...(signersBySession.get(session.id) ?? []), signature]);
  }

  for (const session of sessions.values()) {
    const observers = observersBySession.get(session.id) ?? [];
    const attended = await attendanceOf(session, observers, signersBySession.get(session.id) ?? [], mayAs);
    if (attended === null) {
      refused.set(session.id, 'unconfirmed');
      for (const { id } of observers) refused.set(id, 'nothing-to-sign');
      continue;
    }
    evidence.push({ type: 'session', id: session.id, at: session.body.starts, trainer: session.body.person, attended });
    for (const { id, body } of observers) {
      const { trainer, programme, rubric, levels } = body;
      evidence.push({ type: 'observation', id, at: body.at, session: session.id, trainer, programme, rubric, levels });
    }
  }

  for (const exam of only(standing, 'exam-session')) {
    const why = await examFault(exam, mayAs);
    if (why !== null) {
      refused.set(exam.id, why);
      continue;
    }
    const { course, unit, closed, candidates } = exam.body;
    const faults = candidates.flatMap((candidate): readonly NotCounted[] => {
      const why = candidateFault(exam.body, candidate, admission);
      return why === null ? [] : [{ id: exam.id, why, person: candidate.person }];
    });
    for (const { person, score } of candidates)
      if (!faults.some((fault) => fault.person === person))
        evidence.push({ type: 'exam', id: exam.id, at: closed, person, course, unit, score });
    // What is wrong with one of them holds up nobody else.
    apart.push(...faults);
  }
  return { evidence, refused: [...[...refused].map(([id, why]) => ({ id, why })), ...apart] };
}

type MayAs = (statement: Named, right: Right, programme: string) => Promise<RefusedWhy | null>;

async function signerFault(
  signed: SignedStatement,
  id: Digest,
  { ownerOf, receivedAt, now, tools }: Admission,
): Promise<RefusedWhy | null> {
  const { body } = signed;
  if (!(await isSignedRight(signed, tools))) return 'bad-signature';
  const owner = ownerOf(body.by);
  if (owner === null) return 'unknown-key';
  if (owner.person !== body.person) return 'other-person';
  if (body.at > instantOf(Date.parse(now) + slack)) return 'in-the-future';
  if (owner.ends === null || now < owner.ends) return null;
  const received = receivedAt(id);
  return received !== null && received < owner.ends ? null : 'key-ended';
}

async function withdrawalFault(statement: Named<Withdrawal>, known: ReadonlyMap<Digest, Named>, mayAs: MayAs): Promise<RefusedWhy | null> {
  const target = known.get(statement.body.of);
  if (target === undefined || target.body.type === 'withdrawal') return 'nothing-to-sign';
  if (target.body.person === statement.body.person) return null;
  const programme = 'programme' in target.body ? target.body.programme : '*';
  return (await mayAs(statement, 'issue', programme)) === null ? null : 'not-yours';
}

async function observationFault(
  observation: Named<Observation>,
  sessions: ReadonlyMap<Digest, Named<TeachingSession>>,
  mayAs: MayAs,
): Promise<RefusedWhy | null> {
  const { body } = observation;
  const session = sessions.get(body.session);
  if (session?.body.person !== body.trainer || body.at < session.body.starts) return 'nothing-to-sign';
  if (body.person === body.trainer) return 'for-oneself';
  return mayAs(observation, 'observe', body.programme);
}

async function examFault(exam: Named<ExamSession>, mayAs: MayAs): Promise<RefusedWhy | null> {
  const { body } = exam;
  if (body.candidates.some(({ person }) => person === body.person)) return 'for-oneself';
  return mayAs(exam, 'proctor', body.programme);
}

function candidateFault(
  { course, unit, session }: ExamSession,
  { person, answers, score }: ExamSession['candidates'][number],
  { sittingOf, ownerOf }: Admission,
): 'no-answers' | 'other-answers' | 'used-up' | null {
  const sitting = sittingOf(answers);
  if (sitting === null) return 'no-answers';
  const owner = ownerOf(sitting.by);
  // Nobody has said yet whose key it is.
  if (owner === null) return 'no-answers';
  const same =
    owner.person === person &&
    sitting.person === person &&
    sitting.course === course &&
    sitting.unit === unit &&
    sitting.session === session &&
    sitting.score === score &&
    sitting.right !== false;
  return !same ? 'other-answers' : sitting.counts ? null : 'used-up';
}

/** Who came, as far as others confirm it; null where nobody does. */
async function attendanceOf(
  { body }: Named<TeachingSession>,
  observers: readonly Named<Observation>[],
  signers: readonly Named<CoSignature>[],
  mayAs: MayAs,
): Promise<readonly PersonId[] | null> {
  if (observers.length > 0) return body.attended;
  for (const signature of signers) if ((await mayAs(signature, 'observe', '*')) === null) return body.attended;
  const signed = new Set(signers.map((signature) => signature.body.person));
  const attended = body.attended.filter((person) => signed.has(person));
  return attended.length > 0 ? attended : null;
}
