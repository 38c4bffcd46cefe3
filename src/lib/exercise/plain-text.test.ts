import { expect, it } from 'vitest';
import { plainText } from './plain-text.ts';

it.each([
  ['United <em>States</em>', 'United States'],
  ['a &lt; b &amp;&amp; c', 'a < b && c'],
  ['&amp;lt;', '&lt;'],
  ['two\n  lines', 'two lines'],
  [
    '<math><semantics><mrow><mi>T</mi></mrow><annotation encoding="application/x-tex">T_\n0</annotation></semantics></math> is the period',
    'T is the period',
  ],
])('%s', (html, text) => {
  expect(plainText(html)).toBe(text);
});
