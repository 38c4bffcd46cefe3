/** Signed statements between a member of staff's device and the centre, on the standard road. Paths and shapes: docs/http.md. */
import { canonicalJson } from '#lib/domain/canonical-json.ts';
import { isNodeId, type DeviceId, type PersonId } from '#lib/domain/ids.ts';
import { parseRecord } from '#lib/domain/parse-record.ts';
import type { BindingRecord, EvidenceRecord } from '#lib/domain/records.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { isListOf, isObject, isString, type JsonObject } from '#lib/domain/shape.ts';
import type { Mark, PassFailure, Revision } from '#lib/sync/session.ts';
import { failureOf, type Fetch } from './centre.ts';
import type { ShownKey } from './device-key.ts';

/** A request that hangs longer is given up: milliseconds. */
const patience = 60_000;

/** What the centre said of one statement. */
export type Said = { readonly body: EvidenceRecord; readonly receipt: Mark } | { readonly body: EvidenceRecord; readonly refused: string };

interface Answer {
  readonly value: unknown;
  /** Whose answer it is, in which epoch of its databases. */
  readonly place: Pick<Mark, 'node' | 'epoch'> | null;
}

export interface Line {
  readonly fetch: Fetch;
  readonly origin: string;
  readonly token: string;
}

async function ask({ fetch, origin, token }: Line, path: string, body?: unknown): Promise<Result<Answer, PassFailure>> {
  let response: Response;
  try {
    response = await fetch(`${origin}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patience),
    });
  } catch {
    return err('unreachable');
  }
  let value: unknown;
  try {
    value = await response.json();
  } catch {
    return err(response.ok ? 'nonsense' : failureOf(response.status));
  }
  if (!response.ok) return err(failureOf(response.status, isObject(value) ? value['error'] : undefined));
  const [node, epoch] = [response.headers.get('perigee-node'), response.headers.get('perigee-epoch')];
  return ok({ value, place: isNodeId(node) && epoch !== null && epoch !== '' ? { node, epoch } : null });
}

/** The document as it was written: without what the store adds. */
const ownFields = (document: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(document).filter(([key]) => key === '_id' || !key.startsWith('_')));

interface Stored {
  readonly rev: Revision;
  readonly document: JsonObject;
}

function storedIn(value: unknown): readonly Stored[] {
  const rows: unknown = isObject(value) ? value['rows'] : undefined;
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown): Stored[] => {
    const document: unknown = isObject(row) ? row['doc'] : undefined;
    return isObject(document) && isString(document['_rev']) ? [{ rev: document['_rev'] as Revision, document: ownFields(document) }] : [];
  });
}

/** All evidence and bindings in a person's range; evidence with the receipt that reading it is. */
export async function readStatements(
  line: Line,
  person: PersonId,
): Promise<Result<{ readonly evidence: readonly Extract<Said, { receipt: Mark }>[]; readonly place: Answer['place'] }, PassFailure>> {
  const range = (kind: string): string =>
    `/replica/person/${person}/_all_docs?include_docs=true&start_key=${encodeURIComponent(JSON.stringify(`${person}:${kind}:`))}&end_key=${encodeURIComponent(JSON.stringify(`${person}:${kind};`))}`;
  const answer = await ask(line, range('evidence'));
  if (!answer.ok) return answer;
  const { value, place } = answer.value;
  if (place === null) return err('nonsense');
  const evidence = storedIn(value).flatMap(({ rev, document }) => {
    const parsed = parseRecord(document);
    return parsed.ok && parsed.value.kind === 'evidence' ? [{ body: parsed.value, receipt: { ...place, rev } }] : [];
  });
  return ok({ evidence, place });
}

/**
 * Hands over the statements of one range. What is there already, the same, is confirmed like what was written now; of what was refused the centre's sentence.
 * The answer is the receipt: the node gives it after its disk has the bytes.
 */
export async function handOverStatements(
  line: Line,
  person: PersonId,
  bodies: readonly EvidenceRecord[],
): Promise<Result<readonly Said[], PassFailure>> {
  const answer = await ask(line, `/replica/person/${person}/_bulk_docs`, { docs: bodies });
  // A range that is not open is no sign-in that ended: it concerns these statements alone.
  if (!answer.ok) return answer;
  const { value, place } = answer.value;
  if (!Array.isArray(value) || place === null) return err('nonsense');
  const rows = new Map(value.flatMap((row: unknown): [unknown, JsonObject][] => (isObject(row) ? [[row['id'], row]] : [])));
  const known = bodies.filter(({ _id }) => rows.get(_id)?.['error'] === 'conflict');
  const stored =
    known.length === 0
      ? ok(null)
      : await ask(line, `/replica/person/${person}/_all_docs?include_docs=true`, { keys: known.map(({ _id }) => _id) });
  if (!stored.ok) return stored;
  const there = new Map(storedIn(stored.value?.value).map((one) => [one.document['_id'], one]));
  return ok(
    bodies.map((body): Said => {
      const row = rows.get(body._id) ?? {};
      if (isString(row['rev'])) return { body, receipt: { ...place, rev: row['rev'] as Revision } };
      const same = there.get(body._id);
      if (same !== undefined && canonicalJson(same.document) === canonicalJson(body)) return { body, receipt: { ...place, rev: same.rev } };
      return { body, refused: isString(row['reason']) ? row['reason'] : 'No answer for it.' };
    }),
  );
}

function bindingsIn(values: readonly unknown[]): readonly BindingRecord[] {
  return values.flatMap((value) => {
    const parsed = parseRecord(value);
    return parsed.ok && parsed.value.kind === 'binding' ? [parsed.value] : [];
  });
}

/** The centre's word that the key is this member of staff's on this device. */
export async function bindStaffKey(line: Line, device: DeviceId, key: ShownKey): Promise<Result<BindingRecord, PassFailure>> {
  const answer = await ask(line, '/api/me/key', { device, key });
  if (!answer.ok) return answer;
  const [binding] = isObject(answer.value.value) ? bindingsIn([answer.value.value['binding']]) : [];
  return binding?.key === key.key ? ok(binding) : err('nonsense');
}

/** Of these keys, those that the centre bound to somebody. */
export async function askOwners(line: Line, keys: readonly string[]): Promise<Result<readonly BindingRecord[], PassFailure>> {
  const answer = await ask(line, '/api/keys', { keys });
  if (!answer.ok) return answer;
  const bindings: unknown = isObject(answer.value.value) ? answer.value.value['bindings'] : undefined;
  return isListOf(isObject)(bindings) ? ok(bindingsIn(bindings)) : err('nonsense');
}

/** What the centre knows of the work of whoever asks; the caller reads it. */
export async function askKnownEvidence(line: Line): Promise<Result<unknown, PassFailure>> {
  const answer = await ask(line, '/api/me/evidence');
  return answer.ok ? ok(answer.value.value) : answer;
}
