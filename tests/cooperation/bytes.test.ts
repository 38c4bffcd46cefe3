/** What a change of the commons costs a device that has the version before: bytes on the wire, as a node sends them to a browser. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/lib/domain/shape.ts';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import type { CompiledCommons } from '../../src/lib/cooperation/compile.ts';
import { changeSince, piecesFor } from '../../src/lib/cooperation/package.ts';
import { packOf } from '../../src/lib/server/content/pack.ts';
import { compress } from '../../src/lib/server/http/compression.ts';
import { commonsTexts, compileReal, sha256 } from './kit.ts';

const before = compileReal();
const signature = { key: 'k'.repeat(43), value: 's'.repeat(86) };
const manifestOf = ({ commons, diagnostics }: CompiledCommons) => {
  if (commons === null) throw new Error(JSON.stringify(diagnostics));
  return commons.manifest;
};

/** Bytes of what is asked for, in brotli: what is new since, and one pack of the pieces that are missing. */
async function cost(after: CompiledCommons, language: string): Promise<number> {
  const [earlier, now] = [manifestOf(before), manifestOf(after)];
  const digest = sha256(new TextEncoder().encode(canonicalJson(earlier)));
  const told = JSON.stringify({
    ...changeSince(digest, earlier, now),
    signature,
    digest,
    price: { en: 161118, fr: 1, es: 1, ar: 1, zh: 1, ru: 1 },
  });
  const had = new Set(piecesFor(earlier, language).map(({ sha256: name }) => name));
  const missing = piecesFor(now, language).filter(({ sha256: name }) => !had.has(name));
  const pack = packOf(missing.map(({ sha256: name }) => ({ sha256: name, bytes: after.commons?.pieces.get(name) ?? new Uint8Array() })));
  return (await compress(Buffer.from(told), 'br', 5)).byteLength + (missing.length === 0 ? 0 : (await compress(pack, 'br', 9)).byteLength);
}

const entry = (kind: string, id: string): JsonObject => {
  const found = commonsTexts(before, kind).find((one) => one['id'] === id);
  if (found === undefined) throw new Error(`There is no ${kind} ${id}`);
  return found;
};

describe('a device that has the version before pays for', () => {
  const solution = entry('solution', 'flood-mapping-radar');
  const values = entry('assessment', 'islemara-2025');

  it.each([
    ['nothing new', [], 700],
    [
      'a value that was corrected',
      [
        {
          ...values,
          values: (values['values'] as object[]).map((one, i) => (i === 0 ? { ...one, confidence: 'estimated', value: 1 } : one)),
        },
      ],
      3000,
    ],
    ['the values of another year', [{ ...values, id: 'islemara-2026', year: 2026 }], 3000],
    [
      'a word in a solution',
      [{ ...solution, limits: { ...(solution['limits'] as object), en: 'Radar sees little water between houses and trees.' } }],
      9000,
    ],
    ['a new solution in six languages', [{ ...solution, id: 'flood-mapping-radar-2' }], 9000],
    [
      'a new opportunity',
      [{ ...entry('opportunity', String(commonsTexts(before, 'opportunity')[0]?.['id'])), id: 'another-opportunity' }],
      4500,
    ],
  ] as const)('%s, and not for the rest', async (_, accepted, most) => {
    const after = compileReal(accepted as readonly JsonObject[]);
    expect(after.leftOut).toEqual([]);
    for (const language of ['en', 'ar', 'zh']) expect(await cost(after, language)).toBeLessThanOrEqual(most);
  });
});
