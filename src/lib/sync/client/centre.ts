/** The requests that a learner's device makes of its centre, besides replication. Paths and shapes: docs/http.md. */
import { isInstant, type Instant } from '#lib/domain/clock.ts';
import { isCohortId, isNodeId, isPersonId, type CohortId, type DeviceId, type NodeId, type PersonId } from '#lib/domain/ids.ts';
import { parseRecord } from '#lib/domain/parse-record.ts';
import type { BindingRecord } from '#lib/domain/records.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { isListOf, isObject, isString } from '#lib/domain/shape.ts';
import type { ShownKey } from './device-key.ts';
import { parseReceipt, type PassFailure, type Receipt, type Revisions } from '#lib/sync/session.ts';

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/** A request that hangs longer than this is given up: a dead link must not keep a pass for ever. Milliseconds. */
const patience = 120_000;

const failureByCode: Readonly<Record<string, PassFailure>> = {
  'not-accepted': 'not-accepted',
  'slow-down': 'slow-down',
  expired: 'expired',
  revoked: 'revoked',
  erased: 'erased',
  'no-space': 'no-space',
  busy: 'busy',
};

/** What a status, with the node's own code where it gave one, means for a pass. */
export function failureOf(status: number, code?: unknown): PassFailure {
  if (isString(code) && Object.hasOwn(failureByCode, code)) return failureByCode[code] ?? 'nonsense';
  if (status === 401) return 'expired';
  if (status === 403) return 'revoked';
  if (status === 429) return 'slow-down';
  if (status === 507) return 'no-space';
  if (status === 502 || status === 503 || status === 504) return 'busy';
  return 'nonsense';
}

/** One request with a JSON answer. */
export async function ask(
  fetch: Fetch,
  method: 'GET' | 'POST',
  url: string,
  body: unknown,
  token?: string,
): Promise<Result<unknown, PassFailure>> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patience),
    });
  } catch {
    return err('unreachable');
  }
  let answer: unknown;
  try {
    answer = await response.json();
  } catch {
    return err(response.ok ? 'nonsense' : failureOf(response.status));
  }
  if (!response.ok) return err(failureOf(response.status, isObject(answer) ? answer['error'] : undefined));
  return ok(answer);
}

export interface Session {
  readonly token: string;
  readonly expires: Instant;
  readonly person: PersonId;
  readonly name: string;
  readonly node: NodeId;
  /** What the centre calls itself; `''` where it has not said so yet. */
  readonly title: string;
  readonly epoch: string;
  readonly cohorts: readonly { readonly id: CohortId; readonly title: string }[];
  /** The centre's word for the key that was shown; null where none was, or it is not what was asked for. */
  readonly binding: BindingRecord | null;
}

/** A binding of this key to this device, whole; whose signature it is, whoever relies on it checks. */
function readBinding(value: unknown, device: DeviceId, shown: ShownKey | undefined): BindingRecord | null {
  const read = parseRecord(value);
  return read.ok && read.value.kind === 'binding' && read.value.device === device && read.value.key === shown?.key ? read.value : null;
}

const isCohort = (value: unknown): value is { id: CohortId; title: string } =>
  isObject(value) && isCohortId(value['id']) && isString(value['title']);

function parseSession(answer: unknown, device: DeviceId, shown: ShownKey | undefined): Result<Session, 'nonsense'> {
  if (!isObject(answer)) return err('nonsense');
  const { token, expires, person, name, node, title, epoch, cohorts } = answer;
  if (!isString(token) || token === '' || !isInstant(expires) || !isPersonId(person) || !isString(name)) return err('nonsense');
  if (!isNodeId(node) || !isString(epoch) || epoch === '' || !isListOf(isCohort)(cohorts)) return err('nonsense');
  const binding = readBinding(answer['binding'], device, shown);
  const known = cohorts.map((cohort) => ({ id: cohort.id, title: cohort.title }));
  return ok({ token, expires, person, name, node, title: isString(title) ? title : '', epoch, cohorts: known, binding });
}

/**
 * Exchanges an enrolment or link code for a token. A link code answers with the person it belongs to. A person whom the centre knows already shows it
 * by their token; else whoever learned their id could join in their name.
 */
export async function exchangeCode(
  fetch: Fetch,
  origin: string,
  given: { readonly code: string; readonly device: DeviceId; readonly person: PersonId; readonly name: string; readonly key?: ShownKey },
  token?: string,
): Promise<Result<Session, PassFailure>> {
  const answer = await ask(fetch, 'POST', `${origin}/api/session`, { ...given, ...(given.name === '' ? { name: undefined } : {}) }, token);
  // Here a 401 is about the code, not about a token.
  if (!answer.ok) return err(answer.error === 'expired' ? 'not-accepted' : answer.error);
  return parseSession(answer.value, given.device, given.key);
}

/** Asks for a single-use code with which a second device becomes the same person. */
export async function askLinkCode(
  fetch: Fetch,
  origin: string,
  token: string,
): Promise<Result<{ code: string; expires: Instant }, PassFailure>> {
  const answer = await ask(fetch, 'POST', `${origin}/api/link`, {}, token);
  if (!answer.ok) return answer;
  if (!isObject(answer.value)) return err('nonsense');
  const { code, expires } = answer.value;
  return isString(code) && isInstant(expires) ? ok({ code, expires }) : err('nonsense');
}

/** A token in place of one that has lived for a while, so that a device that comes by stays signed in. */
export interface Renewal {
  readonly token: string;
  readonly expires: Instant;
}

function parseRenewal(answer: unknown): Renewal | null {
  if (!isObject(answer)) return null;
  const { token, expires } = answer;
  return isString(token) && token !== '' && isInstant(expires) ? { token, expires } : null;
}

/** What an answer of `POST /sync` may bring beside the receipt. Each is kept before the receipt is looked at. */
export interface Beside {
  readonly renewed: (renewal: Renewal) => Promise<void>;
  readonly bound?: (binding: BindingRecord) => Promise<void>;
  /** The person's other ids; none where there are none. */
  readonly aliases?: (people: readonly PersonId[]) => Promise<void>;
}

const isPeople = isListOf(isPersonId);

/** Asks which of these revisions are on the node's disk. */
export async function askReceipt(
  fetch: Fetch,
  origin: string,
  token: string,
  asked: {
    readonly person: PersonId;
    readonly device: DeviceId;
    readonly revisions: Revisions;
    readonly key?: ShownKey;
    readonly said?: { readonly clock: Instant; readonly app: string };
  },
  beside: Beside,
): Promise<Result<Receipt, PassFailure>> {
  const { person, device, revisions, key, said: told } = asked;
  const answer = await ask(
    fetch,
    'POST',
    `${origin}/sync`,
    { person, device, revisions: Object.fromEntries(revisions), key, ...told },
    token,
  );
  if (!answer.ok) return answer;
  const renewal = parseRenewal(answer.value);
  if (renewal !== null) await beside.renewed(renewal);
  const said = isObject(answer.value) ? answer.value : {};
  const binding = readBinding(said['binding'], device, key);
  if (binding !== null) await beside.bound?.(binding);
  const aliases = said['aliases'] ?? [];
  if (isPeople(aliases)) await beside.aliases?.(aliases);
  return parseReceipt(answer.value, revisions);
}
