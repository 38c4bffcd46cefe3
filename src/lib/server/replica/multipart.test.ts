import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundaryOf, joinDocument, mixedOf, relatedOf, splitParts } from './multipart.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const name = fc.oneof(
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => !/\p{Cc}/u.test(text) && text.isWellFormed() && text !== '__proto__'),
  fc.nat(99).map(String),
);

describe('a document in parts', () => {
  it('is put together again as it was, whatever its attachments hold and are called', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, bytes), { selector: ([key]) => key, minLength: 1, maxLength: 6 }), (attachments) => {
        const entries = attachments.map(([key, content]) => [
          key,
          { content_type: 'text/plain', revpos: 1, data: content.toString('base64') },
        ]);
        const document = {
          _id: 'a',
          _rev: '1-a',
          text: '\r\n--',
          _attachments: Object.fromEntries(entries) as Record<string, { data: string }>,
        };
        const related = relatedOf(document);
        if (related === null) throw new Error('no parts');
        const joined = joinDocument(related.body, boundaryOf(related.type, 'related') ?? '');
        if (!joined.ok) throw new Error(joined.error);
        const found = joined.value['_attachments'] as Record<string, { data: string }>;
        expect(joined.value['text']).toBe(document.text);
        expect(Object.keys(found)).toEqual(Object.keys(document._attachments));
        for (const key of Object.keys(found)) expect(found[key]?.data).toBe(document._attachments[key]?.data);
      }),
      { numRuns: 300 },
    );
  });

  it('that was torn, or is none, is refused with a sentence and never throws', () => {
    const whole = relatedOf({
      _id: 'a',
      _rev: '1-a',
      _attachments: { x: { content_type: 'text/plain', data: 'aGVsbG8=' }, y: { content_type: 'text/plain', data: 'eW91' } },
    });
    if (whole === null) throw new Error('no parts');
    const boundary = boundaryOf(whole.type, 'related') ?? '';
    for (let length = 0; length < whole.body.length - 1; length++) {
      const torn = joinDocument(whole.body.subarray(0, length), boundary);
      expect(torn.ok, `${String(length)} bytes`).toBe(false);
      if (!torn.ok) expect(torn.error).toMatch(/^[A-Z].*\.$/);
    }
    const pieces = fc.constantFrom(
      `--${boundary}`,
      '\r\n',
      '\r\n\r\n',
      '--',
      '{"_attachments":{"x":{"follows":true}}}',
      '{}',
      'Content-Type: x',
      '\0',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 20 }), (texts) => {
        const joined = joinDocument(Buffer.from(texts.join('')), boundary);
        if (!joined.ok) expect(joined.error).toMatch(/\.$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('stands among others, and beside what is told of those that are not here', () => {
    const mixed = mixedOf([
      { document: { _id: 'a', _rev: '1-a' } },
      { error: { missing: '1-b' } },
      { document: { _id: 'c', _rev: '1-c', _attachments: { x: { content_type: 'text/plain', data: 'aGVsbG8=' } } } },
    ]);
    const split = splitParts(mixed.body, boundaryOf(mixed.type, 'mixed') ?? '');
    if (!split.ok) throw new Error(split.error);
    expect(split.value.map(({ headers }) => headers.get('content-type')?.split(';')[0])).toEqual([
      'application/json',
      'application/json',
      'multipart/related',
    ]);
    expect(split.value[1]?.headers.get('content-type')).toContain('error="true"');
  });

  it('reads a boundary as clients write it', () => {
    expect(boundaryOf('multipart/related; boundary="a b"', 'related')).toBe('a b');
    expect(boundaryOf('Multipart/Related; type="application/json"; boundary=abc', 'related')).toBe('abc');
    for (const none of [
      null,
      '',
      'application/json',
      'multipart/mixed; boundary=x',
      'multipart/related',
      `multipart/related; boundary=${'x'.repeat(600)}`,
    ])
      expect(boundaryOf(none, 'related')).toBeNull();
  });
});
