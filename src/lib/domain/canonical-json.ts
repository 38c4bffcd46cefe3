import { isObject, type JsonObject } from './shape.ts';

/**
 * RFC 8785 for values that came from JSON: keys in the order of their UTF-16 units, no spaces, numbers and strings as `JSON.stringify` writes them.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}

/** Levels of arrays and objects in each other; beyond this a recursion over them could run out of stack. */
const maxDepth = 64;

/** Deeper, with text in it that has no bytes in UTF-8, or with the one name that assigning treats in its own way, a value is none to be signed. */
function isPlain(value: unknown): boolean {
  const open = [{ value, depth: 0 }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (typeof at.value === 'string' && !at.value.isWellFormed()) return false;
    if (typeof at.value !== 'object' || at.value === null) continue;
    if (at.depth >= maxDepth) return false;
    for (const [key, child] of Object.entries(at.value) as [string, unknown][]) {
      if (!key.isWellFormed() || key === '__proto__') return false;
      open.push({ value: child, depth: at.depth + 1 });
    }
  }
  return true;
}

/** The object that a text holds in canonical form; null where it is another text, or another form of the same object. */
export function readCanonicalObject(text: string): JsonObject | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isObject(value) && isPlain(value) && canonicalJson(value) === text ? value : null;
}
