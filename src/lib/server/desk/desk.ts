/**
 * The desk of entries on their way to the commons (domain/drafts.ts): who writes what is sync/access.ts's to say.
 *
 *   desk-<node>      drafts of providers, and reviews: shared upward
 *   private          what a country says of itself and has not released: replicated by nobody
 *   commons-<node>   `<node>:entry:<id>`: what was accepted or released, as the node publishes it
 *
 * A decision and what follows from it are two writes. The second can be made again from the first: `settle` does so at every start and after every
 * decision, any number of times.
 */
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { NodeId, PersonId } from '../../domain/ids.ts';
import {
  decisionOn,
  draftId,
  isOwnWord,
  parseDraft,
  parseReview,
  reviewId,
  standingOfDraft,
  type Draft,
  type Review,
} from '../../domain/drafts.ts';
import { isCount, isObject, isString, type JsonObject } from '../../domain/shape.ts';
import { mayReadDraft, mayWriteDraft, mayWriteReview, type Who } from '../../sync/access.ts';
import type { Database, Engine } from '../engine/engine.ts';

/** What the node says of one document that was brought. */
export type Said =
  { readonly id: string; readonly ok: true; readonly rev: string } | { readonly id: string; readonly ok: false; readonly reason: string };

export interface Published {
  readonly entry: JsonObject;
  readonly author: PersonId;
  readonly edition: number;
}

export interface Desk {
  /** What is open to them: their own, and what reviewers may read; with the reviews of these, and whose edition is published. */
  open(who: Who): Promise<{
    readonly drafts: readonly Draft[];
    readonly reviews: readonly Review[];
    readonly published: Readonly<Record<string, { readonly author: PersonId; readonly edition: number }>>;
  }>;
  keepDraft(who: Who, draft: Draft): Promise<Said>;
  keepReview(who: Who, review: Review): Promise<Said>;
  /** Entries that are published from here, as pieces hold them, in the order of their ids. */
  accepted(): Promise<readonly JsonObject[]>;
  /** Publishes what was decided and, because the node ended in between, not published. */
  settle(): Promise<void>;
}

export function openDesk(given: {
  readonly node: NodeId;
  readonly engine: Engine;
  /** What would be wrong with an entry if it were published. */
  readonly faultsOf: (entry: JsonObject) => Promise<readonly string[]>;
  /** Called when what is published has changed. */
  readonly changed: () => Promise<void>;
  /** The day of a moment, as entries write it. */
  readonly dayOf: (at: string) => string;
}): Desk {
  const { node, engine, faultsOf, changed, dayOf } = given;
  const desk = engine.database(`desk-${node}`);
  const secret = engine.database('private');
  const commons = engine.database(`commons-${node}`);
  const home = (of: string): Database => (isOwnWord(of) ? secret : desk);

  async function documents<Value>(database: Database, kind: string, read: (value: unknown) => Value | null): Promise<readonly Value[]> {
    const { rows } = await database.list({ partition: node, start: `${node}:${kind}:`, end: `${node}:${kind};`, bodies: true });
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
  const asPublished = (value: unknown): Published | null => {
    if (!isObject(value) || value['withdrawn'] === true) return null;
    const { entry, author, edition } = value;
    return isObject(entry) && isString(author) && isCount(edition) ? { entry, author: author as PersonId, edition } : null;
  };
  const allReviews = (): Promise<readonly Review[]> => documents(desk, 'review', asReview);
  const allPublished = (): Promise<readonly Published[]> => documents(commons, 'entry', asPublished);

  /** Writes a document over what stands under its name, or says why not. Bytes are on disk when it resolves. */
  async function put(database: Database, id: string, body: object): Promise<Said> {
    const known = await database.get(id);
    const own = known === null ? null : Object.fromEntries(Object.entries(known).filter(([field]) => !field.startsWith('_')));
    if (known !== null && canonicalJson(own) === canonicalJson(body)) return { id, ok: true, rev: known._rev };
    const [written] = await database.bulk([{ _id: id, ...body, ...(known === null ? {} : { _rev: known._rev }) }], { newEdits: true });
    if (written === undefined) throw new Error('The engine answered nothing for a document.');
    return written.ok ? { id, ok: true, rev: written.rev } : { id, ok: false, reason: written.reason };
  }

  /** What is published under an entry's id follows what stands decided. Answers whether that changed anything. */
  async function settle(draft: Draft, reviews: readonly Review[]): Promise<boolean> {
    const id = `${node}:entry:${draft.entry}`;
    const there = await commons.get(id);
    const before = asPublished(there);
    const { stage, review } = standingOfDraft(draft, reviews, null);
    const { submitted } = draft;
    if (stage === 'accepted' && submitted !== null) {
      if (before !== null && before.author === draft.writer && before.edition >= submitted.edition) return false;
      const entry = { kind: draft.of, ...submitted.fields, ...(review === null ? {} : { reviewed: dayOf(review.at) }) };
      const said = await put(commons, id, { kind: 'entry', writer: node, entry, author: draft.writer, edition: submitted.edition });
      if (!said.ok) throw new Error(`An accepted entry could not be published: ${said.reason}`);
      return true;
    }
    if (stage === 'withdrawn' && before !== null && before.author === draft.writer) {
      await put(commons, id, {
        kind: 'entry',
        writer: node,
        entry: before.entry,
        author: before.author,
        edition: before.edition,
        withdrawn: true,
      });
      return true;
    }
    return false;
  }

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
    const [fault] = await faultsOf({ kind: draft.of, ...submitted.fields });
    return fault ?? null;
  }

  return {
    async open(who) {
      const drafts = [...(await documents(desk, 'draft', asDraft)), ...(await documents(secret, 'draft', asDraft))].filter(
        (draft) => mayReadDraft(who, draft).allow,
      );
      const names = new Set(drafts.map(({ entry, writer }) => `${entry} ${writer}`));
      const reviews = (await allReviews()).filter(({ entry, author }) => names.has(`${entry} ${author}`));
      const published = (await allPublished()).flatMap(({ entry, author, edition }) =>
        isString(entry['id']) ? [[entry['id'], { author, edition }] as const] : [],
      );
      return { drafts, reviews, published: Object.fromEntries(published) };
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
        const draft = asDraft(await desk.get(draftId(node, { entry: review.entry, writer: review.author })));
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

    settle: () =>
      alone(async () => {
        const reviews = await allReviews();
        for (const database of [desk, secret])
          for (const draft of await documents(database, 'draft', asDraft)) await settle(draft, reviews);
      }),

    async accepted() {
      const ids = (entry: JsonObject): string => String(entry['id']);
      return (await allPublished()).map(({ entry }) => entry).sort((a, b) => (ids(a) < ids(b) ? -1 : 1));
    },
  };
}
