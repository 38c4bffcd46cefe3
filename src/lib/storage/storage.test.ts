import 'fake-indexeddb/auto';
import { Dexie } from 'dexie';
import { afterEach, describe, expect, it } from 'vitest';
import { instantOf } from '#lib/domain/clock.ts';
import type { CohortId, CourseId, NodeId, Sha256, UnitId } from '#lib/domain/ids.ts';
import type { CourseStructure, SignedManifest } from '#lib/course/package.ts';
import { attempt, journalSuite, note, person } from '../../../tests/conformance/journal.ts';
import { createVerifier, isSecretValue, matchesVerifier, waitAfter } from './secret.ts';
import { openStore, watch, type Store } from './store.ts';
import { stores, type JobRow, type PersonRow } from './schema.ts';

let counter = 0;
let time = 1_700_000_000_000;
const now = () => time;
const random = (n: number) => Uint8Array.from({ length: n }, (_, i) => (i * 7 + counter++) % 256);
const opened: Store[] = [];

async function open(name = `test-${String(counter++)}`): Promise<Store> {
  const store = await openStore(now, random, name);
  opened.push(store);
  return store;
}

afterEach(() => {
  for (const { database } of opened.splice(0)) database.close();
});

const anybody: PersonRow = {
  id: person,
  name: 'Amina',
  made: instantOf(0),
  verifier: null,
  tries: { failed: 0, until: 0 },
  centre: { node: 'cairo' as NodeId, epoch: 'e1', origin: 'http://centre.lan', cohorts: [], token: 't', expires: instantOf(0) },
  lastPass: null,
  relay: null,
};

describe('the journal in Dexie', () => {
  journalSuite(async () => {
    const store = await open();
    await store.database.people.add(anybody);
    return {
      journal: store.journal,
      commit: async (document) => {
        await store.journal.commit(document.person, [document]);
      },
      atCentre: async () => {
        const kept = [...(await store.journal.ofKind(person, 'attempt')), ...(await store.journal.ofKind(person, 'note'))];
        return kept
          .filter(({ atCentre }) => atCentre)
          .map(({ body }) => body._id)
          .sort();
      },
      above: async () => {
        const kept = [...(await store.journal.ofKind(person, 'attempt')), ...(await store.journal.ofKind(person, 'note'))];
        return kept
          .filter(({ above }) => above !== null)
          .map(({ body }) => body._id)
          .sort();
      },
    };
  });

  it('takes up what a device kept before it knew of a place above the centre', async () => {
    const name = `before-${String(counter++)}`;
    const old = new Dexie(name);
    old.version(1).stores(stores);
    await old.open();
    const mark = { node: 'cairo', epoch: 'e1', rev: '1-a' };
    const { relay: _relay, ...before } = anybody;
    const row = { id: attempt(1)._id, person, kind: 'attempt', course: 'space-law', body: attempt(1), waits: 0, receipt: mark };
    await old.table('people').add(before);
    await old.table('journal').add({ ...row, version: 1, handed: { version: 1, rev: '1-a' } });
    await old.table('mirror').add({ ...row, id: attempt(2)._id, body: attempt(2), rev: '1-a' });
    old.close();
    const { journal } = await open(name);
    expect((await journal.ofKind(person, 'attempt')).map(({ atCentre, above }) => ({ atCentre, above }))).toEqual([
      { atCentre: true, above: null },
      { atCentre: true, above: null },
    ]);
    expect((await journal.unrelayed(person)).revisions.size).toBe(2);
  });

  it('commits an answer and the register together, and adds to the register from two tabs', async () => {
    const name = `tabs-${String(counter++)}`;
    const [one, two] = [await open(name), await open(name)];
    expect(two.device).toBe(one.device);
    const course = 'space-law' as CourseId;
    const visit = { type: 'visit', unit: 'treaty' as UnitId, offset: 0.5, seconds: 10, at: instantOf(time) } as const;
    await Promise.all([
      one.journal.commit(person, [attempt(1)], { course, events: [visit] }),
      two.journal.commit(person, [attempt(2)], { course, events: [visit] }),
    ]);
    const kept = await one.journal.ofCourse(person, course);
    expect(kept.map(({ body }) => body.kind).sort()).toEqual(['attempt', 'attempt', 'register']);
    expect(kept.find(({ body }) => body.kind === 'register')?.body).toMatchObject({ units: { treaty: { seconds: 20 } } });
    expect(await one.journal.waitingCount(person)).toBe(3);
  });

  it('keeps nothing of a commit that fails', async () => {
    const store = await open();
    const unclonable = { ...attempt(2), response: () => 'a function is not data' };
    await expect(store.journal.commit(person, [attempt(1), unclonable])).rejects.toThrow();
    expect(await store.journal.ofKind(person, 'attempt')).toEqual([]);
  });

  it('is there after the database was closed and opened again', async () => {
    const name = `again-${String(counter++)}`;
    const before = await open(name);
    await before.journal.commit(person, [note('kept')]);
    before.database.close();
    const after = await open(name);
    expect(after.device).toBe(before.device);
    expect((await after.journal.ofKind(person, 'note')).map(({ body }) => body)).toEqual([note('kept')]);
  });

  it('tells who watches of what another tab did', async () => {
    const name = `watch-${String(counter++)}`;
    const [one, two] = [await open(name), await open(name)];
    const seen: number[] = [];
    const stop = watch(
      () => one.journal.waitingCount(person),
      (count) => seen.push(count),
    );
    await expect.poll(() => seen.at(-1)).toBe(0);
    await two.journal.commit(person, [attempt(1)]);
    await expect.poll(() => seen.at(-1)).toBe(1);
    stop();
  });
});

describe('people', () => {
  it('makes somebody current and remembers them', async () => {
    const { people } = await open();
    expect(await people.current()).toBeNull();
    const amina = await people.create('Amina');
    time += 1000;
    const chen = await people.create('Chen', { type: 'pin', value: '2718' });
    expect((await people.current())?.id).toBe(chen.id);
    expect((await people.all()).map(({ name }) => name)).toEqual(['Amina', 'Chen']);
    expect(await people.signIn(amina.id)).toMatchObject({ ok: true });
    expect((await people.current())?.id).toBe(amina.id);
  });

  it('opens with the right secret alone, and not with pictures that spell the PIN', async () => {
    const { people } = await open();
    const chen = await people.create('Chen', { type: 'pictures', value: 'sun-moon-star' });
    await people.makeCurrent(null);
    expect(await people.signIn(chen.id)).toEqual({ ok: false, error: { type: 'wrong-secret' } });
    expect(await people.signIn(chen.id, { type: 'pin', value: 'sun-moon-star' })).toMatchObject({ ok: false });
    expect(await people.current()).toBeNull();
    expect(await people.signIn(chen.id, { type: 'pictures', value: 'sun-moon-star' })).toMatchObject({ ok: true });
  });

  it('waits after five wrong tries, longer each time, also after the page was loaded again', async () => {
    const name = `tries-${String(counter++)}`;
    const { people } = await open(name);
    const chen = await people.create('Chen', { type: 'pin', value: '2718' });
    const wrong = { type: 'pin', value: '0000' } as const;
    for (let i = 0; i < 5; i++) expect(await people.signIn(chen.id, wrong)).toEqual({ ok: false, error: { type: 'wrong-secret' } });
    const reloaded = (await open(name)).people;
    expect(await reloaded.signIn(chen.id, { type: 'pin', value: '2718' })).toEqual({ ok: false, error: { type: 'wait', wait: 10 } });
    time += 10_000;
    expect(await reloaded.signIn(chen.id, wrong)).toEqual({ ok: false, error: { type: 'wrong-secret' } });
    expect(await reloaded.signIn(chen.id, wrong)).toEqual({ ok: false, error: { type: 'wait', wait: 20 } });
    time += 20_000;
    expect(await reloaded.signIn(chen.id, { type: 'pin', value: '2718' })).toMatchObject({ ok: true });
    expect(await reloaded.signIn(chen.id, wrong)).toEqual({ ok: false, error: { type: 'wrong-secret' } });
  });

  it('does not lock anybody out when the clock is set back', async () => {
    const { people } = await open();
    const chen = await people.create('Chen', { type: 'pin', value: '2718' });
    for (let i = 0; i < 5; i++) await people.signIn(chen.id, { type: 'pin', value: '0000' });
    time -= 400 * 86_400_000;
    expect(await people.signIn(chen.id, { type: 'pin', value: '2718' })).toEqual({ ok: false, error: { type: 'wait', wait: 300 } });
    time += 400 * 86_400_000;
  });

  it('forgets only who is nameless and has done nothing', async () => {
    const { people, journal } = await open();
    const empty = await people.create('');
    const worked = await people.create('');
    await journal.commit(worked.id, [attempt(1, worked.id)]);
    const named = await people.create('Amina');
    for (const { id } of [empty, worked, named]) await people.forgetIfEmpty(id);
    expect((await people.all()).map(({ id }) => id).sort()).toEqual([worked.id, named.id].sort());
  });

  it('keeps the work of who is adopted by a link code apart from who was here', async () => {
    const { people, journal } = await open();
    const local = await people.create('');
    await journal.commit(local.id, [attempt(1, local.id)]);
    const linked = await people.adopt(person, 'Amina');
    await people.setCentre(linked.id, {
      ...(anybody.centre as NonNullable<PersonRow['centre']>),
      cohorts: [{ id: 'c' as CohortId, title: 'C' }],
    });
    expect((await people.adopt(person, 'Somebody else')).name).toBe('Amina');
    expect(await journal.waitingCount(local.id)).toBe(1);
    expect(await journal.waitingCount(linked.id)).toBe(0);
  });
});

describe('secrets', () => {
  it('knows what a PIN and a row of pictures look like', () => {
    expect(['1234', '123456789012'].every((pin) => isSecretValue('pin', pin))).toBe(true);
    expect(['123', '1234567890123', '12a4', ''].some((pin) => isSecretValue('pin', pin))).toBe(false);
    expect(isSecretValue('pictures', 'sun-moon-star')).toBe(true);
    expect(['sun-moon', 'a-b-c-d-e-f-g', 'Sun-moon-star'].some((row) => isSecretValue('pictures', row))).toBe(false);
  });

  it('doubles the wait up to five minutes', () => {
    expect([1, 4, 5, 6, 7, 9, 10, 40].map(waitAfter)).toEqual([0, 0, 10, 20, 40, 160, 300, 300]);
  });

  it('derives the same key without WebCrypto', async () => {
    const made = await createVerifier('pin', '2718', random);
    const { crypto } = globalThis;
    Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
    try {
      expect(await matchesVerifier(made, 'pin', '2718')).toBe(true);
      expect(await matchesVerifier(made, 'pin', '2719')).toBe(false);
    } finally {
      Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true });
    }
  }, 20_000);
});

describe('the library', () => {
  const sha = (n: number) => n.toString(16).padStart(64, '0') as Sha256;
  const piece = (n: number) => ({ sha256: sha(n), type: 'text/html', bytes: new Uint8Array([n]) });
  const job = (course: string, pieces: readonly number[]): JobRow => ({
    course: course as CourseId,
    language: 'en',
    media: true,
    state: 'running',
    reason: null,
    received: 0,
    total: 0,
    transferred: 0,
    pieces: pieces.map(sha),
  });
  const installation = (course: string, pieces: readonly number[]) => ({
    signed: { manifest: { course } } as unknown as SignedManifest,
    digest: sha(99),
    structure: {} as CourseStructure,
    languages: ['en'],
    media: true,
    pieces: pieces.map(sha),
    bytes: 1,
    transferred: 1,
  });

  it('shares pieces between courses and sweeps what nothing names', async () => {
    const { library } = await open();
    await library.receive(job('a', [1, 2]), [piece(1), piece(2)]);
    await library.install(installation('a', [1, 2]));
    await library.receive(job('b', [2, 3]), [piece(3)]);
    expect(await library.held([1, 2, 3, 4].map(sha))).toEqual(new Set([1, 2, 3].map(sha)));
    await library.remove('a' as CourseId);
    expect(await library.held([1, 2, 3].map(sha))).toEqual(new Set([2, 3].map(sha)));
    await library.dropJob('b' as CourseId);
    expect(await library.held([1, 2, 3].map(sha))).toEqual(new Set());
  });

  it('replaces a course by its update and drops what only the old one had', async () => {
    const { library } = await open();
    await library.receive(job('a', [1, 2]), [piece(1), piece(2)]);
    await library.install(installation('a', [1, 2]));
    await library.heardOf('a' as CourseId, sha(98));
    expect((await library.course('a' as CourseId))?.newer).toBe(sha(98));
    await library.receive(job('a', [2, 3]), [piece(3)]);
    await library.install(installation('a', [2, 3]));
    expect(await library.held([1, 2, 3].map(sha))).toEqual(new Set([2, 3].map(sha)));
    expect(await library.jobs()).toEqual([]);
    expect((await library.course('a' as CourseId))?.newer).toBeNull();
  });

  it('never touches the work of learners', async () => {
    const { library, journal } = await open();
    await journal.commit(person, [attempt(1)]);
    await library.sweep();
    await library.remove('space-law' as CourseId);
    expect(await journal.waitingCount(person)).toBe(1);
  });
});
