/// <reference no-default-lib="true"/>
/// <reference lib="es2024" />
/// <reference lib="webworker" />
/**
 * What answers the app's requests, wired together. The network is not asked where the device has the answer.
 *
 *   a lesson        from the device where installed, else from the node, else as last visited
 *   another page    the shell
 *   app files       as installed with this worker, or kept at their first use
 *   a piece         from the device where installed, else from the node
 *   all else        is left to the browser: /api, /replica, /sync, /content are never kept here
 *
 * An update waits until the person takes it (src/lib/app/update.svelte.ts).
 */
import { version } from '$service-worker';
import { setCacheNameDetails } from 'workbox-core';
import { precacheAndRoute } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { isSha256, isSlug } from '#lib/domain/ids.ts';
import { appFiles, shellPath } from './app-files.ts';
import { answerAppFile, chooseLanguage, dropOldCaches, keepAfter, keepChosenWords } from './caches.ts';
import { answerLesson, keepOpenLessons, lessonPath, shell } from './lessons.ts';
import { answerPiece } from './pieces.ts';

declare const self: ServiceWorkerGlobalScope;

setCacheNameDetails({ prefix: 'perigee', precache: 'installed', suffix: 'app' });

// Workbox fetches one file after the other, a round trip each: half a minute over a satellite. Asked for all at once first, it
// finds them in the browser's own cache, where those that the page has used already cost nothing either.
self.addEventListener('install', (event) => {
  event.waitUntil(Promise.allSettled(appFiles.install.map((url) => fetch(url))));
});

precacheAndRoute([
  // Names with a hash need no revision.
  ...appFiles.install.map((url) => ({ url, revision: null })),
  { url: shellPath, revision: version },
  // The manifest, and the one icon that it and pages name first: without them each page that opens offline complains.
  { url: '/icon.svg', revision: version },
  { url: '/manifest.webmanifest', revision: version },
]);

/** The node's own paths, which are no pages (src/lib/server/handle.ts), and files. */
const notAPage = /^\/(api|content|replica|sync|health|metrics)(\/|$)|^\/_app\/|\.[a-z0-9]+$/;

registerRoute(
  ({ request, url, sameOrigin }) => sameOrigin && request.mode === 'navigate' && request.method === 'GET' && !notAPage.test(url.pathname),
  ({ event, url }) => {
    const [, course, unit] = lessonPath.exec(url.pathname) ?? [];
    return isSlug(course) && isSlug(unit) ? answerLesson(event as FetchEvent, url, course, unit) : shell();
  },
);

registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith('/_app/immutable/'),
  ({ request }) => answerAppFile(request),
);

registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith('/content/pieces/'),
  ({ request, url }) => {
    const sha256 = url.pathname.slice('/content/pieces/'.length);
    return isSha256(sha256) ? answerPiece(request, sha256) : fetch(request);
  },
);

self.addEventListener('install', (event) => {
  event.waitUntil(keepChosenWords());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    dropOldCaches()
      .then(() => self.clients.claim())
      .then(() => self.clients.matchAll({ type: 'window' }))
      .then(keepOpenLessons),
  );
});

self.addEventListener('message', (event) => {
  const data: unknown = event.data;
  if (typeof data !== 'object' || data === null || !('type' in data)) return;
  if (data.type === 'take-over') void self.skipWaiting();
  if (data.type === 'language' && 'language' in data && typeof data.language === 'string') event.waitUntil(chooseLanguage(data.language));
  // A page says it when it has nothing else to do. What a broken line left out comes with the next page.
  if (data.type === 'idle') event.waitUntil(keepAfter().catch(() => undefined));
});
