import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

it('sorts keys by UTF-16 units at every depth, as RFC 8785 does', () => {
  expect(canonicalJson({ b: [1, { z: null, a: 'é' }], a: 1e21, '€': true, '\u{1f600}': 0.1 })).toBe(
    '{"a":1e+21,"b":[1,{"a":"é","z":null}],"€":true,"\u{1f600}":0.1}',
  );
});

it('says the same for the same value, whatever the order of its keys, and loses nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
