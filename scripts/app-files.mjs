import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ file: string, src?: string, name?: string, imports?: string[], dynamicImports?: string[], css?: string[], isEntry?: boolean }} Chunk
 * @typedef {Readonly<Record<string, Chunk>>} Manifest
 * @typedef {{ install: string[], after: string[], fallback: string[], words: Record<string, string[]>, lesson: string[] }} AppFiles
 */

/** What is fetched at its first use and kept then: PouchDB waits for a centre, the fallbacks for pages without `crypto.subtle`. */
const later = /^(replica|fallback)$/;
/** What is kept once the worker is installed: without a network it must be there, before one's first lesson it need not. */
const after =
  /^(further-words|tables|holder|trust|handover|verify|camera|staff|compendium|network|help|explore|commons|evidence|country|desk|cascade)$/;
const words = /\/i18n\/messages\/([a-z-]+)\/[a-z]+\.json$/;

/**
 * The files of a build by when they are needed without a network: `install` when the worker is installed (the code and styles of every
 * route of a learner's), `after` it when it has been (certificates, the compendium, the network, countries, and what staff alone see), `fallback` in a browser whose WebCrypto has no Ed25519, `words` once a language is chosen, and the styles that a lesson's text needs before any script has run.
 *
 * @param {Manifest} manifest of Vite, for the client
 * @param {(path: string) => string} read a file of the project
 * @returns {AppFiles}
 */
export function appFiles(manifest, read) {
  const install = new Set();
  const kept = new Set();
  const fallback = new Set();
  /** Whether a file cannot run without one that comes after: then it comes after, too. @param {Chunk} chunk */
  const needsAfter = (chunk) => (chunk.imports ?? []).some((key) => after.test(manifest[key]?.name ?? ''));
  /** @type {Record<string, string[]>} */
  const byLanguage = {};
  const lesson = new Set();
  for (const [key, chunk] of Object.entries(manifest)) {
    const language = words.exec(key)?.[1];
    if (language !== undefined) (byLanguage[language] ??= []).push(`/${chunk.file}`);
    else {
      const list =
        after.test(chunk.name ?? '') || needsAfter(chunk)
          ? kept
          : chunk.name === 'fallback'
            ? fallback
            : later.test(chunk.name ?? '')
              ? null
              : install;
      for (const file of [chunk.file, ...(chunk.css ?? [])]) list?.add(`/${file}`);
    }
  }
  const node = Object.keys(manifest).find(
    (key) => /\/nodes\/\d+\.js$/.test(key) && read(key).includes('src/routes/courses/[course]/[unit]/+page.svelte'),
  );
  /** @param {string} key */
  const styles = (key) => {
    const chunk = manifest[key];
    for (const file of chunk?.imports ?? []) styles(file);
    for (const file of chunk?.css ?? []) lesson.add(`/${file}`);
  };
  if (node === undefined) throw new Error('The build has no lesson page');
  styles(node);
  // A style sheet stands in the manifest by itself, too.
  for (const file of [...kept, ...fallback]) install.delete(file);
  return { install: [...install].sort(), after: [...kept].sort(), fallback: [...fallback].sort(), words: byLanguage, lesson: [...lesson] };
}

/** Stands in the worker's source for the list, which is known only when the client is built. */
const placeholder = /(["'`])__PERIGEE_APP_FILES__\1/;

/**
 * Writes the list into the built worker.
 *
 * @param {string} client folder of the built client
 */
export function writeAppFiles(client) {
  const worker = join(client, 'service-worker.js');
  if (!existsSync(worker)) return;
  /** @type {Manifest} */
  const manifest = JSON.parse(readFileSync(join(client, '.vite', 'manifest.json'), 'utf8'));
  const list = JSON.stringify(appFiles(manifest, (path) => readFileSync(path, 'utf8')));
  const source = readFileSync(worker, 'utf8');
  if (!placeholder.test(source)) throw new Error('The worker has no place for the list of files');
  writeFileSync(
    worker,
    source.replace(placeholder, () => JSON.stringify(list)),
  );
}
