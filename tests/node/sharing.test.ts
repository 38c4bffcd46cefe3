/** Readings that are shared, and what was worked out and is remembered. */
import { expect, it } from 'vitest';
import { sharing } from '../../src/lib/server/certification/sharing.ts';
import { Memory } from '../../src/lib/server/trust/memory.ts';

it('whoever asks is answered by a reading that began after they asked, and no more than one waits', async () => {
  let written = 0;
  let began = 0;
  const ends: (() => void)[] = [];
  const read = sharing(async () => {
    began += 1;
    const seen = written;
    await new Promise<void>((resolve) => ends.push(resolve));
    return seen;
  });
  const first = read();
  written = 1;
  const [second, third] = [read(), read()];
  expect(began).toBe(1);
  ends[0]?.();
  expect(await first).toBe(0);
  await Promise.resolve();
  written = 2;
  const fourth = read();
  ends[1]?.();
  expect([await second, await third]).toEqual([1, 1]);
  await Promise.resolve();
  ends[2]?.();
  expect(await fourth).toBe(2);
  expect(began).toBe(3);
});

it('a reading that failed is told to those who shared it, and the next one is another', async () => {
  let fails = true;
  const read = sharing(() => (fails ? Promise.reject(new Error('no disk')) : Promise.resolve('read')));
  const [first, second] = [read(), read()];
  await expect(first).rejects.toThrow('no disk');
  await expect(second).rejects.toThrow('no disk');
  fails = false;
  expect(await read()).toBe('read');
});

it('a memory lets go of what came first when it is full', () => {
  const memory = new Memory<number>(2);
  for (const [name, value] of [['a', 1], ['b', 2], ['c', 3]] as const) memory.put(name, value); // prettier-ignore
  expect([memory.get('a'), memory.get('b'), memory.get('c')]).toEqual([undefined, 2, 3]);
});
