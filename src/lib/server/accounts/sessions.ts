/**
 * Who is who: joining by code, signing in by password, and what a token stands for.
 *
 * A code is taken (durably) before anything is made with it, so it works once. The answer to whoever took it may be lost on the way; so the same device
 * may ask again with the same code until it expires, and gets the same person.
 */
import type { About } from '../../domain/about.ts';
import { instantOf, type Clock, type Instant, type RandomBytes } from '../../domain/clock.ts';
import { createPersonId, type CohortId, type DeviceId, type PersonId } from '../../domain/ids.ts';
import { deviceKey, type RevocationReason } from '../../domain/orders.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Role } from '../../sync/access.ts';
import { createCode, hashCode, type Code } from './codes.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { nodeOfCredential, type PeerBearer, type Peers } from './peers.ts';
import type { OrderBook } from '../orders/book.ts';
import { hashName, tokenKey, type AccountStore, type CodeEntry, type Kept, type OpenSession, type Staff } from './store.ts';
import { createTokenReader, signToken, type Token } from './tokens.ts';

const day = 24 * 60 * 60_000;

/** How long things live, in ms. */
const lifetimes = {
  learnerToken: 365 * day,
  staffToken: 30 * day,
  enrolment: 60 * day,
  link: day,
  invitation: 14 * day,
  /** A link code that staff give to somebody who lost a phone: it may have a long way to go. */
  byStaff: 14 * day,
  /** Replaced at every start; the date only has to be a date. */
  firstRun: 3650 * day,
} as const;

/**
 * How long the standing of a person is remembered, in ms: a pass asks a dozen times who it is, and on CouchDB each time is a request. What the command
 * line or another process takes back is therefore noticed here half a second later.
 */
const standingLives = 500;
const maxStandings = 1000;

/** A token that has lived this long is renewed when its device comes by. */
const renewAfter = 7 * day;

/** Open sessions of one member of staff; a further one ends the oldest. */
const mostSessions = 20;
/** How exactly it is noted when a session was used. */
const usedEvery = 60 * 60_000;
/** For so long whoever showed their password need not show it again for what cannot be taken back. */
const confirmedFor = 10 * 60_000;
const maxConfirmed = 1000;

/** From where somebody signs in, as far as the request tells. */
export interface From {
  readonly address: string;
  readonly agent: string;
}
const fromNowhere: From = { address: '', agent: '' };

export interface Session {
  readonly token: string;
  readonly expires: Instant;
  readonly person: PersonId;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Ids of the countries for which a focal point speaks. */
  readonly countries?: readonly string[];
}

/** Whoever a token stands for, at this moment. */
export type Bearer =
  | {
      readonly type: 'device';
      readonly person: PersonId;
      readonly device: DeviceId;
      readonly token: Token;
      /** The person's other ids. */
      readonly aliases: readonly PersonId[];
    }
  | {
      readonly type: 'staff';
      readonly person: PersonId;
      readonly name: string;
      readonly roles: readonly Role[];
      /** Ids of the countries for which a focal point speaks. */
      readonly countries: readonly string[];
      readonly token: Token;
    }
  /** Another node, a child of this one. */
  | PeerBearer;

/** `expired` also stands for what this node never signed; `erased`: all about the person was erased on request, and nothing of theirs is taken. */
export type StaffBearer = Bearer & { readonly type: 'staff' };

export type BearerError = 'expired' | 'revoked' | 'erased';

export type SessionError = { readonly type: 'not-accepted' } | { readonly type: 'name-taken' } | { readonly type: 'erased' };
const notAccepted = err({ type: 'not-accepted' } as const);

export interface Sessions {
  bearer(token: string): Promise<Result<Bearer, BearerError>>;
  /** Takes an enrolment or link code for a device. `bearer` is who already signs in with the request. */
  join(
    code: Code,
    given: { readonly device: DeviceId; readonly person?: PersonId; readonly name?: string },
    bearer: Bearer | null,
  ): Promise<Result<Session, SessionError>>;
  /** Takes the first-run code or an invitation and makes the account. */
  accept(code: Code, name: string, password: string, from?: From): Promise<Result<Session, SessionError>>;
  /** Makes the first administrator without a code, for somebody who sits at the node's own machine. Not accepted where there is one. */
  claim(name: string, password: string, from?: From): Promise<Result<Session, SessionError>>;
  /** Gives a member of staff another name or password, where they know the present one. Every other sign-in of theirs is over. */
  change(
    person: PersonId,
    password: string,
    to: { readonly name?: string; readonly password?: string },
    from?: From,
  ): Promise<Result<Session, SessionError>>;
  signIn(name: string, password: string, from?: From): Promise<Result<Session, SessionError>>;
  /** Every session of a member of staff is over, on every machine. */
  endSessions(person: PersonId): Promise<void>;
  /** The sessions of a member of staff that are open, the newest first. */
  openSessions(person: PersonId): Promise<readonly OpenSession[]>;
  /** Ends one of them. False where there is none of this id. */
  endSession(person: PersonId, session: string): Promise<boolean>;
  /** Whether they showed their password within the last ten minutes: by signing in, or by `confirm`. */
  isConfirmed(bearer: StaffBearer): boolean;
  /** Takes the password of somebody who is signed in. False where it is another one. */
  confirm(bearer: StaffBearer, password: string): Promise<boolean>;
  /** A new token where the old one has lived for a while. Learners' devices only. */
  renew(bearer: Bearer): Pick<Session, 'token' | 'expires'> | null;
  createCodes(entries: readonly NewCode[]): Promise<readonly CreatedCode[]>;
  /** A new first-run code, in place of any older one; null where the node has an administrator. */
  firstRunCode(): Promise<Code | null>;
  isClaimed(): Promise<boolean>;
  /** Makes a member of staff with a password at once; null where the name is taken. */
  addStaff(name: string, role: Role, password: string, countries?: readonly string[]): Promise<PersonId | null>;
  /** Says for which countries a focal point speaks from now on. False where nobody has this id, or they are none. */
  setCountries(person: PersonId, countries: readonly string[]): Promise<boolean>;
  /** Ends every sign-in of the person, here and by an order at every node. False where nobody has this id. */
  revoke(person: PersonId, reason?: RevocationReason, since?: Instant): Promise<boolean>;
  /** Takes that back. False where nobody has this id, or another node's order stands. */
  restore(person: PersonId): Promise<boolean>;
}

export type NewCode = Pick<CodeEntry, 'use' | 'name' | 'cohort' | 'about' | 'role' | 'countries' | 'person' | 'by'>;

export interface CreatedCode {
  readonly code: Code;
  readonly expires: Instant;
}

export async function openSessions(given: {
  readonly store: AccountStore;
  readonly peers: Peers;
  readonly orders: OrderBook;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Writes the person into the cohort. Safe to repeat. */
  readonly enrol: (person: PersonId, cohort: CohortId, name: string, about?: About) => Promise<void>;
}): Promise<Sessions> {
  const { store, peers, orders, clock, random, enrol } = given;
  const key = await tokenKey(store, random);
  const readToken = createTokenReader(key);
  const now = (): Instant => instantOf(clock());

  const isCurrent = (entry: CodeEntry | null, uses: readonly CodeEntry['use'][]): boolean =>
    entry !== null && uses.includes(entry.use) && entry.expires > now();

  function sessionOf(
    person: PersonId,
    name: string,
    roles: readonly Role[],
    device?: DeviceId,
    countries: readonly string[] = [],
    session?: string,
  ): Session {
    const issued = clock();
    const expires = issued + (device === undefined ? lifetimes.staffToken : lifetimes.learnerToken);
    const of = { ...(device === undefined ? {} : { device }), ...(session === undefined ? {} : { session }) };
    const token = signToken({ person, issued, expires, ...of }, key);
    return { token, expires: instantOf(expires), person, name, roles, ...(countries.length === 0 ? {} : { countries }) };
  }

  const newSession = ({ address, agent }: From): OpenSession => ({
    id: createPersonId(random),
    since: now(),
    used: now(),
    expires: instantOf(clock() + lifetimes.staffToken),
    address: address.slice(0, 100),
    agent: agent.slice(0, 200),
  });
  const stillOpen = ({ sessions = [] }: Staff): readonly OpenSession[] => sessions.filter(({ expires }) => expires > now());

  /** Changes what is known of the open sessions; null where nobody has this id. */
  async function changeSessions(
    person: PersonId,
    change: (open: readonly OpenSession[], staff: Staff) => readonly OpenSession[] | null,
    more: Partial<Staff> = {},
  ): Promise<Staff | null> {
    for (;;) {
      const staff = await store.get('staff', person);
      if (staff === null) return null;
      const sessions = change(stillOpen(staff), staff);
      if (sessions === null) return staff;
      const changed = { ...staff, ...more, sessions };
      if (!(await store.put('staff', [person], changed, staff._rev))) continue;
      staffOf.forget(person);
      return changed;
    }
  }

  /** A session for somebody who showed who they are, noted with the others. */
  async function open({ person, name, roles, countries = [] }: Staff, from: From): Promise<Session> {
    const session = newSession(from);
    try {
      await changeSessions(person, (sessions) => [...sessions, session].slice(-mostSessions));
    } catch {
      // A full disk must not keep out whoever comes to look after it. Such a session ends with all others alone.
      return sessionOf(person, name, roles, undefined, countries);
    }
    return sessionOf(person, name, roles, undefined, countries, session.id);
  }

  /** When each showed their password last, by person and token. */
  const confirmed = new Map<string, number>();
  const confirmedKey = ({ person, token }: StaffBearer): string => `${person} ${token.session ?? String(token.issued)}`;

  /** Marks the code as used. False where somebody else was first. */
  const take = (code: Code, entry: Kept<CodeEntry>, person: PersonId, device?: DeviceId): Promise<boolean> =>
    store.put(
      'code',
      [hashCode(code, key)],
      { ...entry, used: { at: now(), person, ...(device === undefined ? {} : { device }) } },
      entry._rev,
    );

  /** Notes the person, who may be new, and that the device is about to be theirs. */
  async function noteDevice(person: PersonId, device: DeviceId, name: string): Promise<void> {
    for (;;) {
      const kept = await store.get('learner', person);
      if (kept?.devices?.includes(device) === true) return;
      const learner = { ...(kept ?? { person, name, since: now() }), devices: [...(kept?.devices ?? []), device] };
      if (await store.put('learner', [person], learner, kept?._rev)) return;
    }
  }

  /** Reserves a name for a person; a name whose account was never finished is free. */
  async function takeName(name: string, person: PersonId): Promise<boolean> {
    const hash = hashName(name);
    if (await store.put('name', [hash], { person })) return true;
    const holder = await store.get('name', hash);
    if (holder === null) return false;
    const known = await store.get('staff', holder.person);
    // One whose holder took another name since is free, too.
    if (known !== null && hashName(known.name) === hash) return holder.person === person;
    return store.put('name', [hash], { person }, holder._rev);
  }

  const roleOf = (entry: CodeEntry): Role => entry.role ?? 'administrator';

  const administers = (staff: Staff | null): boolean => staff?.revoked === undefined && staff?.roles.includes('administrator') === true;

  const administrators = async (): Promise<{ readonly people: readonly string[]; readonly rev: string | undefined }> => {
    const kept = await store.get('key', 'administrators');
    return { people: kept?.value.split(' ') ?? [], rev: kept?._rev };
  };

  /** Notes who is about to become an administrator. */
  async function noteAdministrator(person: PersonId): Promise<void> {
    for (;;) {
      const { people, rev } = await administrators();
      if (people.includes(person) || (await store.put('key', ['administrators'], { value: [...people, person].join(' ') }, rev))) return;
    }
  }

  async function isClaimed(): Promise<boolean> {
    if ((await store.list('staff')).some(administers)) return true;
    // On a cluster the listing may come from a copy that lags behind; whoever is asked for by name is found.
    const { people } = await administrators();
    return (await Promise.all(people.map((person) => store.get('staff', person)))).some(administers);
  }

  async function createCodes(entries: readonly NewCode[]): Promise<readonly CreatedCode[]> {
    const codes = entries.map((entry) => {
      const life = entry.use === 'first-run' ? lifetimes.firstRun : entry.by === undefined ? lifetimes[entry.use] : lifetimes.byStaff;
      const value: CodeEntry = { ...entry, made: now(), expires: instantOf(clock() + life) };
      const code = createCode(random);
      return { code, value, rest: [hashCode(code, key)] };
    });
    await store.putAll('code', codes);
    return codes.map(({ code, value }) => ({ code, expires: value.expires }));
  }

  /** Ends every first-run code that is out. */
  async function endFirstRun(): Promise<void> {
    for (const entry of await store.list('code'))
      if (entry.use === 'first-run' && entry.expires > now())
        await store.put('code', [entry._id.slice('code:'.length)], { ...entry, expires: now() }, entry._rev);
  }

  const staffOf = remember((person: PersonId) => store.get('staff', person), clock);
  const learnerOf = remember((person: PersonId) => store.get('learner', person), clock);

  /** Notes with the accounts whether the person's sign-ins are over. False where nobody has this id. */
  async function mark(person: PersonId, revoked: Instant | undefined): Promise<boolean> {
    let found = false;
    for (const kind of ['staff', 'learner'] as const)
      for (;;) {
        const kept = await store.get(kind, person);
        found ||= kept !== null;
        if (kept === null || (kept.revoked === undefined) === (revoked === undefined)) break;
        const { revoked: _before, ...rest } = kept;
        const changed = revoked === undefined ? rest : { ...rest, revoked };
        if (await store.put(kind, [person], changed as Staff, kept._rev)) break;
      }
    staffOf.forget(person);
    learnerOf.forget(person);
    return found;
  }

  async function accept(code: Code, name: string, password: string, from: From = fromNowhere): Promise<Result<Session, SessionError>> {
    const entry = await store.get('code', hashCode(code, key));
    if (entry === null || !isCurrent(entry, ['first-run', 'invitation']) || entry.used !== undefined) return notAccepted;
    // One that was out before may have been overlooked when the others were ended.
    if (entry.use === 'first-run' && (await isClaimed())) return notAccepted;
    const person = createPersonId(random);
    const hashed = await hashPassword(password, random);
    if (!(await takeName(name, person))) return err({ type: 'name-taken' });
    if (!(await take(code, entry, person))) return notAccepted;
    if (roleOf(entry) === 'administrator') await noteAdministrator(person);
    const { countries = [] } = entry;
    const staff: Staff = {
      person,
      name,
      roles: [roleOf(entry)],
      ...(countries.length === 0 ? {} : { countries }),
      since: now(),
      password: hashed,
    };
    await store.put('staff', [person], staff);
    if (entry.use === 'first-run') await endFirstRun();
    return ok(await open(staff, from));
  }

  async function noteUse(person: PersonId, id: string): Promise<void> {
    try {
      await changeSessions(person, (open) => open.map((one) => (one.id === id ? { ...one, used: now() } : one)));
    } catch {
      // A disk that takes no more keeps nobody from what they may do; the hour is noted another time.
    }
  }

  return {
    async bearer(text) {
      const { erased, people, devices, nodes, sameAs } = await orders.standing();
      if (nodeOfCredential(text) !== null) {
        const peer = await peers.bearer(text);
        return peer.ok && nodes.has(peer.value.node) ? err('revoked') : peer;
      }
      const token = readToken(text);
      if (token === null) return err('expired');
      // Told also to one whose token is over: the device has work that nobody will ever take.
      if (erased.has(token.person)) return err('erased');
      if (token.expires <= clock()) return err('expired');
      if (people.has(token.person)) return err('revoked');
      if (token.device === undefined) {
        const staff = await staffOf(token.person);
        if (staff === null) return err('expired');
        if (staff.revoked !== undefined) return err('revoked');
        if (staff.tokensFrom !== undefined && token.issued < Date.parse(staff.tokensFrom)) return err('expired');
        if (token.session !== undefined) {
          const session = staff.sessions?.find(({ id }) => id === token.session);
          if (session === undefined) return err('expired');
          if (clock() - Date.parse(session.used) > usedEvery) await noteUse(staff.person, session.id);
        }
        const { person, name, roles, countries = [] } = staff;
        return ok({ type: 'staff', person, name, roles, countries, token });
      }
      if (devices.has(deviceKey(token.person, token.device))) return err('revoked');
      // A node that was restored may not know the person any more. It signed the token, so it takes the work.
      const learner = await learnerOf(token.person);
      if (learner?.revoked !== undefined) return err('revoked');
      const aliases = sameAs(token.person).filter((id) => id !== token.person);
      return ok({ type: 'device', person: token.person, device: token.device, token, aliases });
    },

    async join(code, { device, person: asked, name: ownName }, bearer) {
      const entry = await store.get('code', hashCode(code, key));
      if (entry === null || !isCurrent(entry, ['enrolment', 'link'])) return notAccepted;
      const again = entry.used;
      if (again !== undefined && (again.device !== device || (entry.use === 'enrolment' && asked !== undefined && asked !== again.person)))
        return notAccepted;

      const person = again?.person ?? (entry.use === 'link' ? entry.person : asked) ?? createPersonId(random);
      const { erased, people, devices } = await orders.standing();
      // Whoever says that they are somebody who was erased holds their random id, and nothing else is left to find out.
      if (erased.has(person)) return err({ type: 'erased' });
      const known = await store.get('learner', person);
      if (known?.revoked !== undefined || people.has(person)) return notAccepted;
      // A device whose sign-in was ended comes back by a code that staff gave for it, where this node ended it.
      const wasRevoked = devices.has(deviceKey(person, device));
      if (wasRevoked && (entry.use !== 'link' || entry.by === undefined)) return notAccepted;
      // An id is no secret among those who teach: whoever says that they are a person whom the centre knows must show it.
      if (
        again === undefined &&
        entry.use === 'enrolment' &&
        known !== null &&
        (bearer === null || bearer.type === 'peer' || bearer.person !== person)
      )
        return notAccepted;
      if (again === undefined && !(await take(code, entry, person, device))) return notAccepted;

      if (wasRevoked) {
        await orders.restore({ type: 'device', person, device });
        if ((await orders.standing()).devices.has(deviceKey(person, device))) return notAccepted;
      }

      const name = known?.name || entry.name || ownName || '';
      await noteDevice(person, device, name);
      await store.put('device', [person, device], { person, device, since: now(), lastContact: null });
      if (entry.cohort !== undefined) await enrol(person, entry.cohort, entry.name || name, entry.about);
      return ok(sessionOf(person, name, ['learner'], device));
    },

    accept,

    async claim(name, password, from) {
      if (await isClaimed()) return notAccepted;
      // A code like the printed one, which goes on being good where this fails.
      const [made] = await createCodes([{ use: 'first-run', name: '' }]);
      return made === undefined ? notAccepted : accept(made.code, name, password, from);
    },

    async change(person, password, to, from = fromNowhere) {
      const staff = await store.get('staff', person);
      const right = await verifyPassword(password, staff?.password ?? null);
      if (!right || staff === null || staff.revoked !== undefined) return notAccepted;
      const { name = staff.name } = to;
      if (!(await takeName(name, person))) return err({ type: 'name-taken' });
      const hashed = to.password === undefined ? staff.password : await hashPassword(to.password, random);
      const session = newSession(from);
      const changed: Staff = { ...staff, name, password: hashed, tokensFrom: now(), sessions: [session] };
      // Of two that change it at once one is told that the password before is another.
      if (!(await store.put('staff', [person], changed, staff._rev))) return notAccepted;
      staffOf.forget(person);
      return ok(sessionOf(person, name, staff.roles, undefined, staff.countries ?? [], session.id));
    },

    async signIn(name, password, from = fromNowhere) {
      const holder = await store.get('name', hashName(name));
      const known: Staff | null = holder === null ? null : await store.get('staff', holder.person);
      // Under a name that they gave up nobody signs in.
      const staff = known !== null && hashName(known.name) === hashName(name) ? known : null;
      const right = await verifyPassword(password, staff?.password ?? null);
      if (!right || staff === null || staff.revoked !== undefined) return notAccepted;
      const { erased, people } = await orders.standing();
      if (erased.has(staff.person) || people.has(staff.person)) return notAccepted;
      return ok(await open(staff, from));
    },

    async endSessions(person) {
      // A token of this very millisecond ends too.
      await changeSessions(person, () => [], { tokensFrom: instantOf(clock() + 1) });
    },

    async openSessions(person) {
      const staff = await store.get('staff', person);
      return staff === null ? [] : [...stillOpen(staff)].reverse();
    },

    async endSession(person, session) {
      let found = false;
      await changeSessions(person, (open) => {
        found = open.some(({ id }) => id === session);
        return found ? open.filter(({ id }) => id !== session) : null;
      });
      return found;
    },

    isConfirmed: (bearer) => clock() - Math.max(bearer.token.issued, confirmed.get(confirmedKey(bearer)) ?? 0) < confirmedFor,

    async confirm(bearer, password) {
      const staff = await store.get('staff', bearer.person);
      if (!(await verifyPassword(password, staff?.password ?? null))) return false;
      const [oldest] = confirmed.keys();
      if (confirmed.size >= maxConfirmed && oldest !== undefined) confirmed.delete(oldest);
      confirmed.set(confirmedKey(bearer), clock());
      return true;
    },

    renew(bearer) {
      if (bearer.type !== 'device' || clock() - bearer.token.issued < renewAfter) return null;
      const { token, expires } = sessionOf(bearer.person, '', [], bearer.device);
      return { token, expires };
    },

    createCodes,
    isClaimed,

    async firstRunCode() {
      if (await isClaimed()) return null;
      await endFirstRun();
      const [made] = await createCodes([{ use: 'first-run', name: '' }]);
      return made?.code ?? null;
    },

    async addStaff(name, role, password, countries = []) {
      const person = createPersonId(random);
      const hashed = await hashPassword(password, random);
      if (!(await takeName(name, person))) return null;
      if (role === 'administrator') await noteAdministrator(person);
      await store.put('staff', [person], {
        person,
        name,
        roles: [role],
        ...(countries.length === 0 ? {} : { countries }),
        since: now(),
        password: hashed,
      });
      if (role === 'administrator') await endFirstRun();
      return person;
    },

    async setCountries(person, countries) {
      for (;;) {
        const kept = await store.get('staff', person);
        if (kept?.roles.includes('focal-point') !== true) return false;
        if (await store.put('staff', [person], { ...kept, countries }, kept._rev)) break;
      }
      staffOf.forget(person);
      return true;
    },

    async revoke(person, reason = 'other', since) {
      if (!(await mark(person, now()))) return false;
      await orders.revoke({ type: 'person', person }, reason, since);
      return true;
    },

    async restore(person) {
      if (!(await mark(person, undefined))) return false;
      await orders.restore({ type: 'person', person });
      return !(await orders.standing()).people.has(person);
    },
  };
}

interface Remembered<Value> {
  (person: PersonId): Promise<Value>;
  forget(person: PersonId): void;
}

/** Reads once for all who ask within a moment. What could not be read is not remembered. */
function remember<Value>(read: (person: PersonId) => Promise<Value>, clock: Clock): Remembered<Value> {
  const known = new Map<PersonId, { readonly at: number; readonly value: Promise<Value> }>();
  const ask = (person: PersonId): Promise<Value> => {
    const now = clock();
    const before = known.get(person);
    if (before !== undefined && now >= before.at && now - before.at < standingLives) return before.value;
    const entry = { at: now, value: read(person) };
    // The oldest is asked again; which one it is matters little.
    const [oldest] = known.keys();
    if (known.size >= maxStandings && oldest !== undefined) known.delete(oldest);
    known.set(person, entry);
    entry.value.catch(() => {
      if (known.get(person) === entry) known.delete(person);
    });
    return entry.value;
  };
  return Object.assign(ask, { forget: (person: PersonId) => void known.delete(person) });
}
