/** What somebody says of themselves, or a roster says of them, so that people can be counted by it. Nobody has to say anything. */
import { isObject, isString } from './shape.ts';

export const genders = ['woman', 'man', 'other'] as const;
export type Gender = (typeof genders)[number];
export const isGender = (value: unknown): value is Gender => genders.some((gender) => gender === value);

/** ISO 3166-1, two letters. */
export type Country = string & { readonly __brand: 'Country' };
export const isCountry = (value: unknown): value is Country => isString(value) && /^[A-Z]{2}$/.test(value);

export interface About {
  readonly gender?: Gender;
  readonly country?: Country;
}

export const isAbout = (value: unknown): value is About =>
  isObject(value) &&
  (value['gender'] === undefined || isGender(value['gender'])) &&
  (value['country'] === undefined || isCountry(value['country']));
