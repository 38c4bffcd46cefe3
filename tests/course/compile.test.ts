import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCourse } from '../../src/lib/course/compile.ts';
import { faultCodes } from '../../src/lib/course/diagnostics.ts';
import { fragmentFaults } from '../../src/lib/course/fragment.ts';
import type { CourseStructure } from '../../src/lib/course/package.ts';
import { parseSignedManifest, parseStructure } from '../../src/lib/course/parse-package.ts';
import { isSafePiece } from '../../src/lib/course/safety.ts';
import type { CourseSource } from '../../src/lib/course/source.ts';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import type { Sha256 } from '../../src/lib/domain/ids.ts';
import { compileFolder } from '../../scripts/commands/course-check.ts';
import { baseFiles, fixtureFolder, readFixture, withBody } from './read-fixture.ts';

const sha256 = (bytes: Uint8Array): Sha256 => createHash('sha256').update(bytes).digest('hex') as Sha256;
const compile = (source: CourseSource) => compileCourse(source, { sha256 });

/** The first lesson's HTML of a course that must be sound. */
async function lessonOf(body: string): Promise<string> {
  const { package: built, diagnostics } = await compile(withBody(body));
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const lesson = built?.manifest.pieces.find(({ role }) => role === 'lesson');
  return new TextDecoder().decode(built?.pieces.get(lesson?.sha256 ?? ('' as Sha256)));
}

const fixtures = readdirSync(fixtureFolder).filter((name) => name.endsWith('.txt'));

/** Faults that no text file can show, with the test below that does. */
const shownElsewhere = ['bad-encoding', 'bad-character', 'too-large'];

describe('faults', () => {
  const seen = new Set<string>(shownElsewhere);

  it.each(fixtures)('%s', async (name) => {
    const { source, expected } = readFixture(name);
    const { package: built, diagnostics } = await compile(source);
    const found = diagnostics.map(({ file, line, code }) => `${file}:${String(line)} ${code}`);
    expect(found.toSorted()).toEqual([...expected].sort());
    for (const { code, message, hint, column } of diagnostics) {
      seen.add(code);
      expect(`${message} ${hint}`).not.toMatch(/\{\w+\}|undefined|NaN/);
      expect(column).toBeGreaterThan(0);
    }
    expect(built === null).toBe(diagnostics.some(({ severity }) => severity === 'error'));
  });

  it('are all shown by a case', () => expect(faultCodes.filter((code) => !seen.has(code))).toEqual([]));

  it('are found in files that are no text, too', async () => {
    const files = new Map<string, Uint8Array | string>(baseFiles());
    files.set('glossary.yaml', Uint8Array.of(0xff, 0xfe, 0x20));
    files.set('references.yaml', `# ${'x'.repeat(600_000)}`);
    files.set('01-basics/01-first.md', `${String(files.get('01-basics/01-first.md'))}\nA\u0007 and \u202e.`);
    const { diagnostics } = await compile({ folder: 'sample', files });
    const found = diagnostics.map(({ file, line, column, code }) => `${file}:${String(line)}:${String(column)} ${code}`);
    expect(found).toContain('glossary.yaml:1:1 bad-encoding');
    expect(found).toContain('references.yaml:1:1 too-large');
    expect(found).toContain('01-basics/01-first.md:9:2 bad-character');
  });

  it('have the column of a link, in a list and in a table too', async () => {
    const { diagnostics } = await compile(
      withBody('A [x](unit:no).\n\n- one\n- two and [x](unit:no2)\n\n| a | b |\n| - | - |\n| c | d [x](unit:no3) |\n'),
    );
    expect(diagnostics.map(({ line, column }) => [line, column])).toEqual([
      [8, 4],
      [11, 12],
      [15, 10],
    ]);
  });

  it('come with the name that was likely meant', async () => {
    const { diagnostics } = await compile(withBody('[x](unit:frist) [@kepler1690]\n'));
    expect(diagnostics.map(({ message }) => message).join()).toMatch(/«first».*«kepler1609»/);
  });
});

describe('a lesson', () => {
  it('has semantic HTML', async () => {
    const html = await lessonOf(
      '## Orbits & more\n\nAn *ellipse*, $a < b$, [out](https://example.org/a?b=1&c="d"), [@kepler1609] and [@kepler1609].\n\n## Orbits & more\n\n| A | B |\n| --- | ---: |\n| 1 | 2 |\n\n::: key Four unknowns\nFour.\n:::\n\n::: example\nOne.\n:::\n',
    );
    expect(html).toMatchInlineSnapshot(`
      "<h2 id="s-orbits-more">Orbits &amp; more</h2>
      <p>An <em>ellipse</em>, <math><mi>a</mi><mo>&lt;</mo><mi>b</mi></math>, <a href="https://example.org/a?b=1&amp;c=%22d%22" rel="noopener">out</a>, <a class="cite" href="#ref-kepler1609">[1]</a> and <a class="cite" href="#ref-kepler1609">[1]</a>.</p>
      <h2 id="s-orbits-more-2">Orbits &amp; more</h2>
      <div class="scroll" role="group" tabindex="0" aria-label="Table 1"><table>
      <thead>
      <tr>
      <th>A</th>
      <th class="right">B</th>
      </tr>
      </thead>
      <tbody>
      <tr>
      <td>1</td>
      <td class="right">2</td>
      </tr>
      </tbody>
      </table></div>
      <div class="box box-key" role="note"><p class="box-title">Four unknowns</p>
      <p>Four.</p>
      </div>
      <div class="box box-example" role="note"><p class="box-title"><span class="box-kind">Example</span></p>
      <p>One.</p>
      </div>
      <section class="refs" aria-labelledby="s-refs"><h2 id="s-refs">References</h2>
      <ol>
      <li id="ref-kepler1609">Kepler, J., Astronomia nova, 1609. <a href="https://example.org/nova" rel="noopener">https://example.org/nova</a></li>
      </ol></section>
      "
    `);
  });

  it('holds an item where it stands, on a line of its own', async () => {
    const html = await lessonOf('One.\n\n::: number #n\nHow many?\n\n= 2\n:::\nTwo.\n');
    expect(html).toBe('<p>One.</p>\n<div data-item="n"></div>\n<p>Two.</p>\n');
  });

  it('does not put a space where a line of Chinese ends', async () => {
    expect(await lessonOf('卫星\n轨道\nGPS orbit\n')).toBe('<p>卫星轨道\nGPS orbit</p>\n');
  });

  it('escapes what only looks like markup', async () => {
    const html = await lessonOf('1 < 2 & 3 > 2, `<script>`, "quoted"\n\n    <div data-item="x"></div>\n');
    expect(html).toBe(
      '<p>1 &lt; 2 &amp; 3 &gt; 2, <code>&lt;script&gt;</code>, “quoted”</p>\n<pre tabindex="0"><code>&lt;div data-item=&quot;x&quot;&gt;&lt;/div&gt;\n</code></pre>\n',
    );
  });
});

describe('exercises', () => {
  it('become items as their kinds say', async () => {
    const { package: built } = await compile(
      withBody(`::: choice #c points=2 v=3 order=kept
Which?

- [ ] *one*
  > No,
  > not one.
- [x] two

hint: Count.
because: $1+1$.
:::

::: number #n
How much?

= 11.97 ± 0.05 h
= 40 ± 5 % km
wrong: −3 km
  > Sign.
:::

::: match #m
Match.

| A | B |
| --- | --- |
| x | y |
| z | \`a\\|b\` |
|  | w |
:::

::: gap #g
Fill in.

A [[low|small]] one is [[?good|bad]].
:::
`),
    );
    const items = built?.manifest.pieces.find(({ role }) => role === 'items');
    expect(JSON.parse(new TextDecoder().decode(built?.pieces.get(items?.sha256 ?? ('' as Sha256))))).toMatchInlineSnapshot(`
      [
        {
          "because": "<math><mn>1</mn><mo>+</mo><mn>1</mn></math>.",
          "hint": "Count.",
          "id": "c",
          "keepOrder": true,
          "kind": "choice",
          "options": [
            {
              "feedback": "No, not one.",
              "key": "a",
              "text": "<em>one</em>",
            },
            {
              "key": "b",
              "text": "two",
            },
          ],
          "points": 2,
          "prompt": "<p>Which?</p>",
          "right": "b",
          "v": 3,
        },
        {
          "answers": [
            {
              "tolerance": 0.05,
              "unit": "h",
              "value": 11.97,
            },
            {
              "tolerance": 2,
              "unit": "km",
              "value": 40,
            },
          ],
          "id": "n",
          "kind": "number",
          "points": 1,
          "prompt": "<p>How much?</p>",
          "units": [
            "h",
            "km",
          ],
          "v": 1,
          "wrong": [
            {
              "feedback": "Sign.",
              "tolerance": 0,
              "unit": "km",
              "value": -3,
            },
          ],
        },
        {
          "headings": [
            "A",
            "B",
          ],
          "id": "m",
          "kind": "match",
          "left": [
            {
              "key": "1",
              "text": "x",
            },
            {
              "key": "2",
              "text": "z",
            },
          ],
          "pairs": {
            "1": "a",
            "2": "b",
          },
          "points": 1,
          "prompt": "<p>Match.</p>",
          "right": [
            {
              "key": "a",
              "text": "y",
            },
            {
              "key": "b",
              "text": "<code>a|b</code>",
            },
            {
              "key": "c",
              "text": "w",
            },
          ],
          "v": 1,
        },
        {
          "gaps": [
            {
              "answers": [
                "low",
                "small",
              ],
              "key": "1",
              "type": "typed",
            },
            {
              "choices": [
                "bad",
                "good",
              ],
              "key": "2",
              "right": "good",
              "type": "chosen",
            },
          ],
          "id": "g",
          "kind": "gap",
          "pieces": [
            "A ",
            " one is ",
            ".",
          ],
          "points": 1,
          "prompt": "<p>Fill in.</p>",
          "v": 1,
        },
      ]
    `);
  });
});

describe('a package', () => {
  it.each(['satellite-navigation', 'space-law', 'disaster-risk'])('of %s is sound, safe and the same twice', async (course) => {
    const [one, two] = [await compileFolder(`courses/${course}`), await compileFolder(`courses/${course}`)];
    expect(one.diagnostics).toEqual([]);
    expect(canonicalJson(one.package?.manifest)).toBe(canonicalJson(two.package?.manifest));
    const { manifest, pieces } = one.package ?? expect.fail('it was not built');
    expect(manifest.pieces.length).toBe(pieces.size);
    for (const piece of manifest.pieces) {
      const bytes = pieces.get(piece.sha256) ?? expect.fail(`${piece.sha256} is missing`);
      expect(sha256(bytes)).toBe(piece.sha256);
      expect(bytes.length).toBe(piece.bytes);
      expect(isSafePiece(piece, bytes), `${piece.role} ${piece.name ?? piece.sha256}`).toBe(true);
    }
    expect(parseSignedManifest({ manifest, signature: { key: 'a'.repeat(43), value: 'a'.repeat(86) } }).ok).toBe(true);
    const structure: unknown = JSON.parse(new TextDecoder().decode(pieces.get(manifest.structure)));
    expect(parseStructure(structure).ok).toBe(true);
    const { modules, exams = [] } = structure as CourseStructure;
    const units = modules.flatMap((module) => module.units);
    // What a course counts is what is learned in it: its exam stands apart.
    expect(units.length).toBe(manifest.units);
    expect(exams.map(({ id, minutes, attempts }) => [id, minutes, attempts])).toEqual(course === 'disaster-risk' ? [['exam', 45, 2]] : []);
    for (const unit of [...units, ...exams])
      for (const language of manifest.languages) {
        const { lesson, items, text, pictures, data } = unit.pieces[language] ?? expect.fail(`${unit.id} lacks ${language}`);
        for (const sha of [lesson, items, text, ...pictures, ...data]) expect(pieces.has(sha)).toBe(true);
      }
  });

  it('does not depend on the order in which files were read', async () => {
    const files = [...baseFiles()];
    const one = await compile({ folder: 'sample', files: new Map(files) });
    const two = await compile({
      folder: 'sample',
      files: new Map(files.toReversed().map(([path, text]) => [path, new TextEncoder().encode(text.replaceAll('\n', '\r\n'))])),
    });
    expect(one.package?.manifest).toBeDefined();
    expect(two.package?.manifest).toEqual(one.package?.manifest);
  });

  it('shows the picture and the table of each language, and lists each once', async () => {
    const svg = (r: number): string => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10.4"><circle r="${String(r)}"/></svg>`;
    const files = new Map<string, string>(baseFiles());
    const unit = (id: string): string =>
      `---\nid: ${id}\ntitle: T\nminutes: 5\noutcomes: [x]\n---\n![A circle](a.svg)\n\n![A dot](b.svg)\n`;
    const both = (text: string): string =>
      text.replace('languages: [en]', 'languages: [en, fr]').replace(/\{ en: ([^}]*?)\.? \}/g, '{ en: $1, fr: $1 }');
    for (const name of ['course.yaml', 'glossary.yaml', '01-basics/module.yaml']) files.set(name, both(files.get(name) ?? ''));
    files.set('01-basics/01-first.md', unit('first'));
    files.set('01-basics/01-first.fr.md', unit('first'));
    files.set('01-basics/a.svg', svg(1));
    files.set('01-basics/a.fr.svg', svg(2));
    files.set('01-basics/b.svg', svg(3));
    const { package: built, diagnostics } = await compile({ folder: 'sample', files });
    expect(diagnostics).toEqual([]);
    expect(built?.manifest.pieces.filter(({ role }) => role === 'picture').map(({ name, language }) => [name, language])).toEqual([
      ['01-basics/b.svg', undefined],
      ['01-basics/a.svg', 'en'],
      ['01-basics/a.fr.svg', 'fr'],
    ]);
    const lesson = built?.manifest.pieces.find(({ role, language }) => role === 'lesson' && language === 'fr');
    expect(new TextDecoder().decode(built?.pieces.get(lesson?.sha256 ?? ('' as Sha256)))).toContain('width="20" height="10"');
  });
});

describe('whatever the text', () => {
  const words = ['::: ', ':::', 'choice', 'number', 'gap', 'match', 'order', 'key', '#a', '\n', '\n', '\n\n', '- [x] ', '- [ ] ', '> ', '= 1', '± ', '[[', ']]', '|', '$', '$$', '\\frac{', '}', '*', '**', '_', '`', '```', '![a](a.svg)', '[x](unit:first)', '[@kepler1609]', '<b>', '<', '&', '"', "'", '## ', '# ', '1. ', 'hint:', 'wrong: 1', 'text', '轨', 'مدار', '\u{1f6f0}', '\t', '    ']; // prettier-ignore
  const soup = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join(''));

  it('nothing throws, faults have places, and what is built is safe', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 200 })), async (body) => {
        const { package: built, diagnostics } = await compile(withBody(body));
        for (const { line } of diagnostics) expect(line).toBeGreaterThan(0);
        for (const piece of built?.manifest.pieces ?? [])
          expect(isSafePiece(piece, built?.pieces.get(piece.sha256) ?? new Uint8Array())).toBe(true);
      }),
      { numRuns: 150 },
    );
  }, 30_000);

  it('sound text becomes HTML that the check accepts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.constantFrom(
            'a & b',
            '*c*',
            '**d**',
            '`<e>`',
            '$x<1$',
            '[@kepler1609]',
            '[l](https://example.org/?a=1&b=2)',
            '\n\n',
            '\n- ',
            '> ',
            '\n\n## Heading\n\n',
          ),
          { maxLength: 30 },
        ),
        async (parts) => {
          const { package: built } = await compile(withBody(parts.join(' ')));
          for (const { role, sha256: sha } of built?.manifest.pieces ?? [])
            if (role === 'lesson') expect(fragmentFaults(new TextDecoder().decode(built?.pieces.get(sha)))).toEqual([]);
        },
      ),
      { numRuns: 80 },
    );
  }, 30_000);

  const n = 20_000;
  it.each<[string, string]>([
    ['brackets', '['.repeat(n)],
    ['closed brackets', '[a]('.repeat(n / 4)],
    ['pictures', '!['.repeat(n)],
    ['citations', '[@'.repeat(n)],
    ['stars', '*a **'.repeat(n / 4)],
    ['dollars', '$a '.repeat(n)],
    ['double dollars', '$$\n'.repeat(n / 4)],
    ['braces in a formula', `$${'{'.repeat(n)}$`],
    ['powers', `$${'x^{'.repeat(600)}$`],
    ['macros', `$\\def\\a{\\b\\b}\\def\\b{\\c\\c}\\def\\c{\\d\\d}\\def\\d{\\e\\e}\\def\\e{x x}${'\\a'.repeat(300)}$`],
    ['quotations', '> '.repeat(n)],
    ['lists', '- '.repeat(n)],
    ['tags', '<a '.repeat(n)],
    ['comments', '<!--'.repeat(n)],
    ['boxes', '::: note\n'.repeat(n / 4)],
    ['closes', ':::\n'.repeat(n / 4)],
    ['gaps', `::: gap #g\n${'[['.repeat(n)}\n:::`],
    ['many gaps', `::: gap #g\n${'[[a]] '.repeat(n / 8)}\n:::`],
    ['bars', `::: match #m\n${'|'.repeat(n)}\n|-|-|\n:::`],
    ['backticks', '`'.repeat(n) + 'a'],
    ['headings', '## a\n\n'.repeat(n / 20)],
    ['spaces', `a${' '.repeat(n)}\n`],
  ])('%s end', { timeout: 60_000 }, async (_name, body) => {
    const before = performance.now();
    await compile(withBody(body));
    // Tenths of a second, or for ever; a busy machine is given its time.
    expect(performance.now() - before).toBeLessThan(20_000);
  });
});
