import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { CourseStructure } from '#lib/course/package.ts';
import type { UnitContent } from '#lib/course/unit-page.ts';
import { composeLesson } from './compose.ts';

const shell = readFileSync('src/app.html', 'utf8')
  .replace('%perigee.lang%', 'en')
  .replace('%perigee.dir%', 'ltr')
  .replace('%perigee.theme%', 'auto')
  .replace('%perigee.elsewhere%', '')
  .replace('%sveltekit.head%', '<meta http-equiv="content-security-policy" content="script-src \'self\'">')
  .replace('%sveltekit.body%', '<script>start()</script>');

const content = {
  structure: {
    course: 'space-law',
    title: { ar: 'قانون & "الفضاء"' },
    modules: [
      { id: 'm', title: {}, units: [{ id: 'treaty', title: { ar: 'معاهدة <b>' }, outcomes: {}, items: [], pieces: {}, minutes: 1 }] },
    ],
  } as unknown as CourseStructure,
  unit: 'treaty',
  language: 'ar',
  fragment: '<p>نص $1 $& الدرس</p>\n<div data-item="q"></div>\n<p>Two</p>',
  items: [],
  from: 'device',
} as unknown as UnitContent;

const page = composeLesson(shell, content, ['/_app/immutable/assets/5.css'], { theme: 'dark' });

it('puts the text into the shell, in its language and direction, with its styles', () => {
  expect(page).toContain('<html lang="ar" dir="rtl" data-theme="dark">');
  expect(page).toContain('<p>نص $1 $& الدرس</p>');
  expect(page).toContain('<link href="/_app/immutable/assets/5.css" rel="stylesheet">');
  expect(page.match(/data-block/g)).toHaveLength(2);
});

it('keeps the policy and the start of the app', () => {
  expect(page).toContain('http-equiv="content-security-policy"');
  expect(page).toContain('<script>start()</script>');
  expect(page.match(/<script/g)).toHaveLength(2);
});

it('writes titles as text', () => {
  expect(page).toContain('<h1>معاهدة &#60;b&#62;</h1>');
  expect(page).not.toContain('<b>');
});

it('leaves the theme to the device where none was chosen', () => {
  expect(composeLesson(shell, content, [], { theme: null })).toContain('data-theme="auto"');
});
