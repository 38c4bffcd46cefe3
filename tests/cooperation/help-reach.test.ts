import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Day } from '../../src/lib/cooperation/day.ts';
import { csvOfHelp, helpReach } from '../../src/lib/cooperation/help-reach.ts';
import { parseCsv } from '../../src/lib/domain/csv.ts';
import { assessment, commonsOf, compile, compileReal, country, indicator, plan, solution } from './kit.ts';

const today = '2026-11-20' as Day;
const six = (text: string): string => `{ en: ${text} }`;
const mission = (id: string, by: string, until: string, state: string): string =>
  `- { id: ${id}, title: ${six(id)}, summary: ${six('s')}, country: land, plan: land-plan, by: ${six(by)}, from: 2026-01-01, until: ${until}, findings: ${six('f')}, recommendations: [{ text: ${six('r')}, state: ${state}, entries: [answer] }], written: 2026-10-01 }\n`;
const call = (more: string): string =>
  `- { id: land-call, title: ${six('Call')}, summary: ${six('s')}, plan: land-plan, seeks: [workshop], opens: 2026-01-01, closes: 2026-12-31, written: 2026-10-01${more} }\n`;
const offer = (id: string, more = ''): string =>
  `- { id: ${id}, title: ${six(id)}, summary: ${six('s')}, by: ${six(id)}, invented: true, gives: [workshop], indicators: [i], written: 2026-10-01${more} }\n`;

const world = (calls: string, missions: string, offers = offer('first')) =>
  commonsOf(
    compile({
      '+indicators/i.yaml': indicator('i', 'target-1-5'),
      '+compendium/solutions/s.yaml': solution('answer', { indicators: '[i]' }),
      '+profiles/countries.yaml': country('land'),
      '+profiles/assessments/a.yaml': assessment('land', 2025, { i: 0 }),
      '+plans/p.yaml': plan('land-plan', 'land'),
      '+calls/calls.yaml': calls,
      '+calls/offers.yaml': offers,
      ...(missions === '' ? {} : { '+calls/missions.yaml': missions }),
    }),
  );

describe('who helps whom', () => {
  it('a weakness with which nobody helps is named, with whether it is asked for and how many offers would help', () => {
    const { unhelped, given } = helpReach(world(call(''), ''), 'en', today);
    expect(given).toEqual([]);
    expect(unhelped).toMatchObject([{ country: { id: 'land' }, indicators: [{ id: 'i', asked: true, offers: 1 }] }]);
  });

  it('an offer that is open to other countries alone would not help', () => {
    const commons = commonsOf(
      compile({
        '+indicators/i.yaml': indicator('i', 'target-1-5'),
        '+profiles/countries.yaml': country('land') + country('other'),
        '+profiles/assessments/a.yaml': assessment('land', 2025, { i: 0 }),
        '+plans/p.yaml': plan('land-plan', 'land'),
        '+calls/calls.yaml': call(''),
        '+calls/offers.yaml': offer('first', ', countries: [other]'),
      }),
    );
    expect(helpReach(commons, 'en', today).unhelped).toMatchObject([{ indicators: [{ id: 'i', offers: 0 }] }]);
  });

  it('an agreement helps until its country says what became of it', () => {
    const agreed = ', agreements: [{ offer: first, day: 2026-02-01, text: { en: t } }]';
    const going = helpReach(world(call(agreed), ''), 'en', today);
    expect(going.given).toMatchObject([
      { type: 'agreement', by: { text: 'first' }, country: { id: 'land' }, goals: [1], going: true, ends: null },
    ]);
    expect(going.unhelped).toEqual([]);
    const done = helpReach(world(call(`${agreed}, outcome: [{ day: 2026-10-01, text: { en: t } }]`), ''), 'en', today);
    expect(done.given).toMatchObject([{ going: false, ends: '2026-10-01' }]);
    expect(done.unhelped).toMatchObject([{ indicators: [{ id: 'i', asked: false }] }]);
  });

  it('a mission helps while one of its recommendations is open; two bodies with the same are seen', () => {
    const agreed = ', agreements: [{ offer: first, day: 2026-02-01, text: { en: t } }]';
    const both = helpReach(world(call(agreed), mission('m', 'Advisers', '2026-03-01', 'under-way')), 'en', today);
    expect(both.twice).toMatchObject([{ country: { id: 'land' }, indicator: { id: 'i' }, by: [{ text: 'first' }, { text: 'Advisers' }] }]);
    const over = helpReach(world(call(agreed), mission('m', 'Advisers', '2026-03-01', 'done')), 'en', today);
    expect(over.twice).toEqual([]);
    // The same body twice is one.
    expect(helpReach(world(call(agreed), mission('m', 'first', '2026-03-01', 'open')), 'en', today).twice).toEqual([]);
  });
});

describe('of the entries of this repository', () => {
  const commons = commonsOf(compileReal());

  it('every mission, agreement and contribution is told, with who, and where it is read', () => {
    const { given, proposals, mentoring } = helpReach(commons, 'en', today);
    const missions = commons.entries.filter(({ kind }) => kind === 'mission');
    expect(
      given
        .filter(({ type }) => type === 'mission')
        .map(({ what }) => what.id)
        .sort(),
    ).toEqual(missions.map(({ id }) => id).sort());
    expect(proposals.map(({ what }) => what.id)).toContain('altavar-centre');
    expect(mentoring.map(({ what }) => what.id)).toContain('mentoring-first-job');
    for (const one of given) expect(one.by.text).not.toBe('');
  });

  it('goes out as a table of the same rows, each with its address', () => {
    const { given } = helpReach(commons, 'en', today);
    const [head, ...rows] = parseCsv(csvOfHelp(commons, 'en', 'https://centre.example', today)).map(({ cells }) => cells);
    expect(head?.at(-1)).toBe('address');
    for (const kind of ['mission', 'agreement', 'contribution'])
      expect(rows.filter(([one]) => one === kind)).toHaveLength(given.filter(({ type }) => type === kind).length);
    expect(rows.map(([kind]) => kind)).toEqual(expect.arrayContaining(['proposal', 'mentoring']));
    for (const row of rows) expect(row.at(-1)).toMatch(/^https:\/\/centre\.example\/(calls|network\/help|compendium)\/[a-z0-9-]+$/);
  });

  it('what is said to be unhelped is weak and helped by nothing that goes on, on any day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2024, max: 2030 }), fc.integer({ min: 1, max: 12 }), (year, month) => {
        const day = `${String(year)}-${String(month).padStart(2, '0')}-15` as Day;
        const { unhelped, given, twice } = helpReach(commons, 'en', day);
        for (const { country: of, indicators } of unhelped) {
          expect(new Set(indicators.map(({ id }) => id)).size).toBe(indicators.length);
          for (const { indicator: one } of twice.filter(({ country: { id } }) => id === of.id))
            expect(indicators.map(({ id }) => id)).not.toContain(one.id);
        }
        // What goes on stands first.
        const order = given.map(({ going }) => Number(going));
        expect(order).toEqual(order.toSorted((a, b) => b - a));
      }),
      { numRuns: 20 },
    );
  });
});
