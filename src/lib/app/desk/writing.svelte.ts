/**
 * One entry while it is written: the form, the language that is being written in, and what the reader of its kind says of it. Kept by the desk at every change
 * (desk.svelte.ts); nothing here talks to anybody.
 */
import { everyField, fieldsByKind, type Field, type ValueNames, type WrittenKind } from '#lib/cooperation/fields.ts';
import { entryOf, faultsAt, faultsOf, fieldsToTyped, languagesOf, type FormFault, type TypedPart } from '#lib/cooperation/form.ts';
import { isFacet, sourceOf, type Option, type WritingView } from '#lib/cooperation/writing.ts';
import type { Path } from '#lib/cooperation/reader.ts';
import type { Shown } from '#lib/cooperation/views.ts';
import { isForCountry } from '#lib/domain/drafts.ts';
import { isObject, isString, type JsonObject } from '#lib/domain/shape.ts';
import type { InterfaceLanguage } from '#lib/i18n/languages.ts';
import type { Key } from '#lib/i18n/translate.ts';
import type { Words } from '#lib/i18n/words.ts';
import { valueKeys } from './field-words.ts';

const nothing: WritingView = { options: {}, names: {}, objectives: {}, taken: [], entry: null };

/** An entry of one's own that others may lead to before it is published. */
export interface OwnEntry {
  readonly id: string;
  readonly kind: string;
  readonly fields: JsonObject;
  readonly country: string | null;
}

export class Writing {
  readonly kind: WrittenKind;
  readonly fields: readonly Field[];
  readonly words: Words;
  readonly before: JsonObject;
  typed = $state<TypedPart>({});
  /** Of the texts that are shown to be written. */
  language = $state<InterfaceLanguage>('en');
  /** Whether faults of what is missing are shown: not before it was to be handed in. */
  complained = $state(false);
  view = $state.raw<WritingView>(nothing);
  own = $state.raw<readonly OwnEntry[]>([]);
  /** Ids of the countries for which the writer speaks. */
  countries = $state.raw<readonly string[]>([]);
  /** The country for which it is written, where its writer speaks for several and no field says so; `''` until they choose. */
  chosen = $state('');
  /** The country with which it was kept: a draft keeps it. */
  fixed = $state<string | null>(null);

  readonly faults: readonly FormFault[] = $derived.by(() => faultsOf(this.kind, this.entry('an-entry', '2026-01-01')));
  readonly languages: readonly string[] = $derived.by(() => languagesOf(this.fields, this.typed));

  constructor(kind: WrittenKind, words: Words, before: Readonly<Record<string, unknown>>, language: InterfaceLanguage) {
    this.kind = kind;
    this.words = words;
    this.before = before;
    this.fields = fieldsByKind[kind];
    this.language = language;
    this.typed = fieldsToTyped(this.fields, before);
  }

  /** The entry's fields as they are now, in plain data. */
  entry(id: string, day: string): JsonObject {
    return entryOf(this.kind, id, $state.snapshot(this.typed), day, this.before);
  }

  get country(): string | null {
    if (!isForCountry(this.kind)) return null;
    const { country, plan } = this.typed;
    if (isString(country) && country !== '') return country;
    const ofPlan = isString(plan) ? this.optionsFor(['plan']).find(({ id }) => id === plan)?.country : undefined;
    return ofPlan ?? this.fixed ?? (this.countries.length === 1 ? (this.countries[0] ?? null) : this.chosen === '' ? null : this.chosen);
  }

  /** Whether its writer must say for which of several countries it is: no field of it does, and nothing told so far. */
  get asksForCountry(): boolean {
    return (
      isForCountry(this.kind) && !this.fields.some(({ name }) => name === 'country') && this.fixed === null && this.countries.length > 1
    );
  }

  /** Its titles as they are written now, the English one first. */
  get titles(): readonly string[] {
    const title = this.typed['title'];
    const texts: Readonly<Record<string, unknown>> = isObject(title) ? title : {};
    return [texts['en'], ...Object.values(texts)].filter(isString);
  }

  /** What is wrong at a field, where it is to be said now. */
  faultsAt(path: Path, whole: boolean): readonly FormFault[] {
    const all = faultsAt(this.faults, path, whole);
    return this.complained ? all : all.filter(({ code }) => code !== 'missing-field');
  }

  optionsFor(kinds: readonly string[], facet?: string): readonly Option[] {
    const published = kinds.flatMap((kind) => this.view.options[kind === 'term' ? sourceOf('term', facet) : kind] ?? []);
    const own = this.own
      .filter(({ id, kind }) => kinds.includes(kind) && !published.some((one) => one.id === id))
      .map(({ id, fields, country }): Option => ({
        id: id as Option['id'],
        title: titleOfFields(fields, this.words.language) ?? { text: id, language: 'en' },
        country: country as Option['country'],
      }));
    const all = [...own, ...published];
    // Whoever speaks for a country leads to its own plans and countries alone; a national indicator is nobody else's.
    if (isForCountry(this.kind) && (kinds.includes('country') || kinds.includes('plan'))) {
      const one = this.fixed ?? (this.chosen === '' ? null : this.chosen);
      return all.filter(({ id, country }) => (one === null ? this.countries.includes(country ?? id) : one === (country ?? id)));
    }
    if (kinds.includes('indicator') && isForCountry(this.kind))
      return all.filter(({ country }) => country === null || this.countries.includes(country));
    return all;
  }

  /** The countries for which the writer speaks, by name. */
  get countryOptions(): readonly Option[] {
    return (this.view.options['country'] ?? []).filter(({ id }) => this.countries.includes(id));
  }

  /** Objectives of this plan, or of the plan that the entry names. */
  get objectives(): readonly { readonly id: string; readonly title: Shown }[] {
    if (this.kind === 'plan') return objectivesOf(typedObjectives(this.typed), this.words.language);
    const plan = this.typed['plan'];
    if (!isString(plan)) return [];
    const own = this.own.find(({ id, kind }) => kind === 'plan' && id === plan);
    return this.view.objectives[plan] ?? (own === undefined ? [] : objectivesOf(own.fields['objectives'], this.words.language));
  }

  nameOf(names: ValueNames, value: string): Shown {
    if (isFacet(names)) return this.view.names[`${names}-${value}`] ?? { text: value, language: 'en' };
    const key: Key | undefined = valueKeys[`${names}-${value}`];
    return { text: key === undefined ? value : this.words.t(key), language: this.words.language };
  }
}

const typedObjectives = (typed: TypedPart): unknown => typed['objectives'];

function objectivesOf(value: unknown, language: string): readonly { readonly id: string; readonly title: Shown }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown) =>
    isObject(one) && isString(one['id'])
      ? [{ id: one['id'], title: titleOfFields(one, language) ?? { text: one['id'], language: 'en' } }]
      : [],
  );
}

/** The title of an entry that is perhaps not whole, in a language or another in which it has one; null where it has none. */
export function titleOfFields(fields: JsonObject, language: string): Shown | null {
  const { title } = fields;
  if (!isObject(title)) return null;
  for (const one of [language, 'en', ...Object.keys(title)]) {
    const text = title[one];
    if (isString(text) && text.trim() !== '') return { text, language: one };
  }
  return null;
}

/** Whether a kind has texts that are written by language at all. */
export const hasWords = (kind: WrittenKind): boolean =>
  everyField(fieldsByKind[kind]).some(({ type }) => type === 'words' || type === 'wordsList');
