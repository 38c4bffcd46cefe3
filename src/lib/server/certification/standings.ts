/**
 * Where this node's people stand in its programmes: their registers and marks, statements that count, and certificates that they hold, put together for
 * `standing`. People with several ids are one person here, and nobody's second id vouches for their first.
 */
import { instantOf, type Clock, type Instant } from '../../domain/clock.ts';
import type { CourseId, NodeId, PersonId, UnitId } from '../../domain/ids.ts';
import { deviceKey, type OrderStanding } from '../../domain/orders.ts';
import type { CredentialRecord, EvidenceRecord, FeedbackRecord, RecordId, RegisterRecord, SittingRecord } from '../../domain/records.ts';
import { admit, type Admitted, type KeyOwner, type KnownSitting } from '../../certification/admission.ts';
import { heldInText } from '../../certification/container.ts';
import { knownContexts } from '../../certification/contexts.ts';
import { didOfKey, statementInRecord } from '../../certification/evidence-record.ts';
import type { Did } from '../../certification/keys.ts';
import { passIn } from '../../certification/passes.ts';
import { leavesOf, type Programme } from '../../certification/programme.ts';
import { readSitting, withinLimit, type Sitting } from '../../certification/sitting.ts';
import { idOf, type Digest } from '../../certification/signed.ts';
import { standing, type Evidence, type Standing } from '../../certification/standing.ts';
import type { SignedStatement, Statement } from '../../certification/statement.ts';
import type { Trust } from '../../certification/trust.ts';
import { verify } from '../../certification/verify.ts';
import type { CourseStructure, LessonItems } from '../../course/package.ts';
import { gradeItem } from '../../exercise/kinds.ts';
import type { JsonObject } from '../../domain/shape.ts';
import type { Database } from '../engine/engine.ts';
import { createBreath } from '../breathing.ts';
import { createProven } from '../trust/proven.ts';
import { nodeTools } from '../trust/tools.ts';
import type { Gathering, Held } from './gathering.ts';

export interface TrustHeld {
  readonly trust: Trust;
  readonly statusLists: readonly JsonObject[];
}

export interface PersonStanding {
  /** The id under which the person's work is put together. */
  readonly person: PersonId;
  /** Every id of theirs that has work at this node. */
  readonly ids: readonly PersonId[];
  readonly language: string | null;
  readonly standings: readonly Standing[];
  readonly evidence: readonly Evidence[];
  readonly credentials: readonly CredentialRecord[];
}

export interface Everybody {
  readonly people: readonly PersonStanding[];
  /** What counts of everybody whose work is here, also of the nodes below: sessions, observations, exams and courses, each person under one id. */
  readonly known: readonly Evidence[];
  readonly statementsById: ReadonlyMap<Digest, Statement>;
  readonly refused: Admitted['refused'];
}

export interface Standings {
  /** Everybody of this node. Without trust no statement counts, and courses alone do. */
  read(trust: TrustHeld | null, orders: OrderStanding): Promise<Everybody>;
}

/** A certificate's answer by the same lists changes with the clock alone, by its dates: it is asked anew after so many milliseconds. */
const stillSo = 60_000;

/** Whether somebody says it of themselves, by whichever of their ids. */
function isForOneself({ body }: SignedStatement, oneOf: (person: PersonId) => PersonId, sessions: ReadonlyMap<Digest, PersonId>): boolean {
  const self = oneOf(body.person);
  if (body.type === 'observation') return oneOf(body.trainer) === self;
  if (body.type === 'exam-session') return body.candidates.some(({ person }) => oneOf(person) === self);
  const trainer = body.type === 'co-signature' ? sessions.get(body.of) : undefined;
  return trainer !== undefined && oneOf(trainer) === self;
}

interface Sat {
  readonly record: SittingRecord;
  readonly sitting: Sitting;
  /** Its answers, marked again here, come to the same; null where this node cannot mark them. */
  readonly right: boolean | null;
}

/** Reads sittings whose chain is whole. A chain is looked at once for each length that it has. */
function createSittings({
  examItems,
  structureOf,
}: {
  readonly examItems: (course: CourseId, unit: UnitId, language: string) => Promise<LessonItems | null>;
  readonly structureOf: (course: CourseId) => Promise<CourseStructure | null>;
}) {
  const known = new Map<RecordId, { readonly length: number; readonly sat: Sat | null }>();

  /** The device marked by the course that it had; where this node has another one, nobody can mark again. */
  async function isMarkedRight({ opened, answers }: Sitting): Promise<boolean | null> {
    const items = await examItems(opened.course, opened.unit, opened.language);
    for (const { id, v } of opened.asks) {
      const item = items?.find((one) => one.id === id);
      if (item?.v !== v) return null;
      const given = answers.get(id);
      if (given !== undefined && Math.abs(gradeItem(item, given.response).score - given.score) > 1e-9) return false;
    }
    return true;
  }

  async function satOf(record: SittingRecord): Promise<Sat | null> {
    const read = await readSitting(record, nodeTools);
    return read.ok ? { record, sitting: read.value, right: read.value.closed === null ? null : await isMarkedRight(read.value) } : null;
  }

  return {
    async read(records: readonly SittingRecord[], oneOf: (person: PersonId) => PersonId): Promise<ReadonlyMap<Digest, KnownSitting>> {
      const byExam = new Map<string, Sat[]>();
      for (const record of records) {
        const before = known.get(record._id);
        const sat = before?.length === record.links.length ? before.sat : await satOf(record);
        known.set(record._id, { length: record.links.length, sat });
        if (sat === null) continue;
        const exam = `${oneOf(record.person)} ${record.course} ${record.unit}`;
        byExam.set(exam, [...(byExam.get(exam) ?? []), sat]);
      }
      const found = new Map<Digest, KnownSitting>();
      for (const sats of byExam.values()) {
        const [first] = sats;
        const { course, unit } = first?.record ?? {};
        const exam = course === undefined ? undefined : (await structureOf(course))?.exams?.find(({ id }) => id === unit);
        const within = new Set(
          withinLimit(
            sats.map(({ sitting }) => sitting),
            exam?.attempts,
          ),
        );
        for (const { sitting, right } of sats) {
          if (sitting.closed === null) continue;
          const { by, person, course, unit, session, score } = sitting.closed;
          found.set(sitting.head, { by, person, course, unit, session, score, counts: within.has(sitting), right });
        }
      }
      return found;
    },
  };
}

export function createStandings(given: {
  readonly node: NodeId;
  readonly gathering: Gathering;
  /** Where it is kept when this node first saw a statement. */
  readonly notes: Database;
  readonly programmes: () => readonly Programme[];
  readonly structureOf: (course: CourseId) => Promise<CourseStructure | null>;
  /** What an exam asks, in a language that it was sat in; null where this node does not have it. */
  readonly examItems: (course: CourseId, unit: UnitId, language: string) => Promise<LessonItems | null>;
  /** What its people gave to the library of practices, by who they are there. */
  readonly contributions: () => Promise<ReadonlyMap<PersonId, readonly Evidence[]>>;
  readonly clock: Clock;
}): Standings {
  const { node, gathering, notes, programmes, structureOf, examItems, contributions, clock } = given;
  const sittings = createSittings({ examItems, structureOf });
  const proven = createProven();
  const receivedById = new Map<Digest, Instant>();
  const start = `${node}:received:`;
  let readReceived: Promise<void> | null = null;

  async function knowReceived(): Promise<void> {
    const { rows } = await notes.list({ partition: node, start, end: `${node}:received;`, inclusiveEnd: false, bodies: true });
    for (const { id, document } of rows) receivedById.set(id.slice(start.length) as Digest, document?.['at'] as Instant);
  }

  /** Notes statements that are new here. A note that another process made first says an earlier moment, and stands from the next start on. */
  async function noteReceived(ids: readonly Digest[]): Promise<void> {
    readReceived ??= knowReceived();
    await readReceived;
    const news = ids.filter((id) => !receivedById.has(id));
    if (news.length === 0) return;
    const at = instantOf(clock());
    await notes.bulk(
      news.map((id) => ({ _id: `${start}${id}`, writer: node, at })),
      { newEdits: true },
    );
    for (const id of news) receivedById.set(id, at);
  }

  /** Statements and their names, by the text that carries them: a record that changes is another object. */
  const statements = new WeakMap<object, { readonly id: Digest; readonly statement: SignedStatement } | null>();
  async function statementOf(text: Pick<EvidenceRecord, 'signed' | 'signature'>) {
    const known = statements.get(text);
    if (known !== undefined) return known;
    const statement = statementInRecord(text);
    const found = statement === null ? null : { id: await idOf(statement.body, nodeTools), statement };
    statements.set(text, found);
    return found;
  }

  /** What each certificate was by these lists, and when that was asked; other lists are another object. */
  const heldByTrust = new WeakMap<TrustHeld, Map<CredentialRecord, { readonly asked: number; readonly piece: Evidence | null }>>();

  async function pieceOf(record: CredentialRecord, { trust, statusLists }: TrustHeld): Promise<Evidence | null> {
    const { uuid, person, programme, credential } = record;
    const now = instantOf(clock());
    const given = { trust, statusLists, contexts: knownContexts, now, tools: nodeTools, proven };
    const { facts, checks } = await verify(heldInText(credential), given);
    // One that is over counted in its time.
    const isTrue = checks.every(({ result, finding }) => result === 'yes' || finding === 'over');
    return isTrue &&
      facts !== null &&
      facts.until !== null &&
      facts.achievement.id?.startsWith(`urn:perigee:programme:${programme}:`) === true
      ? { type: 'credential', id: uuid, at: facts.from, until: facts.until, person, programme }
      : null;
  }

  /** Certificates of which another programme asks that they are held: those that are true, revoked ones apart. */
  async function heldOf(records: readonly CredentialRecord[], held: TrustHeld, breathe: () => Promise<void>): Promise<readonly Evidence[]> {
    const wanted = new Set(
      programmes().flatMap(({ requires, renewal }) =>
        [...leavesOf(requires), ...leavesOf(renewal)].flatMap((leaf) => (leaf.type === 'holds' ? [leaf.programme] : [])),
      ),
    );
    const found: Evidence[] = [];
    const known = heldByTrust.get(held) ?? new Map<CredentialRecord, { readonly asked: number; readonly piece: Evidence | null }>();
    heldByTrust.set(held, known);
    for (const record of records) {
      if (!wanted.has(record.programme)) continue;
      const before = known.get(record);
      const stands =
        before !== undefined && Math.abs(clock() - before.asked) < stillSo
          ? before
          : { asked: clock(), piece: await pieceOf(record, held) };
      known.set(record, stands);
      await breathe();
      if (stands.piece !== null) found.push(stands.piece);
    }
    return found;
  }

  return {
    async read(trust, orders) {
      const now = instantOf(clock());
      const breathe = createBreath();
      const oneOf = (person: PersonId): PersonId => orders.sameAs(person)[0] ?? person;
      const held = new Map([...(await gathering.read())].filter(([person]) => !orders.erased.has(person)));

      const owners = new Map<Did, KeyOwner>();
      const signed = new Map<Digest, SignedStatement>();
      const heldByPerson = new Map<PersonId, [PersonId, Held][]>();
      for (const [person, one] of held) {
        heldByPerson.set(oneOf(person), [...(heldByPerson.get(oneOf(person)) ?? []), [person, one]]);
        for (const record of one.records.values())
          if (record.kind === 'binding') {
            const did = didOfKey(record.key);
            const ends = orders.devices.get(deviceKey(person, record.device))?.since ?? orders.people.get(person)?.since ?? null;
            if (did !== null) owners.set(did, { person, ends });
          } else if (record.kind === 'evidence' || (record.kind === 'sitting' && record.proctored !== undefined)) {
            // What a proctor showed to the candidate's device comes with the sitting.
            const text = record.kind === 'evidence' ? record : record.proctored;
            const found = text === undefined ? null : await statementOf(text);
            if (found !== null) signed.set(found.id, found.statement);
          }
      }
      await noteReceived([...signed.keys()]);
      const sat = await sittings.read(
        [...held].flatMap(([, { records }]) => [...records.values()].filter((record) => record.kind === 'sitting')),
        oneOf,
      );
      const trainers = new Map(
        [...signed].flatMap(([id, { body }]): [Digest, PersonId][] => (body.type === 'teaching-session' ? [[id, body.person]] : [])),
      );
      const admitted =
        trust === null
          ? { evidence: [], refused: [] }
          : await admit(
              [...signed.values()].filter((statement) => !isForOneself(statement, oneOf, trainers)),
              {
                trust: trust.trust,
                ownerOf: (key) => owners.get(key) ?? null,
                sittingOf: (answers) => sat.get(answers) ?? null,
                receivedAt: (statement) => receivedById.get(statement) ?? null,
                now,
                tools: nodeTools,
              },
            );

      // What is known of each person, by who they are.
      const evidenceByPerson = new Map<string, Evidence[]>();
      const add = (person: string, piece: Evidence): void => {
        const known = evidenceByPerson.get(person);
        if (known === undefined) evidenceByPerson.set(person, [piece]);
        else known.push(piece);
      };
      for (const piece of admitted.evidence) {
        if (piece.type === 'session') {
          const trainer = oneOf(piece.trainer as PersonId);
          const attended = [...new Set(piece.attended.map((person) => oneOf(person as PersonId)))].filter((person) => person !== trainer);
          add(trainer, { ...piece, trainer, attended });
        } else if (piece.type === 'observation') {
          const trainer = oneOf(piece.trainer as PersonId);
          add(trainer, { ...piece, trainer });
        } else if (piece.type === 'exam') {
          const person = oneOf(piece.person as PersonId);
          add(person, { ...piece, person });
        }
      }
      for (const [writer, pieces] of await contributions())
        if (!orders.erased.has(writer))
          for (const piece of pieces) if (piece.type === 'contribution') add(oneOf(writer), { ...piece, person: oneOf(writer) });
      const passesByPerson = new Map<string, Evidence[]>();
      for (const [person, ranges] of heldByPerson) {
        await breathe();
        const byCourse = new Map<CourseId, (RegisterRecord | FeedbackRecord)[]>();
        for (const [, { records }] of ranges)
          for (const record of records.values())
            if (record.kind === 'register' || record.kind === 'feedback')
              byCourse.set(record.course, [...(byCourse.get(record.course) ?? []), record]);
        for (const [course, records] of byCourse) {
          const structure = await structureOf(course);
          const pass = structure === null ? null : passIn(person, course, structure, records);
          if (pass !== null) passesByPerson.set(person, [...(passesByPerson.get(person) ?? []), pass]);
        }
      }

      const people: PersonStanding[] = [];
      for (const [person, ranges] of heldByPerson) {
        const own = ranges.filter(([, one]) => one.node === node);
        if (own.length === 0) continue;
        const credentials = ranges.flatMap(([, { records }]) => [...records.values()].filter((record) => record.kind === 'credential'));
        const evidence = [...(evidenceByPerson.get(person) ?? [])];
        const attended = new Set(evidence.flatMap((piece) => (piece.type === 'session' ? piece.attended : [])));
        for (const learner of attended) evidence.push(...(passesByPerson.get(learner) ?? []));
        evidence.push(...(passesByPerson.get(person) ?? []));
        if (trust !== null && credentials.length > 0)
          evidence.push(...(await heldOf(credentials, trust, breathe)).map((piece) => ({ ...piece, person }) as Evidence));
        let standings: readonly Standing[] | null = null;
        people.push({
          person,
          ids: own.map(([id]) => id),
          language: own.map(([, { language }]) => language).find((language) => language !== null) ?? null,
          // Whoever asks for one person's evidence asks for nobody's standing.
          get standings() {
            return (standings ??= programmes().map((programme) => standing(programme, person, evidence, now)));
          },
          evidence,
          credentials,
        });
      }
      const statementsById = new Map([...signed].map(([id, { body }]) => [id, body]));
      const known = [evidenceByPerson, passesByPerson].flatMap((byPerson) => [...byPerson.values()].flat());
      return { people, known, statementsById, refused: admitted.refused };
    },
  };
}
