/**
 * What a trainer last saw, kept on the device for the days without a network: cohorts and reports, which hold the names and
 * marks of other people. A trainer's device is often a laptop that a whole class uses, so they lie encrypted under a key
 * made from the trainer's password (PBKDF2-HMAC-SHA-256, AES-256-GCM): the same words that sign in at the node open them
 * here when the node cannot be reached, and without them the store says only that somebody of this name keeps something.
 *
 * What it does not do: a weak password can be guessed by whoever copies the store. Web Crypto exists only in a secure
 * context; on a plain-HTTP address nothing is kept, and there is no offline app there either.
 */
import * as v from 'valibot';
import { isPersonId, type PersonId } from '#lib/domain/ids.ts';
import { cascade, type Cascade } from './teach-cascade.ts';
import { cohort, report, type Cohort, type CohortReport } from './teach-client.ts';

export interface KeptWork {
  /** Whose work it is; absent where an earlier version of the app kept it. */
  readonly person?: PersonId | undefined;
  readonly roles: readonly string[];
  /** For which a focal point speaks. */
  readonly countries?: readonly string[] | undefined;
  readonly cohorts: readonly Cohort[];
  /** The newest report of each cohort, by its id. */
  readonly reports: Readonly<Record<string, CohortReport>>;
  /** Whom they trained, through generations. */
  readonly branch?: Cascade | undefined;
}

/** As much of `localStorage` as is used. */
export interface TextStore {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

export interface Locker {
  readonly work: KeptWork | null;
  /** The key, in base64, for the same tab after a reload. */
  readonly key: string;
  /** Replaces what is kept. A store that is full keeps what it had. */
  keep(work: KeptWork): Promise<void>;
}

const keptWork = v.object({
  person: v.optional(v.custom<PersonId>(isPersonId)),
  roles: v.array(v.string()),
  countries: v.optional(v.array(v.string())),
  cohorts: v.array(cohort),
  reports: v.record(v.string(), report),
  branch: v.optional(cascade),
});

const base64 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]*={0,2}$/));
const sealedBox = v.object({ v: v.literal(1), salt: base64, iterations: v.pipe(v.number(), v.integer()), iv: base64, sealed: base64 });
type SealedBox = v.InferOutput<typeof sealedBox>;

/** OWASP's Password Storage Cheat Sheet (2023) for PBKDF2-HMAC-SHA-256: about 0.2 s on a laptop, 1 to 2 s on a cheap phone. */
const iterations = 600_000;

const entryOf = (name: string): string => `perigee-teach:${name.normalize('NFC').trim().toLowerCase()}`;

const toBase64 = (bytes: Uint8Array): string => {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
};
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

function boxIn(store: TextStore, name: string): SealedBox | null {
  try {
    const parsed = v.safeParse(sealedBox, JSON.parse(store.getItem(entryOf(name)) ?? 'null'));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

async function deriveKey(password: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<Uint8Array<ArrayBuffer>> {
  const material = await crypto.subtle.importKey('raw', new TextEncoder().encode(password.normalize('NFKC')), 'PBKDF2', false, [
    'deriveBits',
  ]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }, material, 256));
}

const importKey = (raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);

/** The contents of a box; null where the key is another one, or the box is not what this version writes. */
async function openBox(box: SealedBox, key: CryptoKey): Promise<KeptWork | null> {
  try {
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: fromBase64(box.iv) }, key, fromBase64(box.sealed));
    const parsed = v.safeParse(keptWork, JSON.parse(new TextDecoder().decode(plain)));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

function lockerWith(
  store: TextStore,
  name: string,
  given: { readonly raw: Uint8Array<ArrayBuffer>; readonly key: CryptoKey; readonly salt: string; readonly iterations: number },
  work: KeptWork | null,
): Locker {
  return {
    work,
    key: toBase64(given.raw),
    async keep(next) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, given.key, new TextEncoder().encode(JSON.stringify(next)));
      const box: SealedBox = {
        v: 1,
        salt: given.salt,
        iterations: given.iterations,
        iv: toBase64(iv),
        sealed: toBase64(new Uint8Array(sealed)),
      };
      try {
        store.setItem(entryOf(name), JSON.stringify(box));
      } catch {
        // Full, or closed by the browser's settings. It is a copy; the node has the truth.
      }
    },
  };
}

const canLock = (): boolean => typeof crypto !== 'undefined' && 'subtle' in crypto;

/** Opens what this name keeps here. Null where nothing is kept, or the password is another one. */
export async function openLocker(store: TextStore, name: string, password: string): Promise<Locker | null> {
  const box = canLock() ? boxIn(store, name) : null;
  if (box === null) return null;
  const raw = await deriveKey(password, fromBase64(box.salt), box.iterations);
  const key = await importKey(raw);
  const work = await openBox(box, key);
  return work === null ? null : lockerWith(store, name, { raw, key, salt: box.salt, iterations: box.iterations }, work);
}

/** A locker for somebody whom the node has just accepted: theirs if it opens, else a new one in its place. */
export async function makeLocker(store: TextStore, name: string, password: string): Promise<Locker | null> {
  if (!canLock()) return null;
  const existing = await openLocker(store, name, password);
  if (existing !== null) return existing;
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const raw = await deriveKey(password, salt, iterations);
  return lockerWith(store, name, { raw, key: await importKey(raw), salt: toBase64(salt), iterations }, null);
}

/** The locker again after a reload, by the key that the tab remembers. */
export async function reopenLocker(store: TextStore, name: string, keyText: string): Promise<Locker | null> {
  const box = canLock() && v.is(base64, keyText) ? boxIn(store, name) : null;
  if (box === null) return null;
  const raw = fromBase64(keyText);
  if (raw.length !== 32) return null;
  const key = await importKey(raw);
  const work = await openBox(box, key);
  return work === null ? null : lockerWith(store, name, { raw, key, salt: box.salt, iterations: box.iterations }, work);
}
