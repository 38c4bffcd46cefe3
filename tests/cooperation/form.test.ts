/** What forms ask for and what the readers of entries take are the same: held by filling every form in at random. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everyField, fieldsByKind, writtenKinds, type Field, type WrittenKind } from '../../src/lib/cooperation/fields.ts';
import {
  entryOf,
  faultsAt,
  faultsOf,
  fieldsToTyped,
  idFrom,
  languagesOf,
  nextPartId,
  typedToFields,
  type TypedPart,
} from '../../src/lib/cooperation/form.ts';
import { parseEntry } from '../../src/lib/cooperation/kinds.ts';
import { textLanguages } from '../../src/lib/cooperation/reader.ts';
import { writingView } from '../../src/lib/cooperation/writing.ts';
import { isObject, type JsonObject } from '../../src/lib/domain/shape.ts';
import { commonsOf, compileReal } from './kit.ts';

const text = fc.stringMatching(/^[A-Za-zé字а-я][A-Za-z0-9 é字а-я.]{0,20}[A-Za-z0-9]$/).map((one) => one.replace(/\s+/g, ' '));
const slug = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const day = fc.integer({ min: 0, max: 20_000 }).map((n) => new Date(Date.UTC(2000, 0, 1) + n * 86_400_000).toISOString().slice(0, 10));
const words = fc
  .tuple(fc.uniqueArray(fc.constantFrom(...textLanguages), { minLength: 1 }), fc.array(text, { minLength: 6, maxLength: 6 }))
  .map(([languages, texts]) => Object.fromEntries(languages.map((language, i) => [language, texts[i] ?? 'x'])));

/** What an entry may have in a field. */
function valueFor(field: Field): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'words':
      return words;
    case 'wordsList':
      return fc.array(words, { minLength: 1, maxLength: 3 });
    case 'address':
      return slug.map((one) => `https://example.org/${one}`);
    case 'day':
      return day;
    case 'year':
      return fc.integer({ min: 1957, max: 2999 });
    case 'number':
      return fc.oneof(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 900 }).map((n) => n / 100),
      );
    case 'one':
      return fc.constantFrom(...field.of);
    case 'some':
      return fc.subarray([...field.of], { minLength: 1 });
    case 'link':
    case 'objective':
      return slug;
    case 'links':
    case 'objectives':
      return fc.uniqueArray(slug, { minLength: 1, maxLength: 3 });
    case 'languages':
      return fc.subarray(['en', 'fr', 'sw', 'pt-BR'], { minLength: 1 });
    case 'country':
      return fc.constantFrom('NG', 'FJ');
    case 'text':
      return field.name === 'currency' ? fc.constantFrom('EUR', 'XOF') : text;
    case 'part':
      return fieldsFor(field.fields).map((part) => [part]);
    case 'parts':
      return fc
        .array(fieldsFor(field.fields), { minLength: 1, maxLength: 3 })
        .map((parts) => parts.map((part, i) => (field.named === true ? { id: `p${String(i)}`, ...part } : part)));
  }
}
function fieldsFor(fields: readonly Field[]): fc.Arbitrary<JsonObject> {
  const [needed, optional] = [fields.filter((field) => field.needed), fields.filter((field) => !field.needed)];
  const each = (some: readonly Field[]) => fc.tuple(...some.map((field) => valueFor(field).map((value) => [field.name, value] as const)));
  return fc
    .tuple(each(needed), each(optional), fc.subarray(optional.map(({ name }) => name)))
    .map(([always, sometimes, chosen]) => Object.fromEntries([...always, ...sometimes.filter(([name]) => chosen.includes(name))]));
}

/** What ties fields to each other is another matter than whether each is understood. */
const ties = ['days-reversed', 'years-reversed', 'bounds-reversed', 'no-such-objective', 'course-or-address', 'decision-without-source', 'steps-out-of-order', 'value-twice']; // prettier-ignore
/** Needed only beside something else; the form leaves them open and the reader says so. */
const conditional = (kind: WrittenKind, name: string): boolean =>
  (kind === 'opportunity' && (name === 'url' || name === 'sources')) ||
  (kind === 'listing' && name === 'sources') ||
  (kind === 'resource' && name === 'sources') ||
  (kind === 'offer' && name === 'sources') ||
  (kind === 'contribution' && (name === 'amount' || name === 'currency'));

describe.each(writtenKinds)('the form of a %s', (kind) => {
  const fields = fieldsByKind[kind];

  it('asks for what the reader takes, and for everything that it needs', () => {
    fc.assert(
      fc.property(fieldsFor(fields), (given) => {
        const entry = { id: 'an-entry', ...given, written: '2026-11-30' };
        const wrong = faultsOf(kind, entry).filter(
          ({ code, path }) => !ties.includes(code) && !(code === 'missing-field' && conditional(kind, String(path[0]))),
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('marks as needed nothing that may be left out, and misses nothing that may not', () => {
    for (const field of fields)
      fc.assert(
        fc.property(fieldsFor(fields), (given) => {
          const { [field.name]: _, ...rest } = given;
          const isMissed = faultsOf(kind, { id: 'an-entry', ...rest, written: '2026-11-30' }).some(
            ({ code, path }) => code === 'missing-field' && path[0] === field.name,
          );
          if (!conditional(kind, field.name)) expect(isMissed, field.name).toBe(field.needed);
        }),
        { numRuns: 3 },
      );
  });

  it('gives back what it was given, through what is typed', () => {
    fc.assert(
      fc.property(fieldsFor(fields), (given) => {
        const typed = fieldsToTyped(fields, given);
        const again = typedToFields(fields, typed);
        // What is one of a short list begins with its first.
        expect(again).toMatchObject(given);
        expect(typedToFields(fields, fieldsToTyped(fields, again))).toEqual(again);
      }),
      { numRuns: 60 },
    );
  });

  it('begins empty, and then everything that is needed is missing and nothing else is wrong', () => {
    const empty = entryOf(kind, 'an-entry', fieldsToTyped(fields, {}), '2026-11-30');
    const faults = faultsOf(kind, empty).filter(({ code }) => !ties.includes(code));
    expect(faults.every(({ code }) => code === 'missing-field')).toBe(true);
    for (const { name } of fields.filter((field) => field.needed && field.type !== 'one')) if (!conditional(kind, name)) expect(faultsAt(faults, [name], true)).not.toEqual([]); // prettier-ignore
  });
});

it('an entry that was read can be written on: the real ones go through their forms unchanged', () => {
  const commons = commonsOf(compileReal());
  const written = commons.entries.filter(
    (entry) => writtenKinds.some((kind) => kind === entry.kind) && !(entry.kind === 'indicator' && entry.country === null),
  );
  expect(written.length).toBeGreaterThan(100);
  for (const entry of written) {
    const kind = entry.kind as WrittenKind;
    const fields = entryOf(kind, entry.id, fieldsToTyped(fieldsByKind[kind], { ...entry }), '2026-11-30', { ...entry });
    const again = parseEntry({ kind, ...fields });
    expect(
      again.ok ? { ...again.value.entry, written: '', reviewed: null, lastChecked: null, dead: false } : again.error,
      entry.id,
    ).toEqual({
      ...entry,
      written: '',
      reviewed: null,
      lastChecked: null,
      dead: false,
      ...('dead' in entry ? {} : { dead: false }),
    });
  }
});

it('what a machine found of a course’s address outlives rewriting the rest, and not another address', () => {
  const form = (entry: Readonly<Record<string, unknown>>) => fieldsToTyped(fieldsByKind.listing, entry);
  const before = { id: 'a', title: { en: 'A' }, url: 'https://example.org/a', lastChecked: '2026-11-01', dead: true };
  const rewritten = entryOf('listing', 'a', form({ ...before, title: { en: 'B' } }), '2026-11-30', before);
  expect(rewritten).toMatchObject({ lastChecked: '2026-11-01', link: 'dead', title: { en: 'B' } });
  expect(entryOf('listing', 'a', form(rewritten), '2026-12-01', rewritten)).toMatchObject({ lastChecked: '2026-11-01', link: 'dead' });
  const moved = entryOf('listing', 'a', form({ ...before, url: 'https://example.org/b' }), '2026-11-30', before);
  expect(moved).not.toHaveProperty('lastChecked');
  expect(moved).not.toHaveProperty('link');
});

it('what a number is and is not', () => {
  const typed = (start: string) => typedToFields([{ type: 'number', name: 'start', label: 'start', needed: true }], { start });
  expect(typed(' 2,5 ')).toEqual({ start: 2.5 });
  expect(typed('two')).toEqual({ start: 'two' });
  expect(typed('')).toEqual({});
});

it('names come from titles, and are never taken twice', () => {
  const day = '2026-11-30';
  const name = (titles: readonly string[], taken: readonly string[] = []): string => idFrom(titles, 'plan-islemara', day, new Set(taken));
  expect(name(['Cartes d’été – crues'])).toBe('cartes-d-ete-crues');
  expect(name(['Предупреждение о наводнениях'])).toBe('preduprezhdenie-o-navodneniyakh');
  // A title that no Latin letter can tell of gives way to one that can, and alone to what it is and when it was begun.
  expect(name(['洪水 2027', 'Flood maps'])).toBe('flood-maps');
  expect(name(['洪水 2027'])).toBe('plan-islemara-2026-11-30');
  expect(name(['خطة الفيضانات'], ['plan-islemara-2026-11-30'])).toBe('plan-islemara-2026-11-30-2');
  expect(name([])).toBe('plan-islemara-2026-11-30');
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.string()), (titles, others) => {
      const taken = new Set(others.map((other) => name([other])));
      const id = idFrom(titles, 'plan', day, taken);
      expect(taken.has(id)).toBe(false);
      expect(id).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/);
    }),
  );
  expect(nextPartId([{ id: 'a1' }, { id: 'a3' }], 'a')).toBe('a2');
});

it('knows the languages in which something is written, in parts too', () => {
  const typed: TypedPart = { title: { fr: 'Plan', en: '  ' }, objectives: [{ id: 'o1', title: { ar: 'هدف' } }] };
  expect(languagesOf(fieldsByKind.plan, typed)).toEqual(['fr', 'ar']);
});

describe('what is chosen from', () => {
  const commons = commonsOf(compileReal());
  it('is there for every field that leads somewhere, by names in the language', () => {
    for (const kind of writtenKinds) {
      const view = writingView(commons, [kind], null, 'fr');
      for (const field of everyField(fieldsByKind[kind]))
        if (field.type === 'link' || field.type === 'links')
          for (const one of field.kinds) expect(view.options[one === 'term' ? `term:${String(field.facet)}` : one], `${kind} ${field.name}`).toBeDefined(); // prettier-ignore
    }
    expect(writingView(commons, ['call'], null, 'fr').objectives['islemara-2024-2028']?.map(({ id }) => id)).toContain('law');
  });
  it('has the published entry where it is to be rewritten, and none of another kind', () => {
    expect(writingView(commons, ['plan'], 'islemara-2024-2028', 'en').entry?.id).toBe('islemara-2024-2028');
    expect(writingView(commons, ['call'], 'islemara-2024-2028', 'en').entry).toBeNull();
  });
});

it('a text without English is taken, one without any is not', () => {
  const plan = { id: 'p', country: 'c', title: { fr: 'Plan' }, summary: { fr: 'x' }, from: 2026, until: 2030, responsible: { fr: 'x' }, objectives: [{ id: 'o', title: { fr: 'x' }, indicator: 'i', start: 0, aim: 1 }], written: '2026-11-30' }; // prettier-ignore
  expect(faultsOf('plan', plan)).toEqual([]);
  expect(faultsOf('plan', { ...plan, title: {} }).map(({ code, path }) => [code, ...path])).toEqual([['missing-field', 'title']]);
  const parsed = parseEntry({ kind: 'plan', ...plan });
  expect(parsed.ok && isObject(parsed.value.entry) ? parsed.value.entry.title : null).toEqual({ fr: 'Plan' });
});
