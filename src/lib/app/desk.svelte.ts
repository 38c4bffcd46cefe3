/**
 * What staff write for the commons, on this device: a country's values before they are released, a solution before it is accepted, a review. Each is committed
 * here first, with or without a network, and handed over when the centre can be reached.
 */
import { instantOf, type Instant } from '#lib/domain/clock.ts';
import {
  isConfidential,
  isForCountry,
  isOwnWord,
  standingOfDraft,
  type Draft,
  type Edition,
  type Review,
  type Standing,
} from '#lib/domain/drafts.ts';
import type { PersonId } from '#lib/domain/ids.ts';
import type { JsonObject } from '#lib/domain/shape.ts';
import type { PaperRow } from '#lib/storage/schema.ts';
import { PaperStore } from '#lib/storage/papers.ts';
import { handOverPapers, readDesk, type OpenDesk } from '#lib/sync/client/desk.ts';
import type { PassFailure } from '#lib/sync/session.ts';
import { now, storage } from './store.ts';

/** A document of one's own, and where it is. */
export interface Paper {
  readonly draft: Draft;
  readonly standing: Standing;
  readonly where: 'device' | 'centre';
  readonly refused: string | null;
}

/** When a document was written last. */
const momentOf = (body: Draft | Review): Instant => (body.kind === 'draft' ? body.changed : body.at);
const request = (input: string, init?: RequestInit): Promise<Response> => fetch(input, init);
const nobody: OpenDesk = { drafts: [], reviews: [], published: {}, from: {} };

export class DeskWork {
  ready = $state(false);
  busy = $state(false);
  failure = $state<PassFailure | null>(null);
  /** When the centre was last heard in this visit; null before. */
  heard = $state<Instant | null>(null);
  rows = $state.raw<readonly PaperRow[]>([]);
  desk = $state.raw<OpenDesk>(nobody);

  readonly person: PersonId;
  readonly #token: () => string | null;
  #again = false;

  constructor(person: PersonId, token: () => string | null) {
    this.person = person;
    this.#token = token;
  }

  /** One's own drafts, the last changed first. */
  get papers(): readonly Paper[] {
    return this.rows
      .flatMap(({ body, receipt, refused }): Paper[] =>
        body.kind === 'draft'
          ? [
              {
                draft: body,
                standing: standingOfDraft(body, this.#reviews, this.desk.published[body.entry] ?? null),
                where: receipt === null ? 'device' : 'centre',
                refused,
              },
            ]
          : [],
      )
      .sort((a, b) => (a.draft.changed < b.draft.changed ? 1 : -1));
  }

  /** Others' drafts that were handed in, the longest waiting first. */
  get others(): readonly { readonly draft: Draft; readonly standing: Standing; readonly from: string | null }[] {
    return this.desk.drafts
      .filter((draft) => draft.writer !== this.person)
      .map((draft) => ({
        draft,
        standing: standingOfDraft(draft, this.#reviews, this.desk.published[draft.entry] ?? null),
        from: this.desk.from[`${draft.entry} ${draft.writer}`] ?? null,
      }))
      .sort((a, b) => ((a.draft.submitted?.at ?? '') < (b.draft.submitted?.at ?? '') ? -1 : 1));
  }

  /** What was said of one edition by oneself, wherever it lies. */
  ownReview(draft: Draft): PaperRow | undefined {
    return this.rows.find(
      ({ body }) =>
        body.kind === 'review' && body.entry === draft.entry && body.author === draft.writer && body.edition === draft.submitted?.edition,
    );
  }

  /** Of everybody, with one's own that the centre has not refused. */
  get #reviews(): readonly Review[] {
    const own = this.rows.flatMap(({ body, refused }) => (body.kind === 'review' && refused === null ? [body] : []));
    return [...this.desk.reviews.filter(({ writer }) => writer !== this.person), ...own];
  }

  async #store(): Promise<PaperStore> {
    return new PaperStore((await storage()).store.database);
  }

  async load(): Promise<void> {
    this.rows = await (await this.#store()).of(this.person);
    this.ready = true;
    await this.meet();
  }

  draftOf(entry: string): Draft | null {
    return this.papers.find(({ draft }) => draft.entry === entry)?.draft ?? null;
  }

  /** The last edition, without one that the centre did not take: its number is free again. */
  #taken(entry: string): Edition | null {
    const paper = this.papers.find(({ draft }) => draft.entry === entry);
    if (paper === undefined || paper.refused === null) return paper?.draft.submitted ?? null;
    return this.desk.drafts.find(({ entry: one, writer }) => one === entry && writer === this.person)?.submitted ?? null;
  }

  async #commit(body: Draft | Review): Promise<void> {
    const store = await this.#store();
    await store.commit(body);
    this.rows = await store.of(this.person);
    void this.meet();
  }

  /**
   * Keeps what was written so far.
   *
   * @param country for which the entry speaks; null for a kind that speaks for none
   */
  save(entry: string, of: string, fields: JsonObject, country: string | null): Promise<void> {
    return this.#commit({
      kind: 'draft',
      writer: this.person,
      entry,
      of,
      country: isForCountry(of) ? country : null,
      fields,
      changed: instantOf(now()),
      submitted: this.#taken(entry),
      withdrawn: null,
    });
  }

  /** Hands in what is written now as the next edition. Of a country's own word: releases it. */
  async submit(entry: string, interest: string): Promise<void> {
    const before = this.draftOf(entry);
    if (before === null || isConfidential(before.of)) return;
    const at = instantOf(now());
    const edition = (this.#taken(entry)?.edition ?? 0) + 1;
    await this.#commit({ ...before, changed: at, withdrawn: null, submitted: { edition, at, interest, fields: before.fields } });
  }

  async withdraw(entry: string): Promise<void> {
    const before = this.draftOf(entry);
    if (before !== null) await this.#commit({ ...before, changed: instantOf(now()), withdrawn: instantOf(now()) });
  }

  async review(draft: Draft, decision: Review['decision'], reasons: string): Promise<void> {
    if (draft.submitted === null || isOwnWord(draft.of)) return;
    const { entry, writer: author } = draft;
    const { edition } = draft.submitted;
    await this.#commit({ kind: 'review', writer: this.person, entry, author, edition, decision, reasons, at: instantOf(now()) });
  }

  /** Hands over what waits and takes what others wrote. Asked for while it runs, it runs once more. */
  async meet(): Promise<void> {
    if (this.busy) {
      this.#again = true;
      return;
    }
    const token = this.#token();
    if (token === null) return;
    this.busy = true;
    try {
      this.failure = await this.#talk(token);
    } finally {
      this.rows = await (await this.#store()).of(this.person);
      this.busy = false;
    }
    if (!this.#again) return;
    this.#again = false;
    await this.meet();
  }

  async #talk(token: string): Promise<PassFailure | null> {
    const store = await this.#store();
    const line = { fetch: request, origin: location.origin, token };
    const waiting = (await store.of(this.person))
      .filter(({ receipt, refused }) => receipt === null && refused === null)
      .map(({ body }) => body)
      // What names no country yet waits until it does: the centre could not know who may write it.
      .filter((body) => body.kind === 'review' || !isForCountry(body.of) || body.country !== null)
      // A call leads to the plan that was written before it.
      .sort((a, b) => (momentOf(a) < momentOf(b) ? -1 : 1));
    if (waiting.length > 0) {
      const said = await handOverPapers(line, waiting);
      if (!said.ok) return said.error;
      for (const [i, one] of said.value.entries()) {
        const body = waiting[i];
        if (body !== undefined)
          await store.settle(body, 'receipt' in one ? { receipt: one.receipt, refused: null } : { receipt: null, refused: one.refused });
      }
    }
    const read = await readDesk(line);
    if (!read.ok) return read.error;
    const { desk, place } = read.value;
    await store.withdraw(this.person, place);
    // Reading it is a receipt: the node answers from its disk.
    const mine = [...desk.drafts, ...desk.reviews].filter(({ writer }) => writer === this.person);
    await store.take(mine, place);
    this.desk = desk;
    this.heard = instantOf(now());
    return null;
  }
}
