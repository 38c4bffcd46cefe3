import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { instantOf } from '#lib/domain/clock.ts';
import { createPersonId, createUlid, type CourseId, type ItemId, type PersonId, type UnitId } from '#lib/domain/ids.ts';
import { contentsOf, parseParcel, type Parcel } from '#lib/domain/parcel.ts';
import { attemptId, noteId, type AttemptRecord, type NoteRecord } from '#lib/domain/records.ts';
import { joinRegisters } from '#lib/domain/progress.ts';
import { carriedOf, knownTarget, noteTaken, pack, takeOver, unpack } from './arrivals.ts';
import { openStore, type Store } from './store.ts';
import type { PersonRow } from './schema.ts';

let counter = 0;
let time = 1_700_000_000_000;
const now = () => (time += 1000);
/** No two alike, within the tests. */
const random = (n: number) => {
  counter += 1;
  return Uint8Array.from({ length: n }, (_, i) => (i < 4 ? (counter >>> (8 * i)) & 255 : i * 31));
};
const opened: Store[] = [];
const course = 'satellite-navigation' as CourseId;
const unit = 'kepler-orbits' as UnitId;

async function open(): Promise<Store> {
  counter += 1;
  const store = await openStore(now, random, `arrivals-${String(counter)}`);
  opened.push(store);
  return store;
}

afterEach(() => {
  for (const { database } of opened.splice(0)) database.close();
});

async function answer(store: Store, person: PersonId, item = 'period' as ItemId): Promise<void> {
  const [moment, at] = [now(), instantOf(time)];
  const ulid = createUlid(moment, random);
  const attempt: AttemptRecord = {
    _id: attemptId(person, course, item, ulid),
    kind: 'attempt',
    person,
    course,
    unit,
    item,
    v: 1,
    ulid,
    writer: store.device,
    at,
    language: 'en',
    exercise: 'choice',
    response: ['a'],
    score: 0.5,
    points: 1,
    seconds: 3,
  };
  await store.journal.commit(person, [attempt], { course, events: [{ type: 'answer', unit, item, v: 1, score: 0.5, at }] });
}

async function write(store: Store, person: PersonId, text: string, before?: NoteRecord): Promise<NoteRecord> {
  const [moment, at] = [now(), instantOf(time)];
  const ulid = before?.ulid ?? createUlid(moment, random);
  const note: NoteRecord = {
    ...(before ?? { type: 'note', made: at, kind: 'note', person, course, unit, ulid, writer: store.device }),
    _id: noteId(person, course, unit, ulid),
    text,
    changed: at,
  };
  await store.journal.commit(person, [note]);
  return note;
}

/** By the road that a parcel takes, through JSON. */
async function parcelOf(store: Store, person: PersonRow, from = 'http://192.168.1.10:8080'): Promise<Parcel> {
  const row = (await store.people.get(person.id)) ?? person;
  const packed = await pack(store, row, { from, to: 'https://centre.local', now, random });
  const read = parseParcel(JSON.parse(JSON.stringify(packed)));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

/** Attempts by documents and by the sums of registers, and what the notes say. */
async function shown(store: Store, person: PersonId): Promise<{ answers: number; counted: number; notes: readonly string[] }> {
  const bodies = (await store.journal.ofCourse(person, course)).map(({ body }) => body);
  const joined = joinRegisters(bodies.flatMap((body) => (body.kind === 'register' ? [body] : [])));
  const counted = [...joined.items.values()].flatMap(({ attempts }) => [...attempts.values()]).reduce((a, b) => a + b, 0);
  return {
    answers: bodies.filter(({ kind }) => kind === 'attempt').length,
    counted,
    notes: bodies.flatMap((body) => (body.kind === 'note' ? [body.text] : [])).sort(),
  };
}

describe('work that comes from another address', () => {
  it('is this person’s and this device’s, and stays where it was', async () => {
    const [old, home] = [await open(), await open()];
    const source = await old.people.create('Amina');
    await answer(old, source.id);
    await write(old, source.id, 'period and axis');
    const target = await home.people.create('Amina');
    const parcel = await parcelOf(old, source);
    expect(contentsOf(parcel.documents)).toEqual({ answers: 1, notes: 1, applications: 0, courses: [course] });
    expect(await takeOver(home, parcel, target.id)).toEqual({ fresh: 3 });
    const rows = await home.database.journal.toArray();
    expect(rows.map(({ person, waits, body }) => [person, waits, body.writer])).toEqual(rows.map(() => [target.id, 1, home.device]));
    expect(await shown(home, target.id)).toEqual({ answers: 1, counted: 1, notes: ['period and axis'] });
    expect(await shown(old, source.id)).toEqual({ answers: 1, counted: 1, notes: ['period and axis'] });
  });

  it('is counted once, however often and in whatever order its parcels come, also by a third address', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('answer', 'note', 'pack', 'by way'), { minLength: 1, maxLength: 10 }),
        fc.array(fc.nat(20), { minLength: 1, maxLength: 8 }),
        fc.nat(3),
        async (steps, order, ownAnswers) => {
          const [old, way, home] = [await open(), await open(), await open()];
          const source = await old.people.create('Amina');
          const between = await way.people.create('Amina');
          const target = await home.people.create('Amina');
          let answers = 0;
          const notes: string[] = [];
          const parcels: Parcel[] = [];
          for (const step of steps) {
            if (step === 'answer') {
              await answer(old, source.id);
              answers += 1;
            } else if (step === 'note') {
              notes.push(`note ${String(notes.length)}`);
              await write(old, source.id, notes.at(-1) ?? '');
            } else if (step === 'pack') parcels.push(await parcelOf(old, source));
            else {
              await takeOver(way, await parcelOf(old, source), between.id);
              await answer(way, between.id);
              answers += 1;
              parcels.push(await parcelOf(way, between, 'http://localhost:8080'));
            }
          }
          for (let i = 0; i < ownAnswers; i++) await answer(home, target.id);
          const all = [...parcels, await parcelOf(old, source), await parcelOf(way, between)];
          for (const pick of order) await takeOver(home, all[pick % all.length] as Parcel, target.id);
          for (const parcel of all) await takeOver(home, parcel, target.id);
          expect(await shown(home, target.id)).toEqual({
            answers: answers + ownAnswers,
            counted: answers + ownAnswers,
            notes: notes.sort(),
          });
          for (const parcel of all) expect(await takeOver(home, parcel, target.id)).toEqual({ fresh: 0 });
        },
      ),
      { numRuns: 25 },
    );
  });

  it('keeps the later words of a note, wherever they were written', async () => {
    const [old, home] = [await open(), await open()];
    const source = await old.people.create('Amina');
    const target = await home.people.create('');
    const first = await write(old, source.id, 'first');
    const early = await parcelOf(old, source);
    await write(old, source.id, 'second', first);
    await takeOver(home, await parcelOf(old, source), target.id);
    await takeOver(home, early, target.id);
    expect((await shown(home, target.id)).notes).toEqual(['second']);
    const [mine] = await home.journal.ofKind(target.id, 'note');
    await write(home, target.id, 'third, at home', mine?.body as NoteRecord);
    await takeOver(home, await parcelOf(old, source), target.id);
    expect((await shown(home, target.id)).notes).toEqual(['third, at home']);
  });

  it('goes to whom it went before, and is counted for nobody else', async () => {
    const [old, home] = [await open(), await open()];
    const source = await old.people.create('Amina');
    await answer(old, source.id);
    const first = await home.people.create('Amina');
    const second = await home.people.create('Binta');
    const parcel = await parcelOf(old, source);
    expect(await knownTarget(home, source.id)).toBeNull();
    await takeOver(home, parcel, first.id);
    expect((await knownTarget(home, source.id))?.id).toBe(first.id);
    await takeOver(home, parcel, second.id);
    expect((await shown(home, second.id)).counted).toBe(0);
  });

  it('leaves behind what others signed, and says how much', async () => {
    const old = await open();
    const source = await old.people.create('Amina');
    const stranger = createPersonId(random);
    const ulid = createUlid(now(), random);
    await old.journal.mirror(source.id, []);
    await old.journal.commit(source.id, [
      {
        _id: `${source.id}:feedback:${course}:${unit}:${ulid}` as never,
        kind: 'feedback',
        person: source.id,
        course,
        unit,
        ulid,
        writer: stranger,
        at: instantOf(time),
        text: 'well done',
      },
    ]);
    expect(await carriedOf(old, source.id)).toEqual({ documents: [], stays: 1 });
  });

  it('is told at the old address by the ticket alone, and taken back only while it was not', async () => {
    const old = await open();
    const source = await old.people.create('Amina');
    await answer(old, source.id);
    const { ticket } = await parcelOf(old, source);
    expect((await parcelOf(old, source)).ticket).toBe(ticket);
    expect(await noteTaken(old, 'z'.repeat(26), now)).toBeNull();
    await unpack(old, source.id);
    expect((await old.people.get(source.id))?.moved).toBeUndefined();
    const again = await parcelOf(old, source);
    expect((await noteTaken(old, again.ticket, now))?.moved?.taken).not.toBeNull();
    await unpack(old, source.id);
    expect((await old.people.get(source.id))?.moved?.to).toBe('https://centre.local');
    expect((await shown(old, source.id)).answers).toBe(1);
  });
});

describe('a parcel from outside', () => {
  it('is refused where a document is not what it says, or is somebody else’s, and nothing of it is taken', async () => {
    const old = await open();
    const source = await old.people.create('Amina');
    await answer(old, source.id);
    const parcel = await parcelOf(old, source);
    const [first] = parcel.documents;
    const other = createPersonId(random);
    for (const bad of [
      null,
      {},
      { ...parcel, parcel: 0 },
      { ...parcel, ticket: 'x' },
      { ...parcel, from: 'javascript:alert(1)' },
      { ...parcel, from: 'https://centre.local/handover' },
      { ...parcel, documents: {} },
      { ...parcel, documents: [{ ...first, _id: 'wrong' }] },
      { ...parcel, person: other },
      { ...parcel, stays: -1 },
    ])
      expect(parseParcel(bad).ok).toBe(false);
    expect(parseParcel({ ...parcel, parcel: 2 })).toEqual({ ok: false, error: { type: 'newer' } });
    const read = parseParcel({ ...parcel, documents: [{ ...first, _rev: '1-a', _attachments: {}, _deleted: true }] });
    expect(read.ok && Object.keys(read.value.documents[0] ?? {}).filter((field) => field.startsWith('_'))).toEqual(['_id']);
  });
});
