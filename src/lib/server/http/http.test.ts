import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRange } from '../content/organ.ts';
import { maxBodyBytes, parseJson, readObject } from './body.ts';
import { chooseEncoding, compress } from './compression.ts';

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Request =>
  new Request('http://x/', { method: 'POST', body, headers });

describe('a body', () => {
  it.each([
    ['as it is', (text: string) => post(text)],
    ['as gzip', (text: string) => post(new Uint8Array(gzipSync(text)), { 'content-encoding': 'gzip' })],
    ['as brotli', (text: string) => post(new Uint8Array(brotliCompressSync(text)), { 'content-encoding': 'br' })],
  ])('is read %s', async (_how, make) => {
    expect(await readObject(make('\ufeff{"a":"é"}'))).toEqual({ ok: true, value: { a: 'é' } });
  });

  it.each([
    ['is not JSON', post('{"a":'), 400],
    ['is empty', post(''), 400],
    ['is not UTF-8', post(new Uint8Array([34, 255, 34])), 400],
    ['is no object', post('[1]'), 400],
    ['is deep', post('['.repeat(100_000) + ']'.repeat(100_000)), 400],
    ['names __proto__', post('{"a":{"__proto__":{"x":1}}}'), 400],
    ['is not what it says', post('{}', { 'content-encoding': 'gzip' }), 400],
    ['comes in an unknown coding', post('{}', { 'content-encoding': 'zstd' }), 415],
    ['is large', post('x'.repeat(maxBodyBytes + 1)), 413],
    ['is large when unpacked', post(new Uint8Array(gzipSync('x'.repeat(maxBodyBytes + 1))), { 'content-encoding': 'gzip' }), 413],
    ['ends in the middle of its gzip', post(new Uint8Array(gzipSync('{"a":1}').subarray(0, 15)), { 'content-encoding': 'gzip' }), 400],
  ])('that %s is refused with a sentence', async (_what, request, status) => {
    const read = await readObject(request);
    if (read.ok) throw new Error('It was read');
    expect(read.error.status).toBe(status);
    expect(((await read.error.json()) as { message: string }).message).toMatch(/\.$/);
  });

  it('is any JSON of a usual depth', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 10, noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('__proto__') && text.isWellFormed());
        expect(parseJson(new TextEncoder().encode(text))).toEqual({ ok: true, value: JSON.parse(text) as unknown });
      }),
    );
  });
});

describe('what an answer is compressed with', () => {
  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['*', 'br'],
    ['identity', null],
    ['br;q=0, *;q=0', null],
    [null, null],
    ['GZIP ; q=0.5', 'gzip'],
    [',;;q=,', null],
  ])('%s: %s', (header, encoding) => {
    expect(chooseEncoding(header)).toBe(encoding);
  });
});

describe('an answer that is packed', () => {
  it('unpacks to what it was, whatever its length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('br' as const, 'gzip' as const),
        fc.constantFrom(5 as const, 9 as const),
        fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.constantFrom(511, 512, 513, 4095, 4096, 4097)),
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        async (encoding, effort, length, pattern) => {
          const bytes = Buffer.alloc(length, pattern);
          const packed = await compress(bytes, encoding, effort);
          expect(bytes.equals(encoding === 'br' ? brotliDecompressSync(packed) : gunzipSync(packed))).toBe(true);
        },
      ),
    );
  });
});

describe('a range of 100 bytes', () => {
  it.each([
    [null, null],
    ['bytes=0-9', { first: 0, last: 9 }],
    ['bytes=90-', { first: 90, last: 99 }],
    ['bytes=-5', { first: 95, last: 99 }],
    ['bytes=-500', { first: 0, last: 99 }],
    ['bytes=50-500', { first: 50, last: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=9-1', null],
    ['bytes=0-1,4-5', null],
    ['bytes=-', null],
    ['lines=0-1', null],
  ] as const)('%s', (header, range) => {
    expect(readRange(header, 100)).toEqual(range);
  });
});
