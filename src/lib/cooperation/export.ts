/** Entries for other programs: JSON-LD of schema.org for one, DCAT for the whole, CSV for tables. */
import { rowsToCsv } from '../domain/csv.ts';
import type { Commons } from './commons.ts';
import type { Day } from './day.ts';
import { isOfCountry, type Text } from './entry.ts';
import type { Entry } from './kinds.ts';
import { stateOf } from './state.ts';
import { goalsOf, shown } from './views.ts';

type Json = Readonly<Record<string, unknown>>;

/** Language-tagged texts as JSON-LD writes them. */
const tagged = (text: Text): readonly Json[] =>
  Object.entries(text).map(([language, value]) => ({ '@language': language, '@value': value }));

export const addressOf = (entry: Entry, origin: string): string => `${origin}/compendium/${entry.id}`;

/** An entry as schema.org tells it; null for kinds that are no things of their own. */
export function jsonLdOf(entry: Entry, { byId }: Pick<Commons, 'byId'>, origin: string): Json | null {
  const base = {
    '@context': 'https://schema.org',
    '@id': addressOf(entry, origin),
    url: addressOf(entry, origin),
    name: tagged(entry.title),
  };
  const named = 'provider' in entry ? entry.provider : 'origin' in entry ? entry.origin : null;
  const provider = named === null ? undefined : byId.get(named);
  const by = provider === undefined ? {} : { provider: { '@type': 'Organization', name: shown(provider.title, 'en').text, '@id': addressOf(provider, origin) } }; // prettier-ignore
  switch (entry.kind) {
    case 'listing':
      return {
        ...base,
        '@type': 'Course',
        description: tagged(entry.summary),
        inLanguage: entry.languages,
        educationalLevel: entry.level,
        sameAs: entry.course === null ? entry.url : `${origin}/courses/${entry.course}`,
        ...(entry.opens === null && entry.closes === null
          ? {}
          : {
              hasCourseInstance: {
                '@type': 'CourseInstance',
                courseMode: 'online',
                ...(entry.opens === null ? {} : { startDate: entry.opens }),
                ...(entry.closes === null ? {} : { endDate: entry.closes }),
              },
            }),
        ...by,
      };
    case 'organisation':
      return {
        ...base,
        '@type': 'Organization',
        description: tagged(entry.summary),
        ...(entry.url === null ? {} : { sameAs: entry.url }),
        ...(entry.country === null ? {} : { address: { '@type': 'PostalAddress', addressCountry: entry.country } }),
      };
    case 'solution':
    case 'practice':
      return {
        ...base,
        '@type': entry.kind === 'solution' ? 'HowTo' : 'LearningResource',
        description: tagged(entry.summary),
        ...(entry.kind === 'solution'
          ? {
              license: entry.licence,
              step: entry.steps.map((step, i) => ({ '@type': 'HowToStep', position: i + 1, text: tagged(step) })),
            }
          : { inLanguage: entry.languages, sameAs: entry.url }),
        ...by,
      };
    case 'material':
      return {
        ...base,
        '@type': 'LearningResource',
        learningResourceType: entry.type,
        description: tagged(entry.summary),
        inLanguage: entry.languages,
        educationalLevel: entry.level,
        license: entry.licence,
        isAccessibleForFree: true,
        sameAs: `${origin}/courses/${entry.course}`,
        ...by,
      };
    case 'dataset':
      return {
        ...base,
        '@type': 'Dataset',
        description: tagged(entry.summary),
        license: entry.licence,
        isAccessibleForFree: true,
        ...(entry.url === null ? {} : { sameAs: entry.url }),
        ...(entry.course === null ? {} : { isPartOf: `${origin}/courses/${entry.course}` }),
        distribution: {
          '@type': 'DataDownload',
          encodingFormat: entry.format,
          ...(entry.bytes === null ? {} : { contentSize: `${String(entry.bytes)} B` }),
          contentUrl: entry.url ?? `${origin}/courses/${String(entry.course)}`,
        },
        ...by,
      };
    case 'opportunity':
      return {
        ...base,
        '@type': 'EducationalOccupationalProgram',
        description: tagged(entry.summary),
        ...(entry.opens === null ? {} : { applicationStartDate: entry.opens }),
        ...(entry.deadline === null ? {} : { applicationDeadline: entry.deadline }),
        ...(entry.url === null ? {} : { sameAs: entry.url }),
        ...by,
      };
    case 'resource':
      return {
        ...base,
        '@type': entry.type === 'trainer' || entry.type === 'equipment' ? 'Service' : 'LearningResource',
        description: tagged(entry.summary),
        inLanguage: entry.languages,
        ...(entry.licence === null ? {} : { license: entry.licence }),
        ...by,
      };
    case 'indicator':
      return { ...base, '@type': 'DefinedTerm', description: tagged(entry.definition) };
    case 'term':
    case 'goal':
    case 'target':
    case 'country':
    case 'assessment':
    case 'plan':
    case 'call':
    case 'offer':
    case 'mission':
    case 'request':
    case 'contribution':
    case 'proposal':
      return null;
  }
}

/** What is an entry of the compendium, and sorts no others. A country's own indicator is part of its profile. */
const isListed = (entry: Entry): boolean =>
  entry.kind !== 'term' &&
  entry.kind !== 'goal' &&
  entry.kind !== 'target' &&
  !isOfCountry(entry.kind) &&
  !(entry.kind === 'indicator' && entry.country !== null);

/** The whole as a catalogue of DCAT 3 in JSON-LD: each listed entry a resource with its stable address. */
export const dcatOf = ({ entries }: Commons, origin: string): Json => ({
  '@context': { dcat: 'http://www.w3.org/ns/dcat#', dct: 'http://purl.org/dc/terms/' },
  '@id': `${origin}/compendium`,
  '@type': 'dcat:Catalog',
  'dct:title': [{ '@language': 'en', '@value': 'Space Solutions Compendium' }],
  'dcat:resource': entries.filter(isListed).map((entry) => ({
    '@id': addressOf(entry, origin),
    '@type': 'dcat:Resource',
    'dct:type': entry.kind,
    'dct:title': tagged(entry.title),
    ...('summary' in entry ? { 'dct:description': tagged(entry.summary) } : {}),
    ...('sources' in entry ? { 'dct:source': entry.sources.map(({ url }) => ({ '@id': url })) } : {}),
    ...('written' in entry ? { 'dct:modified': entry.written } : {}),
    'dcat:landingPage': { '@id': addressOf(entry, origin) },
  })),
});

/** A row for each listed entry, texts in one language or in English. */
export function csvOfCommons(commons: Commons, language: string, origin: string, today: Day): string {
  const rows = commons.entries
    .filter(isListed)
    .map((entry) => [
      entry.id,
      entry.kind,
      shown(entry.title, language).text,
      'summary' in entry ? shown(entry.summary, language).text : entry.kind === 'indicator' ? shown(entry.definition, language).text : '',
      goalsOf(entry, commons).join(' '),
      'languages' in entry ? entry.languages.join(' ') : '',
      ('provider' in entry ? entry.provider : 'origin' in entry ? entry.origin : null) ?? '',
      stateOf(entry, today).name,
      'sources' in entry ? entry.sources.map(({ url }) => url).join(' ') : '',
      addressOf(entry, origin),
    ]);
  return rowsToCsv([['id', 'kind', 'title', 'summary', 'goals', 'languages', 'provider', 'state', 'sources', 'address'], ...rows]);
}
