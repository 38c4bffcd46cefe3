/**
 * Where somebody stands in a programme: the same on a phone and at a centre, because it is made of the programme, the evidence and the
 * moment alone, and explained, because it answers with the evidence that met each requirement and with what is missing.
 *
 * What one would like of it decides what it is. More evidence in favour must never lower a standing; then an award cannot be *the first*
 * time that the requirements were met, for evidence of an earlier time would move it back and end it sooner. So:
 *
 *   A moment is an award if what was done then completes the requirements, together with other work of the programme's `within` months
 *   before it. Or if it completes the renewal, with work of the `validity` months before it, while an earlier award was in force or not yet
 *   lapsed for good. The newest award counts: in force for `validity` months from it, lapsed for some more, then nothing.
 *
 * «Completes» means that there is some choice of evidence which with the piece of that moment is enough and without it is not. Every «there
 * is» stays true when evidence is added; so standings only rise by it. Evidence that is withdrawn counts as if it had never been, and can only
 * lower. Of the order of evidence nothing is asked.
 */
import { instantOf, type Instant } from '../domain/clock.ts';
import { leavesOf, type EvidenceId, type Leaf, type Localized, type Programme, type Requirement } from './programme.ts';

/**
 * What is known, already admitted (`admission.ts`): who signed it and whether they could is no longer a question here. Times are when it
 * happened.
 */
export type Evidence =
  | {
      readonly type: 'pass';
      readonly id: EvidenceId;
      readonly at: Instant;
      readonly person: string;
      readonly course: string;
      readonly score: number;
    }
  | {
      readonly type: 'exam';
      readonly id: EvidenceId;
      readonly at: Instant;
      readonly person: string;
      readonly course: string;
      readonly unit: string;
      readonly score: number;
    }
  | {
      readonly type: 'session';
      readonly id: EvidenceId;
      readonly at: Instant;
      readonly trainer: string;
      readonly attended: readonly string[];
    }
  | {
      readonly type: 'observation';
      readonly id: EvidenceId;
      readonly at: Instant;
      readonly session: EvidenceId;
      readonly trainer: string;
      readonly programme: string;
      readonly rubric: string;
      /** Level of each criterion. */
      readonly levels: Readonly<Record<string, number>>;
    }
  /** A practice in the library, accepted by a reviewer who is not its author. `id` and `entry` stay through its editions. */
  | {
      readonly type: 'contribution';
      readonly id: EvidenceId;
      /** When it was first accepted. */
      readonly at: Instant;
      readonly person: string;
      readonly entry: string;
      readonly title: Localized;
    }
  /** A credential in force from `at` until `until`. */
  | {
      readonly type: 'credential';
      readonly id: EvidenceId;
      readonly at: Instant;
      readonly until: Instant;
      readonly person: string;
      readonly programme: string;
    }
  /** Takes back a piece of evidence, or revokes a credential, whenever it was made. */
  | { readonly type: 'withdrawal'; readonly of: EvidenceId };

export interface Progress {
  /** Of a leaf; null for a branch. */
  readonly leaf: Leaf | null;
  readonly type: Requirement['type'];
  readonly met: boolean;
  /** How many of how many: sessions, people, courses, branches. */
  readonly have: number;
  readonly need: number;
  /** The evidence that counts for a leaf. */
  readonly by: readonly EvidenceId[];
  /** When a leaf is no longer met, if nothing is added: the time of its work has passed. Null where it is not met, or does not pass. */
  readonly ends: Instant | null;
  readonly of: readonly Progress[];
}

export interface Standing {
  readonly programme: string;
  readonly version: number;
  readonly state: 'in-force' | 'lapsed' | 'not-yet';
  /** The newest award; null where there was none. */
  readonly since: Instant | null;
  /** When the award ends, or where it has ended, when what is left of it ends. */
  readonly until: Instant | null;
  /** What the award asks: of the months before the newest award, or before now where there was none. */
  readonly requirement: Progress;
  /** What the next award asks, of the months before now; null where there was no award. */
  readonly renewal: Progress | null;
}

/** Something that counts for a leaf: different ones have different keys. Instants as milliseconds are compared faster than as texts. */
interface Entry {
  readonly at: number;
  /** For what is true for a time only. */
  readonly until: number;
  readonly key: string;
  readonly by: readonly EvidenceId[];
}

/** The same day of the month so many months later or earlier, or the month's last day. */
export function addMonths(milliseconds: number, months: number): number {
  const date = new Date(milliseconds);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, days));
  return date.getTime();
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const always = Number.POSITIVE_INFINITY;

/** Evidence by what it is about, made once for a person. */
interface Known {
  readonly passes: readonly (Evidence & { type: 'pass' })[];
  readonly exams: readonly (Evidence & { type: 'exam' })[];
  readonly sessionsById: ReadonlyMap<EvidenceId, Evidence & { type: 'session' }>;
  readonly observations: readonly (Evidence & { type: 'observation' })[];
  readonly credentials: readonly (Evidence & { type: 'credential' })[];
  readonly contributions: readonly (Evidence & { type: 'contribution' })[];
}

function sort(evidence: readonly Evidence[], now: Instant): Known {
  const withdrawn = new Set(evidence.flatMap((piece) => (piece.type === 'withdrawal' ? [piece.of] : [])));
  const passes: Known['passes'][number][] = [];
  const exams: Known['exams'][number][] = [];
  const sessionsById = new Map<EvidenceId, Evidence & { type: 'session' }>();
  const observations: Known['observations'][number][] = [];
  const credentials: Known['credentials'][number][] = [];
  const contributions: Known['contributions'][number][] = [];
  for (const piece of evidence) {
    if (piece.type === 'withdrawal' || piece.at > now || withdrawn.has(piece.id)) continue;
    if (piece.type === 'pass') passes.push(piece);
    else if (piece.type === 'exam') exams.push(piece);
    else if (piece.type === 'session') sessionsById.set(piece.id, piece);
    else if (piece.type === 'observation') observations.push(piece);
    else if (piece.type === 'contribution') contributions.push(piece);
    else credentials.push(piece);
  }
  return { passes, exams, sessionsById, observations, credentials, contributions };
}

const entry = (at: Instant, key: string, ...by: readonly EvidenceId[]): Entry => ({ at: Date.parse(at), until: always, key, by });

function entriesOf(leaf: Leaf, programme: Programme, person: string, known: Known): readonly Entry[] {
  switch (leaf.type) {
    case 'course':
      return known.passes
        .filter((pass) => pass.person === person && pass.course === leaf.course && pass.score >= leaf.score)
        .map(({ at, id }) => entry(at, leaf.course, id));
    case 'exam':
      return known.exams
        .filter((exam) => exam.person === person && exam.course === leaf.course && exam.unit === leaf.unit && exam.score >= leaf.score)
        .map(({ at, id }) => entry(at, leaf.unit, id));
    case 'teaching': {
      const criteria = programme.rubrics.find(({ id }) => id === leaf.rubric)?.criteria ?? [];
      return known.observations.flatMap((observation) => {
        const { id, at, trainer, levels, session } = observation;
        const held = known.sessionsById.get(session);
        const fits = trainer === person && observation.programme === programme.id && observation.rubric === leaf.rubric;
        if (!fits || held?.trainer !== person || !criteria.every((criterion) => (levels[criterion.id] ?? 0) >= leaf.level)) return [];
        return [entry(at > held.at ? at : held.at, session, session, id)];
      });
    }
    case 'people': {
      const sessionsByLearner = new Map<string, (Evidence & { type: 'session' })[]>();
      const sessions = [...known.sessionsById.values()].sort((a, b) => (a.at < b.at || (a.at === b.at && a.id < b.id) ? -1 : 1));
      for (const session of sessions)
        if (session.trainer === person)
          for (const learner of session.attended) {
            const attended = sessionsByLearner.get(learner);
            if (attended === undefined) sessionsByLearner.set(learner, [session]);
            else attended.push(session);
          }
      return known.passes.flatMap((pass) => {
        if (pass.person === person || !leaf.courses.includes(pass.course) || pass.score < leaf.score) return [];
        // Whoever had passed before they came was not trained here.
        const session = sessionsByLearner.get(pass.person)?.find(({ at }) => at <= pass.at);
        return session === undefined ? [] : [entry(pass.at, pass.person, session.id, pass.id)];
      });
    }
    case 'contribution':
      return known.contributions.filter((one) => one.person === person).map(({ at, entry: of, id }) => entry(at, of, id));
    case 'holds':
      return known.credentials
        .filter((credential) => credential.person === person && credential.programme === leaf.programme)
        .map(({ at, until, id }) => ({ ...entry(at, id, id), until: Date.parse(until) }));
  }
}

const needOf = (requirement: Requirement): number => {
  switch (requirement.type) {
    case 'all':
      return requirement.of.length;
    case 'some':
      return requirement.n;
    case 'teaching':
      return requirement.sessions;
    case 'people':
      return requirement.people;
    case 'contribution':
      return requirement.contributions;
    case 'any':
    case 'course':
    case 'exam':
    case 'holds':
      return 1;
  }
};

type Entries = ReadonlyMap<Leaf, readonly Entry[]>;

/** First of the sorted entries that is later than the moment. */
function after(entries: readonly Entry[], moment: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.at ?? always) > moment) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Entries that count at the moment: of the window that ends with it, or true at it. */
function counting(leaf: Leaf, entries: Entries, from: number, to: number): readonly Entry[] {
  const all = entries.get(leaf) ?? [];
  const end = after(all, to);
  if (leaf.type === 'holds') return all.slice(0, end).filter(({ until }) => to < until);
  return all.slice(after(all, from), end);
}

const notMet = 0;
const met = 1;
/** Met, and with something of the window's last moment that some choice cannot do without. */
const completed = 2;

/** From the newest back, until enough different ones were seen. */
function evaluateLeaf(leaf: Leaf, entries: Entries, from: number, to: number): 0 | 1 | 2 {
  const all = entries.get(leaf) ?? [];
  const need = needOf(leaf);
  const end = after(all, to);
  if (end < need) return notMet;
  let first = 0;
  let keys: Set<string> | null = null;
  for (let i = end - 1; i >= 0; i--) {
    const found = all[i];
    if (found === undefined) break;
    if (leaf.type === 'holds' ? to >= found.until : found.at <= from) {
      if (leaf.type === 'holds') continue;
      break;
    }
    if (first === 0) first = found.at;
    if (need > 1) keys = (keys ?? new Set()).add(found.key);
    if (need === 1 || keys?.size === need) return first === to ? completed : met;
  }
  return notMet;
}

function evaluate(requirement: Requirement, entries: Entries, from: number, to: number): 0 | 1 | 2 {
  if (!('of' in requirement)) return evaluateLeaf(requirement, entries, from, to);
  const need = needOf(requirement);
  let count = 0;
  let completes = false;
  for (const [i, child] of requirement.of.entries()) {
    const value = evaluate(child, entries, from, to);
    if (value !== notMet) count += 1;
    if (value === completed) completes = true;
    if (count + requirement.of.length - 1 - i < need) return notMet;
  }
  return completes ? completed : met;
}

function explain(requirement: Requirement, entries: Entries, from: number, to: number, within: number): Progress {
  const need = needOf(requirement);
  if ('of' in requirement) {
    const of = requirement.of.map((child) => explain(child, entries, from, to, within));
    const have = of.filter((child) => child.met).length;
    return { leaf: null, type: requirement.type, met: have >= need, have, need, by: [], ends: null, of };
  }
  // The newest of each key last: it is the one that stays longest.
  const newestByKey = new Map<string, Entry>();
  for (const found of counting(requirement, entries, from, to)) newestByKey.set(found.key, found);
  const newest = [...newestByKey.values()].sort((a, b) => b.at - a.at || compare(a.key, b.key));
  const last = newest[need - 1];
  const passes =
    last === undefined ? always : requirement.type === 'holds' ? Math.max(...newest.map(({ until }) => until)) : addMonths(last.at, within);
  return {
    leaf: requirement,
    type: requirement.type,
    met: newest.length >= need,
    have: newest.length,
    need,
    by: newest.flatMap(({ by }) => by),
    ends: passes === always ? null : instantOf(passes),
    of: [],
  };
}

export function standing(programme: Programme, person: string, evidence: readonly Evidence[], now: Instant): Standing {
  const known = sort(evidence, now);
  const entries: Entries = new Map(
    [...leavesOf(programme.requires), ...leavesOf(programme.renewal)].map((leaf) => [
      leaf,
      [...entriesOf(leaf, programme, person, known)].sort(
        (a, b) => a.at - b.at || compare(a.key, b.key) || compare(a.by.join(), b.by.join()),
      ),
    ]),
  );
  const moments = [...new Set([...entries.values()].flat().map(({ at }) => at))].sort((a, b) => a - b);
  const lasts = programme.validity + programme.lapse.months;
  let award: number | null = null;
  for (const moment of moments) {
    const first = evaluate(programme.requires, entries, addMonths(moment, -programme.within), moment) === completed;
    const renewed = (): boolean =>
      award !== null &&
      moment < addMonths(award, lasts) &&
      evaluate(programme.renewal, entries, addMonths(moment, -programme.validity), moment) === completed;
    if (first || renewed()) award = moment;
  }
  const clock = Date.parse(now);
  const { id, version } = programme;
  const asked = (to: number): Progress => explain(programme.requires, entries, addMonths(to, -programme.within), to, programme.within);
  if (award === null || clock >= addMonths(award, lasts))
    return {
      programme: id,
      version,
      state: 'not-yet',
      since: award === null ? null : instantOf(award),
      until: null,
      requirement: asked(clock),
      renewal: null,
    };
  const ends = addMonths(award, programme.validity);
  return {
    programme: id,
    version,
    state: clock < ends ? 'in-force' : 'lapsed',
    since: instantOf(award),
    until: instantOf(clock < ends ? ends : addMonths(award, lasts)),
    requirement: asked(award),
    renewal: explain(programme.renewal, entries, addMonths(clock, -programme.validity), clock, programme.validity),
  };
}
