import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOfCountry } from '../../src/lib/cooperation/entry.ts';
import { textLanguages } from '../../src/lib/cooperation/reader.ts';
import { faultCodes } from '../../src/lib/cooperation/faults.ts';
import { parseEntry } from '../../src/lib/cooperation/kinds.ts';
import { compileCommons, createMemory, faultsBeside } from '../../src/lib/cooperation/compile.ts';
import type { EntryId } from '../../src/lib/cooperation/entry.ts';
import { applyChange, changeSince, parseSignedCommons, piecesFor } from '../../src/lib/cooperation/package.ts';
import {
  assessment,
  commonsOf,
  commonsTexts,
  compile,
  compileReal,
  country,
  ground,
  indicator,
  listing,
  plan,
  sha256,
  solution,
  term,
} from './kit.ts';

const solutions = '+compendium/solutions/a.yaml';
const listings = '+compendium/listings/a.yaml';

/** For each fault: files that have it, and the line it is on. */
const proposal = (steps: string): string =>
  `- id: n\n  country: aa\n  title: { en: N }\n  summary: { en: S }\n  host: { en: H }\n  serves: { en: S }\n  gives: { en: G }\n  steps: ${steps}\n  written: 2026-01-10\n`;

const faulty: Readonly<Record<string, readonly [files: Readonly<Record<string, string>>, line: number, words?: RegExp]>> = {
  'bad-yaml': [{ [solutions]: '- id: a\n  title: { en: "x\n' }, 3],
  'not-a-list': [{ [solutions]: 'id: a\n' }, 1],
  'unknown-place': [{ '+compendium/else/a.yaml': '- id: a\n' }, 1],
  'missing-field': [{ [solutions]: solution('a').replace(/ {2}problem.*\n/, '') }, 1, /problem/],
  'bad-field': [{ [solutions]: solution('a', { cost: 'plenty' }) }, 8, /none, low, medium, high/],
  'unknown-field': [{ [solutions]: solution('a', { colour: 'red' }) }, 14, /colour/],
  'unknown-language': [{ [solutions]: solution('a', { title: '{ en: a, de: b }' }) }, 2, /«de»/],
  'missing-english': [{ [solutions]: solution('a', { title: '{ fr: a }' }) }, 2, /title/],
  'missing-language': [
    { '+compendium/terms/x.yaml': '- { id: t, facet: theme, title: { en: T, fr: T, es: T, ar: T, zh: T } }\n' },
    1,
    /«ru»/,
  ],
  'bad-id': [{ [solutions]: solution('A b') }, 1, /A b/],
  'reserved-id': [{ [solutions]: solution('gaps') }, 1],
  'duplicate-id': [{ [solutions]: solution('a') + solution('a') }, 16, /a\.yaml:1/],
  'dangling-link': [{ [solutions]: solution('a', { themes: '[theme-flood]' }) }, 11, /Did you mean «theme-floods»/],
  'wrong-kind': [{ [solutions]: solution('a', { themes: '[goal-1]' }) }, 11, /a goal; here belongs: term/],
  'days-reversed': [{ [listings]: listing('c', { opens: '2026-02-01', closes: '2026-01-01' }) }, 11],
  'unknown-course': [{ [listings]: listing('c', { course: 'nowhere' }) }, 9, /nowhere/],
  'course-or-address': [{ [listings]: listing('c', { course: 'here', url: "'https://example.org/'" }) }, 9],
  'bounds-reversed': [{ '+indicators/a.yaml': indicator('i', 'target-1-1').replace('weak: 1', 'weak: 1\n  strong: 1') }, 10, /\(1\)/],
  'code-or-invented': [{ '+profiles/countries.yaml': country('aa', 'compare: anyone\n  code: NG') }, 1],
  'value-twice': [
    {
      '+profiles/assessments/a.yaml': assessment('aa', 2024, { i: 1 }).replace(/( {4}- .*\n)/, '$1$1'),
      '+profiles/countries.yaml': country('aa'),
      '+indicators/i.yaml': indicator('i', 'target-1-1'),
    },
    5,
  ],
  'no-source': [
    {
      '+profiles/assessments/a.yaml': assessment('ng', 2024, { i: 1 }),
      '+profiles/countries.yaml': country('ng').replace(
        'invented: true',
        "code: NG\n  sources: [{ title: S, url: 'https://example.org/' }]",
      ),
      '+indicators/i.yaml': indicator('i', 'target-1-1'),
    },
    5,
  ],
  'foreign-indicator': [
    {
      '+profiles/assessments/a.yaml': assessment('aa', 2024, { own: 1 }),
      '+profiles/countries.yaml': country('aa') + country('bb'),
      '+profiles/indicators.yaml': indicator('own', 'target-1-1').replace('  weak', '  country: bb\n  weak'),
    },
    5,
  ],
  'years-reversed': [{ '+plans/a.yaml': plan('p', 'aa', { until: '2044' }) }, 6],
  'no-such-objective': [
    {
      '+plans/a.yaml': plan('p', 'aa', {
        activities:
          '[{ id: a, title: { en: A }, objective: nothing, type: course, from: 2024, until: 2024, responsible: { en: R }, budget: low, state: done }]',
      }),
    },
    9,
    /nothing/,
  ],
  'part-twice': [
    {
      '+plans/a.yaml': plan('p', 'aa', {
        objectives:
          '[{ id: o, title: { en: O }, indicator: i, start: 0, aim: 9 }, { id: o, title: { en: O }, indicator: i, start: 0, aim: 9 }]',
      }),
    },
    8,
  ],
  'other-country': [
    {
      '+calls/missions.yaml': `- id: m\n  country: bb\n  plan: p\n  title: { en: M }\n  summary: { en: S }\n  by: { en: B }\n  from: 2026-01-01\n  until: 2026-01-02\n  findings: { en: F }\n  written: 2026-01-10\n`,
      '+plans/a.yaml': plan('p', 'aa'),
      '+profiles/countries.yaml': country('aa') + country('bb'),
      '+indicators/i.yaml': indicator('i', 'target-1-1'),
    },
    3,
    /«p» belongs to another country/,
  ],
  'decision-without-source': [
    { '+calls/proposals.yaml': proposal('[{ type: approved, day: 2026-01-01, text: { en: T } }]') },
    8,
    /approved/,
  ],
  'steps-out-of-order': [
    {
      '+calls/proposals.yaml': proposal(
        '[{ type: evaluated, day: 2026-01-01, text: { en: T } }, { type: proposed, day: 2026-02-01, text: { en: T } }]',
      ),
    },
    8,
  ],
  unlinked: [{ [listings]: listing('c') }, 1],
};

describe('what is wrong with entries', () => {
  it('has a case for every fault', () => {
    expect(Object.keys(faulty).sort()).toEqual([...faultCodes].sort());
  });

  it.each(Object.entries(faulty))('%s is told with its file, line and hint', (code, [files, line, words]) => {
    const { commons, diagnostics } = compile(files, ['here']);
    const found = diagnostics.find((one) => one.code === code);
    expect(found, JSON.stringify(diagnostics)).toMatchObject({ file: Object.keys(files)[0], line });
    expect(found?.message).toMatch(words ?? /./);
    expect(found?.hint).toMatch(/\w{3}/);
    expect(commons === null).toBe(diagnostics.some(({ severity }) => severity === 'error'));
  });

  it('has nothing to say of entries that are right', () => {
    const { commons, diagnostics } = compile({ [solutions]: solution('a'), [listings]: listing('c', { teaches: '[a]' }) });
    expect(diagnostics).toEqual([]);
    expect(commons?.manifest.counts).toEqual({ term: 2, goal: 1, target: 3, solution: 1, listing: 1 });
  });

  it('never throws, whatever a file holds', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.constantFrom(solutions, listings, '+goals/targets.yaml'),
        (text, path) => {
          compile({ [path]: text });
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('shelves', () => {
  const many = (ids: readonly number[]): string => ids.map((n) => solution(`s-${String(n)}`)).join('');
  const entryPieces = (ids: readonly number[]): ReadonlySet<string> =>
    new Set(compile({ [solutions]: many(ids) }).commons?.manifest.shelves.map(({ entries }) => entries.sha256));

  it('are the same for the same entries, in whatever order and files they stand', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(60).keys()], { minLength: 1 }), (ids) => {
        const one = compile({ [solutions]: many(ids) }).commons?.manifest;
        const half = Math.floor(ids.length / 2);
        const two = compile({
          '+compendium/solutions/z.yaml': many(ids.slice(0, half)) || '[]',
          '+compendium/solutions/b.yaml': many(ids.slice(half)),
        }).commons?.manifest;
        expect(two).toEqual(one);
      }),
      { numRuns: 6 },
    );
  });

  it('change with their own entries only: an entry more or less costs at most two of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 199 }), (extra) => {
        const all = [...Array(200).keys()];
        const before = entryPieces(all.filter((n) => n !== extra));
        const after = entryPieces(all);
        expect(before.size).toBeGreaterThan(8);
        expect([...after].filter((piece) => !before.has(piece)).length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 6 },
    );
  });
});

describe('a memory', () => {
  const files = ['+compendium/solutions/a.yaml', '+compendium/solutions/b.yaml', '+compendium/terms.yaml'] as const;

  it('makes a compilation cheaper and never another, whatever is changed before', () => {
    const file = fc.constantFrom(...files);
    const step = fc.record({ path: file, ids: fc.subarray([...Array(12).keys()]), word: fc.constantFrom('One', 'Two'), broken: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        const memory = createMemory();
        const now = new Map(Object.entries(ground));
        for (const { path, ids, word, broken } of steps) {
          now.set(
            path,
            path === '+compendium/terms.yaml'
              ? term('theme-floods', 'theme', word) + term('group-data', 'group', 'Data')
              : broken === 0
                ? '- id: [nothing'
                : ids.map((id) => solution(`${path.slice(-6, -5)}-${String(id)}`, { summary: `{ en: ${word} }` })).join('') || '[]',
          );
          const source = {
            files: new Map([...now].map(([name, text]) => [name, new TextEncoder().encode(text)])),
            courses: new Set<string>(),
          };
          const fresh = compileCommons(source, { sha256 });
          const warm = compileCommons(source, { sha256, memory });
          expect(warm.diagnostics).toEqual(fresh.diagnostics);
          expect(warm.commons?.manifest).toEqual(fresh.commons?.manifest);
          expect([...(warm.commons?.pieces.keys() ?? [])].sort()).toEqual([...(fresh.commons?.pieces.keys() ?? [])].sort());
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('entries that were accepted', () => {
  const encoder = new TextEncoder();
  const source = (files: Readonly<Record<string, string>>, accepted: readonly object[]) => ({
    files: new Map(Object.entries({ ...ground, ...files }).map(([name, text]) => [name, encoder.encode(text)])),
    courses: new Set<string>(),
    accepted: accepted as readonly Record<string, unknown>[],
  });
  const [base] = commonsTexts(compile({ [solutions]: solution('a') }), 'solution');
  const accepted = (id: string, more: object = {}) => ({ ...base, id, ...more });
  const ids = (made: ReturnType<typeof compileCommons>) => commonsOf(made).entries.map(({ id }) => id);

  it('that cannot stand here wait, and with them what leads to them; the rest is published', () => {
    const course = { ...commonsTexts(compile({ [solutions]: solution('a'), [listings]: listing('c', { teaches: '[a]' }) }), 'listing')[0] };
    const made = compileCommons(
      source({ [solutions]: solution('b') }, [
        accepted('new'),
        accepted('newer', { themes: ['theme-of-tomorrow'] }),
        { ...course, id: 'of-newer', teaches: ['newer'] },
        { kind: 'kind-of-tomorrow', id: 'x' },
      ]),
      { sha256 },
    );
    expect(ids(made)).toEqual(expect.arrayContaining(['b', 'new']));
    expect(made.leftOut.map(({ id }) => id).sort()).toEqual(['newer', 'of-newer', 'x']);
    expect(made.leftOut.every(({ faults }) => faults.length > 0)).toBe(true);
  });

  it('take the place of what a file has under their id, unless another file then leads nowhere', () => {
    const files = {
      '+plans/a.yaml': plan('p', 'aa'),
      '+profiles/countries.yaml': country('aa'),
      '+indicators/i.yaml': indicator('i', 'target-1-1'),
      '+calls/calls.yaml':
        '- { id: c, plan: p, title: { en: C }, summary: { en: S }, objectives: [o], seeks: [course], opens: 2026-01-01, closes: 2026-12-31, languages: [en], written: 2026-01-10 }\n',
    };
    const [own] = commonsTexts(compile(files), 'plan');
    const objective = { id: 'o', title: { en: 'O' }, indicator: 'i', start: 0, aim: 9 };
    const kept = { ...own, title: { en: 'Kept' }, objectives: [objective] };
    const lost = { ...own, title: { en: 'Lost' }, objectives: [{ ...objective, id: 'other' }] };
    const titleOf = (made: ReturnType<typeof compileCommons>) => commonsOf(made).byId.get('p' as EntryId)?.title['en'];
    expect(titleOf(compileCommons(source(files, [kept]), { sha256 }))).toBe('Kept');
    expect(titleOf(compileCommons(source(files, [lost]), { sha256 }))).toBe('A plan');
    expect(faultsBeside(source(files, []), kept, { sha256 })).toEqual([]);
    expect(faultsBeside(source(files, []), lost, { sha256 })).toEqual([
      expect.stringMatching(/calls\.yaml:1: The plan has no objective «o»/),
    ]);
    // The same where the call was itself accepted here.
    const [call] = commonsTexts(compile(files), 'call');
    const { '+calls/calls.yaml': _, ...without } = files;
    expect(faultsBeside(source(without, [{ ...call }]), lost, { sha256 })).toEqual([
      expect.stringMatching(/^c: The plan has no objective/),
    ]);
  });
});

describe('what came from elsewhere', () => {
  const { commons } = compile({ [solutions]: solution('a') });
  const signed = { manifest: commons?.manifest, signature: { key: 'k', value: 'v' } };

  it('is read where it is a commons', () => {
    expect(parseSignedCommons(JSON.parse(JSON.stringify(signed)))).toEqual({ ok: true, value: signed });
    const manifest = commons?.manifest;
    expect(manifest && piecesFor(manifest, 'ar').length).toBe((manifest?.shelves.length ?? 0) * 2);
    expect(manifest && piecesFor(manifest, 'de')).toEqual(manifest && piecesFor(manifest, 'en'));
  });

  it('is told by what changed, in any number of steps', () => {
    const of = (ids: readonly number[]) => {
      const made = compile({ [solutions]: ids.map((n) => solution(`s-${String(n)}`)).join('') || '[]' }).commons?.manifest;
      if (made === undefined) throw new Error('no commons');
      return made;
    };
    const some = fc.subarray([...Array(40).keys()]);
    fc.assert(
      fc.property(some, some, (one, two) => {
        const [before, after] = [of(one), of(two)];
        const told: unknown = JSON.parse(JSON.stringify(changeSince(sha256(new Uint8Array()), before, after)));
        expect(applyChange(before, told)).toEqual({ ok: true, value: after });
      }),
      { numRuns: 20 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(applyChange(of([1]), value).ok).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('is nonsense otherwise, never a thrown error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseSignedCommons(value).ok).toBe(false);
        expect(parseEntry(value).ok).toBe(false);
      }),
    );
  });

  it('is refused where an entry is not what its kind asks', () => {
    expect(parseEntry({ kind: 'solution', id: 'a' })).toMatchObject({ ok: false, error: expect.stringMatching(/missing/) as string });
    expect(parseEntry({ kind: 'programme', id: 'a' })).toMatchObject({ ok: false });
    expect(parseEntry({ kind: 'target', id: 'target-18-1', title: {} })).toMatchObject({ ok: false });
  });
});

describe('the entries of this repository', () => {
  const real = compileReal();
  const commons = commonsOf(real);
  const { entries } = commons;

  it('have no fault', () => {
    expect(real.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('are the 17 goals and 169 targets in six languages, and as much as was asked for', () => {
    const of = (kind: string) => entries.filter((entry) => entry.kind === kind);
    const targets = of('target');
    expect(of('goal').length).toBe(17);
    expect(targets.length).toBe(169);
    for (const entry of [...of('goal'), ...targets, ...of('term')])
      expect(Object.keys(entry.title).sort(), entry.id).toEqual(['ar', 'en', 'es', 'fr', 'ru', 'zh']);
    expect(of('solution').length).toBeGreaterThanOrEqual(40);
    const indicators = entries.filter((entry) => entry.kind === 'indicator');
    expect(indicators.length).toBeGreaterThanOrEqual(30);
    expect(new Set(indicators.map(({ group }) => group)).size).toBe(8);
    expect(of('listing').length).toBeGreaterThanOrEqual(25);
  });

  it('name a source for each fact, and no check that no machine made', () => {
    for (const entry of entries) {
      if (entry.kind === 'term' || entry.kind === 'target') continue;
      // What is invented was read nowhere, and says so.
      if (entry.title.en?.endsWith('(invented)') === true) continue;
      if (isOfCountry(entry.kind) || (entry.kind === 'indicator' && entry.country !== null)) continue;
      if (!('course' in entry) || entry.course === null) expect(entry.sources.length, entry.id).toBeGreaterThan(0);
      if (entry.kind === 'listing') expect(entry.lastChecked, entry.id).toBeNull();
    }
  });

  it('are in six languages, but for names: of providers, and of what they publish', () => {
    // A course or data set elsewhere keeps the title that its provider gave it; an organisation may be known by a name or letters that are the same everywhere.
    // What a country measured in a year has no name but country and year.
    const ownName = new Set(['organisation', 'listing', 'dataset', 'assessment']);
    const missing: string[] = [];
    const look = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const keys = Object.keys(value);
      if (!Array.isArray(value) && keys.length > 0 && keys.every((key) => (textLanguages as readonly string[]).includes(key))) {
        if (keys.length < textLanguages.length) missing.push(`${path}: ${keys.join(' ')}`);
      } else for (const [key, one] of Object.entries(value)) look(one, `${path}.${key}`);
    };
    for (const entry of entries) {
      const { title, ...rest } = entry;
      look(ownName.has(entry.kind) ? rest : { title, ...rest }, entry.id);
    }
    expect(missing).toEqual([]);
  });

  it('are read in each language from the same bytes', () => {
    for (const language of ['fr', 'es', 'ar', 'zh', 'ru']) expect(commonsOf(real, language).entries).toEqual(entries);
  });
});
