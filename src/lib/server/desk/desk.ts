/**
 * The desk of entries on their way to the commons (domain/drafts.ts): who writes what is sync/access.ts's to say.
 *
 *   desk-<node>      drafts of providers, and reviews: shared upward
 *   private          what a country says of itself and has not released: replicated by nobody
 *   commons-<node>   `<node>:entry:<id>`: what was accepted or released, as the node publishes it
 *   private          `<node>:edition:<id>`: whose edition that is, which is nobody else's business
 *
 * What nodes above published lies here as copies of their commons. Where several have an entry of one id, this node's own stands, then its parent's, then the one that
 * was written last: a node shows what the one above it shows, unless it says otherwise.
 *
 * What the nodes below handed in lies here too, in their desks. This node's own reviewers read it and may accept it: then it is published from here, and so comes down to all other
 * nodes below. What a node below accepted for itself goes no further by that alone: whoever holds that node could otherwise write to all.
 *
 * A decision and what follows from it are two writes. The second can be made again from the first: `settle` does so at every start and after every
 * decision, any number of times.
 */
import { canonicalJson } from '../../domain/canonical-json.ts';
import { isPersonId, type NodeId, type PersonId } from '../../domain/ids.ts';
import {
  decisionOn,
  draftId,
  isConfidential,
  isForCountry,
  isOwnWord,
  parseDraft,
  parseReview,
  reviewId,
  standingOfDraft,
  type Draft,
  type Review,
  type Stage,
} from '../../domain/drafts.ts';
import type { Commons } from '../../cooperation/commons.ts';
import { countryOf, parseEntry } from '../../cooperation/kinds.ts';
import { isCount, isObject, isString, type JsonObject } from '../../domain/shape.ts';
import { mayReadDraft, mayWriteDraft, mayWriteReview, type Who } from '../../sync/access.ts';
import { readNodeDatabase } from '../../sync/document-rules.ts';
import type { Database, Engine } from '../engine/engine.ts';

/** What the node says of one document that was brought. */
export type Said =
  { readonly id: string; readonly ok: true; readonly rev: string } | { readonly id: string; readonly ok: false; readonly reason: string };

/** Whose edition is published under an entry's id. */
interface Authored {
  readonly id: string;
  /** Null where the person was erased: what an institution accepted stays, and is nobody's. */
  readonly author: PersonId | null;
  readonly edition: number;
  /** When it was decided. */
  readonly at: string;
}

export interface Desk {
  /** What is open to them: their own, and what reviewers may read; with the reviews of these, and whose edition is published. */
  open(who: Who): Promise<{
    readonly drafts: readonly Draft[];
    readonly reviews: readonly Review[];
    readonly published: Readonly<Record<string, { readonly author: PersonId; readonly edition: number }>>;
    /** Of drafts that came up from a node below, by `<entry> <writer>`: that node. */
    readonly from: Readonly<Record<string, NodeId>>;
  }>;
  keepDraft(who: Who, draft: Draft): Promise<Said>;
  keepReview(who: Who, review: Review): Promise<Said>;
  /** Entries that this node and those above it publish, as pieces hold them, in the order of their ids. */
  accepted(): Promise<readonly JsonObject[]>;
  /** Says something else when any of these may have changed. */
  state(): Promise<string>;
  /** Publishes what was decided and, because the node ended in between, not published. */
  settle(): Promise<void>;
  /** Follows what came up from the nodes below since it was asked last: what was accepted here and is taken back there is no longer published. */
  hear(): Promise<void>;
}

export function openDesk(given: {
  readonly node: NodeId;
  readonly engine: Engine;
  /** What would be wrong with an entry if it were published. */
  readonly faultsOf: (entry: JsonObject) => Promise<readonly string[]>;
  /** What everybody reads here now; null where nothing is published. */
  readonly published: () => Promise<Commons | null>;
  /** Called when what is published has changed. */
  readonly changed: () => Promise<void>;
  /** The node above; null where there is none, or it was never met. */
  readonly parent: () => Promise<NodeId | null>;
  /** The day of a moment, as entries write it. */
  readonly dayOf: (at: string) => string;
}): Desk {
  const { node, engine, faultsOf, published: readPublished, changed, parent, dayOf } = given;
  const desk = engine.database(`desk-${node}`);
  const secret = engine.database('private');
  const commons = engine.database(`commons-${node}`);
  const home = (of: string): Database => (isOwnWord(of) || isConfidential(of) ? secret : desk);

  async function documents<Value>(
    database: Database,
    kind: string,
    read: (value: unknown) => Value | null,
    owner = node,
  ): Promise<readonly Value[]> {
    const { rows } = await database.list({ partition: owner, start: `${owner}:${kind}:`, end: `${owner}:${kind};`, bodies: true });
    return rows.flatMap(({ document }) => {
      const value = document === undefined ? null : read(document);
      return value === null ? [] : [value];
    });
  }
  const asDraft = (value: unknown): Draft | null => {
    const parsed = parseDraft(value);
    return parsed.ok ? parsed.value : null;
  };
  const asReview = (value: unknown): Review | null => {
    const parsed = parseReview(value);
    return parsed.ok ? parsed.value : null;
  };
  const asEntry = (value: unknown): JsonObject | null =>
    isObject(value) && value['withdrawn'] !== true && isObject(value['entry']) ? value['entry'] : null;
  const asAuthored = (value: unknown): Authored | null => {
    if (!isObject(value)) return null;
    const { id, author, edition, at } = value;
    return isString(id) && (author === null || isPersonId(author)) && isCount(edition) && isString(at) ? { id, author, edition, at } : null;
  };
  const editionName = (id: string): string => `${node}:edition:${id}`;
  const allReviews = (): Promise<readonly Review[]> => documents(desk, 'review', asReview);

  interface Owned {
    readonly owner: NodeId;
    readonly database: Database;
  }
  /** Databases of this use that belong to other nodes, by their names. */
  async function othersOf(use: 'commons' | 'desk'): Promise<readonly Owned[]> {
    const others = (await engine.databases()).flatMap((name) => {
      const read = readNodeDatabase(name);
      return read?.use === use && read.owner !== node ? [{ owner: read.owner, database: engine.database(name) }] : [];
    });
    return others.sort((a, b) => (a.owner < b.owner ? -1 : 1));
  }
  /** The databases of what is published, this node's own first. */
  const allCommons = async (): Promise<readonly Owned[]> => [{ owner: node, database: commons }, ...(await othersOf('commons'))];

  interface FromBelow {
    readonly owner: NodeId;
    readonly draft: Draft;
    /** Where it stands there. */
    readonly stage: Stage;
  }
  /** What was handed in at the nodes below. What a country says of itself never comes up, and what names people neither. */
  async function draftsBelow(): Promise<readonly FromBelow[]> {
    const all = (await othersOf('desk')).map(async ({ owner, database }) => {
      const reviews = await documents(database, 'review', asReview, owner);
      return (await documents(database, 'draft', asDraft, owner))
        .filter(({ of, submitted }) => submitted !== null && !isOwnWord(of) && !isConfidential(of))
        .map((draft): FromBelow => ({ owner, draft, stage: standingOfDraft(draft, reviews, null).stage }));
    });
    return (await Promise.all(all)).flat();
  }

  /** Writes a document over what stands under its name, or says why not. Bytes are on disk when it resolves. */
  async function put(database: Database, id: string, body: object): Promise<Said> {
    const known = await database.get(id);
    const own = known === null ? null : Object.fromEntries(Object.entries(known).filter(([field]) => !field.startsWith('_')));
    if (known !== null && canonicalJson(own) === canonicalJson(body)) return { id, ok: true, rev: known._rev };
    const [written] = await database.bulk([{ _id: id, ...body, ...(known === null ? {} : { _rev: known._rev }) }], { newEdits: true });
    if (written === undefined) throw new Error('The engine answered nothing for a document.');
    return written.ok ? { id, ok: true, rev: written.rev } : { id, ok: false, reason: written.reason };
  }

  /** Whether this edition takes the place of the one that is published: a later one of its author, or one that was decided later. */
  const follows = (draft: Draft, edition: number, at: string, before: Authored): boolean =>
    before.author === draft.writer ? edition > before.edition : at > before.at;

  /** What is published under an entry's id follows what stands decided. Answers whether that changed anything. */
  async function settle(draft: Draft, reviews: readonly Review[]): Promise<boolean> {
    const id = `${node}:entry:${draft.entry}`;
    const there = await commons.get(id);
    const authored = asAuthored(await secret.get(editionName(draft.entry)));
    const { stage, review } = standingOfDraft(draft, reviews, null);
    const { submitted } = draft;
    if (stage === 'accepted' && submitted !== null) {
      const { edition } = submitted;
      const at = review?.at ?? submitted.at;
      const isBack = asEntry(there) === null && authored?.author === draft.writer && edition >= authored.edition;
      // Until both are written it is done again: the same entry is the same document.
      if (there !== null && authored !== null && !isBack && !follows(draft, edition, at, authored)) return false;
      const entry = { kind: draft.of, ...submitted.fields, ...(review === null ? {} : { reviewed: dayOf(review.at) }) };
      const said = await put(commons, id, { kind: 'entry', writer: node, entry });
      if (!said.ok) throw new Error(`An accepted entry could not be published: ${said.reason}`);
      await put(secret, editionName(draft.entry), { kind: 'edition', writer: node, id: draft.entry, author: draft.writer, edition, at });
      return true;
    }
    if (stage === 'withdrawn' && asEntry(there) !== null && authored?.author === draft.writer) {
      await put(commons, id, { kind: 'entry', writer: node, entry: { kind: draft.of, id: draft.entry }, withdrawn: true });
      return true;
    }
    return false;
  }

  /** What the desks below said when they were looked at last. */
  let heard = '';

  // One decision after the other: two that come at once must not both find the edition undecided.
  let last: Promise<unknown> = Promise.resolve();
  function alone<Value>(act: () => Promise<Value>): Promise<Value> {
    const next = last.then(act, act);
    last = next.catch(() => undefined);
    return next;
  }

  /** An edition that is handed in must be one that could be published. */
  async function faultInEdition(draft: Draft, previous: Draft | null): Promise<string | null> {
    const { submitted } = draft;
    if (submitted === null || submitted.edition === previous?.submitted?.edition || draft.withdrawn !== null) return null;
    if (submitted.fields['id'] !== draft.entry) return 'The entry has another id than the draft.';
    // Whose it is comes before what is wrong with it.
    const foreign = isForCountry(draft.of) ? await faultOfCountry(draft, submitted.fields) : null;
    if (foreign !== null) return foreign;
    const [fault] = await faultsOf({ kind: draft.of, ...submitted.fields });
    return fault ?? null;
  }

  /** Whoever speaks for a country speaks for that one alone: in what the entry says, and in what it would take the place of. */
  async function faultOfCountry(draft: Draft, fields: JsonObject): Promise<string | null> {
    const commons = await readPublished();
    if (commons === null) return 'Nothing is published here yet: what speaks for a country has to lead to it.';
    const parsed = parseEntry({ kind: draft.of, ...fields });
    if (!parsed.ok) return parsed.error;
    if (countryOf(commons, parsed.value.entry) !== draft.country) return 'The entry speaks for another country than this sign-in does.';
    const before = commons.byId.get(parsed.value.entry.id);
    return before === undefined || countryOf(commons, before) === draft.country
      ? null
      : 'This name is taken by an entry that is not this country’s.';
  }

  return {
    async open(who) {
      // What its own node returned waits for its author, not for a reviewer here.
      const isReviewer = who.type === 'staff' && who.roles.includes('reviewer');
      const below = isReviewer ? (await draftsBelow()).filter(({ stage }) => stage !== 'returned') : [];
      const drafts = [
        ...(await documents(desk, 'draft', asDraft)),
        ...(await documents(secret, 'draft', asDraft)),
        ...below.map(({ draft }) => draft),
      ].filter((draft) => mayReadDraft(who, draft).allow);
      const names = new Set(drafts.map(({ entry, writer }) => `${entry} ${writer}`));
      const reviews = (await allReviews()).filter(({ entry, author }) => names.has(`${entry} ${author}`));
      const there = new Set((await documents(commons, 'entry', asEntry)).map((entry) => entry['id']));
      const published = (await documents(secret, 'edition', asAuthored)).flatMap(({ id, author, edition }) =>
        author !== null && there.has(id) ? [[id, { author, edition }] as const] : [],
      );
      const from = below.flatMap(({ owner, draft: { entry, writer } }) =>
        names.has(`${entry} ${writer}`) ? [[`${entry} ${writer}`, owner] as const] : [],
      );
      return { drafts, reviews, published: Object.fromEntries(published), from: Object.fromEntries(from) };
    },

    keepDraft: (who, draft) =>
      alone(async () => {
        const id = draftId(node, draft);
        const previous = asDraft(await home(draft.of).get(id));
        const decision = mayWriteDraft(who, draft, previous);
        if (!decision.allow) return { id, ok: false, reason: decision.reason };
        const fault = await faultInEdition(draft, previous);
        if (fault !== null) return { id, ok: false, reason: fault };
        const said = await put(home(draft.of), id, draft);
        if (said.ok && (await settle(draft, await allReviews()))) await changed();
        return said;
      }),

    keepReview: (who, review) =>
      alone(async () => {
        const id = reviewId(node, review);
        // The same again, from a device that did not hear the answer.
        const known = asReview(await desk.get(id));
        if (known !== null && who.type === 'staff' && who.person === known.writer && canonicalJson(known) === canonicalJson(review))
          return put(desk, id, review);
        const { entry, author } = review;
        const draft =
          asDraft(await desk.get(draftId(node, { entry, writer: author }))) ??
          (await draftsBelow()).find((one) => one.draft.entry === entry && one.draft.writer === author)?.draft ??
          null;
        const reviews = await allReviews();
        const isDecided = draft !== null && decisionOn(draft, review.edition, reviews) !== null;
        const decision = mayWriteReview(who, review, draft, isDecided || known !== null);
        if (!decision.allow || draft === null) return { id, ok: false, reason: decision.allow ? '' : decision.reason };
        if (review.decision === 'accept') {
          const [fault] = await faultsOf({ kind: draft.of, ...draft.submitted?.fields });
          if (fault !== undefined) return { id, ok: false, reason: fault };
        }
        const said = await put(desk, id, review);
        if (said.ok && (await settle(draft, [...reviews, review]))) await changed();
        return said;
      }),

    hear: () =>
      alone(async () => {
        const all = (await othersOf('desk')).map(async ({ owner, database }) => `${owner} ${(await database.info(null)).sequence}`);
        const now = (await Promise.all(all)).join(' ');
        if (now === heard) return;
        const reviews = await allReviews();
        for (const { draft } of await draftsBelow()) await settle(draft, reviews);
        heard = now;
      }),

    settle: () =>
      alone(async () => {
        const reviews = await allReviews();
        for (const database of [desk, secret])
          for (const draft of await documents(database, 'draft', asDraft)) await settle(draft, reviews);
        // Entries that were published with their author's id in them stand without it.
        for (const value of await documents(commons, 'entry', (one) => (isObject(one) && 'author' in one ? one : null)))
          await put(commons, String(value['_id']), {
            kind: 'entry',
            writer: node,
            entry: value['entry'],
            ...(value['withdrawn'] === true ? { withdrawn: true } : {}),
          });
      }),

    async accepted() {
      const near = [node, await parent()];
      const rank = (owner: NodeId): number => (near.includes(owner) ? near.indexOf(owner) : near.length);
      const byId = new Map<string, { readonly rank: number; readonly entry: JsonObject }>();
      for (const { owner, database } of await allCommons())
        for (const entry of await documents(database, 'entry', asEntry, owner)) {
          const [id, own] = [String(entry['id']), rank(owner)];
          const known = byId.get(id);
          const isLater = known !== undefined && own === known.rank && String(entry['written']) > String(known.entry['written']);
          if (known === undefined || own < known.rank || isLater) byId.set(id, { rank: own, entry });
        }
      return [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { entry }]) => entry);
    },

    async state() {
      const all = (await allCommons()).map(async ({ owner, database }) => `${owner} ${(await database.info(null)).sequence}`);
      return (await Promise.all(all)).join(' ');
    },
  };
}
