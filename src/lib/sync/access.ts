/**
 * Who may do what. One decision for every road: the standard road, the narrow road, a bundle, a node's own replication.
 *
 * A person's range
 *   - is read by the person, under any id that an alias says is theirs, by staff who have the person in a cohort, and by administrators;
 *   - is written by the person's devices, each its own documents of a learner's kinds; by trainers and masters who have the person in a cohort:
 *     feedback and evidence, in their own name; by master trainers, the same, whoever is a trainer here; by trainers themselves, evidence in their own range: a
 *     session that they held, and what others signed about it. Nobody gives themselves a mark. And by this node, its own.
 *
 * What is published to all is read by all and written on no road.
 *
 * A whole database
 *   - `accounts`, `private` and the engine's own are open to nobody;
 *   - `records-`, `desk-`, `commons-` and `orders-<node>` are read by administrators and written on no road of theirs;
 *   - another node (a peer, a child of this one) reads every `commons-` and this node's orders, reads and writes `records-<itself>` and `desk-<itself>`,
 *     and nothing else;
 *   - this node reads all, and writes what is its own, and the copies of commons and orders that it takes from others;
 *   - every other name is a further database of the administrators', where CouchDB's own rules hold.
 *
 * An entry on its way to the commons (domain/drafts.ts)
 *   - is written by its author alone: a focal point what a country says of itself, for the countries that their sign-in is for and no other, a provider what answers
 *     a need; never under another's name, and what was handed in stays as it was;
 *   - is read by its author, and once it is handed in by reviewers; what a country has not released by nobody else at all;
 *   - is reviewed once by each reviewer, in their own name, in the edition that stands handed in, and never by its author;
 *   - is handed in by nobody where it names people: who mentors whom is its writer's alone.
 *
 * Whoever brings it, a document has one writer for ever, is whole, is named after what it says, and is never deleted: document-rules.ts.
 *
 * Pure: `(request) → allow | reason`. The reason is a sentence for a log and a developer; it never says whether anything exists outside
 * what is open to who asks.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import type { DeviceId, NodeId, PersonId } from '../domain/ids.ts';
import { isConfidential, isForCountry, isOwnWord, mayPen, type Draft, type Review } from '../domain/drafts.ts';
import type { PersonRecord, RecordKind } from '../domain/records.ts';
import { isObject, type JsonObject } from '../domain/shape.ts';
import {
  allowed,
  isReservedDatabase,
  mayReplace,
  mayStand,
  nodeKinds,
  notTheWriter,
  readNodeDatabase,
  readRecord,
  refuse,
  type Decision,
  type NodeDatabase,
} from './document-rules.ts';

export const roles = ['learner', 'trainer', 'master', 'reviewer', 'administrator', 'focal-point', 'provider'] as const;
export type Role = (typeof roles)[number];
export const isRole = (value: unknown): value is Role => roles.some((role) => role === value);

export type Who =
  | { readonly type: 'stranger' }
  /** A learner's device: the node signed that it is this person's. */
  | {
      readonly type: 'device';
      readonly person: PersonId;
      readonly device: DeviceId;
      /** Other ids of the same human, joined by an alias: their ranges may be read. */
      readonly aliases?: readonly PersonId[];
      /** The node's storage was put back to an earlier day: what it lost may come by any device of the person that still holds it. */
      readonly handsOver?: boolean;
    }
  /** A member of staff; `teaches` says whether a person is in a cohort of theirs, or, to a master trainer, is a trainer here. */
  | {
      readonly type: 'staff';
      readonly person: PersonId;
      readonly roles: readonly Role[];
      /** Ids of the countries for which a focal point speaks; none where it is absent. */
      readonly countries?: readonly string[];
      readonly teaches: (person: PersonId) => boolean;
    }
  /** Another node, known by its credential: a child of this one. */
  | { readonly type: 'peer'; readonly node: NodeId }
  /** This node itself. */
  | { readonly type: 'node'; readonly node: NodeId };

export type Verb = 'read' | 'write';

export type Scope =
  /** A key range of this node's records. */
  | { readonly type: 'person'; readonly person: PersonId }
  /** What the node publishes to all. */
  | { readonly type: 'commons' }
  /** A whole database of the node `at`. */
  | { readonly type: 'database'; readonly database: string; readonly at: NodeId };

/** Kinds that a device of the person writes. */
const deviceKinds: readonly RecordKind[] = ['register', 'attempt', 'note', 'sitting', 'withdrawal', 'application', 'profile'];
/** Kinds that a trainer writes, in their own name. */
const staffKinds: readonly RecordKind[] = ['feedback', 'evidence'];

/** The one answer to whoever asks for what is not theirs, whether it exists or not. */
export const notOpen = 'This range is not open to you.';
const closed = refuse(notOpen);

/** Databases that no road leads to: people and keys, what never leaves the node, and the engine's own marks. */
const hidden: readonly string[] = ['accounts', 'private', 'engine'];
/** What CouchDB takes as the name of a database; those that begin with a line below are its own. */
const furtherPattern = /^[a-z][a-z0-9_$()+/-]{0,127}$/;

/** A database that administrators may make, fill and drop as they like. */
export const isFurtherDatabase = (name: string): boolean =>
  furtherPattern.test(name) && !hidden.includes(name) && !isReservedDatabase(name);

function mayEnterPerson(who: Who, verb: Verb, person: PersonId): Decision {
  switch (who.type) {
    case 'stranger':
    case 'peer':
      return closed;
    case 'device':
      return who.person === person || (verb === 'read' && who.aliases?.includes(person) === true) ? allowed : closed;
    case 'staff': {
      const teaches = who.roles.some((role) => role === 'trainer' || role === 'master') && (who.person === person || who.teaches(person));
      if (verb === 'write') return teaches ? allowed : closed;
      return teaches || who.roles.includes('administrator') ? allowed : closed;
    }
    case 'node':
      return allowed;
  }
}

function mayEnterNodeDatabase(who: Who, verb: Verb, { use, owner }: NodeDatabase, at: NodeId): Decision {
  switch (who.type) {
    case 'stranger':
    case 'device':
      return closed;
    case 'staff':
      return verb === 'read' && who.roles.includes('administrator') ? allowed : closed;
    case 'peer': {
      const isTheirs = owner === who.node && (use === 'records' || use === 'desk');
      const comesDown = use === 'commons' || (use === 'orders' && owner === at);
      return isTheirs || (verb === 'read' && comesDown) ? allowed : closed;
    }
    case 'node':
      // Another's work comes up by that node's own hand; what another publishes or orders is taken as a copy.
      return verb === 'read' || owner === who.node || use === 'commons' || use === 'orders' ? allowed : closed;
  }
}

/** May they come near the scope at all? Asked before anything is looked up. */
export function mayEnter(who: Who, verb: Verb, scope: Scope): Decision {
  switch (scope.type) {
    case 'commons':
      return verb === 'read' ? allowed : closed;
    case 'person':
      return mayEnterPerson(who, verb, scope.person);
    case 'database': {
      const known = readNodeDatabase(scope.database);
      if (known !== null) return mayEnterNodeDatabase(who, verb, known, scope.at);
      return who.type === 'staff' && who.roles.includes('administrator') && isFurtherDatabase(scope.database) ? allowed : closed;
    }
  }
}

function mayWriteRecord(who: Who, person: PersonId, record: PersonRecord): Decision {
  if (record.person !== person) return refuse('The document belongs to another range.');
  switch (who.type) {
    case 'stranger':
    case 'peer':
      return closed;
    case 'device':
      if (!deviceKinds.includes(record.kind)) return refuse('A device does not write this kind.');
      return record.writer === who.device ? allowed : refuse(notTheWriter);
    case 'staff':
      if (!staffKinds.includes(record.kind)) return refuse('A trainer does not write this kind.');
      // What somebody signs about themself counts for nothing by itself (certification/admission.ts); a mark would count.
      if (record.kind === 'feedback' && who.person === person) return refuse('Nobody gives themselves a mark.');
      return record.writer === who.person ? allowed : refuse(notTheWriter);
    case 'node':
      if (!nodeKinds.includes(record.kind)) return refuse('A node does not write this kind.');
      return record.writer === who.node ? allowed : refuse(notTheWriter);
  }
}

/**
 * Whether a device brings, unchanged, what another device of the same person wrote and this node has lost: a revision out of its replica, of a document that the node does
 * not know, or knows in a revision that this one follows. What staff and nodes wrote comes from nobody else: a learner does not bring their own marks.
 */
function isHandedOver(who: Who, record: PersonRecord, document: JsonObject, previous: JsonObject | null): boolean {
  if (who.type !== 'device' || who.handsOver !== true || record.person !== who.person || !deviceKinds.includes(record.kind)) return false;
  const { _rev: rev, _revisions: revisions } = document;
  if (typeof rev !== 'string') return false;
  if (previous === null) return true;
  if (!isObject(revisions)) return false;
  const { start, ids } = revisions;
  return Array.isArray(ids) && ids.some((hash, at) => previous['_rev'] === `${String(Number(start) - at)}-${String(hash)}`);
}

/**
 * @param document what is to be written, as it came: with `_id`, and with `_rev`, `_revisions`, `_deleted` where it has them
 * @param previous what stands under its name, or null
 */
export function mayWrite(who: Who, scope: Scope, document: JsonObject, previous: JsonObject | null): Decision {
  const entered = mayEnter(who, 'write', scope);
  if (!entered.allow) return entered;
  switch (scope.type) {
    case 'commons':
      return closed;
    case 'person': {
      const read = readRecord(document);
      if (!read.ok) return read.error;
      // Before anything is said about what stands there: a name may be another person's.
      const decision = mayWriteRecord(who, scope.person, read.value);
      const mayCome = decision.allow || isHandedOver(who, read.value, document, previous);
      return mayCome ? mayReplace('records', document, previous) : decision;
    }
    case 'database': {
      const known = readNodeDatabase(scope.database);
      return known === null ? allowed : mayStand(known, document, previous);
    }
  }
}

/** @param previous the same author's draft of the same entry as it stands, or null */
export function mayWriteDraft(who: Who, draft: Draft, previous: Draft | null): Decision {
  if (who.type !== 'staff') return closed;
  if (draft.writer !== who.person) return refuse(notTheWriter);
  if (!mayPen(who.roles, draft.of)) return refuse('This role does not write this kind of entry.');
  if (isForCountry(draft.of) && (draft.country === null || who.countries?.includes(draft.country) !== true))
    return refuse('This sign-in does not speak for this country: an administrator of the centre says for which it does.');
  if (isConfidential(draft.of) && draft.submitted !== null) return refuse('What names people is kept here and never handed in.');
  if (previous === null)
    return draft.submitted === null || draft.submitted.edition === 1 ? allowed : refuse('The first edition is number 1.');
  if (previous.writer !== draft.writer || previous.entry !== draft.entry || previous.of !== draft.of || previous.country !== draft.country)
    return refuse('A document keeps its kind, its writer and its country.');
  // The same person at two machines: what is older does not take the place of what is newer.
  if (draft.changed < previous.changed) return refuse('A later version of it is here, from another device.');
  const [before, after] = [previous.submitted?.edition ?? 0, draft.submitted?.edition ?? 0];
  if (after < before || after > before + 1) return refuse('Editions are counted one by one.');
  if (after === before && canonicalJson(previous.submitted) !== canonicalJson(draft.submitted))
    return refuse('What was handed in stays as it was; hand in another edition.');
  return allowed;
}

export function mayReadDraft(who: Who, draft: Draft): Decision {
  if (who.type !== 'staff') return closed;
  if (draft.writer === who.person) return allowed;
  // What was released is read where everybody reads it.
  return !isOwnWord(draft.of) && !isConfidential(draft.of) && draft.submitted !== null && who.roles.includes('reviewer') ? allowed : closed;
}

/** @param draft what is reviewed, as it stands; null where there is none */
export function mayWriteReview(who: Who, review: Review, draft: Draft | null, isDecided: boolean): Decision {
  if (who.type !== 'staff' || !who.roles.includes('reviewer')) return closed;
  if (review.writer !== who.person) return refuse(notTheWriter);
  if (draft === null || !mayReadDraft(who, draft).allow || draft.entry !== review.entry || draft.writer !== review.author) return closed;
  if (draft.writer === who.person) return refuse('Nobody reviews what they wrote themselves.');
  if (draft.withdrawn !== null) return refuse('Its author has taken it back.');
  if (draft.submitted?.edition !== review.edition) return refuse('Another edition stands handed in now.');
  return isDecided ? refuse('Somebody has decided on this edition already.') : allowed;
}
