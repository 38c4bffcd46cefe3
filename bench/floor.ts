/**
 * The floor that reading is measured against: one hand-written static page with the same lesson's text, and a worker that keeps
 * it. Nothing simpler can be read on the same line.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync } from 'node:zlib';

const worker =
  "addEventListener('install',e=>e.waitUntil(caches.open('f').then(c=>c.add('/'))));addEventListener('activate',e=>e.waitUntil(clients.claim()));" +
  "addEventListener('fetch',e=>e.respondWith(caches.match(e.request).then(r=>r||fetch(e.request))));";

const page = (text: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Lesson</title>` +
  `<style>body{font:1rem/1.6 system-ui;max-width:40rem;margin:auto;padding:1rem}img{max-width:100%}table{border-collapse:collapse}td,th{border:1px solid}</style>` +
  `<main>${text}</main><p id="lesson-end">End</p><script>navigator.serviceWorker.register('/sw.js')</script></html>`;

export interface Floor {
  readonly port: number;
  /** Bytes of the page as sent. */
  readonly bytes: number;
  close(): Promise<void>;
}

export function serveFloor(text: string): Promise<Floor> {
  const html = brotliCompressSync(page(text));
  const script = brotliCompressSync(worker);
  const server = createServer((request, response) => {
    const found =
      request.url === '/' ? { body: html, type: 'text/html' } : request.url === '/sw.js' ? { body: script, type: 'text/javascript' } : null;
    if (found === null) response.writeHead(404).end();
    else
      response
        .writeHead(200, { 'content-type': `${found.type}; charset=utf-8`, 'content-encoding': 'br', 'content-length': found.body.length })
        .end(found.body);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        bytes: html.length,
        close: () =>
          new Promise((done) => {
            server.closeAllConnections();
            server.close(() => done());
          }),
      });
    });
  });
}
