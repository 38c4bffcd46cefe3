/** A number as people write it, with a point or a comma before the fraction; null where it is none. */
export function readNumber(text: string): number | null {
  const plain = text
    .trim()
    .replace(/[\u00a0\u202f ]/g, '')
    .replace(',', '.');
  return /^-?\d{1,12}(?:\.\d{1,6})?$/.test(plain) ? Number(plain) : null;
}
