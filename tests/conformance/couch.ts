/** The CouchDB that tests may use, past the engine. */
import { hash, randomBytes } from 'node:crypto';

/** Address of the CouchDB for tests, with credentials; null where there is none. */
export const couchUrl = process.env['COUCHDB_URL'] || null;

/** Milliseconds after which whoever answers is taken for a machine that ended without a word. */
const silence = 20_000;

/** Asks CouchDB past the engine. Where a machine of a cluster ended in the middle of it, it is asked again, and `again` is told. */
export async function askCouch(address: string, method: string, path: string, body?: unknown, again?: () => void): Promise<unknown> {
  const { origin, username, password } = new URL(address);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  for (let tries = 1; ; tries++) {
    try {
      const response = await fetch(`${origin}/${path}`, {
        method,
        headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(silence),
      });
      if (response.status < 500 || tries === 5) return await response.json();
    } catch (error) {
      if (tries === 5) throw error;
    }
    again?.();
    await new Promise((later) => setTimeout(later, tries * 500));
  }
}

/** Removes every database whose name begins so. */
export async function removeCouchDatabases(address: string, prefix: string): Promise<void> {
  const range = new URLSearchParams({ start_key: JSON.stringify(prefix), end_key: JSON.stringify(`${prefix}~`) });
  const names = (await askCouch(address, 'GET', `_all_dbs?${range.toString()}`)) as string[];
  await Promise.all(names.map((name) => askCouch(address, 'DELETE', encodeURIComponent(name))));
}

/** A prefix that nobody else uses. */
export const couchPrefix = (): string => `perigee_test-${randomBytes(6).toString('hex')}_`;

/**
 * What a test node with this data folder keeps its databases in: null for the embedded engine. Every suite of nodes runs on CouchDB too, where
 * there is one (vitest.config.ts).
 */
export const couchFor = (data: string): { readonly url: string; readonly prefix: string } | null =>
  process.env['PERIGEE_TEST_ENGINE'] === 'couchdb' && couchUrl !== null
    ? { url: couchUrl, prefix: `perigee_test-${hash('sha256', data).slice(0, 12)}_` }
    : null;
