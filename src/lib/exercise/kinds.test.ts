import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ItemId } from '../domain/ids.ts';
import type { ChoiceItem } from './choice/model.ts';
import type { GapItem } from './gap/model.ts';
import type { Item } from './item.ts';
import { emptyResponse, gradeItem, isComplete, isKind, parseResponse } from './kinds.ts';
import type { MatchItem } from './match/model.ts';
import type { MultipleItem } from './multiple/model.ts';
import type { NumberItem } from './number/model.ts';
import type { OrderItem } from './order/model.ts';

const base = { id: 'sats-needed' as ItemId, v: 1, points: 1, prompt: '<p>?</p>' };
const options = ['a', 'b', 'c', 'd'].map((key) => ({ key, text: key, feedback: `about ${key}` }));

const choice: ChoiceItem = { ...base, kind: 'choice', options, right: 'b' };
const multiple: MultipleItem = { ...base, kind: 'multiple', options, right: ['a', 'c'] };
const number: NumberItem = {
  ...base,
  kind: 'number',
  answers: [
    { value: 11.97, tolerance: 0.05, unit: 'h' },
    { value: 43082, tolerance: 180, unit: 's' },
  ],
  wrong: [{ value: 23.93, tolerance: 0.1, unit: 'h', feedback: 'sidereal day' }],
  units: ['h', 's'],
};
const plainNumber: NumberItem = { ...base, kind: 'number', answers: [{ value: 4, tolerance: 0, unit: '' }], wrong: [], units: [''] };
const order: OrderItem = { ...base, kind: 'order', entries: ['a', 'b', 'c', 'd'].map((key) => ({ key, text: key })) };
const match: MatchItem = {
  ...base,
  kind: 'match',
  headings: ['System', 'Operator'],
  left: ['1', '2'].map((key) => ({ key, text: key })),
  right: ['a', 'b', 'c'].map((key) => ({ key, text: key })),
  pairs: { '1': 'a', '2': 'b' },
};
const gap: GapItem = {
  ...base,
  kind: 'gap',
  pieces: ['A ', ' and ', '.'],
  gaps: [
    { key: '1', type: 'typed', answers: ['éphéméride', 'مدار'] },
    { key: '2', type: 'chosen', choices: ['good', 'poor'], right: 'good' },
  ],
};

const rightByItem: readonly (readonly [Item, unknown])[] = [
  [choice, { choice: 'b' }],
  [multiple, { choices: ['c', 'a'] }],
  [number, { text: '11,95', unit: 'h' }],
  [plainNumber, { text: '4', unit: '' }],
  [order, { order: ['a', 'b', 'c', 'd'] }],
  [match, { pairs: { '1': 'a', '2': 'b' } }],
  [gap, { gaps: { '1': ' Ephéméride ', '2': 'good' } }],
];

describe.each(rightByItem.map(([item, right]) => [item.kind, item, right] as const))('%s', (_kind, item, right) => {
  it('gives the right response all points, and calls it complete', () => {
    expect(gradeItem(item, right)).toMatchObject({ score: 1 });
    expect(Object.values(gradeItem(item, right).parts).every(Boolean)).toBe(true);
    expect(isComplete(item, right)).toBe(true);
  });

  it('starts incomplete, with a response of its own shape', () => {
    expect(isComplete(item, emptyResponse(item))).toBe(false);
    expect(parseResponse(item, emptyResponse(item)).ok).toBe(true);
  });

  it('is not tripped by rubbish', () => {
    const rubbish = fc.oneof(
      fc.anything(),
      fc.record({ choice: fc.anything() }),
      fc.record({ choices: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__')) }),
      fc.record({ text: fc.string(), unit: fc.constantFrom('h', 's', '', 'x') }),
      fc.record({ order: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e')) }),
      fc.record({ pairs: fc.dictionary(fc.constantFrom('1', '2', '3', '__proto__'), fc.constantFrom('a', 'b', 'c')) }),
      fc.record({ gaps: fc.dictionary(fc.constantFrom('1', '2', 'constructor'), fc.string()) }),
    );
    fc.assert(
      fc.property(rubbish, (response) => {
        const { score } = gradeItem(item, response);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(gradeItem(item, response)).toEqual(gradeItem(item, response));
      }),
    );
  });

  it('marks nothing in a response of another shape', () => {
    expect(gradeItem(item, { other: 1 })).toEqual({ score: 0, feedback: [], parts: {}, unreadable: true });
    expect(isComplete(item, null)).toBe(false);
  });
});

describe('choice', () => {
  it('gives the feedback of the chosen option only', () => {
    expect(gradeItem(choice, { choice: 'a' })).toEqual({ score: 0, feedback: ['about a'], parts: { a: false } });
    expect(gradeItem(choice, { choice: 'b' })).toEqual({ score: 1, feedback: ['about b'], parts: { b: true } });
  });
});

describe('multiple', () => {
  it.each([
    [['a'], 0.5],
    [['a', 'b'], 0],
    [['a', 'c', 'b'], 0.5],
    [['a', 'b', 'c', 'd'], 0],
    [['b', 'd'], 0],
    [[], 0],
    [['a', 'a'], 0.5],
  ])('scores %j with %d', (choices, score) => expect(gradeItem(multiple, { choices }).score).toBe(score));

  it('never scores less for one more right tick, nor more for one more wrong tick', () => {
    fc.assert(
      fc.property(fc.subarray(['a', 'b', 'c', 'd']), fc.constantFrom('a', 'b', 'c', 'd'), (choices, tick) => {
        const before = gradeItem(multiple, { choices }).score;
        const after = gradeItem(multiple, { choices: [...choices, tick] }).score;
        if (multiple.right.includes(tick)) expect(after).toBeGreaterThanOrEqual(before);
        else expect(after).toBeLessThanOrEqual(before);
      }),
    );
  });
});

describe('number', () => {
  it.each([
    ['11.92', 'h', 1],
    ['12.02', 'h', 1],
    ['11.919', 'h', 0],
    ['12.021', 'h', 0],
    ['43082', 's', 1],
    ['43 082', 's', 1],
    ['43,082', 's', 1],
    ['11.97', 's', 0],
    ['11.97 h', '', 1],
    ['11.97 h', 's', 1],
    ['١١٫٩٧', 'h', 1],
  ])('marks %s %s with %d', (text, unit, score) => expect(gradeItem(number, { text, unit }).score).toBe(score));

  it('knows the known mistake', () => {
    expect(gradeItem(number, { text: '23,9', unit: 'h' })).toEqual({ score: 0, feedback: ['sidereal day'], parts: { number: false } });
  });

  it('does not call wrong what is no number', () => {
    expect(gradeItem(number, { text: 'half a day', unit: 'h' }).unreadable).toBe(true);
    expect(gradeItem(number, { text: '12', unit: 'h' }).unreadable).toBeUndefined();
  });

  it('waits for the unit where there are several', () => {
    expect(isComplete(number, { text: '11.97', unit: '' })).toBe(false);
    expect(isComplete(number, { text: '11.97 h', unit: '' })).toBe(true);
    expect(isComplete(plainNumber, { text: '4', unit: '' })).toBe(true);
  });
});

describe('order', () => {
  it.each([
    [['b', 'c', 'd', 'a'], 2 / 3],
    [['d', 'c', 'b', 'a'], 0],
    [['a', 'b', 'd', 'c'], 1 / 3],
    [['a', 'b'], 1 / 3],
    [['a', 'b', 'a', 'b', 'c', 'd'], 1],
  ])('scores %j with %d', (given, score) => expect(gradeItem(order, { order: given }).score).toBeCloseTo(score));

  it('gives all points to no other complete order', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 4 }),
        (given) => void expect(gradeItem(order, { order: given }).score === 1).toBe(given.join('') === 'abcd'),
      ),
    );
  });
});

describe('match and gap', () => {
  it('give a share for each part that is right', () => {
    expect(gradeItem(match, { pairs: { '1': 'a', '2': 'c' } })).toEqual({ score: 0.5, feedback: [], parts: { '1': true, '2': false } });
    expect(gradeItem(gap, { gaps: { '1': 'مَدَار', '2': 'poor' } })).toEqual({ score: 0.5, feedback: [], parts: { '1': true, '2': false } });
    expect(gradeItem(gap, { gaps: {} }).score).toBe(0);
  });
});

it('knows its kinds by name, and not what every object has', () => {
  expect(isKind('gap')).toBe(true);
  expect(isKind('toString')).toBe(false);
});
