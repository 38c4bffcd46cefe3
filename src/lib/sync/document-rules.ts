/**
 * What a document of a node's own databases is like, whoever brings it: the part of access that can be known without the person.
 *
 *   records-<node>   the node's people: `<person>:<kind>:<rest>`, whole, of a known kind (domain/records.ts); what a node writes there, this node does
 *   desk-<node>      drafts, reviews, cohorts  ┐
 *   commons-<node>   what the node publishes   ├ `<node>:<kind>:<rest>`, written by the node or by a person
 *   orders-<node>    what every node below must obey  ┘ (orders: by the node alone, domain/orders.ts)
 *
 * In all of them a document keeps its kind and its writer, is never deleted, and has no attachments; some kinds of records never change, and a sitting only grows.
 *
 * The second wall on CouchDB, `validate_doc_update`, is bundled from this file: what it imports must run there, without a clock, a network or a module.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import { isNodeId, isPersonId, type NodeId } from '../domain/ids.ts';
import { parseOrder } from '../domain/orders.ts';
import { parseRecord, type RecordError } from '../domain/parse-record.ts';
import { maxRecordBytes, type PersonRecord, type RecordKind } from '../domain/records.ts';
import { err, type Result } from '../domain/result.ts';
import { bytesOf, isObject, type JsonObject } from '../domain/shape.ts';

export interface Refusal {
  readonly allow: false;
  readonly reason: string;
}
export type Decision = { readonly allow: true } | Refusal;

export const allowed: Decision = { allow: true };
export const refuse = (reason: string): Refusal => ({ allow: false, reason });

/** A database that nodes replicate to each other: what it is for, and whose it is. */
export interface NodeDatabase {
  readonly use: 'records' | 'desk' | 'commons' | 'orders';
  readonly owner: NodeId;
}

/** Kinds that the node writes. */
export const nodeKinds: readonly RecordKind[] = ['enrolment', 'binding', 'credential'];
/** Kinds that are written once. */
const immutableKinds: readonly RecordKind[] = ['attempt', 'withdrawal', 'enrolment', 'binding', 'feedback', 'evidence', 'credential'];

export const notTheWriter = 'A document is written by its own writer alone.';

/** A document without the fields that belong to replication. */
const ownFields = (document: JsonObject): JsonObject =>
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

/** What stands between the colons of a name. */
const partPattern = /^[a-z0-9-]{1,128}$/;

/** Whether a document of a desk, a commons or orders is named and signed as its database asks. */
function isNodeDocument(owner: NodeId, document: JsonObject): Decision {
  const { _id: id, kind, writer } = document;
  const [first, second, ...rest] = typeof id === 'string' ? id.split(':') : [];
  if (
    first !== owner ||
    second === undefined ||
    kind !== second ||
    rest.length === 0 ||
    ![second, ...rest].every((part) => partPattern.test(part))
  )
    return refuse(`A document here is named ${owner}:<its kind>:<rest>.`);
  return writer === owner || isPersonId(writer) ? allowed : refuse('A document here names its writer: the node or a person.');
}

/**
 * An order is the node's own word, in its orders as in its desk, from where it goes up. Among the orders a kind that a newer node knows is let through:
 * whoever cannot read it does not obey it.
 */
function isOrderHere(use: NodeDatabase['use'], owner: NodeId, document: JsonObject): Decision {
  const parsed = parseOrder(document);
  const isUnknown = !parsed.ok && parsed.error.type === 'unknown-kind';
  if (use !== 'orders' && isUnknown) return allowed;
  if (document['writer'] !== owner) return refuse(notTheWriter);
  return parsed.ok || isUnknown ? allowed : refuse(sentence(parsed.error));
}

/** What holds for every document of a node's databases, by itself. */
function isWhole(document: JsonObject): Decision {
  if (document['_deleted'] !== undefined && document['_deleted'] !== false)
    return refuse('Nothing is deleted here: taking back is a later document or a field.');
  const attachments = document['_attachments'];
  if (attachments !== undefined && !(isObject(attachments) && Object.keys(attachments).length === 0))
    return refuse('A document here has no attachments.');
  return bytesOf(JSON.stringify(ownFields(document))) <= maxRecordBytes
    ? allowed
    : refuse(`A document holds at most ${String(maxRecordBytes / 1024)} kB.`);
}

/** A document of a person's range, where it is whole, of a known kind and named after what it says. */
export function readRecord(document: JsonObject): Result<PersonRecord, Refusal> {
  const whole = isWhole(document);
  if (!whole.allow) return err(whole);
  const parsed = parseRecord(document);
  return parsed.ok ? parsed : err(refuse(sentence(parsed.error)));
}

/**
 * Whether a sitting is what stands there with more links at its end. The first word of the proctor may come with it; another one never stands in its place.
 */
function continues(before: JsonObject, own: JsonObject): boolean {
  const { links: shorter, proctored: signed, ...facts } = before;
  const { links: longer, proctored, ...ownFacts } = own;
  if (!Array.isArray(shorter) || !Array.isArray(longer) || canonicalJson(facts) !== canonicalJson(ownFacts)) return false;
  if (signed !== undefined && canonicalJson(signed) !== canonicalJson(proctored)) return false;
  return canonicalJson(longer.slice(0, shorter.length)) === canonicalJson(shorter);
}

/** Whether a document may follow what stands under its name. Asked last: the answer tells that something stands there. */
export function mayReplace(use: NodeDatabase['use'], document: JsonObject, previous: JsonObject | null): Decision {
  if (previous === null) return allowed;
  const [before, own] = [ownFields(previous), ownFields(document)];
  if (before['kind'] !== own['kind'] || before['writer'] !== own['writer']) return refuse('A document keeps its kind and its writer.');
  if (use === 'records' && own['kind'] === 'sitting')
    return continues(before, own) ? allowed : refuse('A sitting only grows: what was answered stays as it was signed.');
  // A device that lost its store and made its documents again under another revision says nothing new, and may.
  const isFinal = use === 'records' && immutableKinds.some((kind) => kind === own['kind']);
  return isFinal && canonicalJson(before) !== canonicalJson(own) ? refuse('A document of this kind is written once.') : allowed;
}

/**
 * All that can be known of a document without knowing who brings it.
 *
 * @param document what is to be written, as it came: with `_id`, and with `_rev`, `_revisions`, `_deleted` where it has them
 * @param previous what stands under its name, or null
 */
export function mayStand({ use, owner }: NodeDatabase, document: JsonObject, previous: JsonObject | null): Decision {
  if (use === 'records') {
    const read = readRecord(document);
    if (!read.ok) return read.error;
    if (nodeKinds.includes(read.value.kind) && read.value.writer !== owner) return refuse(notTheWriter);
  } else {
    const whole = isWhole(document);
    if (!whole.allow) return whole;
    const named = isNodeDocument(owner, document);
    if (!named.allow) return named;
    const ordered = isOrderHere(use, owner, document);
    if (!ordered.allow) return ordered;
  }
  return mayReplace(use, document, previous);
}

const databasePattern = /^(records|desk|commons|orders)-(.*)$/s;

/** Reads the name of a database: null where it is none that nodes replicate to each other. */
export function readNodeDatabase(name: string): NodeDatabase | null {
  const [, use, owner] = databasePattern.exec(name) ?? [];
  return use !== undefined && isNodeId(owner) ? { use: use as NodeDatabase['use'], owner } : null;
}

/** Whether a name begins as those do; such a name is never another database's. */
export const isReservedDatabase = (name: string): boolean => databasePattern.test(name);
