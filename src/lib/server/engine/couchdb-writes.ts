/**
 * Writes at a CouchDB.
 *
 * A 202 says that fewer copies took it than must. A merge is sent again until it is a 201, and where it stays one, nothing of it counts as written; an edit
 * may have been forestalled (couchdb-edits.ts). Of a merge (`new_edits: false`) CouchDB answers 201 also where one copy alone was left to take it (fabric_doc_update counts answers that are all
 * alike as enough; seen with 3.5 and two machines of three stopped). So after each merge CouchDB is asked which machines it has in touch, and where too
 * few of those that hold the copies are, the 201 counts as a 202. What an earlier 202 left on one copy can be read there; before `held` names it, it is written once more as it stands.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { JsonObject } from '../../domain/shape.ts';
import { listOf, malformed, objectOf, pathOf, refusalOf, textOf, withoutPath } from './couchdb-answers.ts';
import { createCouchEdits, type Undecided } from './couchdb-edits.ts';
import type { CouchLeaves } from './couchdb-leaves.ts';
import type { CouchLink } from './couchdb-link.ts';
import type { CouchRecent } from './couchdb-recent.ts';
import { stubsOf, type GivenAttachment } from './attachments.ts';
import { furtherNames, ownNames, parseEdit, parseRev, type Edit } from './document.ts';
import { CouchAway } from './couchdb-http.ts';
import { StorageFailure, type BulkOptions, type CouchDocument, type Database, type Written } from './engine.ts';
import type { Locks } from './locks.ts';

/** Milliseconds to wait before a write that too few copies took is sent again. */
const againAfter = [100, 500, 2000];

/** Milliseconds before edits are looked for whose answer never came: the machine that had them ended, or the connection broke. */
const lostAfter = [100, 1000] as const;

/** Revisions of which this process remembers that enough copies have them; 100 bytes each. */
const maxConfirmed = 20_000;

interface Entry {
  readonly index: number;
  readonly edit: Edit;
  readonly given: JsonObject;
}

/** Documents of one purge; CouchDB takes at most 100 at once. */
const purgedAtOnce = 100;

/** The n-th edits of each document together: a batch may hold several of one document, and they follow each other. */
function roundsOf(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const rounds: Entry[][] = [];
  const seen = new Map<string, number>();
  for (const entry of entries) {
    const round = seen.get(entry.edit.id) ?? 0;
    seen.set(entry.edit.id, round + 1);
    (rounds[round] ??= []).push(entry);
  }
  return rounds;
}

/** What CouchDB answered about a document that it took. */
interface Sent {
  /** Null in a merge, which names its revisions itself. */
  readonly rev: string | null;
  /** An edit that too few copies accepted for it to stand already. */
  readonly isUndecided: boolean;
}

const conflictOf = (id: string): Written => ({ ok: false, id, error: 'conflict', reason: 'Document update conflict.' });

const revisionOf = ({ rev }: Edit): string | undefined => (rev === undefined ? undefined : `${String(rev.pos)}-${rev.hash}`);

/** An attachment as it is sent; a new edit's own gets its generation from CouchDB. */
function sentAttachment({ contentType, bytes, digest, revpos }: GivenAttachment, newEdits: boolean): JsonObject {
  const told = { content_type: contentType, ...(revpos === null || newEdits ? {} : { revpos }) };
  if (bytes !== null) return { ...told, data: Buffer.from(bytes).toString('base64') };
  return { ...told, ...(revpos === null ? {} : { revpos }), ...(digest === null ? {} : { digest }), stub: true };
}

/** The document as the gate is shown it: attachments described, without their bytes. */
function shownTo(entry: Entry, leaf: CouchDocument | undefined): JsonObject {
  const { edit, given } = entry;
  if (edit.attachments.length === 0) return given;
  const standing = stubsOf(leaf ?? null);
  const stubs = edit.attachments.map((attachment) => {
    const { name, contentType, bytes, digest, revpos } = attachment;
    if (bytes === null && Object.hasOwn(standing, name)) return [name, standing[name]];
    return [name, { content_type: contentType, digest, length: bytes?.byteLength ?? 0, revpos: revpos ?? edit.rev?.pos ?? 1, stub: true }];
  });
  return { ...given, _attachments: Object.fromEntries(stubs) as JsonObject };
}

/** A document as it is sent. */
interface Sending {
  readonly id: string;
  readonly text: string;
}

/** What two revisions have alike that say the same. */
function contentOf({ _rev, _revisions, ...content }: JsonObject): string {
  return canonicalJson(content);
}

/** The document as it is sent. Fields are in one order, so that CouchDB gives the same edit the same name wherever it is made. */
function textOfEdit({ id, rev, path, deleted, body, attachments }: Edit, newEdits: boolean): string {
  const sent = attachments.map((attachment) => [attachment.name, sentAttachment(attachment, newEdits)]);
  return canonicalJson({
    ...body,
    _id: id,
    ...(rev === undefined ? {} : { _rev: `${String(rev.pos)}-${rev.hash}` }),
    ...(newEdits || rev === undefined ? {} : { _revisions: { start: rev.pos, ids: path } }),
    ...(deleted ? { _deleted: true } : {}),
    ...(sent.length === 0 ? {} : { _attachments: Object.fromEntries(sent) as JsonObject }),
  });
}

export interface CouchWrites extends Pick<Database, 'bulk' | 'held' | 'purge'> {
  /** As `_revs_diff`, answered by enough copies, which then have what is not missing. */
  missing(revisions: readonly (readonly [id: string, revs: readonly string[]])[]): Promise<JsonObject>;
}

export function createCouchWrites(link: CouchLink, leaves: CouchLeaves, locks: Locks, recent: CouchRecent): CouchWrites {
  const { host, copies, enoughUp, ready, ask, holds, further } = link;
  const { leavesOf, leavesEverywhere, leafRevs } = leaves;
  const { settle, settledLeaves } = createCouchEdits(link, leaves, spread);

  /** Writes of which a cluster said that enough copies have them. */
  const confirmed = new Set<string>();

  const remember = (id: string, rev: string): void => {
    if (copies() === 1) return;
    recent.wrote(id, rev);
    confirmed.add(`${id} ${rev}`);
    for (const oldest of confirmed) {
      if (confirmed.size <= maxConfirmed) break;
      confirmed.delete(oldest);
    }
  };

  const textOfAll = (documents: readonly Sending[], newEdits: boolean): string =>
    `{"new_edits":${String(newEdits)},"docs":[${documents.map((document) => document.text).join(',')}]}`;

  /** Of edits whose answer never came, those that are there: the same words after the same revision. CouchDB gives the same edit the same name wherever it is made. */
  async function arrived(documents: readonly Sending[]): Promise<ReadonlyMap<string, string>> {
    const standing = await leavesEverywhere(documents.map(({ id }) => id));
    return new Map(
      documents.flatMap(({ id, text }): [string, string][] => {
        const sent = objectOf(JSON.parse(text));
        const own = standing
          .get(id)
          ?.find((leaf) => (sent['_rev'] === undefined || pathOf(leaf)[1] === sent['_rev']) && contentOf(leaf) === contentOf(sent));
        return own === undefined ? [] : [[id, own._rev]];
      }),
    );
  }

  /** Sends edits. Those whose answer was lost and that are found afterwards are as good as answered with a 202; the others are sent again. */
  async function sendEdits(documents: readonly Sending[]): Promise<readonly (Written | Sent)[]> {
    const answers = new Map<string, Written | Sent>();
    const takeArrived = async (some: readonly Sending[]): Promise<void> => {
      for (const [id, rev] of await arrived(some)) answers.set(id, { rev, isUndecided: true });
    };
    const isConflict = ({ id }: Sending): boolean => {
      const answer = answers.get(id);
      return answer !== undefined && 'ok' in answer && !answer.ok && answer.error === 'conflict';
    };
    let open = documents;
    for (const wait of [...lostAfter, null]) {
      try {
        for (const [place, answer] of (await send(open, true)).entries()) answers.set(open[place]?.id ?? '', answer);
        // Sent twice, it may be its own first copy that stands in its way.
        if (wait !== lostAfter[0]) await takeArrived(open.filter(isConflict));
        break;
      } catch (error) {
        if (wait === null || !(error instanceof CouchAway)) throw error;
        await sleep(wait);
        await takeArrived(open);
        open = open.filter(({ id }) => !answers.has(id));
        if (open.length === 0) break;
      }
    }
    return documents.map(({ id }) => {
      const answer = answers.get(id);
      if (answer === undefined) throw malformed();
      return answer;
    });
  }

  /** Sends documents of different names until enough copies have them. What a document was refused for is in the answer, by its place. */
  async function send(documents: readonly Sending[], newEdits: boolean): Promise<readonly (Written | Sent)[]> {
    const { status, body } = await ask('POST', '_bulk_docs', { text: textOfAll(documents, newEdits), repeatable: !newEdits });
    if (status === 400 || status === 412 || status === 413) {
      // One document that CouchDB cannot read keeps it from writing any.
      const [document, ...others] = documents;
      if (document === undefined) return [];
      if (others.length === 0) {
        const { error, reason } = objectOf(body);
        return [refusalOf(document.id, error, reason)];
      }
      const answers: (Written | Sent)[] = [];
      for (const one of documents) answers.push(...(await send([one], newEdits)));
      return answers;
    }
    if (status !== 201 && status !== 202) throw new StorageFailure(`CouchDB at ${host} did not take a write (${String(status)})`);
    const rows = listOf(body).map(objectOf);
    const answers = documents.map(({ id }) => {
      const row = rows.find((candidate) => candidate['id'] === id);
      if (row?.['error'] !== undefined) return refusalOf(id, row['error'], row['reason']);
      if (newEdits && row === undefined) throw malformed();
      return { rev: row === undefined ? null : textOf(row['rev']), isUndecided: newEdits && status === 202 };
    });
    if (!newEdits && (status === 202 || !(await enoughUp())))
      await sendAgain(documents.filter((_, index) => !('ok' in (answers[index] ?? {}))));
    return answers;
  }

  /** Merges the same documents again, until enough copies have them. */
  async function sendAgain(documents: readonly Sending[]): Promise<void> {
    const text = textOfAll(documents, false);
    for (const wait of againAfter) {
      const { status, body } = await ask('POST', '_bulk_docs', { text, repeatable: true });
      if (status === 201 && listOf(body).length === 0 && (await enoughUp())) return;
      await sleep(wait);
    }
    throw new StorageFailure(`Too few machines of the cluster at ${host} take writes`);
  }

  /** Writes leaves as they stand, which changes nothing but where copies lack them. */
  async function spread(documents: readonly CouchDocument[]): Promise<void> {
    if (documents.length === 0) return;
    await sendAgain(documents.map((document) => ({ id: document._id, text: JSON.stringify(document) })));
    for (const document of documents) remember(document._id, document._rev);
  }

  async function writeRound(round: readonly Entry[], { newEdits, gate }: BulkOptions, answers: Written[]): Promise<void> {
    const names = round.map(({ edit }) => edit.id);
    const standing = newEdits ? await settledLeaves(names) : gate === undefined ? new Map<string, never>() : await leavesOf(names);
    const known: CouchDocument[] = [];
    const allowed = round.filter((entry) => {
      const { index, edit } = entry;
      const leaves: readonly CouchDocument[] = standing.get(edit.id) ?? [];
      const rev = revisionOf(edit);
      const conflicts =
        leaves.length === 0
          ? rev !== undefined
          : !leaves.some((leaf) => (rev === undefined ? leaf === leaves[0] && leaf._deleted === true : leaf._rev === rev));
      if (newEdits && conflicts) {
        answers[index] = conflictOf(edit.id);
        return false;
      }
      // Only what is asked for: a branch beside it may be about to be withdrawn, and must not be written once more.
      const knownAs = newEdits || rev === undefined ? [] : leaves.filter((leaf) => pathOf(leaf).includes(rev));
      if (rev !== undefined && knownAs.length > 0) {
        answers[index] = { ok: true, id: edit.id, rev };
        known.push(...knownAs);
        return false;
      }
      const refusal = gate?.(shownTo(entry, leaves[0]), leaves[0] === undefined ? null : withoutPath(leaves[0])) ?? null;
      if (refusal !== null) answers[index] = { ok: false, id: edit.id, error: 'forbidden', reason: refusal };
      return refusal === null;
    });
    if (copies() > 1) await spread(known);
    if (allowed.length === 0) return;
    const documents = allowed.map(({ edit }) => ({ id: edit.id, text: textOfEdit(edit, newEdits) }));
    const sent = newEdits ? await sendEdits(documents) : await send(documents, false);
    const lost = await settle(
      allowed.flatMap(({ edit }, place): readonly Undecided[] => {
        const answer = sent[place];
        if (answer === undefined || 'ok' in answer || !answer.isUndecided || answer.rev === null) return [];
        const before: readonly CouchDocument[] = standing.get(edit.id) ?? [];
        return [{ id: edit.id, rev: answer.rev, before, base: revisionOf(edit) ?? before[0]?._rev ?? null }];
      }),
    );
    for (const [place, { index, edit }] of allowed.entries()) {
      const answer = sent[place];
      if (answer === undefined) throw malformed();
      if ('ok' in answer || lost.has(edit.id)) {
        answers[index] = 'ok' in answer ? answer : conflictOf(edit.id);
        continue;
      }
      const rev = answer.rev ?? revisionOf(edit) ?? '';
      answers[index] = { ok: true, id: edit.id, rev };
      remember(edit.id, rev);
    }
  }
  return {
    async bulk(documents, options) {
      await ready();
      const answers: Written[] = [];
      const entries = documents.flatMap((document, index): Entry[] => {
        const parsed = parseEdit(document, options.newEdits, further ? furtherNames : ownNames);
        if (!parsed.ok) answers[index] = { ok: false, ...parsed.error };
        else if (!holds(parsed.value.id))
          answers[index] = { ok: false, id: parsed.value.id, error: 'bad_request', reason: 'A name has the form <partition>:<rest>.' };
        else return [{ index, edit: parsed.value, given: objectOf(document) }];
        return [];
      });
      await locks.hold(
        entries.map(({ edit }) => edit.id),
        async () => {
          for (const round of roundsOf(entries)) await writeRound(round, options, answers);
        },
      );
      return answers;
    },

    async held(revisions) {
      const asked = Object.entries(revisions);
      const revs = await leafRevs(asked.map(([id]) => id));
      const found = asked.filter(([id, rev]) => revs.get(id)?.includes(rev) === true);
      if (copies() === 1) return Object.fromEntries(found);
      // One copy answered, which may lag behind the others or be ahead of them: what is not surely on enough of them is asked of enough.
      const listed = new Set(found);
      const sure = (entry: [string, string]): boolean => confirmed.has(entry.join(' ')) && listed.has(entry);
      const unsure = asked.filter((entry) => !sure(entry));
      const standing = await leavesOf(unsure.map(([id]) => id));
      const written = unsure.flatMap(([id, rev]) => standing.get(id)?.filter((leaf) => leaf._rev === rev) ?? []);
      await spread(written.filter(({ _id: id, _rev: rev }) => !confirmed.has(`${id} ${rev}`)));
      return Object.fromEntries([...asked.filter(sure), ...written.map(({ _id: id, _rev: rev }) => [id, rev] as const)]);
    },

    async missing(revisions) {
      const standing = await leavesOf(revisions.map(([id]) => id));
      const kept = new Set<CouchDocument>();
      const rows = revisions.flatMap(([id, revs]) => {
        const known = standing.get(id) ?? [];
        const missing = revs.filter((rev) => {
          const holders = known.filter((leaf) => pathOf(leaf).includes(rev));
          for (const leaf of holders) if (!confirmed.has(`${id} ${leaf._rev}`)) kept.add(leaf);
          return holders.length === 0;
        });
        if (missing.length === 0) return [];
        // Leaves that a missing revision may follow.
        const newest = Math.max(...missing.map((rev) => parseRev(rev)?.pos ?? 0));
        const ancestors = known.map((leaf) => leaf._rev).filter((rev) => (parseRev(rev)?.pos ?? 0) < newest);
        return [[id, { missing, ...(ancestors.length === 0 ? {} : { possible_ancestors: ancestors }) }] as const];
      });
      await spread([...kept]);
      return Object.fromEntries(rows);
    },

    async purge(ids) {
      await ready();
      const asked = ids.filter(holds);
      for (const id of asked) recent.forget(id);
      for (let at = 0; at < asked.length; at += purgedAtOnce) {
        const some = asked.slice(at, at + purgedAtOnce);
        await locks.hold(some, async () => {
          for (const wait of [0, ...againAfter]) {
            // Every leaf of a conflict is named, tombstones too; what was followed goes with the leaf that followed it.
            const revs = [...(await leavesOf(some))].map(([id, leaves]) => [id, leaves.map(({ _rev: rev }) => rev)] as const);
            if (revs.length === 0) return;
            if (wait > 0) await sleep(wait);
            const { status } = await ask('POST', '_purge', { json: Object.fromEntries(revs), repeatable: true });
            if (status !== 201 && status !== 202) throw new StorageFailure(`CouchDB at ${host} did not purge (${String(status)})`);
          }
          throw new StorageFailure(`Too few machines of the cluster at ${host} purged what they were told to`);
        });
      }
      if (asked.length === 0) return;
      // The bytes lie in CouchDB's files until it compacts them, which it does beside its work.
      const { status } = await ask('POST', '_compact', { json: {}, repeatable: true });
      if (status !== 202) throw new StorageFailure(`CouchDB at ${host} did not begin to compact (${String(status)})`);
    },
  };
}
