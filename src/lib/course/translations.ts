/** Are the exercises of a translation those of the first language? Words may differ, what is right may not. */
import type { Item } from '../exercise/item.ts';
import type { NumberAnswer } from '../exercise/number/model.ts';
import type { Report } from './diagnostics.ts';
import type { Lesson } from './lesson.ts';

/** What must be the same in every language, part by part, with words for each. */
function meaningOf(item: Item): readonly (readonly [string, unknown])[] {
  const shared = [
    ['the kind', item.kind],
    ['the points', item.points],
    ['the version', item.v],
    ['a hint in one language only', item.hint === undefined],
    ['«because» in one language only', item.because === undefined],
  ] as const;
  switch (item.kind) {
    case 'choice':
    case 'multiple':
      return [...shared, ['the number of answers', item.options.length], ['what is right', item.right], ['order=kept', item.keepOrder]];
    case 'number': {
      // Units are words and may be translated; which answers share a unit may not.
      const figures = ({ value, tolerance, unit }: NumberAnswer): readonly number[] => [value, tolerance, item.units.indexOf(unit)];
      return [...shared, ['the right numbers', item.answers.map(figures)], ['the known mistakes', item.wrong.map(figures)]];
    }
    case 'order':
      return [...shared, ['the number of entries', item.entries.length]];
    case 'match':
      return [...shared, ['the number of rows', [item.left.length, item.right.length]]];
    case 'gap':
      return [
        ...shared,
        ['the number of gaps', item.gaps.length],
        ['the kinds of gaps', item.gaps.map(({ type }) => type)],
        ['the number of choices in a gap', item.gaps.map((gap) => (gap.type === 'chosen' ? gap.choices.length : 0))],
      ];
  }
}

/** Compares a translation with the first language and reports what is out of step, at the translation's lines. */
export function compareTranslation(first: Lesson, translation: Lesson, file: string, report: Report): void {
  const expected = first.itemLines.map(({ id }) => id);
  const given = translation.itemLines.map(({ id }) => id);
  const missing = expected.filter((id) => !given.includes(id));
  const surplus = given.filter((id) => !expected.includes(id));
  if (missing.length > 0) report('translation-items', { file, line: 1 }, { reason: `missing ${missing.join(', ')}.` });
  for (const { id, line } of translation.itemLines)
    if (surplus.includes(id)) report('translation-items', { file, line }, { reason: `«${id}» is not in the first language.` });
  if (missing.length === 0 && surplus.length === 0) {
    const at = given.findIndex((id, i) => id !== expected[i]);
    const line = translation.itemLines[at]?.line;
    if (line !== undefined)
      report('translation-items', { file, line }, { reason: `«${String(given[at])}» stands where «${String(expected[at])}» should.` });
  }
  for (const { item, line } of translation.items) {
    const original = first.items.find((candidate) => candidate.item.id === item.id)?.item;
    if (original === undefined) continue;
    const meaning = new Map(meaningOf(original));
    for (const [name, value] of meaningOf(item))
      if (JSON.stringify(meaning.get(name)) !== JSON.stringify(value)) {
        report('translation-answers', { file, line }, { id: item.id, reason: `${name}.` });
        break;
      }
  }
}
