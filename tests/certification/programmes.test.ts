import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { languages } from '#lib/i18n/languages.ts';
import { parseProgrammes, programmeFaults } from '#lib/certification/programme-file.ts';
import { leavesOf } from '#lib/certification/programme.ts';

const courses = new Map(
  readdirSync('courses')
    .filter((name) => !name.startsWith('+') && name !== 'LICENSE')
    .map((course) => [
      course,
      new Set(
        readdirSync(join('courses', course), { recursive: true, encoding: 'utf8' })
          .filter((path) => path.endsWith('.md'))
          .map((path) => readFileSync(join('courses', course, path), 'utf8'))
          .filter((text) => /^exam:/m.test(text))
          .flatMap((text) => /^id: (.+)$/m.exec(text)?.[1] ?? []),
      ),
    ]),
);
const context = { languages, courses };

const real = new Map(
  readdirSync('courses/+programmes').map((name) => [name.replace(/\.yaml$/, ''), readFileSync(join('courses/+programmes', name), 'utf8')]),
);

describe('the programmes of this house', () => {
  const { programmes, diagnostics } = parseProgrammes(real, context);

  it('are three, without a fault', () => {
    expect(diagnostics).toEqual([]);
    expect(programmes?.map(({ id }) => id)).toEqual(['course-author', 'master-trainer', 'trainer']);
  });

  it('are tied to the courses that are here', () => {
    const asked = programmes?.flatMap(({ requires }) => leavesOf(requires)) ?? [];
    const named = asked.flatMap((leaf) => (leaf.type === 'course' ? [leaf.course] : leaf.type === 'people' ? leaf.courses : []));
    // What else lies beside them, a short course and materials, is nobody's way to a certificate.
    expect([...new Set(named)].sort()).toEqual(['disaster-risk', 'satellite-navigation', 'space-law']);
    for (const course of named) expect(courses.has(course), course).toBe(true);
  });

  it('have their rubrics and every text in six languages', () => {
    for (const { title, summary, criteria, lapse, rubrics } of programmes ?? []) {
      const texts = [title, summary, criteria, lapse.to, ...rubrics.flatMap((rubric) => [rubric.title, ...rubric.criteria.flatMap((one) => [one.title, ...one.levels])])]; // prettier-ignore
      for (const text of texts) expect(Object.keys(text).sort()).toEqual([...languages].sort());
      expect(rubrics.length).toBeGreaterThan(0);
    }
  });
});

const six = (text: string): string => `{ ${languages.map((language) => `${language}: "${text}"`).join(', ')} }`;
const base = `id: trainer
version: 1
title: ${six('T')}
summary: ${six('S')}
criteria: ${six('C')}
within: 24
validity: 36
requires:
  all:
    - { id: law, course: space-law, score: 0.8 }
    - { id: teaching, sessions: 3, rubric: teaching, level: 2 }
renewal: { id: again, sessions: 1, rubric: teaching, level: 1 }
lapse: { months: 24, to: ${six('L')} }
rubrics:
  - id: teaching
    title: ${six('R')}
    criteria:
      - { id: a, title: ${six('A')}, levels: [${six('1')}, ${six('2')}] }
      - { id: b, title: ${six('B')}, levels: [${six('1')}, ${six('2')}] }
`;

const seen = new Set<string>();
const faultsOf = (text: string, more: Readonly<Record<string, string>> = {}): readonly string[] => {
  const { programmes, diagnostics } = parseProgrammes(new Map(Object.entries({ trainer: text, ...more })), context);
  expect(programmes === null).toBe(diagnostics.length > 0);
  for (const { code, hint, message } of diagnostics) {
    seen.add(code);
    expect(hint).not.toBe('');
    expect(message).not.toMatch(/\{\w+\}/);
  }
  return diagnostics.map(({ code, file, line }) => `${code} ${file}:${String(line)}`);
};

describe('a programme file', () => {
  it('is read', () => expect(faultsOf(base)).toEqual([]));

  it.each([
    ['a course that is not here', 'course: space-law', 'course: space-low', ['unknown-course trainer.yaml:10']],
    ['a unit that is not here', 'course: space-law, score', 'exam: no-unit, course: space-law, score', ['unknown-exam trainer.yaml:10']],
    ['a rubric that is not here', 'sessions: 3, rubric: teaching', 'sessions: 3, rubric: teachin', ['unknown-rubric trainer.yaml:9']],
    ['a level that the rubric lacks', 'level: 2 }', 'level: 3 }', ['unknown-level trainer.yaml:9']],
    [
      'a programme that is not here',
      'id: law, course: space-law, score: 0.8',
      'id: law, holds: pilot',
      ['unknown-programme trainer.yaml:1'],
    ],
    [
      'a programme that asks for itself',
      'id: law, course: space-law, score: 0.8',
      'id: law, holds: trainer',
      ['circular-programme trainer.yaml:1'],
    ],
    ['criteria with other numbers of levels', `{ id: b, title: ${six('B')}, levels: [${six('1')}, `, `{ id: b, title: ${six('B')}, levels: [`, ['unknown-level trainer.yaml:9', 'ragged-rubric trainer.yaml:19']], // prettier-ignore
    [
      'a leaf of two kinds',
      'course: space-law, score: 0.8',
      'course: space-law, score: 0.8, people: 3',
      ['bad-requirement trainer.yaml:10'],
    ],
    ['a leaf of no kind', 'course: space-law, score: 0.8', 'score: 0.8', ['bad-requirement trainer.yaml:10']],
    [
      'an empty branch',
      'renewal: { id: again, sessions: 1, rubric: teaching, level: 1 }',
      'renewal: { all: [] }',
      ['empty-branch trainer.yaml:12'],
    ],
    ['more than there are', '  all:\n', '  some: 3\n  of:\n', ['impossible-branch trainer.yaml:9']],
    [
      'a language that is missing',
      `title: ${six('T')}`,
      'title: { en: "T", fr: "T", es: "T", ar: "T", zh: "T" }',
      ['missing-language trainer.yaml:3'],
    ],
    ['a field that is missing', 'validity: 36\n', '', ['missing-field trainer.yaml:1']],
    ['a score that is none', 'score: 0.8', 'score: 80', ['bad-field trainer.yaml:10']],
    ['a field that means nothing', 'within: 24', 'within: 24\nuntil: 3', ['unknown-field trainer.yaml:7']],
    ['another name than its file', 'id: trainer\n', 'id: coach\n', ['folder-id trainer.yaml:1']],
    ['an id twice', 'id: teaching, sessions: 3', 'id: law, sessions: 3', ['duplicate-id trainer.yaml:9']],
    ['no YAML', 'version: 1', 'version: [1', ['bad-yaml trainer.yaml:3']],
  ])('with %s is told so, with its line', (_, from, to, expected) => {
    expect(base).toContain(from);
    const told = faultsOf(base.replace(from, to));
    if (expected[0]?.startsWith('bad-yaml') === true) expect(told[0]).toMatch(/^bad-yaml/);
    else expect(told).toEqual(expected);
  });

  it('shows every fault of its own in a case', () => {
    expect(programmeFaults.filter((code) => !seen.has(code))).toEqual([]);
  });
});
