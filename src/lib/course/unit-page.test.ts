import { expect, it } from 'vitest';
import type { CourseId, ItemId, Sha256, UnitId } from '../domain/ids.ts';
import type { CourseStructure, LessonItems } from './package.ts';
import { lessonBlocks } from './package.ts';
import { parseItems, parseUnitPage, unitPageJson, type UnitContent } from './unit-page.ts';

const sha = '0'.repeat(64) as Sha256;
const pieces = { en: { lesson: sha, items: sha, text: sha, pictures: [], data: [] } };
const unit = (id: string) => ({
  id: id as UnitId,
  title: { en: `Unit ${id}`, ar: `وحدة ${id}` },
  minutes: 5,
  outcomes: { en: [`Know ${id}`], ar: [] },
  items: [{ id: `${id}-q` as ItemId, v: 1, points: 1, kind: 'order' }],
  pieces,
});
const structure: CourseStructure = {
  course: 'space-law' as CourseId,
  languages: ['en', 'ar'],
  title: { en: 'Law', ar: 'قانون' },
  summary: { en: 'Long', ar: 'طويل' },
  outcomes: [{ en: 'All' }],
  authors: ['A'],
  licence: 'CC-BY-4.0',
  discipline: 'law',
  level: 'introductory',
  sdg: [16],
  pass: 0.6,
  modules: [{ id: 'm', title: { en: 'M', ar: 'م' }, units: [unit('a'), unit('b')] }],
  glossary: [{ id: 'g', term: { en: 'term' }, definition: { en: 'definition' } }],
  references: [],
};
const items = [
  { id: 'a-q' as ItemId, kind: 'order', v: 1, points: 1, prompt: '<p>2 < 3 </script><script>steal()</script></p>', entries: [] },
] as LessonItems;
const content: UnitContent = {
  structure,
  unit: 'a' as UnitId,
  language: 'en',
  fragment: '<p>One</p>\n<div data-item="a-q"></div>\n<p>Two</p>',
  items,
  from: 'node',
};
const html = lessonBlocks(content.fragment).flatMap((block) => ('html' in block ? [block.html] : []));

it('brings a unit back from the page it was put into', () => {
  const back = parseUnitPage(unitPageJson(content), html);
  expect(back).toMatchObject({ unit: 'a', language: 'en', fragment: content.fragment, items, from: 'node' });
  expect(back?.structure.modules[0]?.units.map(({ id, items: own }) => [id, own])).toEqual(
    structure.modules[0]?.units.map(({ id, items: own }) => [id, own]),
  );
  expect(back?.structure.modules[0]?.units[0]?.outcomes).toEqual({ en: ['Know a'] });
});

it('cannot end the script element it stands in', () => {
  expect(unitPageJson(content)).not.toContain('<');
});

it('carries one language and nothing that the text already says', () => {
  const json = unitPageJson(content);
  expect(json).not.toContain('قانون');
  expect(json).not.toContain('definition');
  expect(json).not.toContain('<p>One</p>');
  expect(json).not.toContain(sha);
});

it('leaves out an exercise of a shape that is not known here, and keeps the lesson', () => {
  const foreign = [{ ...items[0], kind: 'hologram' }, { ...items[0], entries: 7 }, null, 'x', ...items];
  const back = parseUnitPage(unitPageJson({ ...content, items: foreign as LessonItems }), html);
  expect(back).toMatchObject({ fragment: content.fragment, items });
  expect(parseItems({ length: 1 })).toBeNull();
});

it('is nothing where page and data do not fit', () => {
  expect(parseUnitPage(unitPageJson(content), html.slice(1))).toBeNull();
  expect(parseUnitPage('', html)).toBeNull();
  expect(parseUnitPage('{"unit":"a"}', html)).toBeNull();
  expect(parseUnitPage(unitPageJson(content).replace('"space-law"', '"../etc"'), html)).toBeNull();
});
