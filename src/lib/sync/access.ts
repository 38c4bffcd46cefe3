/**
 * Who may do what. One decision for every road: the standard road, the narrow road, a bundle.
 *
 *   - A person's range is read by the person, by staff who have the person in a cohort, and by administrators; it is written by the
 *     person's devices, each its own documents of a learner's kinds, and by this node, its own.
 *   - A document has one writer for ever, is whole, is named after what it says, and is never deleted.
 *   - An attempt, a withdrawal, an enrolment and a binding never change. A register, a note and a profile are replaced by their own writer.
 *   - What is published to all is read by all and written on no road.
 *
 * Pure: `(request) → allow | reason`. The reason is a sentence for a log and a developer; it never says whether anything exists outside the
 * range of who asks.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import type { DeviceId, NodeId, PersonId } from '../domain/ids.ts';
import { parseRecord, type RecordError } from '../domain/parse-record.ts';
import { maxRecordBytes, type PersonRecord, type RecordKind } from '../domain/records.ts';

export const roles = ['learner', 'trainer', 'master', 'reviewer', 'administrator', 'focal-point', 'provider'] as const;
export type Role = (typeof roles)[number];
export const isRole = (value: unknown): value is Role => roles.some((role) => role === value);

export type Who =
  | { readonly type: 'stranger' }
  /** A learner's device: the node signed that it is this person's. */
  | { readonly type: 'device'; readonly person: PersonId; readonly device: DeviceId }
  /** A member of staff; `teaches` says whether a person is in a cohort of theirs. */
  | { readonly type: 'staff'; readonly roles: readonly Role[]; readonly teaches: (person: PersonId) => boolean }
  /** This node itself. */
  | { readonly type: 'node'; readonly node: NodeId };

export type Verb = 'read' | 'write';

export type Scope =
  | { readonly type: 'person'; readonly person: PersonId }
  /** What the node publishes to all. */
  | { readonly type: 'commons' };

export type Decision = { readonly allow: true } | { readonly allow: false; readonly reason: string };

const allowed: Decision = { allow: true };
const refuse = (reason: string): Decision => ({ allow: false, reason });

/** Kinds that a device of the person writes. */
const deviceKinds: readonly RecordKind[] = ['register', 'attempt', 'note', 'withdrawal', 'profile'];
/** Kinds that the node writes. */
const nodeKinds: readonly RecordKind[] = ['enrolment', 'binding'];
/** Kinds that are written once. */
const immutableKinds: readonly RecordKind[] = ['attempt', 'withdrawal', 'enrolment', 'binding'];

const notYours = 'This range is not open to you.';

/** May they come near the scope at all? Asked before anything is looked up. */
export function mayEnter(who: Who, verb: Verb, scope: Scope): Decision {
  switch (scope.type) {
    case 'commons':
      return verb === 'read' ? allowed : refuse(notYours);
    case 'person':
      switch (who.type) {
        case 'stranger':
          return refuse(notYours);
        case 'device':
          return who.person === scope.person ? allowed : refuse(notYours);
        case 'staff': {
          const teaches = who.roles.some((role) => role === 'trainer' || role === 'master') && who.teaches(scope.person);
          return verb === 'read' && (teaches || who.roles.includes('administrator')) ? allowed : refuse(notYours);
        }
        case 'node':
          return allowed;
      }
  }
}

/** UTF-8 bytes of a text, without making them. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** A document without the fields that belong to replication. */
const ownFields = (document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(document).filter(([field]) => !field.startsWith('_')));

const sentence = (error: RecordError): string => {
  switch (error.type) {
    case 'not-an-object':
      return 'A document is a JSON object.';
    case 'unknown-kind':
      return 'A document says of which kind it is, and this kind is not known here.';
    case 'bad-field':
      return `The field ${error.field} is missing or is not what it should be.`;
    case 'wrong-name':
      return 'The document is not named after what it says.';
  }
};

function mayWriteRecord(who: Who, person: PersonId, record: PersonRecord): Decision {
  if (record.person !== person) return refuse('The document belongs to another range.');
  if (who.type === 'node') {
    if (!nodeKinds.includes(record.kind)) return refuse('A node does not write this kind.');
    return record.writer === who.node ? allowed : refuse('A document is written by its own writer alone.');
  }
  if (who.type !== 'device' || who.person !== person) return refuse(notYours);
  if (!deviceKinds.includes(record.kind)) return refuse('A device does not write this kind.');
  return record.writer === who.device ? allowed : refuse('A document is written by its own writer alone.');
}

/**
 * @param document what is to be written, as it came: with `_id`, and with `_rev`, `_revisions`, `_deleted` where it has them
 * @param previous what stands under its name, or null
 */
export function mayWrite(
  who: Who,
  scope: Scope,
  document: Readonly<Record<string, unknown>>,
  previous: Readonly<Record<string, unknown>> | null,
): Decision {
  const entered = mayEnter(who, 'write', scope);
  if (!entered.allow) return entered;
  if (scope.type !== 'person') return refuse(notYours);

  if (document['_deleted'] === true) return refuse('Nothing is deleted here: taking back is a later document or a field.');
  const own = ownFields(document);
  if (bytesOf(JSON.stringify(own)) > maxRecordBytes) return refuse(`A document holds at most ${String(maxRecordBytes / 1024)} kB.`);
  const parsed = parseRecord(document);
  if (!parsed.ok) return refuse(sentence(parsed.error));
  const decision = mayWriteRecord(who, scope.person, parsed.value);
  if (!decision.allow || previous === null) return decision;

  const before = ownFields(previous);
  if (before['kind'] !== parsed.value.kind || before['writer'] !== parsed.value.writer)
    return refuse('A document keeps its kind and its writer.');
  // A device that lost its store and made its documents again under another revision says nothing new, and may.
  if (immutableKinds.includes(parsed.value.kind) && canonicalJson(before) !== canonicalJson(own))
    return refuse('A document of this kind is written once.');
  return allowed;
}
