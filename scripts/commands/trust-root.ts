import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { keyOfSeed, makeRootKey, readPassphrase, seedOf, writeRootKey } from '../root-key.ts';
import { UsageError, type Command } from './command.ts';

const countOf = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : Number(text));

export const trustRoot: Command = {
  name: 'trust root',
  summary: 'make the root key of a list of trust, or bring it back from its printed shares',
  usage: `
Usage: perigee trust root FILE [--need N] [--of N]
       perigee trust root FILE --share TEXT …

Makes a root key in FILE, which a passphrase opens, and prints shares of it: any --need of them bring the key back, fewer say nothing. Print each on a sheet of its
own and keep them in different hands. Do this on a machine that is on no network: whoever holds the root key can name anybody.
With --share, once for each share, the key is written to FILE again.

The passphrase comes from PERIGEE_ROOT_PASSPHRASE or the standard input.

  --need N       shares that bring the key back; 2
  --of N         shares that are printed; 3, at most 16
  --share TEXT   a share as it was printed

Exit code: 0 done, 1 the shares do not give a key, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { need: { type: 'string' }, of: { type: 'string' }, share: { type: 'string', multiple: true } },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('Name one file for the root key.');
    if (existsSync(file)) throw new UsageError(`${file} is there already, and is not written over. Name another file.`);
    const [need, count] = [countOf(values.need, 2), countOf(values.of, 3)];
    if (!Number.isInteger(need) || !Number.isInteger(count) || need < 1 || count < need || count > 16)
      throw new UsageError('--need is 1 or more, and at most --of, which is at most 16.');
    const passphrase = await readPassphrase(io);
    const [{ joinShares, shareSecret }, { nodeTools }, { issuerBy }] = await Promise.all([
      import('../../src/lib/certification/shares.ts'),
      import('../../src/lib/server/trust/tools.ts'),
      import('../../src/lib/server/certification/issuer-key.ts'),
    ]);

    if (values.share !== undefined) {
      const joined = await joinShares(values.share, nodeTools);
      if (!joined.ok || joined.value.length !== 32) {
        const fault = joined.ok ? 'not-together' : joined.error.type;
        const sentences = {
          'not-share': 'One of them is no share.',
          damaged: 'One of them has a slip of the pen.',
          'too-few': 'There are too few of them.',
          'not-together': 'They do not belong together.',
        } as const;
        io.say(`The key could not be brought back. ${sentences[fault]} Look at the printed sheets, and give each share with --share.`);
        return 1;
      }
      const key = keyOfSeed(joined.value);
      await writeRootKey(file, key, passphrase);
      io.out(`Root: ${issuerBy(key).did}`);
      io.say('Compare it with what is printed on the sheets: shares of two different keys give a third one.');
      return 0;
    }

    const key = makeRootKey();
    const seed = seedOf(key);
    const shares = await shareSecret(seed, { need, count, random: new Uint8Array(randomBytes(seed.length * (need - 1))) }, nodeTools);
    await writeRootKey(file, key, passphrase);
    const { did } = issuerBy(key);
    io.out(`Root: ${did}`);
    for (const [at, share] of shares.entries())
      io.out(`\nShare ${String(at + 1)} of ${String(count)}; any ${String(need)} bring the key back. Root: ${did}\n${share}`);
    return 0;
  },
};
