/** The two choices that a page must know before its first paint travel as cookies: language and theme. */
const year = 365 * 24 * 60 * 60;

/** The value of a cookie of this page, null where there is none. In the browser only. */
export function readCookie(name: string): string | null {
  const pair = document.cookie.split('; ').find((candidate) => candidate.startsWith(`${name}=`));
  return pair === undefined ? null : decodeURIComponent(pair.slice(name.length + 1));
}

/** Keeps a choice for a year; null forgets it. In the browser only. */
export function writeCookie(name: string, value: string | null): void {
  document.cookie = `${name}=${encodeURIComponent(value ?? '')}; path=/; samesite=lax; max-age=${value === null ? 0 : year}`;
}
