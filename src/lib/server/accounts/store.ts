/**
 * The documents of the database `accounts`, which never leaves the node and has no writer but the node and its command line:
 *
 *   staff:<person>              a member of staff: name, roles, password
 *   learner:<person>            a person who joined this centre
 *   device:<person>:<device>    a device that the node signed to a person, and when it last came
 *   name:<hash>                 which member of staff signs in under a name
 *   code:<hash>                 a code that is out, or was used
 *   member:<cohort>:<person>    who belongs to a cohort, and the name that the trainer gave them
 *   peer:<node>                 a node that is a child of this one, with a hash of its credential
 *   key:administrators          who was made an administrator, ids with a space between
 *   key:tokens                  the key that signs tokens and hashes codes
 *   key:node                    the key of the node itself, which signs courses and device keys
 *   key:issuer                  the key that signs certificates
 */
import { createHash } from 'node:crypto';
import type { About } from '../../domain/about.ts';
import type { Instant, RandomBytes } from '../../domain/clock.ts';
import type { CohortId, DeviceId, NodeId, PersonId } from '../../domain/ids.ts';
import type { BindingRecord } from '../../domain/records.ts';
import type { Role } from '../../sync/access.ts';
import type { CouchDocument, Database } from '../engine/engine.ts';
import type { PasswordHash } from './passwords.ts';

export interface Staff {
  readonly person: PersonId;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Ids of the countries for which a focal point speaks. */
  readonly countries?: readonly string[];
  readonly since: Instant;
  readonly revoked?: Instant;
  readonly password: PasswordHash;
  /** Tokens that were given out before are over: the name or password was changed, or the person signed out everywhere. */
  readonly tokensFrom?: Instant;
  /** What they said of themselves. */
  readonly about?: About;
  /** Those that are open, the oldest first; one that is not among them is over. */
  readonly sessions?: readonly OpenSession[];
}

/** Where a member of staff is signed in. */
export interface OpenSession {
  readonly id: string;
  readonly since: Instant;
  /** When it was used last, to the hour: a request need not write. */
  readonly used: Instant;
  readonly expires: Instant;
  /** From which address it was opened; '' where that is not known. */
  readonly address: string;
  /** What the browser said of itself, at most 200 characters. */
  readonly agent: string;
}

export interface Learner {
  readonly person: PersonId;
  /** `''` where nobody gave one. */
  readonly name: string;
  readonly since: Instant;
  readonly revoked?: Instant;
  /** Since when the person asks that everything about them be erased. */
  readonly asksErasure?: Instant;
  /** The devices that joined. Each has a document of its own; a listing of those may come from a copy that lags behind, and none may be overlooked. */
  readonly devices?: readonly DeviceId[];
}

export interface Device {
  readonly person: PersonId;
  readonly device: DeviceId;
  readonly since: Instant;
  /** The binding of the key that it came with last. */
  readonly binding?: BindingRecord;
  /** When its last pass ended; null where none did. */
  readonly lastContact: Instant | null;
  /** Milliseconds by which its clock was ahead of the node's then; negative where behind. */
  readonly skew?: number;
  /** Version of the app that it ran then. */
  readonly app?: string;
}

export interface CodeEntry {
  readonly use: 'enrolment' | 'link' | 'invitation' | 'first-run';
  readonly made: Instant;
  readonly expires: Instant;
  /** The name that a trainer or administrator gave. */
  readonly name: string;
  readonly cohort?: CohortId;
  /** What the roster said of them. */
  readonly about?: About;
  readonly role?: Role;
  /** Of a focal point's invitation. */
  readonly countries?: readonly string[];
  /** Of a link code: whose it is. */
  readonly person?: PersonId;
  /** Of a link code: the member of staff who gave it; absent where the person made it on a device of theirs. */
  readonly by?: PersonId;
  readonly used?: { readonly at: Instant; readonly person: PersonId; readonly device?: DeviceId };
}

export interface Member {
  readonly cohort: CohortId;
  readonly person: PersonId;
  readonly name: string;
  readonly joined: Instant;
}

/** A node that is a child of this one. */
export interface Peer {
  readonly node: NodeId;
  /** SHA-256 of its credential, in hexadecimal. */
  readonly hash: string;
  readonly made: Instant;
  readonly revoked?: Instant;
}

interface Kinds {
  readonly staff: Staff;
  readonly learner: Learner;
  readonly device: Device;
  readonly name: { readonly person: PersonId };
  readonly code: CodeEntry;
  readonly member: Member;
  readonly peer: Peer;
  readonly key: { readonly value: string };
}
export type Kind = keyof Kinds;

/** A document and the revision that a change of it must name. */
export type Kept<Value> = Value & { readonly _id: string; readonly _rev: string };

export interface AccountStore {
  get<K extends Kind>(kind: K, ...rest: readonly string[]): Promise<Kept<Kinds[K]> | null>;
  list<K extends Kind>(kind: K, ...rest: readonly string[]): Promise<readonly Kept<Kinds[K]>[]>;
  /** Every device of a person. */
  devicesOf(person: PersonId): Promise<readonly Kept<Device>[]>;
  /** False where the document is there already, or changed since `rev`: whoever wrote first is first. */
  put<K extends Kind>(kind: K, rest: readonly string[], value: Kinds[K], rev?: string): Promise<boolean>;
  /** Many new documents with one sync; those that exist stay as they are. */
  /** Purges all that names these people: accounts, devices, memberships, and codes that they used or that lead to them. */
  purgePeople(people: ReadonlySet<PersonId>): Promise<void>;
  putAll<K extends Kind>(kind: K, entries: readonly { readonly rest: readonly string[]; readonly value: Kinds[K] }[]): Promise<void>;
}

const nameOf = (kind: Kind, rest: readonly string[]): string => [kind, ...rest].join(':');

export function openAccountStore(database: Database): AccountStore {
  // Nobody but this file writes here, so a document that is found is of its kind.
  const kept = <K extends Kind>(document: CouchDocument): Kept<Kinds[K]> => document as unknown as Kept<Kinds[K]>;
  const body = (kind: Kind, rest: readonly string[], value: object): Record<string, unknown> =>
    // What was read and is written again carries its old name and revision.
    ({ ...Object.fromEntries(Object.entries(value).filter(([field]) => !field.startsWith('_'))), _id: nameOf(kind, rest) });

  async function get<K extends Kind>(kind: K, ...rest: readonly string[]): Promise<Kept<Kinds[K]> | null> {
    const document = await database.get(nameOf(kind, rest));
    return document === null || document._deleted === true ? null : kept<K>(document);
  }
  async function list<K extends Kind>(kind: K, ...rest: readonly string[]): Promise<readonly Kept<Kinds[K]>[]> {
    const start = `${nameOf(kind, rest)}:`;
    const { rows } = await database.list({ partition: kind, start, end: `${start.slice(0, -1)};`, inclusiveEnd: false, bodies: true });
    return rows.flatMap(({ document }) => (document === undefined ? [] : [kept<K>(document)]));
  }

  async function devicesOf(person: PersonId): Promise<readonly Kept<Device>[]> {
    const [listed, learner] = await Promise.all([list('device', person), get('learner', person)]);
    const unlisted = (learner?.devices ?? []).filter((device) => !listed.some((known) => known.device === device));
    const named = await Promise.all(unlisted.map((device) => get('device', person, device)));
    return [...listed, ...named.flatMap((device) => device ?? [])];
  }

  return {
    get,
    list,
    devicesOf,
    async put(kind, rest, value, rev) {
      const document = { ...body(kind, rest, value), ...(rev === undefined ? {} : { _rev: rev }) };
      const [written] = await database.bulk([document], { newEdits: true });
      if (written?.ok === false && written.error !== 'conflict') throw new Error(`accounts: ${written.reason}`);
      return written?.ok === true;
    },
    async purgePeople(people) {
      const is = (person: PersonId | undefined): boolean => person !== undefined && people.has(person);
      const own = await Promise.all(
        [...people].map(async (person) => {
          const staff = await get('staff', person);
          const devices = await devicesOf(person);
          const present = staff === null ? [] : [nameOf('name', [hashName(staff.name)])];
          return [nameOf('staff', [person]), nameOf('learner', [person]), ...present, ...devices.map(({ _id }) => _id)];
        }),
      );
      // A name that was given up still leads to its holder.
      const names = (await list('name')).filter(({ person }) => is(person));
      const members = (await list('member')).filter(({ person }) => is(person));
      const codes = (await list('code')).filter(({ person, used }) => is(person) || is(used?.person));
      await database.purge([...own.flat(), ...[...names, ...members, ...codes].map(({ _id }) => _id)]);
    },
    async putAll(kind, entries) {
      const written = await database.bulk(
        entries.map(({ rest, value }) => body(kind, rest, value)),
        { newEdits: true },
      );
      for (const answer of written) if (!answer.ok && answer.error !== 'conflict') throw new Error(`accounts: ${answer.reason}`);
    },
  };
}

/** The part of a `name:` document's name: two ways of writing one name are one name. */
export const hashName = (name: string): string =>
  createHash('sha256').update(name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()).digest('hex');

/** A name that people give, or null: 1 to 100 characters, without control characters. */
export function readName(value: unknown): string | null {
  if (typeof value !== 'string' || !value.isWellFormed()) return null;
  const name = value.normalize('NFC').trim().replace(/\s+/g, ' ');
  return name.length > 0 && name.length <= 100 && !/\p{Cc}/u.test(name) ? name : null;
}

/** The key that signs tokens; made the first time. */
export async function tokenKey(store: AccountStore, random: RandomBytes): Promise<Uint8Array> {
  await store.put('key', ['tokens'], { value: Buffer.from(random(32)).toString('base64url') });
  const key = await store.get('key', 'tokens');
  if (key === null) throw new Error('The key that signs tokens could not be kept');
  return Buffer.from(key.value, 'base64url');
}
