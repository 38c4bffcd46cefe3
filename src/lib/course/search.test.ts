import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { foldWithOrigin, search, type SearchText } from './search.ts';

const text = (key: string, title: string, ...sections: readonly (readonly [heading: string, text: string])[]): SearchText<string> => ({
  key,
  title,
  sections: sections.map(([heading, words], i) => ({ anchor: `s-${String(i)}`, heading, text: words })),
});

const library = [
  text(
    'en',
    'Kepler orbits',
    ['', 'A satellite falls around the Earth.'],
    ['The period', 'The period of an orbit grows with its axis. Orbital planes stay.'],
  ),
  text('fr', 'Télédétection', ['', 'L’élévation du niveau de la mer menace les côtes. Une crue détruit les récoltes.']),
  text('ar', 'معاهدة الفضاء الخارجي', ['المسؤولية', 'تُعَدُّ الدَّوْلَةُ مسؤولةً عن الأنشطة الفضائيّة، وبالقمر الصناعي تُرصد الأرض.']),
  text('zh', '卫星导航', ['轨道', '导航卫星在中圆地球轨道上运行，接收机测量伪距。']),
  text('ru', 'Орбиты', ['', 'Приёмник измеряет псевдодальность до каждого спутника.']),
];

const keys = (query: string): readonly string[] => search(library, query).map(({ key }) => key);
const marked = (query: string): readonly string[] =>
  search(library, query).flatMap(({ excerpt }) => excerpt.filter(({ hit }) => hit).map((stretch) => stretch.text));

describe('search', () => {
  it.each([
    ['period orbit', ['en']],
    ['orbit', ['en']],
    ['elevation cotes', ['fr']],
    ['ÉLÉVATION', ['fr']],
    ['الدولة', ['ar']],
    ['دولة', ['ar']],
    ['قمر', ['ar']],
    ['المسؤوليه', ['ar']],
    ['导航卫星', ['zh']],
    ['伪距', ['zh']],
    ['приемник', ['ru']],
    ['СПУТНИК', ['ru']],
  ])('finds %s', (query, found) => {
    expect([...new Set(keys(query))]).toEqual(found);
  });

  it.each(['eriod', 'period unicorn', '', ' — ', 'полёт', 'وحش'])('does not find %s', (query) => {
    expect(keys(query)).toEqual([]);
  });

  it('marks the words as they were written', () => {
    expect(marked('elevation')).toEqual(['élévation']);
    expect(marked('دولة')).toEqual(['دَّوْلَةُ']);
    expect(marked('伪距')).toEqual(['伪距']);
    expect(marked('приемник')).toEqual(['Приёмник']);
  });

  it('puts titles before headings before text', () => {
    const texts = [
      text('text', 'A', ['B', 'Something about lift.']),
      text('heading', 'A', ['Lift', 'Something.']),
      text('title', 'Lift', ['B', 'Something.']),
    ];
    expect(search(texts, 'lift').map(({ key }) => key)).toEqual(['title', 'heading', 'text']);
  });

  it('finds a unit by its title once', () => {
    expect(search([text('one', 'Lift', ['', 'a'], ['b', 'c'], ['d', 'e'])], 'lift')).toHaveLength(1);
  });

  it('joins words over title, heading and text', () => {
    expect(search([text('one', 'Satellites', ['Orbits', 'They decay.'])], 'satellites orbits decay')).toHaveLength(1);
  });

  it('cuts an excerpt out of a long text, with the hit in it', () => {
    const [found] = search([text('long', '', ['', `${'before '.repeat(100)}perigee ${'after '.repeat(100)}`])], 'perigee');
    const excerpt = found?.excerpt ?? [];
    expect(excerpt.map((stretch) => stretch.text).join('').length).toBeLessThan(200);
    expect(excerpt.filter(({ hit }) => hit)).toEqual([{ text: 'perigee', hit: true }]);
  });

  it('takes any text and any query, loses no character of the excerpt, and cuts none in half', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 10 }), (words, query) => {
        for (const { excerpt } of search([text('any', '', ['', words])], query)) {
          const inner = excerpt.map((stretch) => stretch.text).filter((stretch) => stretch !== '… ' && stretch !== ' …');
          expect(words).toContain(inner.join(''));
          if (words.isWellFormed()) expect(inner.every((stretch) => stretch.isWellFormed())).toBe(true);
        }
      }),
    );
  });

  it('knows where each folded character came from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (words) => {
        const folded = foldWithOrigin(words);
        expect(folded.origin).toHaveLength(folded.text.length + 1);
        expect([...folded.origin].every((at, i) => i === 0 || at >= (folded.origin[i - 1] ?? 0))).toBe(true);
      }),
    );
  });
});
