/** What somebody needs who writes an entry, or reads one whole before it is published: what its fields may lead to, by name, and the entry as it stands published. */
import { everyField, fieldsByKind, type WrittenKind } from './fields.ts';
import { ofKind, type Commons } from './commons.ts';
import { refOf, type Ref } from './ref.ts';
import type { EntryId, Kind } from './entry.ts';
import { countryOf, type Entry } from './kinds.ts';
import { facets } from './kinds/term.ts';
import { compareNumbers } from './kinds/target.ts';
import { shown, type Shown } from './views.ts';
import { isForCountry } from '../domain/drafts.ts';

export interface Option extends Ref {
  /** The country whose it is; null where it is no country's. */
  readonly country: EntryId | null;
}

export interface WritingView {
  /** By kind; terms by their facet: `term:theme`. */
  readonly options: Readonly<Record<string, readonly Option[]>>;
  /** Names of the values of short lists: `cost-low`. */
  readonly names: Readonly<Record<string, Shown>>;
  /** Of each plan. */
  readonly objectives: Readonly<Record<string, readonly { readonly id: string; readonly title: Shown }[]>>;
  /** Names that are taken. */
  readonly taken: readonly string[];
  /** The entry that was asked for, as it was read; null where none is published. */
  readonly entry: Entry | null;
}

export const sourceOf = (kind: Kind, facet?: string): string => (kind === 'term' && facet !== undefined ? `term:${facet}` : kind);

/** In the language's own order; targets by their numbers. */
function optionsOf(commons: Commons, kind: Kind, facet: string | undefined, language: string): readonly Option[] {
  if (kind === 'target')
    return ofKind(commons.entries, 'target')
      .toSorted((a, b) => compareNumbers(a.number, b.number))
      .map(({ id, number, title }) => {
        const name = shown(title, language);
        return { id, title: { ...name, text: `${number} ${name.text}` }, country: null };
      });
  const { compare } = new Intl.Collator(language);
  return commons.entries
    .filter((entry) => entry.kind === kind && (entry.kind !== 'term' || entry.facet === facet))
    .map((entry) => ({ ...refOf(entry, language), country: countryOf(commons, entry) }))
    .sort((a, b) => compare(a.title.text, b.title.text));
}

/** @param asked the id of an entry that is to be rewritten, or null */
export function writingView(commons: Commons, kinds: readonly WrittenKind[], asked: string | null, language: string): WritingView {
  const fields = everyField(kinds.flatMap((kind) => fieldsByKind[kind]));
  const options: Record<string, readonly Option[]> = {};
  for (const field of fields)
    if (field.type === 'link' || field.type === 'links')
      for (const kind of field.kinds) options[sourceOf(kind, field.facet)] ??= optionsOf(commons, kind, field.facet, language);
  // Somebody who speaks for several countries says for which one they write, also where no field of the entry does.
  if (kinds.some(isForCountry)) options['country'] ??= optionsOf(commons, 'country', undefined, language);
  // Pairs come of mentoring, and of no other opportunity.
  if (kinds.length === 1 && kinds[0] === 'pair') {
    const mentoring = new Set(ofKind(commons.entries, 'opportunity').flatMap(({ id, type }) => (type === 'mentoring' ? [id] : [])));
    options['opportunity'] = (options['opportunity'] ?? []).filter(({ id }) => mentoring.has(id));
  }
  const named = new Set(fields.flatMap((field) => (field.type === 'one' || field.type === 'some' ? [field.names] : [])));
  const found = asked === null ? undefined : commons.byId.get(asked as EntryId);
  return {
    options,
    names: Object.fromEntries(
      ofKind(commons.entries, 'term')
        .filter(({ facet }) => named.has(facet))
        .map(({ id, title }) => [id, shown(title, language)]),
    ),
    objectives:
      options['plan'] === undefined
        ? {}
        : Object.fromEntries(
            ofKind(commons.entries, 'plan').map(({ id, objectives }) => [
              id,
              objectives.map((objective) => ({ id: objective.id, title: shown(objective.title, language) })),
            ]),
          ),
    taken: commons.entries.map(({ id }) => id),
    entry: found !== undefined && kinds.some((kind) => kind === found.kind) ? found : null,
  };
}

/** Whether a facet's names come with the entries. */
export const isFacet = (names: string): boolean => facets.some((facet) => facet === names);
