/** Milliseconds since 1970-01-01T00:00:00Z. Pure code takes its time as an argument of this type. */
export type Clock = () => number;

/** `n` random bytes. Pure code takes its chance as an argument of this type. */
export type RandomBytes = (n: number) => Uint8Array;

/** A moment as it stands in documents: RFC 3339, UTC, milliseconds. Such strings sort as the moments do. */
export type Instant = string & { readonly __brand: 'Instant' };

export const instantOf = (milliseconds: number): Instant => new Date(milliseconds).toISOString() as Instant;

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const isInstant = (value: unknown): value is Instant =>
  typeof value === 'string' && instantPattern.test(value) && !Number.isNaN(Date.parse(value));
