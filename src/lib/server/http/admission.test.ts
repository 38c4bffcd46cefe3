import { expect, it } from 'vitest';
import { createAdmission } from './admission.ts';
import { streamed } from './streamed.ts';

const posted = (bytes: number): Request =>
  new Request('http://centre.test/sync', { method: 'POST', body: 'x'.repeat(bytes), headers: { 'content-length': String(bytes) } });

it('puts off what is too much at once, says when to come again and how many are before, and lets in whoever comes then', async () => {
  const { admit } = createAdmission({ requests: 2, bytes: 1000 });
  const held = Promise.withResolvers<Response>();
  const done = (): Promise<Response> => Promise.resolve(Response.json({}));
  const first = admit(posted(100), () => held.promise);
  // What it weighs together counts, too.
  expect((await admit(posted(950), done))?.status).toBe(503);
  const second = admit(posted(100), () => held.promise);
  const [third, fourth] = [await admit(posted(1), done), await admit(posted(1), done)];
  for (const [answer, place] of [
    [third, '3'],
    [fourth, '4'],
  ] as const) {
    expect([answer?.status, answer?.headers.get('retry-after'), answer?.headers.get('perigee-place')]).toEqual([503, '1', place]);
    expect(await answer?.json()).toMatchObject({ error: 'busy' });
  }
  // Who only asks is answered.
  expect((await admit(new Request('http://centre.test/health'), done))?.status).toBe(200);
  held.resolve(Response.json({}));
  await Promise.all([first, second]);
  expect((await admit(posted(1), done))?.status).toBe(200);
});

it('lets in one alone, whatever it weighs, and forgets one that failed', async () => {
  const { admit } = createAdmission({ requests: 1, bytes: 10 });
  expect((await admit(posted(100), () => Promise.resolve(Response.json({}))))?.status).toBe(200);
  await expect(admit(posted(1), () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  expect((await admit(posted(1), () => Promise.resolve(Response.json({}))))?.status).toBe(200);
});

it('holds no place for an answer that has begun: a feed that was asked for with names waits for news as long as it likes', async () => {
  const { admit } = createAdmission({ requests: 1, bytes: 1000 });
  const news = Promise.withResolvers<undefined>();
  const feed = (): Promise<Response> =>
    Promise.resolve(
      streamed({}, async function* () {
        yield '\n';
        await news.promise;
        yield '{}';
      }),
    );
  const feeds = [await admit(posted(10), feed), await admit(posted(10), feed)];
  expect(feeds.map((answer) => answer?.status)).toEqual([200, 200]);
  const told = feeds.map((answer) => answer?.text());
  expect((await admit(posted(10), () => Promise.resolve(Response.json({}))))?.status).toBe(200);
  news.resolve(undefined);
  expect(await Promise.all(told)).toEqual(['\n{}', '\n{}']);
});
