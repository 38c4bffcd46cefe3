/** A country's values of one year, as its focal point released them. */
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { readWritten } from './written.ts';

/** `measured`: counted or taken from published data; `estimated`: worked out from a part or a neighbouring year; `judged`: by those who know. */
export const confidences = ['measured', 'estimated', 'judged'] as const;
export type Confidence = (typeof confidences)[number];

export interface Value {
  readonly indicator: EntryId;
  /** In the unit of the indicator. */
  readonly value: number;
  readonly confidence: Confidence;
  /** Where it was read or who counted; null where the sources of the whole say it. */
  readonly source: string | null;
  readonly url: string | null;
}

export interface Assessment extends Written {
  readonly kind: 'assessment';
  /** `<country>-<year>`: a country has one assessment a year, and a corrected one takes its place. */
  readonly id: EntryId;
  readonly title: Text;
  readonly country: EntryId;
  readonly year: number;
  readonly values: readonly Value[];
}

export const assessmentId = (country: string, year: number): EntryId => `${country}-${String(year)}` as EntryId;

export function readAssessment(id: EntryId, reader: Reader): Assessment {
  const country = reader.link('country', ['country']) ?? ('' as EntryId);
  if (country === '') reader.fault('missing-field', 'country', { name: 'country' });
  const year = reader.year('year');
  if (id !== assessmentId(country, year)) reader.fault('bad-field', 'id', { name: 'id', expected: assessmentId(country, year) });
  const values = reader.parts('values', 1, (part): Value => {
    const indicator = part.link('indicator', ['indicator']) ?? ('' as EntryId);
    if (indicator === '') part.fault('missing-field', 'indicator', { name: 'indicator' });
    return {
      indicator,
      value: part.number('value'),
      confidence: part.oneOf('confidence', confidences),
      source: part.optionalText('source'),
      url: part.optionalAddress('url'),
    };
  });
  const seen = new Set<EntryId>();
  for (const { indicator } of values) {
    if (seen.has(indicator)) reader.fault('value-twice', 'values', { id: indicator });
    seen.add(indicator);
  }
  return { kind: 'assessment', id, title: { en: String(year) }, country, year, values, ...readWritten(reader, 0) };
}
