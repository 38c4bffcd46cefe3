/**
 * A lesson's page: from the device where its course is installed, without asking the network; else from the node, and kept for the
 * days without one, the last few dozen.
 */
import { matchPrecache } from 'workbox-precaching';
import type { UnitContent } from '#lib/course/unit-page.ts';
import type { CourseRow } from '#lib/storage/schema.ts';
import { appFiles, shellPath } from './app-files.ts';
import { keep, visitedCache } from './caches.ts';
import { composeLesson } from './compose.ts';
import { readCourse, readPieces } from './device.ts';

export const lessonPath = /^\/courses\/([^/]+)\/([^/]+)$/;

/** About 15 kB each. */
const mostVisited = 40;

/** A cookie of the page, where the browser lets a worker see them. */
async function cookie(name: string): Promise<string | null> {
  const store: { get(name: string): Promise<{ readonly value?: string } | null> } | undefined = Reflect.get(self, 'cookieStore');
  return (await store?.get(name))?.value ?? null;
}

export async function shell(): Promise<Response> {
  return (await matchPrecache(shellPath)) ?? fetch(shellPath);
}

async function contentOf(row: CourseRow, unit: string, wanted: string | null): Promise<UnitContent | null> {
  const about = row.structure.modules.flatMap(({ units }) => units).find(({ id }) => id === unit);
  const readable = row.languages.filter((language) => about?.pieces[language] !== undefined);
  const language = readable.find((candidate) => candidate === wanted) ?? readable[0];
  const pieces = language === undefined ? undefined : about?.pieces[language];
  if (about === undefined || language === undefined || pieces === undefined) return null;
  const [lesson, items] = await readPieces([pieces.lesson, pieces.items]);
  if (lesson === undefined || items === undefined) return null;
  const read = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return {
    structure: row.structure,
    unit: about.id,
    language,
    fragment: read(lesson.bytes),
    // Checked by the installer; the page checks their outline again.
    items: JSON.parse(read(items.bytes)) as UnitContent['items'],
    from: 'device',
  };
}

async function fromDevice(url: URL, course: string, unit: string): Promise<Response | null> {
  const row = await readCourse(course);
  if (row === undefined) return null;
  const [frame, language, theme] = await Promise.all([shell(), cookie('perigee-lang'), cookie('perigee-theme')]);
  const content = await contentOf(row, unit, url.searchParams.get('lang') ?? language);
  if (content === null) return null;
  const page = composeLesson(await frame.text(), content, appFiles.lesson, { theme });
  const headers = new Headers(frame.headers);
  for (const name of ['content-length', 'content-encoding', 'etag', 'last-modified']) headers.delete(name);
  headers.set('content-type', 'text/html; charset=utf-8');
  return new Response(page, { headers });
}

async function keepVisited(request: Request, response: Response): Promise<void> {
  const cache = await caches.open(visitedCache);
  await cache.delete(request);
  await keep(cache, request, response);
  // Keys come in the order in which they were put.
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - mostVisited)).map((key) => cache.delete(key)));
}

/**
 * Keeps the lesson that brought this worker here: its page was loaded when there was no worker yet. Taken from what the browser still has of it,
 * never from the node.
 */
export async function keepOpenLessons(open: readonly Client[]): Promise<void> {
  for (const { url } of open) {
    const page = new URL(url);
    page.hash = '';
    if (!lessonPath.test(page.pathname)) continue;
    const request = new Request(page, { cache: 'only-if-cached', mode: 'same-origin' });
    const response = await fetch(request).catch(() => null);
    if (response?.ok === true) await keepVisited(request, response);
  }
}

export async function answerLesson(event: FetchEvent, url: URL, course: string, unit: string): Promise<Response> {
  const installed = await fromDevice(url, course, unit);
  if (installed !== null) return installed;
  try {
    const response = await fetch(event.request);
    // A name and a plan of the building are no page: what is kept is an answer that reads.
    if (response.ok) event.waitUntil(keepVisited(event.request, response.clone()));
    return response;
  } catch {
    return (await (await caches.open(visitedCache)).match(event.request, { ignoreVary: true })) ?? shell();
  }
}
