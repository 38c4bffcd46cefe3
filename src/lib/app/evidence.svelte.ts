/**
 * Evidence on the device of a member of staff: what they sign is committed here first, with or without a network, and handed over when the centre can be
 * reached. What is shown as *at the centre* follows the centre's own answer and nothing else.
 */
import { instantOf, type Instant } from '#lib/domain/clock.ts';
import { createUlid, type PersonId } from '#lib/domain/ids.ts';
import type { BindingRecord } from '#lib/domain/records.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { isListOf, isObject } from '#lib/domain/shape.ts';
import { parseRecord } from '#lib/domain/parse-record.ts';
import { ownersOf, statementInRecord, statementToRecord } from '#lib/certification/evidence-record.ts';
import type { Signer } from '#lib/certification/keys.ts';
import { joinEvidence, parseKnownEvidence } from '#lib/certification/known-evidence.ts';
import type { Localized, Programme } from '#lib/certification/programme.ts';
import { readCourseTitles, readProgrammes } from '#lib/certification/published-programmes.ts';
import { idOf, isSignedRight, signBody, type Digest } from '#lib/certification/signed.ts';
import type { Standing } from '#lib/certification/standing.ts';
import type { ExamSession, Observation, SignedStatement, Statement, TeachingSession } from '#lib/certification/statement.ts';
import type { Refusal } from '#lib/certification/trust.ts';
import { ExamStore } from '#lib/storage/exams.ts';
import { KeyStore } from '#lib/storage/keys.ts';
import type { StatementRow } from '#lib/storage/schema.ts';
import { StatementStore } from '#lib/storage/statements.ts';
import { showKey, type OwnKey } from '#lib/sync/client/device-key.ts';
import { askKnownEvidence, askOwners, bindStaffKey, handOverStatements, readStatements, type Line } from '#lib/sync/client/statements.ts';
import type { PassFailure } from '#lib/sync/session.ts';
import { readCode, statementToCode, type Shown } from './evidence-code.ts';
import { keyOn, signerWith } from './evidence-signer.ts';
import { grantedKeys, judge, mayDo, mayObserve, objectionTo, standingsOf, type Known, type StateOf } from './evidence-judge.ts';
import { now, random, storage } from './store.ts';
import { Verifier } from './verifier.svelte.ts';
import { browserTools } from './verify-tools.ts';

export interface Entry {
  readonly id: Digest;
  readonly statement: SignedStatement;
  readonly row: StatementRow;
  readonly state: StateOf;
}

/** Why nothing was recorded: no key here, for oneself, too much for a record, or a code that does not fit. */
export type NotRecorded = 'no-key' | 'for-oneself' | 'too-large' | 'no-such-session' | 'bad-signature';

export type SessionGiven = Pick<TeachingSession, 'title' | 'place' | 'starts' | 'ends' | 'roster' | 'attended' | 'guests'> & {
  readonly course?: string;
};
export type ObservationGiven = Pick<Observation, 'session' | 'trainer' | 'programme' | 'version' | 'rubric' | 'place' | 'levels' | 'words'>;
export type ExamGiven = Pick<
  ExamSession,
  'programme' | 'course' | 'unit' | 'session' | 'place' | 'opened' | 'closed' | 'roster' | 'candidates'
>;

/** Whose key is asked of the centre in one question. */
const mostKeys = 500;

const request = (input: string, init?: RequestInit): Promise<Response> => fetch(input, init);

export class EvidenceDesk {
  ready = $state(false);
  /** This browser's key for the person: the centre knows it, does not yet, or the browser makes none. */
  key = $state<'bound' | 'waiting' | 'none' | null>(null);
  /** The newest first. */
  entries = $state.raw<readonly Entry[]>([]);
  programmes = $state.raw<readonly Programme[]>([]);
  /** What the centre calls the courses that programmes ask for. */
  courseTitles = $state.raw<Readonly<Record<string, Localized>>>({});
  standings = $state.raw<readonly Standing[]>([]);
  /** When the centre last said what it knows; null where it never did. */
  asOf = $state<Instant | null>(null);
  /** Why the last talk with the centre ended early. */
  failure = $state<PassFailure | null>(null);
  busy = $state(false);
  readonly verifier = new Verifier();

  readonly #person: PersonId;
  /** The token where somebody is signed in, null where only this device's own things are open. */
  readonly #token: () => string | null;
  #again = false;
  #own: OwnKey | null = null;
  #owners: readonly BindingRecord[] = [];

  constructor(person: PersonId, token: () => string | null) {
    this.#person = person;
    this.#token = token;
  }

  /** Reads what is here, then talks with the centre where it can be reached. */
  async load(): Promise<void> {
    const { statements, keys } = await this.#stores();
    const made = await keyOn(keys, this.#person);
    this.#own = made;
    this.key = made === null ? 'none' : made.binding === null ? 'waiting' : 'bound';
    const published = await statements.programmes();
    this.programmes = readProgrammes(published);
    this.courseTitles = readCourseTitles(published);
    this.#owners = bindingsIn(await statements.owners());
    await this.#judge();
    this.ready = true;
    await this.meet();
  }

  async #stores() {
    const { store } = await storage();
    return { device: store.device, statements: new StatementStore(store.database), keys: new KeyStore(store.database) };
  }

  /** Shows the key, hands over what waits, takes what others brought. Asked for while it runs, it runs once more. */
  async meet(): Promise<void> {
    if (this.busy) {
      this.#again = true;
      return;
    }
    this.busy = true;
    try {
      // The lists are open to all.
      await Promise.all([this.verifier.load(), this.#fetchProgrammes()]);
      const token = this.#token();
      this.failure = token === null ? null : await this.#talk({ fetch: request, origin: location.origin, token });
      await this.#judge();
    } finally {
      this.busy = false;
    }
    // Something was signed meanwhile.
    if (!this.#again) return;
    this.#again = false;
    await this.meet();
  }

  async #fetchProgrammes(): Promise<void> {
    try {
      const response = await fetch('/content/programmes', { signal: AbortSignal.timeout(20_000) });
      if (!response.ok) return;
      const value: unknown = await response.json();
      const programmes = readProgrammes(value);
      if (programmes.length === 0) return;
      await (await this.#stores()).statements.keepProgrammes(value);
      this.programmes = programmes;
      this.courseTitles = readCourseTitles(value);
    } catch {
      // No network: those that are kept serve.
    }
  }

  async #talk(line: Line): Promise<PassFailure | null> {
    const { device, statements, keys } = await this.#stores();
    if (this.#own !== null && this.key === 'waiting') {
      const bound = await bindStaffKey(line, device, await showKey(this.#own, device));
      if (!bound.ok) return bound.error;
      await keys.bound(this.#person, bound.value);
      this.key = 'bound';
    }
    const read = await readStatements(line, this.#person);
    if (!read.ok) return read.error;
    if (read.value.place !== null) await statements.withdraw(this.#person, read.value.place);
    await statements.take(read.value.evidence);

    const waiting = (await statements.of(this.#person)).filter(({ writer, receipt }) => writer === this.#person && receipt === null);
    const ranges = waiting.map((row) => row.person).filter((person, at, all) => all.indexOf(person) === at);
    for (const person of ranges) {
      const bodies = waiting.filter((row) => row.person === person).map(({ body }) => body);
      const said = await handOverStatements(line, person, bodies);
      if (!said.ok) {
        // Another's range that is not open to us holds up nothing else.
        if (person === this.#person || said.error !== 'revoked') return said.error;
        for (const { _id } of bodies) await statements.settle(_id, { receipt: null, refused: said.error });
        continue;
      }
      for (const one of said.value)
        await statements.settle(
          one.body._id,
          'receipt' in one ? { receipt: one.receipt, refused: null } : { receipt: null, refused: one.refused },
        );
    }
    const told = await askKnownEvidence(line);
    if (told.ok && parseKnownEvidence(told.value) !== null) await statements.keepKnownEvidence(this.#person, told.value);
    return this.#askOwners(line);
  }

  async #askOwners(line: Line): Promise<PassFailure | null> {
    const { statements } = await this.#stores();
    const signers = (await statements.of(this.#person)).map(({ body }) => body.signature.key);
    // Whoever may observe or hold exams may sign tomorrow, where nobody can be asked.
    const known = [...signers, ...grantedKeys(this.verifier.trust ?? null)];
    const keys = known.filter((key, at) => known.indexOf(key) === at).slice(0, mostKeys);
    if (keys.length === 0) return null;
    const owners = await askOwners(line, keys);
    if (!owners.ok) return owners.error;
    this.#owners = [...owners.value, ...this.#owners.filter(({ key }) => !owners.value.some((one) => one.key === key))];
    await statements.keepOwners(this.#owners);
    return null;
  }

  async #judge(): Promise<void> {
    const { statements } = await this.#stores();
    const rows = await statements.of(this.#person);
    const found = rows.flatMap((row) => {
      const statement = statementInRecord(row.body);
      return statement === null ? [] : [{ row, statement }];
    });
    const known = this.#known(found.map(({ statement }) => statement));
    const { stateById, evidence } = await judge(known);
    const entries = await Promise.all(
      found.map(async ({ row, statement }): Promise<Entry> => {
        const id = await idOf(statement.body, browserTools);
        return { id, row, statement, state: stateById.get(id) ?? { type: 'waits' } };
      }),
    );
    this.entries = entries.sort((a, b) => (a.row.id < b.row.id ? 1 : -1));
    // What the centre knows besides: courses that the person and their learners passed.
    const told = parseKnownEvidence(await statements.knownEvidence(this.#person));
    this.asOf = told?.at ?? null;
    const all = joinEvidence(evidence, told, { person: this.#person, ids: [] });
    this.standings = standingsOf(all.person, all.evidence, known);
  }

  #known(statements: readonly SignedStatement[]): Known {
    // One's own key is one's own, also before the centre was told.
    const own = this.#own === null ? [] : [{ key: this.#own.key, person: this.#person }];
    const owners = ownersOf([...this.#owners, ...own]);
    return {
      statements,
      trust: this.verifier.trust ?? null,
      owners,
      programmes: this.programmes,
      now: instantOf(now()),
      tools: browserTools,
    };
  }

  #signer(): Signer | null {
    return signerWith(this.#own);
  }

  /** Whether this device's list lets the person observe for a programme. */
  async mayObserve(programme: string): Promise<'yes' | 'unknown' | Refusal> {
    const signer = this.#signer();
    return signer === null ? 'unknown' : mayObserve(signer.did, programme, this.#known([]));
  }

  /** Whether it lets them hold an exam of a programme. */
  async mayProctor(programme: string): Promise<'yes' | 'unknown' | Refusal> {
    const signer = this.#signer();
    return signer === null ? 'unknown' : mayDo('proctor', signer.did, programme, this.#known([]));
  }

  recordSession(given: SessionGiven): Promise<Result<SignedStatement, NotRecorded>> {
    return this.#sign(this.#person, (base) => ({ ...base, type: 'teaching-session', ...given }));
  }

  recordObservation(given: ObservationGiven): Promise<Result<SignedStatement, NotRecorded>> {
    return this.#sign(given.trainer, (base) => ({ ...base, type: 'observation', ...given }));
  }

  /** Signs that an exam was held. It lies in the proctor's own range: those who sat it carry their own part of it. */
  recordExam(given: ExamGiven): Promise<Result<SignedStatement, NotRecorded>> {
    return this.#sign(this.#person, (base) => ({ ...base, type: 'exam-session', ...given }));
  }

  /** Signs for one who handed in, to be shown to their device; nothing is kept of it here. */
  async signForOne(given: ExamGiven): Promise<Result<SignedStatement, NotRecorded>> {
    const signer = this.#signer();
    if (signer === null) return err('no-key');
    const body: Statement = {
      format: 'perigee-evidence/1',
      by: signer.did,
      person: this.#person,
      at: instantOf(now()),
      type: 'exam-session',
      ...given,
    };
    const objection = objectionTo(body);
    return objection === null ? ok(await signBody(body, signer)) : err(objection);
  }

  /** Takes back what the person signed; it stays readable, and counts no longer. Of an exam, what they signed for each who sat it as well. */
  async withdraw({ id, row, statement: { body } }: Entry, reason: string): Promise<Result<SignedStatement, NotRecorded>> {
    if (body.type === 'exam-session') {
      const held = (await new ExamStore((await storage()).store.database).of(this.#person)).find((exam) => exam.id === body.session);
      for (const part of held?.signed ?? []) {
        const of = await idOf(part.statement.body, browserTools);
        const made = await this.#sign(this.#person, (base) => ({ ...base, type: 'withdrawal', of, reason }));
        if (!made.ok) return made;
      }
    }
    return this.#sign(row.person, (base) => ({ ...base, type: 'withdrawal', of: id, reason }));
  }

  /** Takes what somebody else signed about a session of the person, as their phone showed it. */
  async takeSigned(statement: SignedStatement): Promise<Result<SignedStatement, NotRecorded>> {
    const { body } = statement;
    const of = body.type === 'observation' ? body.session : body.type === 'co-signature' ? body.of : null;
    const session = this.entries.find(({ id }) => id === of)?.statement.body;
    if (session?.type !== 'teaching-session' || session.person !== this.#person) return err('no-such-session');
    if (body.person === this.#person) return err('for-oneself');
    if (!(await isSignedRight(statement, browserTools))) return err('bad-signature');
    return this.#commit(statement, this.#person);
  }

  async #sign(
    about: PersonId,
    write: (base: { format: 'perigee-evidence/1'; by: Signer['did']; person: PersonId; at: Instant }) => Statement,
  ): Promise<Result<SignedStatement, NotRecorded>> {
    const signer = this.#signer();
    if (signer === null) return err('no-key');
    const body = write({ format: 'perigee-evidence/1', by: signer.did, person: this.#person, at: instantOf(now()) });
    const objection = objectionTo(body);
    return objection === null ? this.#commit(await signBody(body, signer), about) : err(objection);
  }

  async #commit(statement: SignedStatement, about: PersonId): Promise<Result<SignedStatement, NotRecorded>> {
    const record = statementToRecord(statement, { about, writer: this.#person, ulid: createUlid(now(), random) });
    if (!record.ok) return record;
    const { statements } = await this.#stores();
    const known = (await statements.of(this.#person)).some(({ body }) => body.signature.value === record.value.signature.value);
    if (!known) await statements.commit(record.value);
    await this.#judge();
    // It is kept. Whether the centre can be reached is another matter.
    void this.meet();
    return ok(statement);
  }

  /** What another phone showed. */
  read(text: string): Shown | null {
    return readCode(text);
  }

  codeOf({ statement }: Entry): string {
    return statementToCode(statement);
  }
}

/** Bindings as they were kept. */
export function bindingsIn(value: unknown): readonly BindingRecord[] {
  if (!isListOf(isObject)(value)) return [];
  return value.flatMap((one) => {
    const parsed = parseRecord(one);
    return parsed.ok && parsed.value.kind === 'binding' ? [parsed.value] : [];
  });
}
