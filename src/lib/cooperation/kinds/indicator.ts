/** A measure of what a country can do with space: what is counted, how, and which way is better. */
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { readWritten } from './written.ts';

/** `public`: from published data, the same for every country; `self-assessment`: by the country, on a stated scale. */
export const methods = ['public', 'self-assessment'] as const;
export const directions = ['more', 'less'] as const;

export interface Indicator extends Written {
  readonly kind: 'indicator';
  readonly id: EntryId;
  /** A term of the facet `group`. */
  readonly group: EntryId | null;
  readonly title: Text;
  readonly definition: Text;
  readonly unit: Text;
  /** Which way is better. */
  readonly direction: (typeof directions)[number];
  readonly method: (typeof methods)[number];
  /** How a value is found, step by step enough that two people find the same. */
  readonly how: Text;
  /** At this value or beyond it, against the direction, the indicator counts as weak. */
  readonly weak: number | null;
  /** At this value or beyond it, in the direction, it counts as strong. */
  readonly strong: number | null;
  readonly targets: readonly EntryId[];
  /** The country whose own it is; null for one that every country is measured by. */
  readonly country: EntryId | null;
}

export function readIndicator(id: EntryId, reader: Reader): Indicator {
  const direction = reader.oneOf('direction', directions);
  const country = reader.link('country', ['country']);
  const [weak, strong] = [reader.optionalNumber('weak'), reader.optionalNumber('strong')];
  if (weak !== null && strong !== null && (direction === 'more' ? strong <= weak : strong >= weak))
    reader.fault('bounds-reversed', 'strong', { weak, strong });
  return {
    kind: 'indicator',
    id,
    group: reader.link('group', ['term']),
    title: reader.localized('title'),
    definition: reader.localized('definition'),
    unit: reader.localized('unit'),
    direction,
    method: reader.oneOf('method', methods),
    how: reader.localized('how'),
    weak,
    strong,
    targets: reader.links('targets', ['target']),
    country,
    // A country's own indicator needs no source but the country.
    ...readWritten(reader, country === null ? 1 : 0),
  };
}
