import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { heldInFile, heldInText } from '#lib/certification/container.ts';
import { base45, base58, base64url, fromBase45, fromBase58, fromBase64url } from '#lib/certification/encoding.ts';
import { fixture } from './kit.ts';

const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../fixtures/credentials/${path}`, import.meta.url)));

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}
const pngOf = (...texts: readonly string[]): Uint8Array =>
  Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    ...texts.map((text) => chunk('iTXt', Buffer.from(`openbadgecredential\0\0\0\0\0${text}`))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
const svgOf = (inside: string): string => `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">${inside}</svg>`;

describe('what is held out', () => {
  it('is found in badges that 1EdTech baked', () => {
    expect(heldInFile(bytesOf('foreign/simple-json.png'))).toMatchObject({
      type: 'document',
      value: { type: expect.arrayContaining(['VerifiableCredential']) },
    });
    expect(heldInFile(bytesOf('foreign/simple-json.svg'))).toMatchObject({
      type: 'document',
      value: { type: expect.arrayContaining(['VerifiableCredential']) },
    });
    expect(heldInFile(bytesOf('foreign/simple-jwt.svg'))).toEqual({ type: 'token' });
  });

  it('is found in pictures and texts of every kind', () => {
    expect(heldInFile(pngOf('{"a":"ü"}'))).toEqual({ type: 'document', value: { a: 'ü' } });
    expect(heldInText(svgOf('<openbadges:credential><![CDATA[{"a":1}]]></openbadges:credential>'))).toEqual({
      type: 'document',
      value: { a: 1 },
    });
    expect(heldInText(`\ufeff ${fixture('paper-1.txt')}`)).toEqual({ type: 'paper', text: fixture('paper-1.txt').trim() });
    expect(heldInText('eyJh.eyJi.c2ln')).toEqual({ type: 'token' });
  });

  it('is nothing where there is none, or two', () => {
    expect(heldInFile(pngOf())).toEqual({ type: 'nothing' });
    expect(heldInFile(pngOf('{"a":1}', '{"a":2}'))).toEqual({ type: 'nothing' });
    expect(heldInText(svgOf('<path d=""/>'))).toEqual({ type: 'nothing' });
    expect(heldInText(svgOf('<openbadges:credential>{}</openbadges:credential><openbadges:credential>{}</openbadges:credential>'))).toEqual(
      { type: 'nothing' },
    );
    for (const text of ['', 'hello', '{', 'PG2:ABC']) expect(heldInText(text)).toEqual({ type: 'nothing' });
    expect(heldInFile(Uint8Array.of(0xff, 0xfe))).toEqual({ type: 'nothing' });
  });

  it('throws for no bytes whatever', () => {
    const png = pngOf('{"a":1}');
    fc.assert(
      fc.property(fc.nat(png.length - 1), fc.nat(255), fc.nat(png.length), (at, byte, length) => {
        heldInFile(png.map((old, i) => (i === at ? byte : old)).subarray(0, length));
      }),
      { seed: 1 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void heldInFile(bytes)),
      { seed: 1 },
    );
  });
});

describe('bytes as text', () => {
  it.each([
    ['base64url', base64url, fromBase64url],
    ['base58', base58, fromBase58],
    ['base45', base45, fromBase45],
  ] as const)('%s comes back as it went', (_, write, read) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(read(write(bytes))).toEqual(new Uint8Array(bytes));
      }),
      { seed: 1 },
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        const bytes = read(text);
        // One text for each bytes, so that nothing signed has a second form.
        if (bytes !== null) expect(write(bytes)).toBe(text);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('agrees with the RFCs', () => {
    // RFC 9285, section 4.3.
    expect(base45(new TextEncoder().encode('AB'))).toBe('BB8');
    expect(base45(new TextEncoder().encode('Hello!!'))).toBe('%69 VD92EX0');
    expect(fromBase45('QED8WEX0')).toEqual(new TextEncoder().encode('ietf!'));
    expect(fromBase45('GGW')).toBeNull();
    expect(base64url(Uint8Array.of(0xfb, 0xff))).toBe(Buffer.from([0xfb, 0xff]).toString('base64url'));
    expect(base58(Uint8Array.of(0, 0, 1))).toBe('112');
  });
});
