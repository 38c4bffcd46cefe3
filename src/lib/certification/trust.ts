/**
 * On whose authority. One list, signed by the root key of the Space Information and Training Centre, holds who may do what, from when until
 * when, which keys have ended, and which signatures a node had received before they did. Every verifier carries it.
 *
 *   grant    the root, or a centre within its own right, gives a key a right for some programmes and a time
 *   end      a key is retired, rotated to another, compromised, or its rights are revoked, from a moment on
 *   receipt  a node has received what has this digest: the only proof that a signature is older than the end of its key, because whoever
 *            holds a stolen key writes any date they like
 *
 * A centre's right to issue is the root's grant; a master trainer's right to observe is a centre's. The list is pinned by its root key at
 * the first use; another root is followed only where the pinned one names it as its successor.
 */
import { isInstant, type Instant } from '../domain/clock.ts';
import { isSlug } from '../domain/ids.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { isCount, isListOf, isObject, isRecordOf, isString, type JsonObject } from '../domain/shape.ts';
import { isDid, type Did, type Tools } from './keys.ts';
import { digestOf, idOf, isDigest, isSignedRight, readEnvelope, signedBytes, type Digest, type Signed, type SignedBody } from './signed.ts';

/** `issue`: credentials, and grants of the rights below. `witness`: receipts. */
export type Right = 'issue' | 'observe' | 'proctor' | 'witness';
const rights: readonly string[] = ['issue', 'observe', 'proctor', 'witness'];
const isRight = (value: unknown): value is Right => isString(value) && rights.includes(value);

export interface Grant extends SignedBody {
  readonly format: 'perigee-grant/1';
  readonly made: Instant;
  readonly to: Did;
  /** Of the centre or person, as the granter knows them. */
  readonly name: string;
  /** ISO 3166-1 alpha-2, in capitals. */
  readonly country?: string;
  readonly rights: readonly Right[];
  /** Names of programmes, or `*` for all. */
  readonly programmes: readonly string[];
  readonly from: Instant;
  readonly until: Instant;
}

export type Why = 'retired' | 'rotated' | 'compromised' | 'revoked';
const whys: readonly string[] = ['retired', 'rotated', 'compromised', 'revoked'];

export interface End extends SignedBody {
  readonly format: 'perigee-end/1';
  readonly key: Did;
  readonly why: Why;
  readonly at: Instant;
  /** The key that speaks for the same centre from then on. */
  readonly successor?: Did;
}

export interface Receipt extends SignedBody {
  readonly format: 'perigee-receipt/1';
  /** Of the signature's 64 bytes, or of a signed object's bytes. */
  readonly of: readonly Digest[];
  readonly at: Instant;
}

export interface ProgrammeName {
  readonly id: string;
  readonly version: number;
  readonly title: Readonly<Record<string, string>>;
}

export interface TrustBody extends SignedBody {
  readonly format: 'perigee-trust/1';
  /** Of the root: the Space Information and Training Centre. */
  readonly name: string;
  readonly sequence: number;
  readonly made: Instant;
  /** Beyond this the list is too old to answer «valid» from. */
  readonly until: Instant;
  readonly programmes: readonly ProgrammeName[];
  readonly statements: readonly Signed<Grant | End | Receipt>[];
}

export type TrustList = Signed<TrustBody>;

/** A list whose signature was found right; what is in it is checked when it is used. */
export interface Trust {
  readonly list: TrustList;
  readonly root: Did;
  readonly name: string;
  readonly made: Instant;
  readonly until: Instant;
  readonly programmes: readonly ProgrammeName[];
  /** The root of now and those it took over from. */
  readonly roots: ReadonlySet<Did>;
  readonly grantsByKey: ReadonlyMap<Did, readonly Signed<Grant>[]>;
  readonly endsByKey: ReadonlyMap<Did, readonly Signed<End>[]>;
  readonly receiptsByDigest: ReadonlyMap<Digest, readonly Signed<Receipt>[]>;
}

export type TrustFault = 'malformed' | 'bad-signature' | 'other-root';

function parseGrant(body: JsonObject): Grant | null {
  const { format, by, made, to, name, country, rights: given, programmes, from, until } = body;
  if (format !== 'perigee-grant/1' || !isDid(by) || !isInstant(made) || !isDid(to) || !isString(name) || name === '') return null;
  if (!isListOf(isRight)(given) || !isListOf(isString)(programmes) || !isInstant(from) || !isInstant(until)) return null;
  if (country !== undefined && !(isString(country) && /^[A-Z]{2}$/.test(country))) return null;
  return { format, by, made, to, name, rights: given, programmes, from, until, ...(country === undefined ? {} : { country }) };
}

function parseEnd(body: JsonObject): End | null {
  const { format, by, key, why, at, successor } = body;
  if (format !== 'perigee-end/1' || !isDid(by) || !isDid(key) || !isString(why) || !whys.includes(why) || !isInstant(at)) return null;
  if (successor !== undefined && !isDid(successor)) return null;
  return { format, by, key, why: why as Why, at, ...(successor === undefined ? {} : { successor }) };
}

function parseReceipt(body: JsonObject): Receipt | null {
  const { format, by, of, at } = body;
  return format === 'perigee-receipt/1' && isDid(by) && isListOf(isDigest)(of) && isInstant(at) ? { format, by, of, at } : null;
}

/** A statement with a body that has no other fields than its kind: what is signed is what is read. */
function parseStatement(value: unknown): Signed<Grant | End | Receipt> | null {
  const envelope = readEnvelope(value);
  if (envelope === null) return null;
  const body = parseGrant(envelope.body) ?? parseEnd(envelope.body) ?? parseReceipt(envelope.body);
  return body === null || Object.keys(body).length !== Object.keys(envelope.body).length ? null : { body, signature: envelope.signature };
}

const isProgrammeName = (value: unknown): value is ProgrammeName =>
  isObject(value) && isSlug(value['id']) && isCount(value['version']) && isRecordOf(isString)(value['title']);

/** Reads a list's shape; its signature is not looked at. */
export function parseTrustList(value: unknown): TrustList | null {
  const envelope = readEnvelope(value);
  if (envelope === null) return null;
  const { by, signature } = envelope;
  const { format, name, sequence, made, until, programmes, statements } = envelope.body;
  if (format !== 'perigee-trust/1' || !isString(name) || !isCount(sequence) || !isInstant(made) || !isInstant(until)) return null;
  if (!isListOf(isProgrammeName)(programmes) || !Array.isArray(statements) || Object.keys(envelope.body).length !== 8) return null;
  const parsed = statements.map(parseStatement);
  if (parsed.includes(null)) return null;
  const list = parsed.filter((statement) => statement !== null);
  return { body: { format, by, name, sequence, made, until, programmes, statements: list }, signature };
}

const grouped = <Key, Value>(pairs: readonly (readonly [Key, Value])[]): ReadonlyMap<Key, readonly Value[]> => {
  const groups = new Map<Key, Value[]>();
  for (const [key, value] of pairs) groups.set(key, [...(groups.get(key) ?? []), value]);
  return groups;
};

const isGrant = (statement: Signed<SignedBody>): statement is Signed<Grant> => statement.body.format === 'perigee-grant/1';
const isEnd = (statement: Signed<SignedBody>): statement is Signed<End> => statement.body.format === 'perigee-end/1';
const isReceipt = (statement: Signed<SignedBody>): statement is Signed<Receipt> => statement.body.format === 'perigee-receipt/1';

/** A chain of successors is as long as a root was changed. */
const mostRoots = 32;

/**
 * @param pinned the root key that this verifier knows; null at the first use, after which the answer's `root` is to be pinned
 */
export async function openTrust(value: unknown, pinned: Did | null, tools: Tools): Promise<Result<Trust, TrustFault>> {
  const list = parseTrustList(value);
  if (list === null) return err('malformed');
  // What was parsed is what was signed: nothing else is in it.
  if (!(await isSignedRight(list, tools))) return err('bad-signature');
  const { body } = list;
  const ends = body.statements.filter(isEnd);
  // From the root of now back: whoever named it as its successor, by its own key.
  const roots = new Set<Did>([body.by]);
  for (let newest = body.by; roots.size < mostRoots;) {
    const step = ends.find(({ body: end }) => end.successor === newest && end.by === end.key && !roots.has(end.key));
    if (step === undefined || !(await isSignedRight(step, tools))) break;
    roots.add(step.body.key);
    newest = step.body.key;
  }
  if (pinned !== null && !roots.has(pinned)) return err('other-root');
  const grants = body.statements.filter(isGrant);
  const receipts = body.statements.filter(isReceipt);
  return ok({
    list,
    root: body.by,
    name: body.name,
    made: body.made,
    until: body.until,
    programmes: body.programmes,
    roots,
    grantsByKey: grouped(grants.map((grant) => [grant.body.to, grant] as const)),
    endsByKey: grouped(ends.map((end) => [end.body.key, end] as const)),
    receiptsByDigest: grouped(receipts.flatMap((receipt) => receipt.body.of.map((digest) => [digest, receipt] as const))),
  });
}

export interface Asked {
  readonly key: Did;
  readonly right: Right;
  readonly programme: string;
  /** When the signature says that it was made. */
  readonly at: Instant;
  /** Of what was signed, as a receipt would name it. */
  readonly digest: Digest;
}

export type Refusal =
  | { readonly type: 'unknown-key' }
  | { readonly type: 'no-right'; readonly name: string }
  | { readonly type: 'other-programme'; readonly name: string }
  | { readonly type: 'too-early'; readonly name: string; readonly when: Instant }
  | { readonly type: 'too-late'; readonly name: string; readonly when: Instant; readonly why: Why | 'over' }
  /** Dated before the end, which nothing shows. */
  | { readonly type: 'unproven'; readonly name: string; readonly when: Instant; readonly why: Why | 'over' };

/** How much nearer to a grant a refusal is: the nearest one is told. */
const nearness: readonly Refusal['type'][] = ['unknown-key', 'no-right', 'other-programme', 'too-early', 'too-late', 'unproven'];

/**
 * Whether the key had the right then: the grants from the root down, or why not. `now` is the verifier's clock: an end that lies ahead has
 * ended nothing yet.
 */
export async function authorityOf(trust: Trust, asked: Asked, now: Instant, tools: Tools): Promise<Result<readonly Grant[], Refusal>> {
  let nearest: Refusal = { type: 'unknown-key' };
  const refuse = (refusal: Refusal): void => {
    if (nearness.indexOf(refusal.type) > nearness.indexOf(nearest.type)) nearest = refusal;
  };
  for (const signed of trust.grantsByKey.get(asked.key) ?? []) {
    const { body: grant } = signed;
    const { name } = grant;
    if (!(await isSignedRight(signed, tools))) continue;
    // Rights that only a root gives are not looked for further up, which also ends every circle of grants.
    if ((asked.right === 'issue' || asked.right === 'witness') && !trust.roots.has(grant.by)) {
      refuse({ type: 'no-right', name });
      continue;
    }
    const above = await granterOf(trust, grant, asked.programme, now, tools);
    if (above === null) continue;
    if (!grant.rights.includes(asked.right)) refuse({ type: 'no-right', name });
    else if (asked.programme !== '*' && !covers(grant, asked.programme)) refuse({ type: 'other-programme', name });
    else if (asked.at < grant.from) refuse({ type: 'too-early', name, when: grant.from });
    else {
      const end = await endOf(trust, grant, tools);
      const late = { name, when: end.at, why: end.why };
      if (asked.at >= end.at) refuse({ type: 'too-late', ...late });
      else if (now >= end.at && !(await isWitnessed(trust, asked, end.at, now, tools))) refuse({ type: 'unproven', ...late });
      else return ok([...above, grant]);
    }
  }
  return err(nearest);
}

const covers = (grant: Grant, programme: string): boolean => grant.programmes.includes('*') || grant.programmes.includes(programme);

/** The grants above this one; null where whoever gave it could not. */
async function granterOf(trust: Trust, grant: Grant, programme: string, now: Instant, tools: Tools): Promise<readonly Grant[] | null> {
  if (trust.roots.has(grant.by)) return [];
  // Only a root makes centres and witnesses: a chain has two links at most, and no centre makes another.
  if (grant.rights.includes('issue') || grant.rights.includes('witness') || grant.by === grant.to) return null;
  const digest = await idOf(grant, tools);
  const above = await authorityOf(trust, { key: grant.by, right: 'issue', programme, at: grant.made, digest }, now, tools);
  return above.ok ? above.value : null;
}

/** When the right ends: by its own date, or by what became of the key. Whoever gave it, a root, and the key itself can end it. */
async function endOf(trust: Trust, grant: Grant, tools: Tools): Promise<{ readonly at: Instant; readonly why: Why | 'over' }> {
  let earliest: { readonly at: Instant; readonly why: Why | 'over' } = { at: grant.until, why: 'over' };
  for (const end of trust.endsByKey.get(grant.to) ?? []) {
    const { by, at, why } = end.body;
    if (by !== grant.by && by !== grant.to && !trust.roots.has(by)) continue;
    if (at < earliest.at && (await isSignedRight(end, tools))) earliest = { at, why };
  }
  return earliest;
}

/** Whether a node other than the signer had it before the end. */
async function isWitnessed(trust: Trust, asked: Asked, end: Instant, now: Instant, tools: Tools): Promise<boolean> {
  for (const receipt of trust.receiptsByDigest.get(asked.digest) ?? []) {
    const { by, at } = receipt.body;
    if (by === asked.key || at >= end || !(await isSignedRight(receipt, tools))) continue;
    if (trust.roots.has(by)) return true;
    const digest = await digestOf(signedBytes(receipt.body), tools);
    if ((await authorityOf(trust, { key: by, right: 'witness', programme: '*', at, digest }, now, tools)).ok) return true;
  }
  return false;
}

/** The keys that speak for the same centre after this one, newest last. */
export async function successorsOf(trust: Trust, key: Did, tools: Tools): Promise<readonly Did[]> {
  const found: Did[] = [];
  for (let from = key; found.length < mostRoots;) {
    const granters = (trust.grantsByKey.get(from) ?? []).map(({ body }) => body.by);
    let next: Did | undefined;
    for (const end of trust.endsByKey.get(from) ?? []) {
      const { by, why, successor } = end.body;
      // A thief who ends a stolen key names themself: only those above it say who comes after a compromised one.
      const may = trust.roots.has(by) || granters.includes(by) || (by === from && why === 'rotated');
      if (successor !== undefined && may && (await isSignedRight(end, tools))) next = successor;
    }
    if (next === undefined || next === key || found.includes(next)) break;
    found.push(next);
    from = next;
  }
  return found;
}
