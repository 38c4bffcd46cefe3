import { describe, expect, it } from 'vitest';
import { makeLocker, openLocker, reopenLocker, type KeptWork, type TextStore } from './report-locker.ts';
import { isCohortId } from '#lib/domain/ids.ts';
import { instantOf } from '#lib/domain/clock.ts';

function createStore(): TextStore & { entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return { entries, getItem: (name) => entries.get(name) ?? null, setItem: (name, value) => void entries.set(name, value) };
}

const id = 'spring';
if (!isCohortId(id)) throw new Error('the test is wrong');
const work: KeptWork = {
  roles: ['trainer'],
  cohorts: [{ id, title: 'Spring', courses: [], made: instantOf(0), people: 1, codes: 0 }],
  reports: {
    [id]: {
      cohort: { id, title: 'Spring' },
      courses: [],
      people: [],
      completeness: { expected: 40, heard: 31, oldest: instantOf(0) },
      at: instantOf(1),
    },
  },
};

describe('the locker of reports', () => {
  it('opens with the password that closed it, and with no other', async () => {
    const store = createStore();
    const locker = await makeLocker(store, 'Amina', 'correct horse');
    expect(locker?.work).toBeNull();
    await locker?.keep(work);
    expect((await openLocker(store, ' amina ', 'correct horse'))?.work).toEqual(work);
    expect(await openLocker(store, 'Amina', 'correct horsf')).toBeNull();
    expect(await openLocker(store, 'Binta', 'correct horse')).toBeNull();
  });

  it('says nothing of what it holds', async () => {
    const store = createStore();
    await (await makeLocker(store, 'Amina', 'correct horse'))?.keep(work);
    expect([...store.entries.values()].join()).not.toMatch(/Spring|spring|trainer/);
  });

  it('opens again in the same tab by its key', async () => {
    const store = createStore();
    const locker = await makeLocker(store, 'Amina', 'correct horse');
    await locker?.keep(work);
    expect((await reopenLocker(store, 'Amina', locker?.key ?? ''))?.work).toEqual(work);
    expect(await reopenLocker(store, 'Amina', btoa('x'.repeat(32)))).toBeNull();
    expect(await reopenLocker(store, 'Amina', 'not base64!')).toBeNull();
  });

  it('is replaced when the node accepts another password', async () => {
    const store = createStore();
    await (await makeLocker(store, 'Amina', 'old password'))?.keep(work);
    const after = await makeLocker(store, 'Amina', 'new password');
    expect(after?.work).toBeNull();
    await after?.keep({ ...work, roles: ['administrator'] });
    expect((await openLocker(store, 'Amina', 'new password'))?.work?.roles).toEqual(['administrator']);
    expect(await openLocker(store, 'Amina', 'old password')).toBeNull();
  });

  it.each(['', 'null', '{', '{"v":2}', '{"v":1,"salt":"AAAA","iterations":1,"iv":"AAAA","sealed":"AAAA"}', '[]'])(
    'takes a damaged box as empty: %j',
    async (damaged) => {
      const store = createStore();
      store.setItem('perigee-teach:amina', damaged);
      expect(await openLocker(store, 'Amina', 'x')).toBeNull();
    },
  );

  it('keeps what it had when the store is full', async () => {
    const store = createStore();
    const locker = await makeLocker(store, 'Amina', 'correct horse');
    await locker?.keep(work);
    store.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    await locker?.keep({ ...work, roles: [] });
    expect((await openLocker(store, 'Amina', 'correct horse'))?.work).toEqual(work);
  });
});
