import { describe, expect, it } from 'vitest';
import { streamed, streamedList, takeChunks } from './streamed.ts';

describe('an answer that is made while it is sent', () => {
  it('is JSON, also where it is empty', async () => {
    const list = streamedList('rows', async function* () {
      yield { n: 1 };
      yield { n: 2 };
      return { total: 2 };
    });
    expect(await list.json()).toEqual({ rows: [{ n: 1 }, { n: 2 }], total: 2 });
    const empty = streamedList('rows', async function* () {
      return {};
    });
    expect(await empty.json()).toEqual({ rows: [] });
  });

  it('is made no faster than it is read, and no more of it than is read', async () => {
    let made = 0;
    let ended = false;
    const answer = streamed({}, async function* (signal) {
      signal.addEventListener('abort', () => {
        ended = true;
      });
      for (;;) {
        made++;
        yield 'x'.repeat(1024);
      }
    });
    const reader = answer.body?.getReader();
    await reader?.read();
    await new Promise((later) => setTimeout(later, 20));
    // A piece that is read, and one that is ready.
    expect(made).toBeLessThan(150);
    await reader?.cancel();
    const then = made;
    await new Promise((later) => setTimeout(later, 20));
    expect([made, ended]).toEqual([then, true]);
  });

  it('is handed to a socket as its chunks, once, which end what makes it when they are read no more', async () => {
    let ended = false;
    const answer = streamed({}, async function* (signal) {
      yield 'a';
      yield '';
      // Waits for news that never comes; its end is told by the signal alone.
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          ended = true;
          resolve();
        });
      });
    });
    const chunks = takeChunks(answer);
    expect([takeChunks(answer), takeChunks(new Response('x'))]).toEqual([null, null]);
    expect(new TextDecoder().decode((await chunks?.next())?.value)).toBe('a');
    const waits = chunks?.next();
    await chunks?.return?.();
    expect([ended, (await waits)?.done, (await chunks?.next())?.done]).toEqual([true, true, true]);
  });

  it('lets a beat go at once', async () => {
    const wait = Promise.withResolvers<undefined>();
    const answer = streamed({}, async function* () {
      yield '\n';
      yield '';
      await wait.promise;
      yield 'end';
    });
    const reader = answer.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('\n');
    wait.resolve(undefined);
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('end');
  });

  it('breaks off where its making fails', async () => {
    const answer = streamed({}, async function* () {
      yield 'a';
      throw new Error('no disk');
    });
    await expect(answer.text()).rejects.toThrow('no disk');
  });
});
