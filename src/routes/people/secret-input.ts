/** What a person types or taps as their secret, before it goes to the store. */
import type { Secret } from '#lib/app/contract.ts';

export const maxPictures = 6;
const minPictures = 3;

/** Keyboards of Arabic and Persian write digits of their own: the same PIN must come out of either. */
export const westernDigits = (text: string): string =>
  text.replace(/[\u0660-\u0669\u06F0-\u06F9]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf)).replace(/\s/g, '');

/** The secret, or null while it is not complete. */
export function readSecret(type: 'pin' | 'pictures', pin: string, pictures: readonly string[]): Secret | null {
  if (type === 'pin') {
    const value = westernDigits(pin);
    return /^[0-9]{4,12}$/.test(value) ? { type, value } : null;
  }
  return pictures.length >= minPictures && pictures.length <= maxPictures ? { type, value: pictures.join('-') } : null;
}
