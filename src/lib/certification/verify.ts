/**
 * Is this certificate true? The answer is one of three, and says why:
 *
 *   valid        signed as it stands, by a key that had the right to, in its time, and not revoked as of the list's date
 *   not valid    and which of these is not so
 *   cannot tell  and what is missing: a list, a newer list, a proof or a key that is known here, an issuer that is recognised
 *
 * Nothing is fetched. An authentic badge of an issuer that is not in the list is never called false: nobody here can know.
 */
import { instantOf, type Instant } from '../domain/clock.ts';
import { isObject, isString, type JsonObject } from '../domain/shape.ts';
import type { Contexts } from './canonize.ts';
import { achievementId, factsOf, hasPlainForm, programmeOf, type Facts, type StatusEntry } from './credential.ts';
import type { Held } from './container.ts';
import type { Bytes } from './encoding.ts';
import { isDid, type Did, type Tools } from './keys.ts';
import { momentOf } from './moment.ts';
import { readPaper } from './paper.ts';
import { checkProof, readProof, type ProofFault, type ReadProof } from './proof.ts';
import { digestOf } from './signed.ts';
import { isSet, openStatusList, readStatusListHead, statusListId, statusPurposes, type StatusList } from './status-list.ts';
import { authorityOf, successorsOf, type Refusal, type Trust } from './trust.ts';

export type Verdict = 'valid' | 'not-valid' | 'cannot-tell';

/** What is looked at, in this order. */
export type CheckName = 'form' | 'signature' | 'authority' | 'period' | 'status';

export type Finding =
  | 'fine'
  // form
  | 'not-credential'
  | 'unusual-form'
  | 'unknown-context'
  | 'damaged'
  // signature
  | 'no-proof'
  | 'unknown-proof'
  | 'unknown-key'
  | 'malformed-proof'
  | 'other-key'
  | 'foreign-key'
  | 'wrong-purpose'
  | 'altered'
  | 'not-canonizable'
  // authority
  | 'no-trust'
  | 'trust-old'
  | 'issuer-unknown'
  | 'no-right'
  | 'other-programme'
  | 'too-early'
  | 'too-late'
  | 'unproven'
  | 'compromised'
  | 'undated'
  // period
  | 'not-yet'
  | 'over'
  | 'clock'
  // status
  | 'no-status'
  | 'no-list'
  | 'list-bad'
  | 'list-old'
  | 'revoked'
  | 'suspended';

export interface Check {
  readonly name: CheckName;
  readonly result: 'yes' | 'no' | 'unknown';
  readonly finding: Finding;
  /** What the finding's words name: a date, a key, a context. */
  readonly what?: string;
}

export interface Link {
  readonly role: 'root' | 'centre' | 'issuer';
  readonly name: string;
  readonly country?: string;
  readonly from?: Instant;
  readonly until?: Instant;
}

export interface Answer {
  readonly verdict: Verdict;
  readonly kind: 'file' | 'paper';
  readonly checks: readonly Check[];
  /** What the certificate says; null where it could not be read. */
  readonly facts: Facts | null;
  /** From the root down to the issuer; empty where the issuer is not recognised. */
  readonly chain: readonly Link[];
  readonly lists: {
    readonly trust: { readonly name: string; readonly made: Instant; readonly until: Instant } | null;
    /** The oldest of the status lists that were asked. */
    readonly status: { readonly made: Instant; readonly until: Instant | null } | null;
  };
  readonly at: Instant;
}

export interface Given {
  readonly trust: Trust | null;
  /** Status lists as they came, of any issuer; the newest of each name counts. */
  readonly statusLists: readonly unknown[];
  readonly contexts: Contexts;
  readonly now: Instant;
  readonly tools: Tools;
  /** Where somebody remembers them; else they are worked out anew. */
  readonly proven?: Proven;
}

/** What follows from a document alone, whoever asks and whenever. */
export interface Proven {
  readonly checkProof: typeof checkProof;
  readonly openStatusList: typeof openStatusList;
}

const anew: Proven = { checkProof, openStatusList };

const yes = (name: CheckName): Check => ({ name, result: 'yes', finding: 'fine' });
const no = (name: CheckName, finding: Finding, what?: string): Check => ({
  name,
  result: 'no',
  finding,
  ...(what === undefined ? {} : { what }),
});
const unknown = (name: CheckName, finding: Finding, what?: string): Check => ({ ...no(name, finding, what), result: 'unknown' });

/** A clock may be wrong by this much before a date is called impossible: milliseconds. */
const clockSlack = 24 * 60 * 60 * 1000;
const isAhead = (moment: Instant, now: Instant): boolean => moment > instantOf(Date.parse(now) + clockSlack);

function verdictOf(checks: readonly Check[]): Verdict {
  const of = (...names: readonly CheckName[]): readonly Check[] => checks.filter(({ name }) => names.includes(name));
  if (of('form', 'signature').some(({ result }) => result === 'no')) return 'not-valid';
  // What was taken back stays so, however old the list of trust has grown meanwhile.
  if (of('form', 'signature').every(({ result }) => result === 'yes') && checks.some(({ finding }) => finding === 'revoked'))
    return 'not-valid';
  // What cannot be read, or whose issuer nobody here knows, is not judged by its other fields.
  if (of('form', 'signature', 'authority').some(({ result }) => result === 'unknown')) return 'cannot-tell';
  if (checks.some(({ result }) => result === 'no')) return 'not-valid';
  return checks.length === 5 && checks.every(({ result }) => result === 'yes') ? 'valid' : 'cannot-tell';
}

const proofFindings: Readonly<Record<ProofFault['type'], Finding>> = {
  'no-proof': 'no-proof',
  'unknown-proof': 'unknown-proof',
  'unknown-key': 'unknown-key',
  'malformed-proof': 'malformed-proof',
};

/** The proof to look at: one by the issuer's own key where there are several, else one that can be read. */
function chooseProof(document: JsonObject, issuer: string): ReadProof | Check {
  const proofs = document['proof'] === undefined ? [] : Array.isArray(document['proof']) ? document['proof'] : [document['proof']];
  if (proofs.length === 0) return unknown('signature', 'no-proof');
  const read = proofs.slice(0, 8).map(readProof);
  const readable = read.flatMap((proof) => (proof.ok ? [proof.value] : []));
  const chosen = readable.find(({ controller }) => controller === issuer) ?? readable[0];
  if (chosen !== undefined) return chosen;
  const fault = read.find((proof) => !proof.ok);
  if (fault === undefined || fault.ok) return unknown('signature', 'no-proof');
  const { error } = fault;
  return unknown('signature', proofFindings[error.type], 'name' in error ? error.name : undefined);
}

async function checkSignature(
  document: JsonObject,
  proof: ReadProof,
  issuer: string,
  { contexts, tools, proven = anew }: Given,
): Promise<Check> {
  const checked = await proven.checkProof(document, proof, contexts, tools);
  if (!checked.ok) return unknown('signature', 'not-canonizable', checked.error.message);
  if (checked.value === 'altered') return no('signature', 'altered');
  if (proof.purpose !== 'assertionMethod') return no('signature', 'wrong-purpose', proof.purpose);
  if (proof.controller === issuer) return yes('signature');
  // A did:key names its only key; which keys an address or another kind of name has, only the network knows.
  return isDid(issuer) ? no('signature', 'other-key', proof.controller) : unknown('signature', 'foreign-key', issuer);
}

const refusalFindings: Readonly<Record<Refusal['type'], Finding>> = {
  'unknown-key': 'issuer-unknown',
  'no-right': 'no-right',
  'other-programme': 'other-programme',
  'too-early': 'too-early',
  'too-late': 'too-late',
  unproven: 'unproven',
};

interface Authority {
  readonly check: Check;
  readonly chain: readonly Link[];
}

async function checkAuthority(
  { trust, now, tools }: Given,
  issuer: string,
  programme: string | null,
  signed: Instant | null,
  signature: Bytes,
): Promise<Authority> {
  const none = (check: Check): Authority => ({ check, chain: [] });
  if (trust === null) return none(unknown('authority', 'no-trust'));
  if (!isDid(issuer) || !trust.grantsByKey.has(issuer)) return none(unknown('authority', 'issuer-unknown', issuer));
  if (isAhead(trust.made, now)) return none(unknown('authority', 'clock', trust.made));
  if (signed === null) return none(unknown('authority', 'undated'));
  if (isAhead(signed, now)) return none(unknown('authority', 'clock', signed));
  if (programme === null) return none(no('authority', 'other-programme'));
  const digest = await digestOf(signature, tools);
  const authority = await authorityOf(trust, { key: issuer, right: 'issue', programme, at: signed, digest }, now, tools);
  if (!authority.ok) {
    const { error } = authority;
    // What only ran out may have been given anew in a list that this verifier has not seen; what was taken away stays taken.
    const mayBeRenewed = !('why' in error) || error.why === 'over';
    if (now > trust.until && mayBeRenewed) return none(unknown('authority', 'trust-old', trust.made));
    if (error.type === 'unknown-key') return none(unknown('authority', 'issuer-unknown', issuer));
    const finding = 'why' in error && error.why === 'compromised' ? 'compromised' : refusalFindings[error.type];
    return none(no('authority', finding, 'when' in error ? error.when : error.name));
  }
  const chain: readonly Link[] = [
    { role: 'root', name: trust.name },
    ...authority.value.map((grant, i): Link => {
      const { name, country, from, until } = grant;
      const role = i === authority.value.length - 1 ? 'issuer' : 'centre';
      return { role, name, from, until, ...(country === undefined ? {} : { country }) };
    }),
  ];
  return { check: now > trust.until ? unknown('authority', 'trust-old', trust.made) : yes('authority'), chain };
}

const earlier = (a: Instant | null, b: Instant | null): Instant | null => (a === null ? b : b === null || a < b ? a : b);

/** Of whose lists of revoked certificates nothing is asked: a centre that does not know the issuer has none to give. */
const isStranger = ({ check }: Authority): boolean => check.finding === 'issuer-unknown' || check.finding === 'no-trust';

function checkPeriod(from: Instant, until: Instant | null, now: Instant): Check {
  if (now < from) return no('period', 'not-yet', from);
  return until !== null && now >= until ? no('period', 'over', until) : yes('period');
}

interface StatusAnswer {
  readonly check: Check;
  readonly list: StatusList | null;
}

/** Whether a list may speak of a credential of this issuer: its own, or of the key that came after it, and in its own right. */
async function maySpeak(list: StatusList, issuer: Did, trust: Trust, now: Instant, tools: Tools): Promise<boolean> {
  const after = await successorsOf(trust, issuer, tools);
  if (list.issuer !== issuer && !after.includes(list.issuer)) return false;
  const asked = {
    key: list.issuer,
    right: 'issue',
    programme: '*',
    at: list.signed,
    digest: await digestOf(list.signature, tools),
  } as const;
  return (await authorityOf(trust, asked, now, tools)).ok;
}

async function askList(
  entry: StatusEntry,
  issuer: Did,
  trust: Trust,
  { statusLists, contexts, now, tools, proven = anew }: Given,
): Promise<StatusAnswer> {
  const named = statusLists
    .map(readStatusListHead)
    .filter((head) => head?.id === entry.list)
    .filter((head) => head !== null)
    .sort((a, b) => (a.made < b.made ? 1 : -1));
  let fault: Check = unknown('status', 'no-list', entry.list);
  for (const { document } of named) {
    const opened = await proven.openStatusList(document, contexts, tools);
    // A list that somebody altered hides none that is right.
    if (!opened.ok || opened.value.purpose !== entry.purpose || !(await maySpeak(opened.value, issuer, trust, now, tools))) {
      fault = unknown('status', 'list-bad', entry.list);
      continue;
    }
    const list = opened.value;
    if (isAhead(list.made, now)) return { check: unknown('status', 'clock', list.made), list };
    if (entry.index >= list.bits.length * 8) return { check: unknown('status', 'list-bad', entry.list), list };
    if (isSet(list.bits, entry.index))
      return { check: no('status', entry.purpose === 'suspension' ? 'suspended' : 'revoked', list.made), list };
    const old = list.until !== null && now > list.until;
    return { check: old ? unknown('status', 'list-old', list.made) : yes('status'), list };
  }
  return { check: fault, list: null };
}

async function checkStatus(entries: readonly StatusEntry[] | null, issuer: string, given: Given): Promise<StatusAnswer> {
  const { trust } = given;
  if (entries?.some(({ purpose }) => purpose === 'revocation') !== true) return { check: unknown('status', 'no-status'), list: null };
  // Without the issuer's place in the list nobody could say whose status list is to be believed.
  if (trust === null || !isDid(issuer)) return { check: unknown('status', 'no-list', entries[0]?.list), list: null };
  const answers: StatusAnswer[] = [];
  for (const entry of entries.filter(({ purpose }) => statusPurposes.some((known) => known === purpose)))
    answers.push(await askList(entry, issuer, trust, given));
  const oldest = answers.flatMap(({ list }) => (list === null ? [] : [list])).sort((a, b) => (a.made < b.made ? -1 : 1))[0] ?? null;
  const worst = answers.find(({ check }) => check.result === 'no') ?? answers.find(({ check }) => check.result === 'unknown');
  return { check: worst?.check ?? yes('status'), list: oldest };
}

const answerOf = (
  kind: Answer['kind'],
  checks: readonly Check[],
  given: Given,
  facts: Facts | null,
  chain: readonly Link[],
  list: StatusList | null,
): Answer => ({
  verdict: verdictOf(checks),
  kind,
  checks,
  facts,
  chain,
  lists: {
    trust: given.trust === null ? null : { name: given.trust.name, made: given.trust.made, until: given.trust.until },
    status: list === null ? null : { made: list.made, until: list.until },
  },
  at: given.now,
});

/** Verifies a credential in its full form: what stood in a file, as JSON. */
export async function verifyDocument(value: unknown, given: Given): Promise<Answer> {
  const stop = (...checks: readonly Check[]): Answer => answerOf('file', checks, given, null, [], null);
  if (!isObject(value)) return stop(unknown('form', 'not-credential'));
  const facts = factsOf(value);
  const context = value['@context'];
  const strange = (Array.isArray(context) ? context : [context]).find((entry) => !isString(entry) || !given.contexts.has(entry));
  // Older badges have other contexts and other fields: their context is what is told.
  if (facts === null) return stop(isString(strange) ? unknown('form', 'unknown-context', strange) : unknown('form', 'not-credential'));
  const form =
    strange !== undefined || context === undefined
      ? unknown('form', 'unknown-context', isString(strange) ? strange : '{…}')
      : hasPlainForm(value)
        ? yes('form')
        : unknown('form', 'unusual-form');
  if (form.finding === 'unknown-context') return answerOf('file', [form], given, facts, [], null);
  const proof = chooseProof(value, facts.issuer.id);
  if ('name' in proof) return answerOf('file', [form, proof], given, facts, [], null);
  const signature = await checkSignature(value, proof, facts.issuer.id, given);
  const programme = programmeOf(facts.achievement.id ?? '')?.id ?? null;
  const period = checkPeriod(facts.from, earlier(facts.until, proof.expires), given.now);
  // Whose authority a signature has that is not right, or not to be judged here, nobody needs to know.
  if (signature.result !== 'yes') return answerOf('file', [form, signature], given, facts, [], null);
  const authority = await checkAuthority(given, facts.issuer.id, programme, momentOf(proof.created), proof.signature);
  if (isStranger(authority)) return answerOf('file', [form, signature, authority.check, period], given, facts, [], null);
  const status = await checkStatus(facts.status, facts.issuer.id, given);
  return answerOf('file', [form, signature, authority.check, period, status.check], given, facts, authority.chain, status.list);
}

/** Verifies the text of a printed code. */
export async function verifyPaper(text: string, given: Given): Promise<Answer> {
  const { now, tools, trust } = given;
  const read = await readPaper(text, tools);
  if (!read.ok) return answerOf('paper', [unknown('form', read.error === 'damaged' ? 'damaged' : 'not-credential')], given, null, [], null);
  const { body, did, key, signature, message } = read.value;
  const [list, index] = body.status;
  const title = trust?.programmes.find(({ id, version }) => id === body.achievement && version === body.version)?.title;
  const facts: Facts = {
    id: `urn:uuid:${body.credential}`,
    issuer: { id: did, name: null },
    holder: body.holder,
    achievement: { id: achievementId(body.achievement, body.version), name: null, titles: title ?? {} },
    from: body.from,
    until: body.until,
    awarded: null,
    results: [],
    evidence: [],
    status: statusPurposes.map((purpose) => ({ purpose, list: statusListId(did, purpose, list), index })),
  };
  if (!(await tools.verify(key, signature, message)))
    return answerOf('paper', [yes('form'), no('signature', 'altered')], given, facts, [], null);
  const authority = await checkAuthority(given, did, body.achievement, body.signed, signature);
  const checks = [yes('form'), yes('signature'), authority.check, checkPeriod(body.from, body.until, now)];
  if (isStranger(authority)) return answerOf('paper', checks, given, facts, [], null);
  const status = await checkStatus(facts.status, did, given);
  return answerOf('paper', [...checks, status.check], given, facts, authority.chain, status.list);
}

/** Verifies whatever was held out. */
export function verify(held: Held, given: Given): Promise<Answer> {
  if (held.type === 'document') return verifyDocument(held.value, given);
  if (held.type === 'paper') return verifyPaper(held.text, given);
  const check = held.type === 'token' ? unknown('signature', 'unknown-proof', 'JSON Web Token') : unknown('form', 'not-credential');
  return Promise.resolve(answerOf('file', [check], given, null, [], null));
}
