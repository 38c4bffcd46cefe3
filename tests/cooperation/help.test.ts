/** Requests, missions, the fund, new centres and mentoring: what pages show of them, and how they stand in the matching. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planView, profileView } from '../../src/lib/cooperation/country-views.ts';
import type { Day } from '../../src/lib/cooperation/day.ts';
import type { EntryId } from '../../src/lib/cooperation/entry.ts';
import { helpEntryView, helpView, totalsOf } from '../../src/lib/cooperation/help.ts';
import type { Contribution } from '../../src/lib/cooperation/kinds/contribution.ts';
import { stateOf } from '../../src/lib/cooperation/state.ts';
import { ofKind } from '../../src/lib/cooperation/commons.ts';
import { parsePair } from '../../src/lib/cooperation/pair.ts';
import { figuresOf } from '../../src/lib/server/desk/pairs.ts';
import { commonsOf, compileReal } from './kit.ts';

const commons = commonsOf(compileReal());
const today = '2026-11-30' as Day;

describe('help', () => {
  const view = helpView(commons, 'en', today);

  it('shows open requests first, missions by their days, proposals by their last step', () => {
    expect(view.requests.map(({ id, state }) => [id, state])).toEqual([
      ['islemara-request-law', 'open'],
      ['altavar-request-lakes', 'done'],
    ]);
    expect(view.missions.map(({ id, recommended, done }) => [id, recommended, done])).toEqual([
      ['oruvana-mission-2025', 2, 0],
      ['islemara-mission-2024', 3, 2],
    ]);
    expect(view.proposals.map(({ id, step }) => [id, step])).toEqual([['altavar-centre', 'evaluated']]);
  });

  it('says of everything that it is made up, where its country is', () => {
    for (const card of [...view.requests, ...view.missions, ...view.contributions, ...view.proposals]) expect(card.invented).toBe(true);
  });

  it('stands with its plan and its country', () => {
    const plan = planView(commons, 'islemara-2024-2028', 'en', today)?.help;
    expect(plan?.missions.map(({ id }) => id)).toEqual(['islemara-mission-2024']);
    expect(plan?.requests.map(({ id }) => id)).toEqual(['islemara-request-law']);
    expect(profileView(commons, 'islemara', [], 'en', today)?.help.missions).toHaveLength(1);
  });

  it('lays offers beside a request, those made in answer to it among them, and shows what was agreed', () => {
    const law = helpEntryView(commons, 'islemara-request-law', 'en', today);
    expect(law?.kind === 'request' ? law.offers.map(({ id }) => id) : null).toEqual(['offer-law-clinic']);
    const lakes = helpEntryView(commons, 'altavar-request-lakes', 'fr', today);
    expect(lakes?.kind === 'request' ? [lakes.agreements.length, lakes.outcome?.text.language] : null).toEqual([1, 'fr']);
    // What became of it is measured as a call's is: the last value before the agreement, and the latest since.
    const measured = lakes?.kind === 'request' ? lakes.measured : [];
    expect(measured.map(({ indicator, before, after }) => [indicator.id, before?.year, after?.year])).toEqual([
      ['warning-coverage', 2024, 2025],
    ]);
    expect(law?.kind === 'request' ? law.measured : null).toEqual([]);
    expect(helpEntryView(commons, 'islemara', 'en', today)).toBeNull();
  });

  it('adds the fund by currency and by where the money is, and never two currencies', () => {
    const amounts = fc.array(
      fc.record({
        amount: fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: null }),
        currency: fc.constantFrom('EUR', 'XOF', 'USD'),
        state: fc.constantFrom('pledged' as const, 'received' as const, 'spent' as const),
        invented: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(amounts, (given) => {
        const totals = totalsOf(given as unknown as readonly Contribution[]);
        const counted = given.some(({ invented }) => !invented) ? given.filter(({ invented }) => !invented) : given;
        for (const currency of ['EUR', 'XOF', 'USD']) {
          const own = counted.filter((one) => one.currency === currency && one.amount !== null);
          const total = totals.find((one) => one.currency === currency);
          expect((total?.pledged ?? 0) + (total?.received ?? 0) + (total?.spent ?? 0)).toBe(
            own.reduce((sum, { amount }) => sum + (amount ?? 0), 0),
          );
          expect(total === undefined).toBe(own.length === 0);
        }
      }),
    );
  });
});

describe('mentoring', () => {
  it('is an opportunity that closes like others, and may be asked for here alone', () => {
    const all = ofKind(commons.entries, 'opportunity').filter(({ type }) => type === 'mentoring');
    expect(all.map((entry) => [entry.id, stateOf(entry, today).name]).sort()).toEqual([
      ['mentoring-first-job', 'good'],
      ['space4women-mentorship', 'closed'],
    ]);
    expect(commons.byId.get('mentoring-first-job' as EntryId)).toMatchObject({ url: null });
  });

  it('is read whole or not at all', () => {
    const pair = { id: 'pair', mentor: 'A', mentee: 'B', from: '2026-01-01', state: 'running', written: '2026-01-01' };
    expect(parsePair(pair).ok).toBe(true);
    expect(parsePair({ ...pair, until: '2025-01-01' }).ok).toBe(false);
    expect(parsePair({ ...pair, email: 'a@example.org' }).ok).toBe(false);
    expect(parsePair({ ...pair, menteeGender: 'lady' }).ok).toBe(false);
  });

  it('is told in numbers of which none is below five, and from which none below five can be worked out', () => {
    const pairs = fc.array(
      fc.record({
        state: fc.constantFrom('proposed' as const, 'running' as const, 'ended' as const),
        menteeGender: fc.constantFrom('woman' as const, 'man' as const, null),
      }),
      { maxLength: 40 },
    );
    const isSafe = (n: number): boolean => n === 0 || n >= 5;
    fc.assert(
      fc.property(pairs, (given) => {
        const { running, women, ended } = figuresOf(given);
        for (const n of [running, women, ended]) expect(n === null || isSafe(n)).toBe(true);
        if (running !== null && women !== null) expect(isSafe(running - women)).toBe(true);
        if (running !== null) expect(running).toBe(given.filter(({ state }) => state === 'running').length);
      }),
      { numRuns: 500 },
    );
  });
});
