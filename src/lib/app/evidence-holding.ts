/** What a holder's standing is made of, read from this device: their own courses, exams, certificates and statements, and what the centre said when it was last asked. */
import { isInstant, type Instant } from '#lib/domain/clock.ts';
import type { CourseId, PersonId } from '#lib/domain/ids.ts';
import type { FeedbackRecord, PersonRecord, RegisterRecord, SittingRecord } from '#lib/domain/records.ts';
import { heldInText } from '#lib/certification/container.ts';
import { knownContexts } from '#lib/certification/contexts.ts';
import { ownersOf, statementInRecord } from '#lib/certification/evidence-record.ts';
import { joinEvidence, parseKnownEvidence, type KnownEvidence } from '#lib/certification/known-evidence.ts';
import { passIn } from '#lib/certification/passes.ts';
import type { Programme } from '#lib/certification/programme.ts';
import { readCourseTitles, readProgrammes } from '#lib/certification/published-programmes.ts';
import { readSitting, withinLimit, type Sitting } from '#lib/certification/sitting.ts';
import type { Evidence, Standing } from '#lib/certification/standing.ts';
import type { SignedStatement } from '#lib/certification/statement.ts';
import type { KnownSitting } from '#lib/certification/admission.ts';
import { idOf, type Digest } from '#lib/certification/signed.ts';
import type { Trust } from '#lib/certification/trust.ts';
import { verify } from '#lib/certification/verify.ts';
import type { JsonObject } from '#lib/domain/shape.ts';
import { StatementStore } from '#lib/storage/statements.ts';
import { askKnownEvidence, askOwners } from '#lib/sync/client/statements.ts';
import { bindingsIn } from './evidence.svelte.ts';
import { grantedKeys, judge, standingsOf } from './evidence-judge.ts';
import { storage } from './store.ts';
import { browserTools } from './verify-tools.ts';

const kinds = ['register', 'feedback', 'evidence', 'sitting', 'binding', 'credential'] as const;

/** Everything of the person that lies here, under any of their ids. */
export interface OwnWork {
  readonly person: PersonId;
  readonly ids: readonly PersonId[];
  readonly documents: readonly PersonRecord[];
  readonly programmes: readonly Programme[];
  readonly known: KnownEvidence | null;
  /** Courses that were answered here, as far as the course is here too. */
  readonly passes: readonly Evidence[];
  readonly titles: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly statements: readonly SignedStatement[];
  /** The centre's word on whose keys are whose. */
  readonly owners: ReturnType<typeof ownersOf>;
}

async function openStatements(): Promise<StatementStore> {
  return new StatementStore((await storage()).store.database);
}

async function documentsOf(person: PersonId): Promise<readonly PersonRecord[]> {
  const { store } = await storage();
  return (await Promise.all(kinds.map((kind) => store.journal.ofKind(person, kind)))).flat().map(({ body }) => body);
}

/** What others signed: as evidence of its own, and as what a proctor laid beside a sitting. */
const signedIn = (documents: readonly PersonRecord[]) =>
  documents.flatMap((body) =>
    body.kind === 'evidence' ? [body] : body.kind === 'sitting' && body.proctored !== undefined ? [body.proctored] : [],
  );

export async function readOwnWork(person: PersonId): Promise<OwnWork> {
  const { store } = await storage();
  const kept = await openStatements();
  const row = await store.people.get(person);
  const documents = await documentsOf(person);
  const courses = await store.library.courses();
  const byCourse = new Map<CourseId, (RegisterRecord | FeedbackRecord)[]>();
  for (const body of documents)
    if (body.kind === 'register' || body.kind === 'feedback') byCourse.set(body.course, [...(byCourse.get(body.course) ?? []), body]);
  const passes = [...byCourse].flatMap(([course, records]) => {
    const structure = courses.find((one) => one.course === course)?.structure;
    return structure === undefined ? [] : (passIn(person, course, structure, records) ?? []);
  });
  const own = (await kept.of(person)).map(({ body }) => body);
  const bindings = documents.filter((body) => body.kind === 'binding');
  const published = await kept.programmes();
  return {
    person,
    ids: row?.aliases ?? [],
    documents,
    programmes: readProgrammes(published),
    known: parseKnownEvidence(await kept.knownEvidence(person)),
    passes,
    titles: new Map([
      ...Object.entries(readCourseTitles(published)),
      ...courses.map(({ course, structure }) => [course, structure.title] as const),
    ]),
    statements: [...signedIn(documents), ...own].flatMap((text) => statementInRecord(text) ?? []),
    owners: ownersOf([...bindingsIn(await kept.owners()), ...bindings]),
  };
}

/** Sittings whose chain is whole, by their last link; of one exam as many as it allows. */
async function sittingsIn(documents: readonly PersonRecord[]): Promise<ReadonlyMap<Digest, KnownSitting>> {
  const byExam = new Map<string, Sitting[]>();
  for (const body of documents.filter((one): one is SittingRecord => one.kind === 'sitting')) {
    const read = await readSitting(body, browserTools);
    const exam = `${body.course} ${body.unit}`;
    if (read.ok) byExam.set(exam, [...(byExam.get(exam) ?? []), read.value]);
  }
  const found = new Map<Digest, KnownSitting>();
  for (const sittings of byExam.values()) {
    const within = withinLimit(sittings);
    for (const sitting of sittings) {
      if (sitting.closed === null) continue;
      const { by, person, course, unit, session, score } = sitting.closed;
      found.set(sitting.head, { by, person, course, unit, session, score, counts: within.includes(sitting), right: null });
    }
  }
  return found;
}

export interface Stand {
  readonly standings: readonly Standing[];
  readonly evidenceById: ReadonlyMap<string, Evidence>;
  readonly statementsById: ReadonlyMap<string, SignedStatement>;
}

export const nowhere: Stand = { standings: [], evidenceById: new Map(), statementsById: new Map() };

/** Where they stand by all this, as the lists of this device have it. */
export async function standBy(
  work: OwnWork,
  lists: { readonly trust: Trust | null; readonly statusLists: readonly JsonObject[] },
  now: Instant,
): Promise<Stand> {
  const { trust, statusLists } = lists;
  const statementsById = new Map<string, SignedStatement>();
  for (const statement of work.statements) statementsById.set(await idOf(statement.body, browserTools), statement);
  const { evidence } = await judge({
    statements: [...statementsById.values()],
    trust,
    owners: work.owners,
    sittings: await sittingsIn(work.documents),
    programmes: work.programmes,
    now,
    tools: browserTools,
  });
  const held: Evidence[] = [];
  for (const body of trust === null ? [] : work.documents) {
    if (body.kind !== 'credential') continue;
    const { uuid: id, person, programme, credential } = body;
    const { facts, checks } = await verify(heldInText(credential), {
      trust,
      statusLists,
      contexts: knownContexts,
      now,
      tools: browserTools,
    });
    // One that is over counted in its time.
    const isTrue = checks.every(({ result, finding }) => result === 'yes' || finding === 'over');
    if (isTrue && facts !== null && isInstant(facts.until))
      held.push({ type: 'credential', id, at: facts.from, until: facts.until, person, programme });
  }
  const all = joinEvidence([...work.passes, ...evidence, ...held], work.known, work);
  return {
    standings: standingsOf(all.person, all.evidence, { programmes: work.programmes, now }),
    evidenceById: new Map(all.evidence.flatMap((piece) => (piece.type === 'withdrawal' ? [] : [[piece.id, piece] as const]))),
    statementsById,
  };
}

const request = (input: string, init?: RequestInit): Promise<Response> => fetch(input, init);
/** Milliseconds. */
const patience = 20_000;

/** Asks for programmes, for what the centre knows, and whose the keys are that signed what is here; false where it cannot be reached. */
export async function askCentre({ person, documents }: Pick<OwnWork, 'person' | 'documents'>, trust: Trust | null): Promise<boolean> {
  const kept = await openStatements();
  const token = (await (await storage()).store.people.get(person))?.centre?.token;
  try {
    const response = await fetch('/content/programmes', { signal: AbortSignal.timeout(patience) });
    if (!response.ok) return false;
    const value: unknown = await response.json();
    if (readProgrammes(value).length > 0) await kept.keepProgrammes(value);
  } catch {
    // No network: what is kept serves.
    return false;
  }
  if (token === undefined) return true;
  const line = { fetch: request, origin: location.origin, token };
  const told = await askKnownEvidence(line);
  if (told.ok && parseKnownEvidence(told.value) !== null) await kept.keepKnownEvidence(person, told.value);
  const keys = [...new Set([...signedIn(documents).map(({ signature }) => signature.key), ...grantedKeys(trust)])].slice(0, 500);
  const owners = keys.length === 0 ? null : await askOwners(line, keys);
  if (owners?.ok === true) {
    const before = bindingsIn(await kept.owners());
    await kept.keepOwners([...owners.value, ...before.filter(({ key }) => !owners.value.some((one) => one.key === key))]);
  }
  return true;
}
