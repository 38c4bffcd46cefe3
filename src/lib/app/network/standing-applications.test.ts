import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aDevice, aPerson, aRecord } from '../../../../tests/fixtures/records.ts';
import { instantOf } from '../../domain/clock.ts';
import type { Ulid } from '../../domain/ids.ts';
import type { ApplicationRecord } from '../../domain/records.ts';
import { applicationText, standingApplications } from './standing-applications.ts';

const application = (n: number, more: Partial<ApplicationRecord> = {}) => ({
  body: { ...(aRecord('application', aPerson('a'), aDevice('d'), n) as ApplicationRecord), ...more },
  atCentre: false,
  above: null,
});
const ulidOf = (n: number): Ulid => application(n).body.ulid;

describe('applications that stand', () => {
  it('are those that nobody took back, and in whose place no other stands', () => {
    const documents = [
      application(1),
      application(2, { withdrawn: instantOf(1) }),
      application(3, { replaces: ulidOf(1), changed: instantOf(5) }),
      application(4, { changed: instantOf(9) }),
    ];
    expect(standingApplications(documents).map(({ ulid }) => ulid)).toEqual([ulidOf(4), ulidOf(3)]);
  });

  it('an own one that replaces another and is taken back takes the other with it', () => {
    const documents = [application(1), application(2, { replaces: ulidOf(1), withdrawn: instantOf(1) })];
    expect(standingApplications(documents)).toEqual([]);
  });

  it('do not depend on the order in which documents arrive', () => {
    const documents = [1, 2, 3, 4, 5].map((n) => application(n, n > 3 ? { replaces: ulidOf(n - 3) } : {}));
    fc.assert(
      fc.property(fc.shuffledSubarray(documents, { minLength: documents.length }), (shuffled) => {
        expect(standingApplications(shuffled)).toEqual(standingApplications(documents));
      }),
    );
  });

  it('say where they are', () => {
    expect(standingApplications([{ ...application(1), atCentre: true }])[0]?.where).toBe('centre');
  });
});

it('the text to send has the questions in their order', () => {
  const { title } = application(1).body;
  const text = applicationText(
    {
      title,
      answers: [
        { ask: 'Why?', text: ' So. ' },
        { ask: 'And?', text: '' },
      ],
    },
    ['Amina'],
  );
  expect(text).toBe('Experiments in the drop tower\nAmina\n\nWhy?\n\nSo.\n\nAnd?\n\n\n');
});
