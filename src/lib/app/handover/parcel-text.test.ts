import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf } from '#lib/domain/clock.ts';
import type { PersonId } from '#lib/domain/ids.ts';
import type { Parcel } from '#lib/domain/parcel.ts';
import { isParcelText, readParcelText, writeParcelText } from './parcel-text.ts';

const person = '0'.repeat(26) as PersonId;
const parcelNamed = (name: string): Parcel => ({
  parcel: 1,
  ticket: '1'.repeat(26),
  from: 'http://192.168.1.10:8080',
  made: instantOf(0),
  person,
  name,
  documents: [],
  stays: 0,
});

describe('a parcel as one line', () => {
  it('comes back as it was, in any script, and stands in an address as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 40 }), async (name) => {
        const parcel = parcelNamed(name);
        const text = await writeParcelText(parcel);
        expect(text).toMatch(/^p1\.[\w-]+$/);
        expect(isParcelText(text)).toBe(true);
        expect(await readParcelText(`\n${text}\r\n`)).toEqual({ ok: true, value: parcel });
      }),
      { numRuns: 40 },
    );
  });
  it('that was cut off or changed anywhere is known for it', async () => {
    const text = await writeParcelText(parcelNamed('Amina'));
    for (let length = 3; length < text.length; length += 7) expect((await readParcelText(text.slice(0, length))).ok).toBe(false);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 20, max: text.length - 1 }), async (place) => {
        const sign = text[place] === 'A' ? 'B' : 'A';
        const read = await readParcelText(text.slice(0, place) + sign + text.slice(place + 1));
        // The last character of base64url may carry bits that stand for nothing.
        if (read.ok) expect(read.value).toEqual(parcelNamed('Amina'));
      }),
      { numRuns: 40 },
    );
  });
  it('tells a strange file from a damaged and a newer one', async () => {
    expect(await readParcelText('PK\u0003\u0004')).toEqual({ ok: false, error: 'not-a-parcel' });
    expect(await readParcelText('p1.%%%')).toEqual({ ok: false, error: 'damaged' });
    expect(await readParcelText(`p0.${btoa('{"parcel":2}')}`.replaceAll('=', ''))).toEqual({ ok: false, error: 'newer' });
    expect(await readParcelText(`p0.${btoa('[]')}`.replaceAll('=', ''))).toEqual({ ok: false, error: 'not-a-parcel' });
  });
  it('that would unpack without end is given up', async () => {
    const zeros = new Blob([new Uint8Array(40 * 1024 * 1024)]).stream().pipeThrough(new CompressionStream('gzip'));
    const bytes = new Uint8Array(await new Response(zeros).arrayBuffer());
    const text = `p1.${Buffer.from(bytes).toString('base64url')}`;
    expect(await readParcelText(text)).toEqual({ ok: false, error: 'damaged' });
  });
});
