import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayOf, isDay, monthsAfter, type Day } from './day.ts';
import type { EntryId } from './entry.ts';
import type { Listing } from './kinds/listing.ts';
import { isAvailable, stateOf } from './state.ts';

const day = (text: string): Day => text as Day;
const course: Listing = {
  kind: 'listing',
  id: 'c' as EntryId,
  title: { en: 'C' },
  summary: { en: 'c' },
  course: null,
  url: 'https://example.org/',
  provider: null,
  languages: ['en'],
  level: 'introductory',
  disciplines: ['science'],
  themes: [],
  access: 'self-paced',
  opens: null,
  closes: null,
  lastChecked: null,
  dead: false,
  teaches: [],
  sources: [],
  written: day('2026-06-01'),
  reviewed: null,
};
const today = day('2026-11-20');

describe('days', () => {
  it.each([
    ['2026-01-31', 1, '2026-02-28'],
    ['2024-01-31', 1, '2024-02-29'],
    ['2026-11-20', 2, '2027-01-20'],
    ['2026-03-31', -1, '2026-02-28'],
  ] as const)('%s and %i months is %s', (from, months, to) => {
    expect(monthsAfter(day(from), months)).toBe(to);
  });

  it('are days of the calendar only', () => {
    for (const text of ['2026-02-30', '2026-1-1', '20261120', '', 5, null]) expect(isDay(text)).toBe(false);
    fc.assert(fc.property(fc.integer({ min: 0, max: 4e12 }), (moment) => isDay(dayOf(moment))));
  });
});

describe('how far a course can be relied on', () => {
  it.each([
    ['nobody has checked it', {}, 'unchecked', true],
    ['checked of late', { lastChecked: day('2026-10-01') }, 'good', true],
    ['checked long ago', { lastChecked: day('2026-01-01') }, 'unchecked', true],
    ['of this platform', { url: null, course: 'c' }, 'good', true],
    ['over since yesterday', { closes: day('2026-11-19') }, 'ended', false],
    ['its last day is today', { closes: today, lastChecked: today }, 'good', true],
    ['not begun', { opens: day('2026-11-21') }, 'to-come', false],
    ['its address is dead', { dead: true, lastChecked: today }, 'dead', false],
    ['over, and dead too', { closes: day('2026-01-01'), dead: true }, 'ended', false],
    ['written long ago', { written: day('2025-11-19') }, 'stale', true],
    ['written long ago but reviewed', { written: day('2024-01-01'), reviewed: day('2026-10-01'), lastChecked: today }, 'good', true],
  ] as const)('%s', (_, change, name, available) => {
    const state = stateOf({ ...course, ...change }, today);
    expect(state.name).toBe(name);
    expect(isAvailable(state)).toBe(available);
  });
});
