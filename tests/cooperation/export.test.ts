/** What goes out of the compendium, kind by kind: nobody who reads another form of it is told less than a page tells, or something else. */
import { describe, expect, it } from 'vitest';
import { pathOf } from '../../src/lib/cooperation/address.ts';
import type { Day } from '../../src/lib/cooperation/day.ts';
import { addressOf, csvOfCommons, dcatOf, jsonLdOf } from '../../src/lib/cooperation/export.ts';
import { kinds } from '../../src/lib/cooperation/kinds.ts';
import { parseCsv } from '../../src/lib/domain/csv.ts';
import { isObject } from '../../src/lib/domain/shape.ts';
import { commonsOf, compileReal } from './kit.ts';

const today = '2026-11-20' as Day;
const origin = 'https://centre.example';
const commons = commonsOf(compileReal());
/** What sorts, and what is a part of another page. */
const partsOfOthers = ['term', 'goal', 'target', 'assessment'];
const types: Readonly<Record<string, readonly string[]>> = {
  listing: ['Course'],
  organisation: ['Organization'],
  solution: ['HowTo'],
  practice: ['LearningResource'],
  material: ['LearningResource'],
  dataset: ['Dataset'],
  opportunity: ['EducationalOccupationalProgram'],
  resource: ['Service', 'LearningResource'],
  indicator: ['DefinedTerm'],
  country: ['Dataset'],
  plan: ['Project'],
  call: ['Demand'],
  request: ['Demand'],
  offer: ['Offer'],
  mission: ['Event'],
  contribution: ['MonetaryGrant', 'Grant'],
  proposal: ['CreativeWork'],
};

describe.each(kinds)('%s', (kind) => {
  const entries = commons.entries.filter((entry) => entry.kind === kind);

  it('is among the entries of this repository', () => {
    expect(entries.length).toBeGreaterThan(0);
  });

  it('is told to other programs in the words of schema.org, by its own address', () => {
    for (const entry of entries) {
      const told = jsonLdOf(entry, commons, origin);
      if (partsOfOthers.includes(kind)) expect(told).toBeNull();
      else {
        expect(types[kind], entry.id).toContain(told?.['@type']);
        expect(told).toMatchObject({ '@context': 'https://schema.org', '@id': `${origin}${pathOf(entry)}`, url: addressOf(entry, origin) });
        // Every text says its language, and nothing that is not known is told as null.
        expect(told?.['name']).toEqual(
          Object.entries(entry.title).map(([language, value]) => ({ '@language': language, '@value': value })),
        );
        expect(JSON.stringify(told)).not.toMatch(/null|undefined|NaN/);
      }
    }
  });
});

const rows = parseCsv(csvOfCommons(commons, 'en', origin, today)).map(({ cells }) => cells);
const [head = [], ...body] = rows;
const listed = commons.entries.filter(
  ({ kind, ...entry }) => !partsOfOthers.includes(kind) && !(kind === 'indicator' && 'country' in entry && entry.country !== null),
);

describe('the whole', () => {
  it('as a table has a row for each, and each row every column', () => {
    expect(body.map(([id]) => id).sort()).toEqual(listed.map(({ id }) => id).sort());
    for (const cells of body) expect(cells).toHaveLength(head.length);
    for (const kind of kinds.filter((one) => !partsOfOthers.includes(one))) expect(body.map((cells) => cells[1])).toContain(kind);
  });

  it('as a catalogue names the same, by the same addresses', () => {
    const catalogue = dcatOf(commons, origin);
    const resources = catalogue['dcat:resource'] as readonly Record<string, unknown>[];
    const address = head.indexOf('address');
    expect(resources.map((one) => one['@id']).sort()).toEqual(body.map((cells) => cells[address]).sort());
    for (const one of resources) expect(one['dcat:landingPage']).toEqual({ '@id': one['@id'] });
  });

  it('says of a plan, a call and a mission whose it is, when, and towards which goals', () => {
    const rowOf = (id: string): Record<string, string> =>
      Object.fromEntries((body.find((cells) => cells[0] === id) ?? []).map((cell, i) => [head[i] ?? '', cell]));
    expect(rowOf('islemara-2024-2028')).toMatchObject({ country: 'islemara', begins: '2024', ends: '2028', invented: 'yes' });
    expect(rowOf('islemara-mission-2024')).toMatchObject({ country: 'islemara', address: `${origin}/network/help/islemara-mission-2024` });
    expect(rowOf('islemara-call-2026')['state']).toMatch(/^(to-come|open|closed|agreed|done)$/);
    for (const id of ['islemara-2024-2028', 'islemara-call-2026', 'islemara-mission-2024', 'islemara-request-law', 'offer-law-clinic'])
      expect(rowOf(id)['goals'], id).toMatch(/^\d+( \d+)*$/);
  });

  it('marks what is invented in all three forms', () => {
    const resources = dcatOf(commons, origin)['dcat:resource'] as readonly Record<string, unknown>[];
    const marked = (id: string): readonly boolean[] => {
      const entry = commons.entries.find((one) => one.id === id);
      return [
        body.find((cells) => cells[0] === id)?.at(-1) === 'yes',
        resources.find((one) => one['@id'] === (entry && addressOf(entry, origin)))?.['dct:subject'] === 'invented',
        isObject(entry) && jsonLdOf(entry, commons, origin)?.['disambiguatingDescription'] !== undefined,
      ];
    };
    for (const id of ['islemara', 'islemara-2024-2028', 'islemara-call-2026', 'contribution-schools', 'altavar-centre'])
      expect(marked(id), id).toEqual([true, true, true]);
    expect(marked('flood-mapping-radar')).toEqual([false, false, false]);
  });
});
