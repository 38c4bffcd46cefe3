import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinShares, shareSecret } from '#lib/certification/shares.ts';
import { nodeTools } from './kit.ts';

const aSharing = fc
  .tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 3 }), fc.infiniteStream(fc.nat({ max: 255 })))
  .map(([secret, need, more, chance]) => ({ secret, need, count: need + more, random: Uint8Array.from(chance.take(32 * (need - 1))) })); // prettier-ignore

it('gives the secret back from any of them that are enough, in any order, however they were typed', async () => {
  await fc.assert(
    fc.asyncProperty(aSharing, fc.integer(), async ({ secret, ...given }, seed) => {
      const shares = await shareSecret(secret, given, nodeTools);
      expect(shares).toHaveLength(given.count);
      const turned = [...shares.slice(Math.abs(seed) % given.count), ...shares.slice(0, Math.abs(seed) % given.count)];
      const typed = turned.slice(0, given.need).map((share) => ` ${share.toUpperCase().replaceAll('0', 'O')}\n`);
      const heads = typed.map((share, i) => share.replace(/PS1-.*?-.*?-/, /PS1-.*?-.*?-/.exec(turned[i] ?? '')?.[0] ?? ''));
      expect(await joinShares(heads, nodeTools)).toEqual({ ok: true, value: secret });
      if (given.need > 1)
        expect(await joinShares(turned.slice(0, given.need - 1), nodeTools)).toMatchObject({ ok: false, error: { type: 'too-few' } });
    }),
    { numRuns: 40 },
  );
});

it('finds a slip of the pen, and what is no share', async () => {
  const secret = new Uint8Array(32).fill(7);
  const [first = '', second = ''] = await shareSecret(secret, { need: 2, count: 3, random: new Uint8Array(32).fill(9) }, nodeTools);
  for (let at = 8; at < first.length; at++) {
    if (first[at] === '-') continue;
    const slipped = `${first.slice(0, at)}${first[at] === 'x' ? 'y' : 'x'}${first.slice(at + 1)}`;
    expect((await joinShares([slipped, second], nodeTools)).ok).toBe(false);
  }
  expect(await joinShares(['hello', second], nodeTools)).toMatchObject({ error: { type: 'not-share' } });
  expect(await joinShares([first, first], nodeTools)).toMatchObject({ error: { type: 'too-few', need: 2, have: 1 } });
  const [other = ''] = await shareSecret(secret, { need: 1, count: 1, random: new Uint8Array() }, nodeTools);
  expect(await joinShares([first, other], nodeTools)).toMatchObject({ error: { type: 'not-together' } });
});

it('says nothing with one share too few: every secret stays possible', async () => {
  // With one share fixed, each of two secrets has its own chance that gives the very same share.
  const share = async (byte: number, chance: number) =>
    (await shareSecret(Uint8Array.of(byte), { need: 2, count: 2, random: Uint8Array.of(chance) }, nodeTools))[0];
  const wanted = await share(3, 200);
  for (const byte of [0, 1, 77, 255]) {
    const found = await Promise.all(Array.from({ length: 256 }, (_, chance) => share(byte, chance)));
    expect(found.filter((one) => one === wanted)).toHaveLength(1);
  }
});
