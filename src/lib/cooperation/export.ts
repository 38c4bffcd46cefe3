/** Entries for other programs: JSON-LD of schema.org for one, DCAT for the whole, CSV for tables. */
import { rowsToCsv } from '../domain/csv.ts';
import { pathOf } from './address.ts';
import type { Commons } from './commons.ts';
import type { Day } from './day.ts';
import type { EntryId, Text } from './entry.ts';
import { countryOf, type Entry, type EntryByKind } from './kinds.ts';
import { stepOf } from './kinds/proposal.ts';
import { callStateOf } from './matching.ts';
import { profileOf } from './profile.ts';
import { goalsServedBy } from './serves.ts';
import { stateOf } from './state.ts';
import { shown } from './views.ts';

type Json = Readonly<Record<string, unknown>>;

/** Language-tagged texts as JSON-LD writes them. */
const tagged = (text: Text): readonly Json[] =>
  Object.entries(text).map(([language, value]) => ({ '@language': language, '@value': value }));

export const addressOf = (entry: Entry, origin: string): string => `${origin}${pathOf(entry)}`;

/** An entry as schema.org tells it; null for kinds that are no things of their own. */
export function jsonLdOf(entry: Entry, commons: Commons, origin: string): Json | null {
  const { byId } = commons;
  const base: Json = {
    '@context': 'https://schema.org',
    '@id': addressOf(entry, origin),
    url: addressOf(entry, origin),
    name: tagged(entry.title),
    // What is made up says so wherever it is read.
    ...(isInvented(entry, commons) ? { disambiguatingDescription: 'Invented, to show how it works' } : {}),
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
    case 'country': {
      const { years, lines } = profileOf(commons, entry);
      const [first, last] = [years[0], years.at(-1)];
      return {
        ...base,
        '@type': 'Dataset',
        description: tagged(entry.summary),
        spatialCoverage: placeOf(entry, origin),
        ...(first === undefined || last === undefined ? {} : { temporalCoverage: `${String(first)}/${String(last)}` }),
        variableMeasured: lines.flatMap(({ indicator, latest }) =>
          latest === null
            ? []
            : [
                {
                  '@type': 'PropertyValue',
                  name: tagged(indicator.title),
                  url: addressOf(indicator, origin),
                  unitText: shown(indicator.unit, 'en').text,
                  value: latest.value,
                },
              ],
        ),
      };
    }
    case 'plan':
      return {
        ...base,
        '@type': 'Project',
        description: tagged(entry.summary),
        foundingDate: String(entry.from),
        dissolutionDate: String(entry.until),
        location: at(entry.country),
        keywords: entry.objectives.flatMap(({ indicator }) => {
          const found = byId.get(indicator);
          return found === undefined ? [] : [shown(found.title, 'en').text];
        }),
      };
    case 'call':
    case 'request': {
      const country = countryOf(commons, entry);
      return {
        ...base,
        '@type': 'Demand',
        description: tagged(entry.summary),
        validFrom: entry.opens,
        validThrough: entry.closes,
        ...(country === null ? {} : { areaServed: at(country) }),
        itemOffered: {
          '@type': 'Service',
          serviceType: entry.kind === 'call' ? entry.seeks : [`${entry.type} help`],
          ...(entry.languages.length === 0 ? {} : { availableChannel: { '@type': 'ServiceChannel', availableLanguage: entry.languages } }),
        },
      };
    }
    case 'offer':
      return {
        ...base,
        '@type': 'Offer',
        description: tagged(entry.summary),
        offeredBy: bodyOf(entry),
        ...(entry.until === null ? {} : { availabilityEnds: entry.until }),
        ...(entry.countries.length === 0 ? {} : { areaServed: entry.countries.map(at) }),
        itemOffered: {
          '@type': 'Service',
          serviceType: entry.gives,
          ...(entry.languages.length === 0 ? {} : { availableChannel: { '@type': 'ServiceChannel', availableLanguage: entry.languages } }),
        },
      };
    case 'mission':
      return {
        ...base,
        '@type': 'Event',
        description: tagged(entry.summary),
        startDate: entry.from,
        endDate: entry.until,
        location: at(entry.country),
        organizer: bodyOf(entry),
      };
    case 'contribution':
      return {
        ...base,
        '@type': entry.type === 'money' ? 'MonetaryGrant' : 'Grant',
        description: tagged(entry.summary),
        funder: bodyOf(entry),
        ...(entry.type === 'money' && entry.amount !== null
          ? { amount: { '@type': 'MonetaryAmount', value: entry.amount, currency: entry.currency } }
          : {}),
        ...(entry.serves.length === 0 ? {} : { fundedItem: entry.serves.flatMap((id) => linkTo(id)) }),
      };
    case 'proposal':
      return {
        ...base,
        '@type': 'CreativeWork',
        description: tagged(entry.summary),
        creativeWorkStatus: stepOf(entry),
        spatialCoverage: at(entry.country),
        ...(entry.languages.length === 0 ? {} : { inLanguage: entry.languages }),
      };
    // Values of a year stand in the profile; what sorts is said by what it sorts.
    case 'assessment':
    case 'term':
    case 'goal':
    case 'target':
      return null;
  }

  function linkTo(id: EntryId): readonly Json[] {
    const found = byId.get(id);
    return found === undefined ? [] : [{ '@id': addressOf(found, origin), name: shown(found.title, 'en').text }];
  }
  function at(id: EntryId): Json {
    const country = byId.get(id);
    return country?.kind === 'country' ? placeOf(country, origin) : { '@type': 'Place', name: id };
  }
  /** Who gives it: by its entry where it has one, else by the name that was written. */
  function bodyOf(of: { readonly by: Text; readonly provider: EntryId | null }): Json {
    const found = of.provider === null ? undefined : byId.get(of.provider);
    return { '@type': 'Organization', name: tagged(of.by), ...(found === undefined ? {} : { '@id': addressOf(found, origin) }) };
  }
}

/** A country by its page, and by its code where it is one of ISO 3166. */
const placeOf = (country: EntryByKind['country'], origin: string): Json => ({
  '@type': country.invented ? 'Place' : 'Country',
  '@id': addressOf(country, origin),
  name: tagged(country.title),
  ...(country.code === null ? {} : { identifier: country.code }),
});

/** Whether it is made up, or belongs to a country that is. */
function isInvented(entry: Entry, commons: Commons): boolean {
  if ('invented' in entry) return entry.invented;
  const country = commons.byId.get(countryOf(commons, entry) ?? ('' as EntryId));
  return country?.kind === 'country' && country.invented;
}

/** What has a page that is about it alone. What sorts others has none of its own; a country's own indicators and its values of a year are parts of its profile. */
const isListed = (entry: Entry): boolean =>
  entry.kind !== 'term' &&
  entry.kind !== 'goal' &&
  entry.kind !== 'target' &&
  entry.kind !== 'assessment' &&
  !(entry.kind === 'indicator' && entry.country !== null);

/** How an entry stands today: by the day, by what was agreed, by its last step. */
function standingOf(entry: Entry, today: Day): string {
  switch (entry.kind) {
    case 'call':
    case 'request':
      return callStateOf(entry, today);
    case 'offer':
      return entry.until !== null && entry.until < today ? 'ended' : 'good';
    case 'contribution':
      return entry.state;
    case 'proposal':
      return stepOf(entry);
    default:
      return stateOf(entry, today).name;
  }
}

/** When it begins and ends, as far as it does: days, or years where it has years alone. */
function spanOf(entry: Entry): readonly [begins: string, ends: string] {
  switch (entry.kind) {
    case 'plan':
      return [String(entry.from), String(entry.until)];
    case 'mission':
      return [entry.from, entry.until];
    case 'call':
    case 'request':
      return [entry.opens, entry.closes];
    case 'listing':
      return [entry.opens ?? '', entry.closes ?? ''];
    case 'opportunity':
      return [entry.opens ?? '', entry.deadline ?? ''];
    case 'offer':
      return ['', entry.until ?? ''];
    case 'contribution':
      return [String(entry.year), ''];
    case 'proposal':
      return [entry.steps[0]?.day ?? '', ''];
    default:
      return ['', ''];
  }
}

/** Of an entry of a country its id in the compendium, or where it is one a code of ISO 3166. */
function countryIn(entry: Entry, commons: Commons): string {
  const of = entry.kind === 'country' ? entry : commons.byId.get(countryOf(commons, entry) ?? ('' as EntryId));
  if (of?.kind === 'country') return of.code ?? of.id;
  return entry.kind === 'organisation' || entry.kind === 'opportunity' || entry.kind === 'resource' ? (entry.country ?? '') : '';
}

/** The whole as a catalogue of DCAT 3 in JSON-LD: each listed entry a resource with its stable address. */
export const dcatOf = (commons: Commons, origin: string): Json => ({
  '@context': { dcat: 'http://www.w3.org/ns/dcat#', dct: 'http://purl.org/dc/terms/' },
  '@id': `${origin}/compendium`,
  '@type': 'dcat:Catalog',
  'dct:title': [{ '@language': 'en', '@value': 'Space Solutions Compendium' }],
  'dcat:resource': commons.entries.filter(isListed).map((entry) => ({
    '@id': addressOf(entry, origin),
    '@type': entry.kind === 'country' || entry.kind === 'dataset' ? 'dcat:Dataset' : 'dcat:Resource',
    'dct:type': entry.kind,
    'dct:title': tagged(entry.title),
    ...('summary' in entry ? { 'dct:description': tagged(entry.summary) } : {}),
    ...('sources' in entry ? { 'dct:source': entry.sources.map(({ url }) => ({ '@id': url })) } : {}),
    ...('written' in entry ? { 'dct:modified': entry.written } : {}),
    ...(isInvented(entry, commons) ? { 'dct:subject': 'invented' } : {}),
    ...(countryIn(entry, commons) === '' ? {} : { 'dct:spatial': countryIn(entry, commons) }),
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
      goalsServedBy(entry, commons).join(' '),
      'languages' in entry ? entry.languages.join(' ') : '',
      ('provider' in entry ? entry.provider : 'origin' in entry ? entry.origin : null) ?? '',
      standingOf(entry, today),
      'sources' in entry ? entry.sources.map(({ url }) => url).join(' ') : '',
      addressOf(entry, origin),
      countryIn(entry, commons),
      ...spanOf(entry),
      isInvented(entry, commons) ? 'yes' : '',
    ]);
  return rowsToCsv([
    [
      'id',
      'kind',
      'title',
      'summary',
      'goals',
      'languages',
      'provider',
      'state',
      'sources',
      'address',
      'country',
      'begins',
      'ends',
      'invented',
    ],
    ...rows,
  ]);
}
