/**
 * The trainer's page: staff session, cohorts, reports.
 *
 * Where the session lives: in this tab's memory and `sessionStorage`, never in `localStorage`. Trainers work on laptops that
 * a class shares: a session in `localStorage` would greet the next person who opens the page. One in memory alone would be
 * lost whenever a phone short of memory drops the tab, and signing in again needs the node. Browsers that reopen their
 * windows bring `sessionStorage` back, and people walk away: after half an hour without use the session ends by itself.
 */
import * as v from 'valibot';
import type { About } from '#lib/domain/about.ts';
import type { CohortId, CourseId, PersonId } from '#lib/domain/ids.ts';
import { ok } from '#lib/domain/result.ts';
import type { Named } from '#lib/domain/roster.ts';
import { createCascadeClient, type Cascade, type CascadeFailure } from './teach-cascade.ts';
import { makeLocker, openLocker, reopenLocker, type KeptWork, type Locker } from './report-locker.ts';
import {
  createTeachClient,
  staffSession,
  type CodeSlip,
  type Cohort,
  type CohortReport,
  type EveryStaff,
  type Invitation,
  type Learners,
  type NodeInfo,
  type OpenSession,
  type OfferedCourse,
  type PersonAct,
  type RefusedLine,
  type ShownPerson,
  type StaffMember,
  type StaffSession,
  type TeachResult,
} from './teach-client.ts';

/** `reading`: the node cannot be reached; the password opened what this device keeps. */
export type Standing =
  | { readonly type: 'out' }
  | { readonly type: 'in'; readonly session: StaffSession }
  | {
      readonly type: 'reading';
      readonly name: string;
      readonly roles: readonly string[];
      readonly countries: readonly string[];
      readonly person: PersonId | null;
    };

const tabEntry = 'perigee-staff';
const idleLimit = 30 * 60_000;
const remembered = v.object({ session: staffSession, key: v.nullable(v.string()), used: v.number() });

/** In pages only: it reaches for the browser's stores. */
export class Teaching {
  /** False until what the tab remembers was looked at. */
  ready = $state(false);
  standing = $state.raw<Standing>({ type: 'out' });
  /** What the node said of itself; null until it did. */
  node = $state.raw<NodeInfo | null>(null);
  /** Whether the last request got through; null before the first. */
  reachable = $state<boolean | null>(null);
  cohorts = $state.raw<readonly Cohort[]>([]);
  reports = $state.raw<Readonly<Record<string, CohortReport>>>({});
  /** Whom the trainer trained, through generations; null where it was never asked for. */
  branch = $state.raw<Cascade | null>(null);
  courses = $state.raw<readonly OfferedCourse[]>([]);
  staff = $state.raw<readonly StaffMember[]>([]);
  /** Members of staff whose invitation nobody took up yet. */
  invited = $state.raw<EveryStaff['invited']>([]);
  /** The people who joined here; null until they were asked for. Never kept on the device. */
  learners = $state.raw<Learners | null>(null);
  /** Codes made since signing in, by cohort: the node shows each once, so they stay until they were printed or saved. */
  slips = $state.raw<Readonly<Record<string, readonly CodeSlip[]>>>({});

  /** Where the centre asks for the password again before it does something: what is waited for. ConfirmPassword.svelte shows the question. */
  confirming = $state.raw<((confirmed: boolean) => void) | null>(null);

  #client = createTeachClient((path, init) => fetch(path, init), Date.now);
  #cascade = createCascadeClient((path, init) => fetch(path, init));
  #locker: Locker | null = null;
  /** When somebody last did something here, in milliseconds. */
  #used = 0;
  #watch: ReturnType<typeof setInterval> | undefined;

  /** Whose page it is: also without a network, where this device keeps their work. */
  get person(): PersonId | null {
    return this.standing.type === 'in' ? this.standing.session.person : this.standing.type === 'reading' ? this.standing.person : null;
  }

  get administrator(): boolean {
    return this.standing.type === 'in' && this.standing.session.roles.includes('administrator');
  }

  get roles(): readonly string[] {
    return this.standing.type === 'out' ? [] : this.standing.type === 'in' ? this.standing.session.roles : this.standing.roles;
  }

  /** Ids of the countries for which a focal point speaks. */
  get countries(): readonly string[] {
    return this.standing.type === 'out'
      ? []
      : ((this.standing.type === 'in' ? this.standing.session.countries : this.standing.countries) ?? []);
  }

  /** Whether they have cohorts and people to look after; others work at the desk and in a country's profile. */
  get teaches(): boolean {
    return this.roles.some((role) => ['trainer', 'master', 'administrator'].includes(role));
  }

  /** Takes up the session of this tab, and asks the node who it is. Safe to call again. */
  async start(): Promise<void> {
    if (!this.ready) {
      await this.#takeUp();
      this.ready = true;
      this.#watch ??= setInterval(() => this.#endWhenIdle(), 15_000);
    }
    const node = this.#heard(await this.#client.node());
    if (node.ok) this.node = node.value;
  }

  /** Somebody is there: a key, a tap. */
  touch(): void {
    // Whoever comes back to a page that slept must not wake the session of the one before.
    this.#endWhenIdle();
    const rested = Date.now() - this.#used;
    this.#used = Date.now();
    if (rested > 60_000) this.#remember();
  }

  #endWhenIdle(): void {
    if (this.standing.type !== 'out' && Date.now() - this.#used > idleLimit) this.signOut();
  }

  async #takeUp(): Promise<void> {
    let stored: unknown;
    try {
      stored = JSON.parse(sessionStorage.getItem(tabEntry) ?? 'null');
    } catch {
      return;
    }
    const parsed = v.safeParse(remembered, stored);
    if (!parsed.success) return;
    const { session, key, used } = parsed.output;
    if (Date.parse(session.expires) <= Date.now() || used < Date.now() - idleLimit) {
      sessionStorage.removeItem(tabEntry);
      return;
    }
    this.#locker = key === null ? null : await reopenLocker(localStorage, session.name, key);
    this.#showKept(this.#locker?.work ?? null);
    this.#used = used;
    this.standing = { type: 'in', session };
  }

  /** Where the node cannot be reached, the same words open what this device keeps. */
  async signIn(name: string, password: string): Promise<TeachResult<'in' | 'reading'>> {
    const result = this.#heard(await this.#client.signIn(name, password));
    if (result.ok) {
      await this.#enter(result.value, password);
      return ok('in');
    }
    if (result.error.type !== 'unreachable') return result;
    const locker = await openLocker(localStorage, name, password);
    const work = locker?.work ?? null;
    if (work === null) return result;
    this.#locker = locker;
    this.#showKept(work);
    this.#used = Date.now();
    this.standing = { type: 'reading', name, roles: work.roles, countries: work.countries ?? [], person: work.person ?? null };
    return ok('reading');
  }

  /** With the first-run code or an invitation. */
  async accept(code: string, name: string, password: string): Promise<TeachResult<'in'>> {
    const result = this.#heard(await this.#client.accept(code, name, password));
    if (!result.ok) return result;
    await this.#enter(result.value, password);
    if (this.node !== null) this.node = { ...this.node, claimed: true };
    return ok('in');
  }

  /** What is kept here is locked by the new password from then on. */
  async changePassword(before: string, password: string): Promise<TeachResult<'in'>> {
    const result = await this.#asStaff((token) => this.#client.changePassword(token, before, password));
    if (!result.ok) return result;
    const { cohorts, reports, branch } = this;
    await this.#enter(result.value, password);
    [this.cohorts, this.reports, this.branch] = [cohorts, reports, branch];
    await this.#keep();
    return ok('in');
  }

  sessions(): Promise<TeachResult<readonly OpenSession[]>> {
    return this.#asStaff((token) => this.#client.sessions(token));
  }

  endSession(session: string): Promise<TeachResult<unknown>> {
    return this.#asStaff((token) => this.#client.endSession(token, { session }));
  }

  /** On every machine, this one too. */
  async signOutEverywhere(): Promise<TeachResult<unknown>> {
    const result = await this.#asStaff((token) => this.#client.endSession(token, { everywhere: true }));
    if (result.ok) this.#forget();
    return result;
  }

  /** Answers the question that stands in `confirming`. */
  async confirm(password: string): Promise<TeachResult<unknown>> {
    if (this.standing.type !== 'in') return { ok: false, error: { type: 'expired' } };
    const result = this.#heard(await this.#client.confirm(this.standing.session.token, password));
    if (result.ok) this.confirming?.(true);
    return result;
  }

  /** Asks whoever is at the page for the password again; false where they would rather not. */
  async #askAgain(): Promise<boolean> {
    const answer = await new Promise<boolean>((resolve) => {
      this.confirming?.(false);
      this.confirming = resolve;
    });
    this.confirming = null;
    return answer;
  }

  /** Signs in with what another page of this tab was given: a new centre's first account, or a changed one. */
  async take(session: StaffSession, password: string): Promise<void> {
    await this.#enter(session, password);
    if (this.node !== null) this.node = { ...this.node, claimed: true };
  }

  async #enter(session: StaffSession, password: string): Promise<void> {
    this.#locker = await makeLocker(localStorage, session.name, password);
    this.#showKept(this.#locker?.work ?? null);
    this.#used = Date.now();
    this.standing = { type: 'in', session };
    this.#remember();
    // Whoever has no cohort writes at the desk (desk.svelte.ts): their password opens it without a network, too.
    if (!this.teaches) await this.#keep();
  }

  /** The session is over at the node too, where it can be reached; what is kept here stays, locked by the password. */
  signOut(): void {
    // Nobody waits for the answer: without a network the session is forgotten here all the same, and the list of sessions shows it.
    if (this.standing.type === 'in') void this.#client.endSession(this.standing.session.token, {});
    this.#forget();
  }

  #forget(): void {
    this.confirming?.(false);
    sessionStorage.removeItem(tabEntry);
    this.#locker = null;
    this.#showKept(null);
    this.staff = [];
    this.invited = [];
    this.learners = null;
    this.slips = {};
    this.standing = { type: 'out' };
  }

  async loadCohorts(): Promise<TeachResult<readonly Cohort[]>> {
    const result = await this.#asStaff((token) => this.#client.cohorts(token));
    if (result.ok) {
      this.cohorts = result.value;
      await this.#keep();
    }
    return result;
  }

  async loadCourses(): Promise<TeachResult<readonly OfferedCourse[]>> {
    const result = this.#heard(await this.#client.courses());
    if (result.ok) this.courses = result.value;
    return result;
  }

  /** Says for whose plan the people of a cohort count from now on. */
  async setCohortCountry(id: CohortId, country: string | null): Promise<TeachResult<unknown>> {
    const result = await this.#asStaff((token) => this.#client.setCohortCountry(token, id, country));
    if (result.ok) {
      this.cohorts = this.cohorts.map((one) => (one.id === id ? { ...one, country: country ?? undefined } : one));
      await this.#keep();
    }
    return result;
  }

  async makeCohort(title: string, courses: readonly CourseId[], country: string | null): Promise<TeachResult<Cohort>> {
    const result = await this.#asStaff((token) => this.#client.makeCohort(token, title, courses, country));
    if (result.ok) {
      this.cohorts = [result.value, ...this.cohorts.filter(({ id }) => id !== result.value.id)];
      await this.#keep();
    }
    return result;
  }

  async loadReport(cohort: CohortId): Promise<TeachResult<CohortReport>> {
    const result = await this.#asStaff((token) => this.#client.report(token, cohort));
    if (result.ok) {
      this.reports = { ...this.reports, [cohort]: result.value };
      await this.#keep();
    }
    return result;
  }

  /** Asks for the trainer's own branch and keeps it; what went wrong, or null. */
  async loadBranch(): Promise<CascadeFailure | null> {
    if (this.standing.type !== 'in') return 'unreachable';
    const result = await this.#cascade.own(this.standing.session.token);
    this.reachable = result.ok || result.error !== 'unreachable';
    if (result.ok) {
      this.branch = result.value;
      await this.#keep();
    } else if (result.error === 'expired') this.#forget();
    return result.ok ? null : result.error;
  }

  /** What the member of staff said of themselves; null where the centre cannot be asked. */
  async about(): Promise<About | null> {
    const result = this.standing.type === 'in' ? await this.#cascade.about(this.standing.session.token) : null;
    return result?.ok === true ? (result.value.about ?? {}) : null;
  }

  async sayAbout(about: About): Promise<boolean> {
    return this.standing.type === 'in' && (await this.#cascade.sayAbout(this.standing.session.token, about)).ok;
  }

  /** What was refused is in the answer; what was made is in `slips`. */
  async enrol(
    cohort: CohortId,
    who: { readonly names: readonly Named[] } | { readonly count: number },
  ): Promise<TeachResult<readonly (CodeSlip | RefusedLine)[]>> {
    const result = await this.#asStaff((token) => this.#client.enrol(token, cohort, who));
    if (result.ok) {
      const made = result.value.filter((line) => 'code' in line);
      this.slips = { ...this.slips, [cohort]: [...(this.slips[cohort] ?? []), ...made] };
      this.cohorts = this.cohorts.map((one) => (one.id === cohort ? { ...one, codes: one.codes + made.length } : one));
    }
    return result;
  }

  forgetSlips(cohort: CohortId): void {
    this.slips = Object.fromEntries(Object.entries(this.slips).filter(([id]) => id !== cohort));
  }

  async loadStaff(): Promise<TeachResult<EveryStaff>> {
    const result = await this.#asStaff((token) => this.#client.staff(token));
    if (result.ok) {
      this.staff = result.value.people;
      this.invited = result.value.invited;
    }
    return result;
  }

  async loadLearners(): Promise<TeachResult<Learners>> {
    const result = await this.#asStaff((token) => this.#client.learners(token));
    if (result.ok) this.learners = result.value;
    return result;
  }

  loadPerson(person: PersonId): Promise<TeachResult<ShownPerson>> {
    return this.#asStaff((token) => this.#client.person(token, person));
  }

  linkCode(person: PersonId, revokeDevices: boolean): Promise<TeachResult<Invitation>> {
    return this.#asStaff((token) => this.#client.linkCode(token, person, revokeDevices));
  }

  act(person: PersonId, act: PersonAct): Promise<TeachResult<unknown>> {
    return this.#asStaff((token) => this.#client.act(token, person, act));
  }

  invite(name: string, role: string, countries: readonly string[] = []): Promise<TeachResult<Invitation>> {
    return this.#asStaff((token) => this.#client.invite(token, name, role, countries));
  }

  setCountries(person: PersonId, countries: readonly string[]): Promise<TeachResult<unknown>> {
    return this.#asStaff((token) => this.#client.setCountries(token, person, countries));
  }

  async #asStaff<Value>(ask: (token: string) => Promise<TeachResult<Value>>): Promise<TeachResult<Value>> {
    if (this.standing.type !== 'in') return { ok: false, error: { type: this.standing.type === 'reading' ? 'unreachable' : 'expired' } };
    const { token } = this.standing.session;
    let result = this.#heard(await ask(token));
    const isAsked = !result.ok && result.error.type === 'refused' && result.error.code === 'confirm';
    if (isAsked && (await this.#askAgain())) result = this.#heard(await ask(token));
    if (!result.ok && result.error.type === 'expired') this.#forget();
    return result;
  }

  #heard<Value>(result: TeachResult<Value>): TeachResult<Value> {
    this.reachable = result.ok || result.error.type !== 'unreachable';
    return result;
  }

  #showKept(work: KeptWork | null): void {
    this.cohorts = work?.cohorts ?? [];
    this.reports = work?.reports ?? {};
    this.branch = work?.branch ?? null;
  }

  async #keep(): Promise<void> {
    if (this.standing.type !== 'in') return;
    const { person, roles, countries } = this.standing.session;
    const { cohorts, reports, branch } = this;
    await this.#locker?.keep({
      person,
      roles,
      ...(countries === undefined ? {} : { countries }),
      cohorts,
      reports,
      ...(branch === null ? {} : { branch }),
    });
  }

  #remember(): void {
    if (this.standing.type !== 'in') return;
    try {
      sessionStorage.setItem(
        tabEntry,
        JSON.stringify({ session: this.standing.session, key: this.#locker?.key ?? null, used: this.#used }),
      );
    } catch {
      // A browser that keeps nothing: the session lives as long as the page.
    }
  }
}

/** One for all pages of the tab, so that walking away and back asks the node nothing twice. On the server it is never started. */
export const teaching = new Teaching();
