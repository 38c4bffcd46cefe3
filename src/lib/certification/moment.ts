import { instantOf, type Instant } from '../domain/clock.ts';

/** XML Schema dateTimeStamp, as credentials have their dates: with a zone, seconds and perhaps parts of one. Null where it is none. */
export function momentOf(value: unknown): Instant | null {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(value)) return null;
  const milliseconds = Date.parse(value);
  return Number.isNaN(milliseconds) ? null : instantOf(milliseconds);
}
