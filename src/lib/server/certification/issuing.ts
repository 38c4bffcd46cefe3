/**
 * The node issues: who of its people reached a standing and waits for the certificate, the certificate in both its forms, and the status lists that revoke and
 * suspend. An administrator confirms each one: a machine says that the requirements are met, a person answers for the centre's name under it.
 */
import { createHash, randomBytes } from 'node:crypto';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { instantOf, type Clock, type Instant } from '../../domain/clock.ts';
import type { CourseId, NodeId, PersonId } from '../../domain/ids.ts';
import { credentialId, type CredentialRecord } from '../../domain/records.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, type JsonObject } from '../../domain/shape.ts';
import { knownContexts } from '../../certification/contexts.ts';
import { credentialOf, factsOf, uuidOf, type Award, type AwardEvidence, type AwardResult } from '../../certification/credential.ts';
import { utf8 } from '../../certification/encoding.ts';
import type { Did, Signer } from '../../certification/keys.ts';
import { longestHolder, paperText } from '../../certification/paper.ts';
import type { Localized, Programme } from '../../certification/programme.ts';
import { signDocument } from '../../certification/proof.ts';
import { digestOf, type Digest } from '../../certification/signed.ts';
import type { Progress, Standing } from '../../certification/standing.ts';
import type { Statement } from '../../certification/statement.ts';
import {
  bitsOf,
  openStatusList,
  readStatusListHead,
  setIn,
  statusBits,
  statusListDocument,
  statusListId,
  statusPurposes,
  type StatusPurpose,
} from '../../certification/status-list.ts';
import { authorityOf, openTrust } from '../../certification/trust.ts';
import type { CourseStructure } from '../../course/package.ts';
import { mayWrite } from '../../sync/access.ts';
import type { Database } from '../engine/engine.ts';
import type { OrderBook } from '../orders/book.ts';
import type { Shelf } from '../trust/shelf.ts';
import { nodeTools } from '../trust/tools.ts';
import type { Book, Change, Issued, IssuedState } from './book.ts';
import { sharing } from './sharing.ts';
import type { Everybody, PersonStanding, Standings, TrustHeld } from './standings.ts';

/** Somebody who reached a standing for which no certificate is in force. */
export interface Waiting {
  readonly person: PersonId;
  readonly name: string;
  readonly programme: string;
  readonly from: Instant;
  readonly until: Instant;
  /** There is one already, and it ends soon or has ended. */
  readonly renewal: boolean;
  /** Of the certificate's texts; the holder's own, as far as it is known. */
  readonly language: string;
  readonly requirement: Progress;
  /** What became of an earlier certificate of this programme that was revoked. */
  readonly revoked: Change | null;
}

export interface IssuedTo extends Pick<Issued, 'uuid' | 'programme' | 'at' | 'from' | 'until' | 'state' | 'changes'> {
  /** Null where everything about the person was erased. */
  readonly holder: { readonly person: PersonId; readonly name: string } | null;
}

export interface Issuer {
  readonly did: Did;
  /** The centre, as the list of trust names it; null where the list does not let it issue anything, or there is no list. */
  readonly recognised: { readonly name: string; readonly until: Instant; readonly programmes: readonly string[] } | null;
  /** Whether this node has a list of trust at all. */
  readonly hasTrust: boolean;
}

export type IssueFault = 'not-waiting' | 'not-recognised' | 'name-too-long' | 'unknown-language';

export interface Issuing {
  readonly did: Did;
  overview(): Promise<{ readonly issuer: Issuer; readonly waiting: readonly Waiting[]; readonly issued: readonly IssuedTo[] }>;
  issue(asked: {
    readonly person: PersonId;
    readonly programme: string;
    readonly name: string;
    readonly language: string;
    readonly by: PersonId;
  }): Promise<Result<{ readonly uuid: string }, IssueFault>>;
  /** Revokes for good, suspends, or lifts a suspension. */
  change(uuid: string, state: IssuedState, reason: string, by: PersonId): Promise<Result<IssuedState, 'unknown' | 'revoked'>>;
  /** Notes what came in, and signs the status lists anew before they get old. */
  round(): Promise<void>;
  standings(): Promise<Everybody>;
}

const day = 24 * 60 * 60 * 1000;
/** Before its end a certificate may be followed by the next. */
const renewalTime = 180 * day;
/** A verifier that was without a network for longer says that its list is too old. */
const listLives = 60 * day;
/** A list is signed again after this long, so that «as of» stays a recent day. */
const listRests = 20 * 60 * 60 * 1000;

const inLanguage = (texts: Localized, language: string): string => texts[language] ?? texts['en'] ?? Object.values(texts)[0] ?? '';

export function createIssuing(given: {
  readonly node: NodeId;
  readonly signer: Signer;
  readonly records: Database;
  readonly book: Book;
  readonly shelf: Shelf;
  readonly standings: Standings;
  readonly orders: OrderBook;
  readonly programmes: () => readonly Programme[];
  readonly structureOf: (course: CourseId) => Promise<CourseStructure | null>;
  /** As the centre knows the person; `''` where it knows no name. */
  readonly nameOf: (person: PersonId) => Promise<string>;
  readonly clock: Clock;
}): Issuing {
  const { node, signer, records, book, shelf, standings, orders, programmes, structureOf, nameOf, clock } = given;
  const now = (): Instant => instantOf(clock());

  let lastHeld: { readonly name: string; readonly held: TrustHeld | null } | null = null;

  /** The same object for as long as the lists are the same: what was worked out by it is remembered beside it. */
  async function trustHeld(): Promise<TrustHeld | null> {
    const set = await shelf.read();
    const name = createHash('sha256').update(JSON.stringify(set)).digest('base64');
    if (lastHeld?.name === name) return lastHeld.held;
    const opened = set === null ? null : await openTrust(set.list, null, nodeTools);
    const held = set !== null && opened?.ok === true ? { trust: opened.value, statusLists: set.statusLists } : null;
    lastHeld = { name, held };
    return held;
  }

  /** Everybody's evidence is put together for each who asks; those who ask while that is done share the next one, which begins after they asked. */
  const everybody = sharing(async () => {
    const held = await trustHeld();
    return { held, ...(await standings.read(held, await orders.standing())) };
  });

  /** The centre's right to issue certificates of a programme, `*` for any; null where it has none now. */
  async function rightTo(programme: string, held: TrustHeld | null) {
    if (held === null) return null;
    const digest = await digestOf(utf8(programme), nodeTools);
    const asked = { key: signer.did, right: 'issue', programme, at: now(), digest } as const;
    const found = await authorityOf(held.trust, asked, now(), nodeTools);
    return found.ok ? (found.value.at(-1) ?? null) : null;
  }

  function waitingOf({ credentials }: PersonStanding, standing: Standing, entries: ReadonlyMap<string, Issued>) {
    const { programme, state, since, until } = standing;
    if (state !== 'in-force' || since === null || until === null) return null;
    const own = credentials.flatMap(({ uuid }) => {
      const entry = entries.get(uuid);
      return entry?.programme === programme ? [entry] : [];
    });
    const soon = instantOf(clock() + renewalTime);
    const standsAlready = own.some((entry) => entry.state !== 'revoked' && (entry.until > soon || entry.until >= until));
    if (standsAlready) return null;
    const kept = own.filter((entry) => entry.state !== 'revoked').sort((a, b) => (a.from < b.from ? -1 : 1));
    const revoked = own.filter((entry) => entry.state === 'revoked').flatMap(({ changes }) => changes.slice(-1));
    return { from: since, until, first: kept[0]?.from ?? null, revoked: revoked.at(-1) ?? null };
  }

  const languageFor = (programme: Programme, wanted: string | null): string => {
    const language = wanted?.toLowerCase().split('-')[0] ?? 'en';
    return programme.title[language] === undefined ? 'en' : language;
  };

  async function resultsAndEvidence(
    programme: Programme,
    language: string,
    { person, evidence }: PersonStanding,
    requirement: Progress,
    statementsById: ReadonlyMap<Digest, Statement>,
  ): Promise<{ readonly results: readonly AwardResult[]; readonly evidence: readonly AwardEvidence[] }> {
    const results: AwardResult[] = [];
    const pieces: AwardEvidence[] = [];
    const met = (progress: Progress): readonly Progress[] =>
      progress.leaf === null ? progress.of.flatMap(met) : progress.met ? [progress] : [];
    const dayOf = (at: Instant): string => new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(at));
    const percent = (share: number): string => new Intl.NumberFormat(language, { style: 'percent' }).format(Math.floor(share * 100) / 100);
    const titleOf = async (course: CourseId): Promise<string> => inLanguage((await structureOf(course))?.title ?? {}, language) || course;
    for (const { leaf, by } of met(requirement)) {
      const counted = evidence.filter((piece) => piece.type !== 'withdrawal' && by.includes(piece.id));
      if (leaf?.type === 'course' || leaf?.type === 'exam') {
        const best = counted.find((piece) => piece.type === 'pass' || piece.type === 'exam');
        if (best === undefined) continue;
        const name = await titleOf(leaf.course as CourseId);
        results.push({ requirement: leaf.id, name, type: 'Percent', value: String(Math.floor(best.score * 100)) });
        const digest = best.type === 'exam' ? (best.id as Digest) : await digestOf(utf8(best.id), nodeTools);
        pieces.push({ digest, genre: leaf.type, name, narrative: `${percent(best.score)}, ${dayOf(best.at)}` });
      } else if (leaf?.type === 'teaching') {
        const rubric = programme.rubrics.find(({ id }) => id === leaf.rubric);
        const observed = counted.filter((piece) => piece.type === 'observation');
        const name = inLanguage(rubric?.title ?? {}, language);
        results.push({ requirement: leaf.id, name, type: 'RawScore', value: String(observed.length) });
        for (const { id, session, at } of observed) {
          const said = statementsById.get(id as Digest);
          const held = statementsById.get(session as Digest);
          if (said === undefined || held?.type !== 'teaching-session') continue;
          const observer = (await nameOf(said.person)) || said.person;
          pieces.push({
            digest: id as Digest,
            genre: 'observation',
            name: observer,
            narrative: `${held.title}, ${held.place}, ${dayOf(at)}`,
          });
        }
      } else if (leaf?.type === 'contribution') {
        const given = counted.filter((piece) => piece.type === 'contribution');
        results.push({
          requirement: leaf.id,
          name: given.map(({ entry, title }) => inLanguage(title, language) || entry).join(', '),
          type: 'RawScore',
          value: String(given.length),
        });
        for (const { id, at, entry, title } of given)
          pieces.push({
            digest: await digestOf(utf8(id), nodeTools),
            genre: 'contribution',
            name: inLanguage(title, language) || entry,
            narrative: dayOf(at),
          });
      } else if (leaf?.type === 'people') {
        const passed = counted.filter((piece) => piece.type === 'pass' && piece.person !== person);
        const moments = passed.flatMap((piece) => (piece.type === 'pass' ? [piece.at] : [])).sort();
        const [first, last] = [moments[0], moments.at(-1)];
        if (first === undefined || last === undefined) continue;
        const digest = await digestOf(utf8([...by].sort().join('\n')), nodeTools);
        pieces.push({ digest, genre: 'people-trained', name: String(passed.length), narrative: `${dayOf(first)} – ${dayOf(last)}` });
      }
    }
    // A session that two requirements rest on is named once.
    return { results, evidence: [...new Map(pieces.map((piece) => [piece.digest, piece])).values()] };
  }

  async function write(record: CredentialRecord): Promise<void> {
    const scope = { type: 'person', person: record.person } as const;
    const [written] = await records.bulk([record], {
      newEdits: true,
      gate: (document, previous) => {
        const decision = mayWrite({ type: 'node', node }, scope, document, previous);
        return decision.allow ? null : decision.reason;
      },
    });
    if (written?.ok === false && written.error !== 'conflict') throw new Error(`A certificate could not be written: ${written.reason}`);
  }

  /** What a list said when it was signed last, by the numbers that are set in it. */
  async function saidBefore(purpose: StatusPurpose): Promise<{ readonly made: Instant | null; readonly indices: readonly number[] }> {
    const document = await shelf.ownStatus(statusListId(signer.did, purpose, 1));
    const opened = document === null ? null : await openStatusList(document, knownContexts, nodeTools);
    return opened?.ok === true ? { made: opened.value.made, indices: setIn(opened.value.bits) } : { made: null, indices: [] };
  }

  /** Signs both lists as the book stands now. */
  async function publish(): Promise<void> {
    const before = { revocation: await saidBefore('revocation'), suspension: await saidBefore('suspension') };
    const entries = await book.all([...before.revocation.indices, ...before.suspension.indices]);
    const inState = (state: IssuedState): readonly number[] => entries.filter((entry) => entry.state === state).map(({ index }) => index);
    const indices = {
      // For good: what was said once is said again, whatever the book can tell of it.
      revocation: [...before.revocation.indices, ...inState('revoked')],
      suspension: inState('suspended'),
    };
    const documents: JsonObject[] = [];
    for (const purpose of statusPurposes) {
      const compressed = gzipSync(bitsOf(indices[purpose]));
      const last = before[purpose].made;
      // Also where the clock was set back: of two lists the newer counts.
      const made = last === null ? now() : instantOf(Math.max(clock(), Date.parse(last) + 1));
      const until = instantOf(Date.parse(made) + listLives);
      const document = statusListDocument({ issuer: signer.did, purpose, number: 1, made, until, compressed });
      documents.push(await signDocument(document, signer, made, knownContexts, nodeTools));
    }
    if (!(await shelf.publishStatus(documents))) throw new Error('The status lists could not be written.');
  }

  /** Whether lists of this node's are due. */
  async function isDue(held: TrustHeld | null): Promise<boolean> {
    const own = (held?.statusLists ?? []).map(readStatusListHead).filter((head) => head?.document['issuer'] === signer.did);
    const newest = own.map((head) => head?.made ?? '').sort()[0];
    const isOld = newest === undefined || Date.parse(newest) + listRests < clock();
    return isOld && (await rightTo('*', held)) !== null;
  }

  const holderOf = ({ credential }: CredentialRecord): string => {
    const value: unknown = JSON.parse(credential);
    return (isObject(value) ? factsOf(value)?.holder : null) ?? '';
  };

  return {
    did: signer.did,

    standings: everybody,

    async overview() {
      // As soon as somebody sees that the centre is recognised its lists are there: a verifier who meets it that day must have them before anything was issued.
      if (await isDue(await trustHeld())) await publish();
      const { held, people } = await everybody();
      const entries = new Map((await book.all()).map((entry) => [entry.uuid, entry]));
      const waiting: Waiting[] = [];
      const holders = new Map<string, { person: PersonId; name: string }>();
      for (const person of people) {
        for (const record of person.credentials) holders.set(record.uuid, { person: record.person, name: holderOf(record) });
        for (const standing of person.standings) {
          const due = waitingOf(person, standing, entries);
          const programme = programmes().find(({ id }) => id === standing.programme);
          if (due === null || programme === undefined) continue;
          waiting.push({
            person: person.person,
            name: await nameOf(person.person),
            programme: standing.programme,
            from: due.from,
            until: due.until,
            renewal: due.first !== null,
            language: languageFor(programme, person.language),
            requirement: standing.requirement,
            revoked: due.revoked,
          });
        }
      }
      const grant = await rightTo('*', held);
      return {
        issuer: {
          did: signer.did,
          recognised: grant === null ? null : { name: grant.name, until: grant.until, programmes: grant.programmes },
          hasTrust: held !== null,
        },
        waiting: waiting.sort((a, b) => (a.from < b.from ? -1 : 1)),
        issued: [...entries.values()]
          .map(({ uuid, programme, at, from, until, state, changes }) => ({
            ...{ uuid, programme, at, from, until, state, changes },
            holder: holders.get(uuid) ?? null,
          }))
          .sort((a, b) => (a.at < b.at ? 1 : -1)),
      };
    },

    async issue({ person, programme: id, name, language, by }) {
      if ([...name].length > longestHolder) return err('name-too-long');
      const programme = programmes().find((one) => one.id === id);
      if (programme?.title[language] === undefined) return err(programme === undefined ? 'not-waiting' : 'unknown-language');
      const { held, people, statementsById } = await everybody();
      const grant = await rightTo(id, held);
      if (grant === null) return err('not-recognised');
      const found = people.find((one) => one.person === person || one.ids.includes(person));
      const standing = found?.standings.find((one) => one.programme === id);
      const entries = new Map((await book.all()).map((entry) => [entry.uuid, entry]));
      const due = found === undefined || standing === undefined ? null : waitingOf(found, standing, entries);
      if (found === undefined || standing === undefined || due === null) return err('not-waiting');

      const at = now();
      const award = await digestOf(utf8(`${found.person}\n${id}\n${due.from}`), nodeTools);
      const entry = await book.enter(
        { uuid: uuidOf(randomBytes(16)), award, programme: id, at, by, from: due.from, until: due.until },
        (attempt) => Promise.resolve(indexOf(award, attempt)),
      );
      const made: Award = {
        uuid: entry.uuid,
        issuer: { did: signer.did, name: grant.name },
        holder: { person: found.person, name },
        programme: {
          id,
          version: programme.version,
          title: inLanguage(programme.title, language),
          summary: inLanguage(programme.summary, language),
          criteria: inLanguage(programme.criteria, language),
        },
        language,
        from: entry.from,
        until: entry.until,
        awarded: due.first ?? entry.from,
        ...(await resultsAndEvidence(programme, language, found, standing.requirement, statementsById)),
        alignment: programme.alignment,
        status: { list: entry.list, index: entry.index },
      };
      const credential = await signDocument(credentialOf(made), signer, entry.at, knownContexts, nodeTools);
      const paper = await paperText(
        {
          achievement: id,
          version: programme.version,
          credential: entry.uuid,
          from: entry.from,
          until: entry.until,
          holder: name,
          signed: entry.at,
          status: [entry.list, entry.index],
        },
        signer,
        (bytes, dictionary) => new Uint8Array(deflateRawSync(bytes, { dictionary, level: 9 })),
      );
      const [range = found.person] = found.ids;
      await write({
        _id: credentialId(range, entry.uuid),
        kind: 'credential',
        person: range,
        writer: node,
        uuid: entry.uuid,
        at: entry.at,
        programme: id,
        version: programme.version,
        language,
        from: entry.from,
        until: entry.until,
        credential: JSON.stringify(credential),
        paper,
      });
      await publish();
      return ok({ uuid: entry.uuid });
    },

    async change(uuid, state, reason, by) {
      const changed = await book.change(uuid, { state, at: now(), by, reason });
      if (changed === null) return err('unknown');
      if (changed.state !== state) return err('revoked');
      await publish();
      return ok(changed.state);
    },

    async round() {
      const { held } = await everybody();
      if (await isDue(held)) await publish();
    },
  };
}

/** The number that an award tries first, and after it: nobody learns from a number who else was certified when. */
function indexOf(award: Digest, attempt: number): number {
  const hash = createHash('sha256')
    .update(`${award} ${String(attempt)}`)
    .digest();
  return hash.readUInt32BE(0) % statusBits;
}
