import { version } from '$service-worker';
import { isFull } from '#lib/sync/disk-full.ts';
import { appFiles } from './app-files.ts';

/** Files of this build beyond what is installed with the worker: words of the chosen languages, code at its first use. */
const ownCache = `perigee-app-${version}`;
/** Lesson pages that were read without installing their course. Bounded; older builds' pages still read. */
export const visitedCache = 'perigee-visited';
/** Which languages somebody has chosen here, so that the next build brings their words along. */
const choicesCache = 'perigee-choices';
const choicesPath = '/words-chosen';

/** Deletes what older builds left of our own; nothing that another name holds, and no course lies in a cache at all. */
export async function dropOldCaches(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith('perigee-app-') && name !== ownCache);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function chosenLanguages(): Promise<readonly string[]> {
  const kept = await (await caches.open(choicesCache)).match(choicesPath);
  const languages: unknown = await kept?.json();
  return Array.isArray(languages) ? languages.filter((language) => typeof language === 'string') : [];
}

const wordsOf = (language: string): readonly string[] => (Object.hasOwn(appFiles.words, language) ? (appFiles.words[language] ?? []) : []);

/** Keeps the words of the languages that were chosen before this build. */
export async function keepChosenWords(): Promise<void> {
  for (const language of await chosenLanguages()) await keepFiles(wordsOf(language));
}

/** Keeps the words of a language from now on. */
export async function chooseLanguage(language: string): Promise<void> {
  if (wordsOf(language).length === 0) return;
  const known = await chosenLanguages();
  if (!known.includes(language))
    await (
      await caches.open(choicesCache)
    ).put(choicesPath, new Response(JSON.stringify([...known, language]), { headers: { 'content-type': 'application/json' } }));
  await keepFiles(wordsOf(language));
}

/** Keeps an answer if there is room: a full disk must not take the answer itself from the page. */
export async function keep(cache: Cache, request: Request | string, response: Response): Promise<void> {
  try {
    await cache.put(request, response);
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}

/** A file's name has its hash: what is here is right, and the browser's own cache spares what the page has just loaded. */
async function keepFiles(paths: readonly string[]): Promise<void> {
  const cache = await caches.open(ownCache);
  for (const path of paths) {
    if ((await cache.match(path)) !== undefined) continue;
    const response = await fetch(path);
    if (!response.ok) throw new TypeError(`${path}: ${String(response.status)}`);
    await keep(cache, path, response);
  }
}

/** Whether signatures can be checked here without code of our own. */
async function hasEd25519(): Promise<boolean> {
  try {
    await crypto.subtle.importKey('raw', new Uint8Array(32), 'Ed25519', false, ['verify']);
    return true;
  } catch (error) {
    return !(error instanceof DOMException && error.name === 'NotSupportedError');
  }
}

/** Keeps what must be there without a network and need not be there before somebody's first lesson. Safe to call again: what is here is not fetched. */
export async function keepAfter(): Promise<void> {
  await keepFiles(appFiles.after);
  if (!(await hasEd25519())) await keepFiles(appFiles.fallback);
}

/** A file of the build that was not installed with the worker: from the cache, else from the node and kept. */
export async function answerAppFile(request: Request): Promise<Response> {
  const cache = await caches.open(ownCache);
  const kept = await cache.match(request);
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok) await keep(cache, request, response.clone());
  return response;
}
