import { describe, expect, it } from 'vitest';
import { instantOf } from '#lib/domain/clock.ts';
import type { DeviceId, ItemId, Ulid, UnitId } from '#lib/domain/ids.ts';
import { createRegister, updateRegister } from '#lib/domain/progress.ts';
import { withdrawalId, type AttemptRecord, type WithdrawalRecord } from '#lib/domain/records.ts';
import { attempt, here, note, person } from '../../../tests/conformance/journal.ts';
import { completesCourse, notesOf, progressOf, recordOf, withCommitted, workOf } from './work.ts';

const elsewhere = 'bbbbbbbbbbbbbbbbbbbbbbbbbb' as DeviceId;
const treaty = 'treaty' as UnitId;
const outerSpace = 'outer-space' as ItemId;
const shape = (v = 1) => ({ pass: 0.5, modules: [{ units: [{ id: treaty, items: [{ id: outerSpace, v, points: 2 }] }] }] });
const one = attempt(1);
const registerOf = (score: number, device = here) =>
  updateRegister(createRegister(person, one.course, device), { type: 'answer', unit: treaty, item: outerSpace, v: 1, score, at: one.at });

describe('progress of a course on the page', () => {
  it('joins the registers of both devices and shows the newest attempt and where it is', () => {
    const newer: AttemptRecord = { ...attempt(2, person, elsewhere), response: { choice: 'b' } };
    const progress = progressOf(
      shape(),
      workOf([
        { body: newer, atCentre: true, above: null },
        { body: one, atCentre: false, above: null },
        { body: registerOf(0.5), atCentre: true, above: null },
        { body: registerOf(1, elsewhere), atCentre: false, above: null },
      ]),
    );
    expect(progress.items[outerSpace]).toEqual({ best: 1, attempts: 2, response: { choice: 'b' }, where: 'centre' });
    expect(progress).toMatchObject({ score: 1, passed: true, completed: false, units: { treaty: { status: 'started', score: 1 } } });
  });

  it('asks again for an item whose meaning changed', () => {
    const work = workOf([
      { body: one, atCentre: false, above: null },
      { body: registerOf(1), atCentre: false, above: null },
    ]);
    expect(progressOf(shape(2), work).items).toEqual({});
    expect(progressOf(shape(2), work).score).toBe(0);
  });

  it('shows a commit without reading everything again', () => {
    const work = withCommitted(workOf([]), registerOf(1), one);
    expect(progressOf(shape(), work)).toEqual(
      progressOf(
        shape(),
        workOf([
          { body: one, atCentre: false, above: null },
          { body: registerOf(1), atCentre: false, above: null },
        ]),
      ),
    );
  });

  it('knows which unit completes the course', () => {
    const two = {
      pass: 0.5,
      modules: [
        {
          units: [
            { id: treaty, items: [] },
            { id: 'b' as UnitId, items: [] },
          ],
        },
      ],
    };
    expect(completesCourse(two, progressOf(two, workOf([])), treaty)).toBe(false);
    const done = updateRegister(createRegister(person, one.course, here), { type: 'complete', unit: 'b' as UnitId, at: one.at });
    expect(completesCourse(two, progressOf(two, workOf([{ body: done, atCentre: false, above: null }])), treaty)).toBe(true);
  });
});

describe('notes and the record', () => {
  const mine = note('mine');
  const withdrawal: WithdrawalRecord = {
    _id: withdrawalId(person, mine.course, mine.unit, mine.ulid, elsewhere),
    kind: 'withdrawal',
    person,
    course: mine.course,
    unit: mine.unit,
    ulid: mine.ulid,
    writer: elsewhere,
    at: instantOf(0),
  };
  const kept = { body: mine, atCentre: true, above: null };

  it('shows notes that nobody took back', () => {
    expect(notesOf([kept])).toEqual([{ ...mine, where: 'centre' }]);
    expect(notesOf([{ body: { ...mine, withdrawn: mine.made }, atCentre: true, above: null }])).toEqual([]);
    expect(notesOf([kept, { body: withdrawal, atCentre: false, above: null }])).toEqual([]);
  });

  it('lists what was done, newest first, with where it is', () => {
    const late = { ...attempt(3), at: instantOf(1_800_000_000_000), ulid: '01k00000000000000000000000' as Ulid };
    const entries = recordOf([
      kept,
      { body: one, atCentre: false, above: null },
      { body: late, atCentre: true, above: null },
      { body: registerOf(1), atCentre: false, above: null },
    ]);
    expect(entries.map(({ kind, where }) => [kind, where])).toEqual([
      ['attempt', 'centre'],
      ['note', 'centre'],
      ['attempt', 'device'],
      ['progress', 'device'],
    ]);
  });
});
