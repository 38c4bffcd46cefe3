/** Between a sheet of values as somebody types it and the fields of an assessment (docs/compendium.md). */
import type { LineView } from '#lib/cooperation/country-views.ts';
import { readNumber } from '#lib/domain/typed-number.ts';
import type { Confidence } from '#lib/cooperation/kinds/assessment.ts';
import { isFiniteNumber, isObject, isString, type JsonObject } from '#lib/domain/shape.ts';

export type { Confidence };

export interface Row {
  /** As it was typed. */
  value: string;
  confidence: Confidence;
  source: string;
}

const isConfidence = (value: unknown): value is Confidence => value === 'measured' || value === 'estimated' || value === 'judged';

/** Values of the rows that hold a number, by indicator. */
export const rowsToNumbers = (rows: Readonly<Record<string, Row>>): ReadonlyMap<string, number> =>
  new Map(
    Object.entries(rows).flatMap(([id, { value }]) => {
      const number = readNumber(value);
      return number === null ? [] : [[id, number] as const];
    }),
  );

const empty = (): Row => ({ value: '', confidence: 'measured', source: '' });

/**
 * A row for each indicator.
 *
 * @param fields the draft's; null where there is none: then what was released for that year stands there to be corrected
 */
export function draftToRows(fields: JsonObject | null, lines: readonly LineView[], year: number): Record<string, Row> {
  const values: readonly unknown[] = fields !== null && Array.isArray(fields['values']) ? fields['values'] : [];
  const typed = new Map(
    values.flatMap((one): [string, Row][] => {
      if (!isObject(one) || !isString(one['indicator']) || !isFiniteNumber(one['value'])) return [];
      const { indicator, value, confidence, source } = one;
      return [
        [
          indicator,
          { value: String(value), confidence: isConfidence(confidence) ? confidence : 'measured', source: isString(source) ? source : '' },
        ],
      ];
    }),
  );
  return Object.fromEntries(
    lines.map((line): [string, Row] => {
      const released = fields === null ? line.readings.find((reading) => reading.year === year) : undefined;
      const known = released && { value: String(released.value), confidence: released.confidence, source: released.source ?? '' };
      return [line.id, typed.get(line.id) ?? known ?? empty()];
    }),
  );
}

/** @param day on which it is written */
export function rowsToFields(rows: Readonly<Record<string, Row>>, country: string, year: number, day: string): JsonObject {
  const numbers = rowsToNumbers(rows);
  return {
    id: `${country}-${String(year)}`,
    country,
    year,
    values: Object.entries(rows).flatMap(([indicator, { confidence, source }]) => {
      const value = numbers.get(indicator);
      return value === undefined ? [] : [{ indicator, value, confidence, ...(source.trim() === '' ? {} : { source: source.trim() }) }];
    }),
    written: day,
  };
}
