/**
 * One visit of a node to its parent: the conversation, without sockets, clock or disk. The ends are interfaces, so that the program that ships is also
 * the one that a simulation drives.
 *
 *   1. The greeting: who the parent is, its epoch, which databases it has for this node and where each of them stands. Where nothing is new on
 *      either side the visit ends here, after one request.
 *   2. Down: the orders of the parent (erasures, revocations), before anything else.
 *   3. A node whose own databases have a new epoch (a copy was put back, or all was lost) first takes back from the parent what the parent holds of it.
 *   4. Up: `records-<self>`, `desk-<self>`.
 *   5. Down: `commons-*`.
 *
 * Up, for each page of the feed: ask which revisions are missing (`_revs_diff`), send those in parts, ask again. Only what the parent itself does not
 * find missing any more, in the epoch that it greeted with, is confirmed; then the place in the feed is kept. Down, for each page: which of it is missing
 * here, fetch it in parts, store it, keep the place. A line that breaks anywhere repeats at most the question about one page and one part of documents.
 *
 * A place in a feed holds for one epoch of the parent and one of this node. Where either is new, the feed is walked from its beginning; what is there
 * already is asked about and not sent.
 */
import type { NodeId } from '../domain/ids.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { LinkFailure, VisitEnd } from './link.ts';

/** Revisions by name, as `_revs_diff` has them. */
export type Revs = Readonly<Record<string, readonly string[]>>;

/** A node in one epoch of its databases. */
export interface Place {
  readonly node: NodeId;
  readonly epoch: string;
}

/** A revision with its history, as it travels: `_id`, `_rev`, `_revisions`. */
export type Travelling = { readonly _id: string; readonly _rev: string } & Readonly<Record<string, unknown>>;

export interface FeedPage {
  readonly changes: readonly { readonly id: string; readonly revs: readonly string[] }[];
  /** Where to go on. */
  readonly last: string;
}

export interface Refusal {
  readonly id: string;
  readonly reason: string;
}

/** A signed version of the node that the parent hands on. What it says of it is checked when it is here. */
export interface OfferedRelease {
  readonly version: string;
  /** Bytes of its file, and of what is in it. */
  readonly bytes: number;
  readonly unpacked: number;
  /** Of the file. */
  readonly sha256: string;
}

export interface Greeting {
  readonly place: Place;
  /** As whom the parent knows this node. */
  readonly child: NodeId;
  /** What the parent has for this node, by name, with the place where its feed ends. */
  readonly databases: Readonly<Record<string, string>>;
  /** The courses that it publishes, with the beginning of their manifests' SHA-256. */
  readonly courses?: Readonly<Record<string, string>>;
  /** The newest version of the node that it hands on. */
  readonly release?: OfferedRelease;
}

/** How far a feed was walked, under which epochs. */
export interface Position {
  readonly place: Place;
  /** This node's epoch. */
  readonly own: string;
  readonly since: string;
  /** Where the parent said that the feed ends when a walk found nothing more behind `since`. A CouchDB writes one place in many ways: this is how it wrote it. */
  readonly end?: string;
}

/** This node. Every verb that changes something commits before it resolves. */
export interface OwnEnd {
  readonly node: NodeId;
  readonly epoch: string;
  changes(database: string, since: string, limit: number): Promise<FeedPage>;
  /** Those whose bytes are here. One that was followed meanwhile is not: what follows it stands later in the feed. */
  open(database: string, id: string, revs: readonly string[]): Promise<readonly Travelling[]>;
  missing(database: string, revs: Revs): Promise<Revs>;
  /** Takes what came from the parent, each document as far as access allows it. */
  store(database: string, documents: readonly Travelling[]): Promise<readonly Refusal[]>;
  position(name: string): Promise<Position | null>;
  keepPosition(name: string, position: Position): Promise<void>;
  /** The parent is this one, in this epoch: what another epoch confirmed says nothing any more. */
  met(place: Place): Promise<void>;
  /** The parent's own answer: it has these. */
  confirmed(place: Place, database: string, revs: Revs): Promise<void>;
  /** The parent refused these. They stay here, are counted and shown. */
  refused(database: string, refusals: readonly Refusal[]): Promise<void>;
  /** Orders came: they are obeyed before anything else comes or goes. */
  obey(): Promise<void>;
}

/** The parent, over the line. */
export interface ParentEnd {
  greet(): Promise<Result<Greeting, LinkFailure>>;
  changes(database: string, since: string, limit: number): Promise<Result<FeedPage, LinkFailure>>;
  /** `place`: who gave the answer, told in the answer itself. */
  missing(database: string, revs: Revs): Promise<Result<{ readonly place: Place; readonly missing: Revs }, LinkFailure>>;
  open(database: string, revs: Revs): Promise<Result<readonly Travelling[], LinkFailure>>;
  store(database: string, documents: readonly Travelling[]): Promise<Result<readonly Refusal[], LinkFailure>>;
}

export interface Visit {
  readonly own: OwnEnd;
  readonly parent: ParentEnd;
  /** Bytes of JSON in one part. */
  readonly part: number;
  /** False when the hours are over or the node is being stopped; asked before each request. */
  mayGoOn(): boolean;
  /** Told whenever something has come to stand where it belongs. */
  moved(documents: number): void;
}

type Stop = LinkFailure | 'closed';

/** Names in one question: about 110 bytes each, so a question is no larger than a part. */
const namesIn = (part: number): number => Math.max(8, Math.min(200, Math.floor(part / 128)));

/** What a document is taken to weigh before it is here: most have less than 1 kB. */
const guessedBytes = 1024;

const countOf = (revs: Revs): number => Object.values(revs).reduce((sum, { length }) => sum + length, 0);

const revsOf = (page: FeedPage): Revs => Object.fromEntries(page.changes.map(({ id, revs }) => [id, revs]));

/** Of the first, what is not in the second. */
const without = (revs: Revs, others: Revs): Revs =>
  Object.fromEntries(
    Object.entries(revs).flatMap(([id, asked]) => {
      const rest = asked.filter((rev) => others[id]?.includes(rev) !== true);
      return rest.length === 0 ? [] : [[id, rest]];
    }),
  );

const samePlace = (a: Place, b: Place): boolean => a.node === b.node && a.epoch === b.epoch;

const beginning = '0';

/** The place that was kept, if it holds in these epochs. */
async function placeIn(own: OwnEnd, name: string, place: Place): Promise<Position | null> {
  const kept = await own.position(name);
  return kept !== null && samePlace(kept.place, place) && kept.own === own.epoch ? kept : null;
}

/** Sends what the parent lacks, in parts by bytes. Answers how many documents were sent. */
async function send({ own, parent, part, mayGoOn }: Visit, database: string, missing: Revs): Promise<Result<number, Stop>> {
  let batch: Travelling[] = [];
  let bytes = 0;
  let sent = 0;
  const flush = async (): Promise<Result<null, Stop>> => {
    if (batch.length === 0) return ok(null);
    if (!mayGoOn()) return err('closed');
    const stored = await parent.store(database, batch);
    if (!stored.ok) return stored;
    sent += batch.length;
    [batch, bytes] = [[], 0];
    if (stored.value.length > 0) await own.refused(database, stored.value);
    return ok(null);
  };
  for (const [id, revs] of Object.entries(missing))
    for (const document of await own.open(database, id, revs)) {
      const size = JSON.stringify(document).length;
      if (bytes > 0 && bytes + size > part) {
        const flushed = await flush();
        if (!flushed.ok) return flushed;
      }
      batch.push(document);
      bytes += size;
    }
  const flushed = await flush();
  return flushed.ok ? ok(sent) : flushed;
}

async function push(visit: Visit, place: Place, database: string): Promise<Result<null, Stop>> {
  const { own, parent, part, mayGoOn, moved } = visit;
  const name = `up:${database}`;
  let since = (await placeIn(own, name, place))?.since ?? beginning;
  const ask = async (revs: Revs): Promise<Result<Revs, Stop>> => {
    if (!mayGoOn()) return err('closed');
    const answer = await parent.missing(database, revs);
    if (!answer.ok) return answer;
    return samePlace(answer.value.place, place) ? ok(answer.value.missing) : err('moved');
  };
  for (;;) {
    const page = await own.changes(database, since, namesIn(part));
    if (page.changes.length === 0) return ok(null);
    const revs = revsOf(page);
    const missing = await ask(revs);
    if (!missing.ok) return missing;
    let lacking = missing.value;
    if (countOf(lacking) > 0) {
      const sent = await send(visit, database, lacking);
      if (!sent.ok) return sent;
      const again = await ask(lacking);
      if (!again.ok) return again;
      lacking = again.value;
    }
    await own.confirmed(place, database, without(revs, lacking));
    since = page.last;
    await own.keepPosition(name, { place, own: own.epoch, since });
    moved(countOf(missing.value) - countOf(lacking));
  }
}

/** Fetches what is missing here. The size of a document is known only when it is here, so the first parts are small. */
async function fetchMissing({ own, parent, part, mayGoOn, moved }: Visit, database: string, missing: Revs): Promise<Result<null, Stop>> {
  const wanted = Object.entries(missing).flatMap(([id, revs]) => revs.map((rev) => [id, rev] as const));
  let average = guessedBytes;
  for (let at = 0; at < wanted.length;) {
    if (!mayGoOn()) return err('closed');
    const some = wanted.slice(at, at + Math.max(1, Math.floor(part / average)));
    const asked: Record<string, string[]> = {};
    for (const [id, rev] of some) (asked[id] ??= []).push(rev);
    const documents = await parent.open(database, asked);
    if (!documents.ok) return documents;
    if (documents.value.length > 0) {
      await own.store(database, documents.value);
      average = Math.max(128, JSON.stringify(documents.value).length / documents.value.length);
    }
    at += some.length;
    moved(documents.value.length);
  }
  return ok(null);
}

async function pull(visit: Visit, greeting: Greeting, database: string, name = `down:${database}`): Promise<Result<null, Stop>> {
  const { own, parent, part, mayGoOn } = visit;
  const { place, databases } = greeting;
  const end = databases[database];
  if (end === undefined) return ok(null);
  const kept = await placeIn(own, name, place);
  if (kept?.end === end) return ok(null);
  for (let since = kept?.since ?? beginning; since !== end;) {
    if (!mayGoOn()) return err('closed');
    const page = await parent.changes(database, since, namesIn(part));
    if (!page.ok) return page;
    const { changes, last } = page.value;
    if (changes.length > 0) {
      const fetched = await fetchMissing(visit, database, await own.missing(database, revsOf(page.value)));
      if (!fetched.ok) return fetched;
    }
    since = last;
    await own.keepPosition(name, { place, own: own.epoch, since, ...(changes.length === 0 ? { end } : {}) });
    // A CouchDB writes the same place in more than one way: a page without a change is the end.
    if (changes.length === 0) break;
  }
  return ok(null);
}

/**
 * What the parent holds of this node. In the ordinary course of things this node has all of it, so only where the parent's feed stands is noted: a copy of this
 * node that is put back later knows from when on it has to ask.
 */
async function takeBack(visit: Visit, greeting: Greeting, database: string): Promise<Result<null, Stop>> {
  const { own } = visit;
  const { place, databases } = greeting;
  const name = `own:${database}`;
  const end = databases[database];
  if (end === undefined) return ok(null);
  const kept = await own.position(name);
  if (kept?.own !== own.epoch) {
    // Another epoch of this node wrote the note, and the copy has all that stood before it; under the walk's own name a break goes on where it was.
    const walk = `back:${database}`;
    const begun = await own.position(walk);
    const usable = begun !== null && samePlace(begun.place, place) && begun.own === own.epoch;
    if (!usable && kept !== null && samePlace(kept.place, place))
      await own.keepPosition(walk, { place, own: own.epoch, since: kept.since });
    const pulled = await pull(visit, greeting, database, walk);
    if (!pulled.ok) return pulled;
  }
  if (kept?.own !== own.epoch || kept.since !== end || !samePlace(kept.place, place))
    await own.keepPosition(name, { place, own: own.epoch, since: end });
  return ok(null);
}

async function converse(visit: Visit, greeting: Greeting): Promise<Result<null, Stop>> {
  const { own } = visit;
  const { place, databases } = greeting;
  await own.met(place);

  const orders = `orders-${place.node}`;
  const ordered = await pull(visit, greeting, orders);
  if (!ordered.ok) return ordered;
  await own.obey();

  const ours = [`records-${own.node}`, `desk-${own.node}`];
  for (const database of ours) {
    const taken = await takeBack(visit, greeting, database);
    if (!taken.ok) return taken;
  }
  for (const database of ours) {
    const pushed = await push(visit, place, database);
    if (!pushed.ok) return pushed;
  }
  for (const database of Object.keys(databases).sort()) {
    if (!database.startsWith('commons-') || database === `commons-${own.node}`) continue;
    const pulled = await pull(visit, greeting, database);
    if (!pulled.ok) return pulled;
  }
  return ok(null);
}

/**
 * Makes a visit. `after` is what belongs to it beyond the databases (courses), over the same line and in the same hours.
 *
 * @throws what the own end throws: a storage that cannot be used ends the visit, and so does a bug
 */
export async function runVisit(
  visit: Visit,
  after: (greeting: Greeting) => Promise<Result<null, Stop>> = () => Promise.resolve(ok(null)),
): Promise<VisitEnd> {
  let moved = 0;
  const counted: Visit = {
    ...visit,
    moved: (documents) => {
      moved += documents;
      visit.moved(documents);
    },
  };
  const ended = (result: Result<null, Stop>): VisitEnd =>
    result.ok
      ? { type: 'done', moved }
      : result.error === 'closed'
        ? { type: 'closed', moved }
        : { type: 'failed', failure: result.error, moved };

  const greeting = await visit.parent.greet();
  if (!greeting.ok) return ended(greeting);
  if (greeting.value.child !== visit.own.node || greeting.value.place.node === visit.own.node) return ended(err('other-node'));
  const conversed = await converse(counted, greeting.value);
  return ended(conversed.ok ? await after(greeting.value) : conversed);
}
