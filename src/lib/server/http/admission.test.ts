import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAdmission } from './admission.ts';
import type { OrganRequest } from './organ.ts';
import { streamed } from './streamed.ts';

const posted = (bytes: number): Request =>
  new Request('http://centre.test/sync', { method: 'POST', body: 'x'.repeat(bytes), headers: { 'content-length': String(bytes) } });

/** Reads the body, then does the rest, as organs do. */
const reading =
  (then: () => Promise<Response>) =>
  async ({ body }: OrganRequest): Promise<Response> => {
    for await (const chunk of body ?? []) void chunk;
    return then();
  };

/** A body that comes as it is told to. */
function coming(declared: number) {
  const steps: { resolve: (chunk: Uint8Array | null) => void; promise: Promise<Uint8Array | null> }[] = [];
  let taken = 0;
  const step = (index: number) => (steps[index] ??= Promise.withResolvers<Uint8Array | null>());
  let sent = 0;
  async function* body(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = await step(taken++).promise;
      if (chunk === null) return;
      yield chunk;
    }
  }
  const request: OrganRequest = {
    method: 'POST',
    url: 'http://centre.test/sync',
    headers: new Headers({ 'content-length': String(declared) }),
    body: body(),
  };
  return {
    request,
    async send(bytes: number) {
      step(sent++).resolve(new Uint8Array(bytes));
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    },
    async end() {
      step(sent++).resolve(null);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    },
  };
}

it('puts off what is too much at once, says when to come again and how many are before, and lets in whoever comes then', async () => {
  const { admit } = createAdmission({ requests: 2, bytes: 1000 });
  const held = Promise.withResolvers<Response>();
  const done = (): Promise<Response> => Promise.resolve(Response.json({}));
  const first = admit(
    posted(100),
    reading(() => held.promise),
  );
  // What it weighs together counts, too.
  expect((await admit(posted(950), done))?.status).toBe(503);
  const second = admit(
    posted(100),
    reading(() => held.promise),
  );
  await new Promise((later) => setTimeout(later, 5));
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

const ok = (): Promise<Response> => Promise.resolve(Response.json({}));

it('ten slow uploads, each of as much as a request may hold, keep nobody else out', async () => {
  let now = 0;
  const { admit } = createAdmission({ requests: 1000, bytes: 96 }, () => now);
  const slow = Array.from({ length: 9 }, () => coming(10));
  const answers = slow.map(({ request }) => admit(request, reading(ok)));
  await Promise.all(slow.map(({ send }) => send(1)));
  // For a moment they are taken at their word.
  expect((await admit(coming(10).request, ok))?.status).toBe(503);
  now += 2500;
  const quick = coming(10);
  const answer = admit(quick.request, reading(ok));
  await quick.send(10);
  await quick.end();
  expect((await answer)?.status).toBe(200);
  // And they are served in the end, each at its own pace.
  for (const one of slow) {
    await one.send(9);
    await one.end();
  }
  expect((await Promise.all(answers)).map((one) => one?.status)).toEqual(slow.map(() => 200));
});

it('where more comes than there is room for, the one with the longest way to go is given up, and told to come again', async () => {
  let now = 0;
  const { admit } = createAdmission({ requests: 1000, bytes: 120 }, () => now);
  const [slow, quick] = [coming(90), coming(90)];
  const slowly = admit(slow.request, reading(ok));
  await slow.send(9);
  now += 10_000;
  const quickly = admit(quick.request, reading(ok));
  now += 100;
  await quick.send(60);
  await slow.send(40);
  await quick.send(30);
  expect((await slowly)?.status).toBe(503);
  await quick.end();
  expect((await quickly)?.status).toBe(200);
});

it('however many drip, whoever comes after them finds a place', async () => {
  let now = 0;
  const { admit } = createAdmission({ requests: 2, bytes: 1000, arriving: 3 }, () => now);
  const slow = Array.from({ length: 3 }, () => coming(100));
  const answers = slow.map(({ request }) => admit(request, reading(ok)));
  expect((await admit(posted(1), reading(ok)))?.status).toBe(503);
  now += 5000;
  await slow[0]?.send(50);
  expect((await admit(posted(1), reading(ok)))?.status).toBe(200);
  expect((await Promise.race(answers))?.status).toBe(503);
  for (const one of slow) await one.end();
  expect((await Promise.all(answers)).map((one) => one?.status).sort()).toEqual([200, 200, 503]);
});

it('never holds more than there is room for, whatever comes in whatever pieces, and answers everybody', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ declared: fc.integer({ min: 1, max: 60 }), pieces: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 4 }) }),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
      fc.array(fc.nat({ max: 7 }), { maxLength: 40 }),
      async (senders, order) => {
        let now = 0;
        let [held, live] = [0, 0];
        const { admit } = createAdmission({ requests: 1000, bytes: 100 }, () => now);
        const bodies = senders.map(({ declared }) => coming(declared));
        const answers = bodies.map(({ request }) =>
          admit(request, async ({ body }) => {
            let own = 0;
            live += 1;
            try {
              for await (const chunk of body ?? []) {
                own += chunk.byteLength;
                held += chunk.byteLength;
              }
              return Response.json({});
            } finally {
              held -= own;
              live -= 1;
            }
          }),
        );
        const left = senders.map(({ pieces }) => [...pieces]);
        for (const at of order) {
          now += 700;
          const piece = left[at]?.shift();
          if (piece !== undefined) await bodies[at]?.send(piece);
          // One alone is let in, whatever it weighs.
          if (live > 1) expect(held).toBeLessThanOrEqual(100);
        }
        for (const body of bodies) await body.end();
        for (const answer of await Promise.all(answers)) expect([200, 503]).toContain(answer?.status);
      },
    ),
  );
});
