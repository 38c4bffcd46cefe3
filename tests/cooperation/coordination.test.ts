import { describe, expect, it } from 'vitest';
import { coordinationView, csvOfCoordination, reachLanguages } from '../../src/lib/cooperation/coordination.ts';
import type { Day } from '../../src/lib/cooperation/day.ts';
import { parseCsv } from '../../src/lib/domain/csv.ts';
import { commonsOf, compile, compileReal, listing, solution } from './kit.ts';

const today = '2026-11-20' as Day;
const organisation = (id: string): string =>
  `- { id: ${id}, title: { en: ${id} }, summary: { en: S }, type: agency, country: KE, sources: [{ title: S, url: 'https://example.org/' }], written: 2026-10-01 }\n`;

describe('who trains for what', () => {
  const commons = commonsOf(
    compile({
      '+compendium/organisations/o.yaml': organisation('one') + organisation('two'),
      '+compendium/solutions/s.yaml': solution('taught') + solution('bare', { targets: '[target-1-1]' }),
      '+compendium/listings/l.yaml':
        listing('a', { teaches: '[taught]', provider: 'one' }) +
        listing('b', { teaches: '[taught]', provider: 'two', languages: '[en, fr]' }) +
        listing('c', { teaches: '[taught]', provider: 'two', level: 'advanced' }) +
        listing('over', { teaches: '[bare]', provider: 'one', closes: '2026-01-01' }),
    }),
  );
  const view = coordinationView(commons, 'en', today);

  it('counts courses that can be taken, by goal and language', () => {
    expect(view).toMatchObject({ courses: 3, providers: 2 });
    expect(view.goals).toMatchObject([{ number: 1, courses: 3, providers: 2, solutions: 2, byLanguage: { en: 3, fr: 1, ru: 0 } }]);
  });

  it('sees an overlap where two providers teach the same in the same language at the same level', () => {
    expect(view.overlaps).toMatchObject([
      { solution: { id: 'taught' }, language: 'en', level: 'introductory', courses: [{ id: 'a' }, { id: 'b' }] },
    ]);
  });

  it('goes out as a table: a row for each course and target, what has ended too, marked as such', () => {
    const [head, ...rows] = parseCsv(csvOfCoordination(commons, 'en', 'https://centre.example', today));
    expect(head?.cells).toContain('target');
    expect(rows.map(({ cells }) => cells.join(' '))).toEqual([
      'one KE a a en introductory unchecked 1 1.5 https://centre.example/compendium/a',
      'two KE b b en fr introductory unchecked 1 1.5 https://centre.example/compendium/b',
      'two KE c c en advanced unchecked 1 1.5 https://centre.example/compendium/c',
      'one KE over over en introductory ended 1 1.1 https://centre.example/compendium/over',
    ]);
  });
});

it('of the entries of this repository no count is greater than the whole, and no overlap has one provider', () => {
  const commons = commonsOf(compileReal());
  const { goals, overlaps, courses } = coordinationView(commons, 'en', today);
  expect(goals).toHaveLength(17);
  for (const goal of goals) {
    expect(goal.courses).toBeLessThanOrEqual(courses);
    expect(goal.providers).toBeLessThanOrEqual(goal.courses);
    for (const language of reachLanguages) expect(goal.byLanguage[language]).toBeLessThanOrEqual(goal.courses);
  }
  expect(overlaps.length).toBeGreaterThan(0);
  for (const overlap of overlaps) expect(new Set(overlap.courses.map(({ provider }) => provider?.text)).size).toBeGreaterThan(1);
});
