/**
 * What every journal must do. A pass trusts these; whoever stores a learner's work runs this suite.
 */
import { expect, it } from 'vitest';
import { instantOf } from '#lib/domain/clock.ts';
import type { CourseId, DeviceId, ItemId, NodeId, PersonId, Ulid, UnitId } from '#lib/domain/ids.ts';
import { attemptId, noteId, type AttemptRecord, type NoteRecord, type PersonRecord } from '#lib/domain/records.ts';
import type { Journal, Receipt, Relay, Revisions } from '#lib/sync/session.ts';

export interface JournalUnderTest {
  readonly journal: Journal;
  /** Commits a document of this device. */
  readonly commit: (document: PersonRecord) => Promise<void>;
  /** Ids of the documents that a receipt covers, sorted. */
  readonly atCentre: () => Promise<readonly string[]>;
  /** Ids of the documents that a receipt of the place above the centre covers, sorted. */
  readonly above: () => Promise<readonly string[]>;
}

export const person = '0123456789abcdefghjkmnpqrs' as PersonId;
export const stranger = 'zzzzzzzzzzzzzzzzzzzzzzzzzz' as PersonId;
export const here = 'aaaaaaaaaaaaaaaaaaaaaaaaaa' as DeviceId;
const elsewhere = 'bbbbbbbbbbbbbbbbbbbbbbbbbb' as DeviceId;
const node = 'cairo' as NodeId;
const at = instantOf(1_700_000_000_000);

export function attempt(n: number, of: PersonId = person, writer: DeviceId = here): AttemptRecord {
  const ulid = `01h${String(n).padStart(23, '0')}` as Ulid;
  const course = 'space-law' as CourseId;
  const item = 'outer-space' as ItemId;
  return {
    _id: attemptId(of, course, item, ulid),
    kind: 'attempt',
    person: of,
    course,
    unit: 'treaty' as UnitId,
    item,
    v: 1,
    ulid,
    writer,
    at,
    language: 'ar',
    exercise: 'choice',
    response: { choice: 'a' },
    score: 1,
    points: 1,
    seconds: 10,
  };
}

export function note(text: string): NoteRecord {
  const ulid = '01h00000000000000000000000' as Ulid;
  const course = 'space-law' as CourseId;
  const unit = 'treaty' as UnitId;
  return {
    _id: noteId(person, course, unit, ulid),
    kind: 'note',
    person,
    course,
    unit,
    ulid,
    writer: here,
    type: 'note',
    text,
    made: at,
    changed: at,
  };
}

const receipt = (revisions: Revisions, epoch = 'e1', of: NodeId = node): Receipt => ({ node: of, epoch, revisions });

const relay = (revisions: Revisions, epoch = 'p1', of: NodeId = 'sitc' as NodeId): Relay => ({ node: of, epoch, revisions, state: '1' });

/** Hands everything over as `rev` and answers what a receipt would then name. */
async function handOver(journal: Journal, rev: string): Promise<Revisions> {
  const waiting = await journal.waiting(person);
  await journal.handedOver(
    person,
    waiting.map(({ id, version }) => ({ id, version, rev, before: [] })),
  );
  return journal.unconfirmed(person);
}

export function journalSuite(open: () => Promise<JournalUnderTest>): void {
  it('lets a document wait until a receipt names its revision', async () => {
    const { journal, commit, atCentre } = await open();
    const one = attempt(1);
    await commit(one);
    expect((await journal.waiting(person)).map(({ body }) => body)).toEqual([one]);
    expect(await journal.unconfirmed(person)).toEqual(new Map());
    const revisions = await handOver(journal, '1-a');
    expect(revisions).toEqual(new Map([[one._id, '1-a']]));
    expect(await atCentre()).toEqual([]);
    expect(await journal.receipted(person, receipt(revisions))).toBe(0);
    expect(await atCentre()).toEqual([one._id]);
    expect(await journal.waiting(person)).toEqual([]);
  });

  it('does not believe a receipt for another revision, or for what was never handed over', async () => {
    const { journal, commit, atCentre } = await open();
    await commit(attempt(1));
    await journal.receipted(person, receipt(new Map([[attempt(1)._id, '1-a']])));
    expect(await atCentre()).toEqual([]);
    await handOver(journal, '1-a');
    await journal.receipted(person, receipt(new Map([[attempt(1)._id, '1-b']])));
    expect(await atCentre()).toEqual([]);
  });

  it('lets a changed document wait again, also where it changes between handing over and receipt', async () => {
    const { journal, commit, atCentre } = await open();
    await commit(note('one'));
    const first = await handOver(journal, '1-a');
    await commit(note('two'));
    await journal.receipted(person, receipt(first));
    expect(await atCentre()).toEqual([]);
    expect(await journal.unconfirmed(person)).toEqual(new Map());
    const second = await handOver(journal, '2-b');
    await journal.receipted(person, receipt(second));
    expect(await atCentre()).toEqual([note('two')._id]);
    await commit(note('three'));
    expect(await atCentre()).toEqual([]);
  });

  it('remembers the revision of an older version, and does not take it for the newest', async () => {
    const { journal, commit } = await open();
    await commit(note('one'));
    const [waiting] = await journal.waiting(person);
    await commit(note('two'));
    await journal.handedOver(person, [{ id: note('one')._id, version: waiting?.version ?? 0, rev: '1-a', before: [] }]);
    expect(await journal.unconfirmed(person)).toEqual(new Map());
    const [stale] = await journal.waiting(person);
    expect(stale?.handed).toEqual({ rev: '1-a', before: [], same: false });
    await journal.handedOver(person, [{ id: note('one')._id, version: stale?.version ?? 0, rev: '2-b', before: ['1-a'] }]);
    expect(await journal.unconfirmed(person)).toEqual(new Map([[note('one')._id, '2-b']]));
    expect((await journal.waiting(person))[0]?.handed).toEqual({ rev: '2-b', before: ['1-a'], same: true });
    await journal.handedOver(person, [{ id: note('one')._id, version: waiting?.version ?? 0, rev: '1-a', before: [] }]);
    expect(await journal.unconfirmed(person)).toEqual(new Map([[note('one')._id, '2-b']]));
  });

  it('mirrors documents of other writers, asks about them, and never touches its own', async () => {
    const { journal, commit, atCentre } = await open();
    await commit(note('mine'));
    const foreign = attempt(7, person, elsewhere);
    await journal.mirror(person, [
      { rev: '1-f', body: foreign },
      { rev: '9-x', body: { ...note('not mine'), writer: elsewhere } },
      { rev: '1-s', body: attempt(8, stranger, elsewhere) },
    ]);
    expect(await journal.unconfirmed(person)).toEqual(new Map([[foreign._id, '1-f']]));
    expect((await journal.waiting(person)).map(({ body }) => body)).toEqual([note('mine')]);
    await journal.receipted(person, receipt(new Map([[foreign._id, '1-f']])));
    expect(await atCentre()).toEqual([foreign._id]);
    await journal.mirror(person, [{ rev: '1-f', body: foreign }]);
    expect(await atCentre()).toEqual([foreign._id]);
    await journal.mirror(person, [{ rev: '2-f', body: foreign }]);
    expect(await atCentre()).toEqual([]);
  });

  it.each([
    ['epoch', receipt(new Map(), 'e2')],
    ['node', receipt(new Map(), 'e1', 'nairobi' as NodeId)],
  ])('takes every mark back when the %s is another one, and loses no document by it', async (_what, restored) => {
    const { journal, commit, atCentre } = await open();
    await commit(attempt(1));
    await journal.mirror(person, [{ rev: '1-f', body: attempt(7, person, elsewhere) }]);
    const revisions = await handOver(journal, '1-a');
    await journal.receipted(person, receipt(revisions));
    expect(await atCentre()).toHaveLength(2);
    expect(await journal.receipted(person, restored)).toBe(2);
    expect(await atCentre()).toEqual([]);
    expect(await journal.unconfirmed(person)).toEqual(revisions);
    expect((await journal.waiting(person)).map(({ body }) => body)).toEqual([attempt(1)]);
    await journal.receipted(person, { ...restored, revisions });
    expect(await atCentre()).toHaveLength(2);
  });

  it('marks what the place above has beside what the centre has, and only in the revision that it named', async () => {
    const { journal, commit, atCentre, above } = await open();
    await commit(attempt(1));
    await commit(note('one'));
    const first = await handOver(journal, '1-a');
    await journal.receipted(person, { ...receipt(first), relay: relay(new Map([[attempt(1)._id, '1-a']])) });
    expect(await above()).toEqual([attempt(1)._id]);
    expect(await atCentre()).toHaveLength(2);
    expect((await journal.unrelayed(person)).revisions).toEqual(new Map([[note('one')._id, '1-a']]));
    await commit(note('two'));
    const second = await handOver(journal, '2-b');
    await journal.receipted(person, { ...receipt(second), relay: relay(new Map([[note('one')._id, '1-a']])) });
    expect(await above()).toEqual([attempt(1)._id]);
    await journal.receipted(person, { ...receipt(new Map()), relay: relay(second) });
    expect(await above()).toHaveLength(2);
    await commit(note('three'));
    expect(await above()).toEqual([attempt(1)._id]);
  });

  it.each([
    ['is in another epoch', relay(new Map(), 'p2')],
    ['is another node', relay(new Map(), 'p1', 'vienna' as NodeId)],
    ['is no more', null],
  ])('takes the marks of the place above back when it %s, and no mark of the centre', async (_what, next) => {
    const { journal, commit, atCentre, above } = await open();
    await commit(attempt(1));
    await journal.mirror(person, [{ rev: '1-f', body: attempt(7, person, elsewhere) }]);
    const revisions = await handOver(journal, '1-a');
    await journal.receipted(person, { ...receipt(revisions), relay: relay(revisions) });
    await journal.noteRelay(person, 'p1 1');
    expect(await above()).toHaveLength(2);
    // A centre that does not speak of it says nothing against it; one that lost its own disk neither.
    expect(await journal.receipted(person, receipt(new Map(), 'e2'))).toBe(2);
    expect(await above()).toHaveLength(2);
    expect((await journal.unrelayed(person)).noted).toBe('p1 1');
    await journal.receipted(person, { ...receipt(revisions, 'e2'), relay: next });
    expect(await above()).toEqual([]);
    expect(await atCentre()).toHaveLength(2);
    expect(await journal.unrelayed(person)).toEqual({ noted: null, revisions });
  });

  it('keeps people apart', async () => {
    const { journal, commit } = await open();
    await commit(attempt(1));
    expect(await journal.waiting(stranger)).toEqual([]);
    expect(await journal.unconfirmed(stranger)).toEqual(new Map());
    expect(await journal.receipted(stranger, receipt(new Map([[attempt(1)._id, '1-a']])))).toBe(0);
  });
}
