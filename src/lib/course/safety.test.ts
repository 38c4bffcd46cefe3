import { describe, expect, it } from 'vitest';
import type { Piece } from './package.ts';
import { isSafePiece } from './safety.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const item = { id: 'a', kind: 'choice', v: 1, points: 1, prompt: '<p>?</p>', right: 'a', options: [{ key: 'a', text: 'x' }] };
const check = (role: Piece['role'], type: string, content: unknown): boolean =>
  isSafePiece({ role, type }, bytes(typeof content === 'string' ? content : JSON.stringify(content)));

describe('isSafePiece', () => {
  it('accepts what the compiler makes', () => {
    expect(check('lesson', 'text/html', '<p>Text</p>\n')).toBe(true);
    expect(check('items', 'application/json', [item])).toBe(true);
    expect(check('items', 'application/json', [])).toBe(true);
    expect(check('text', 'application/json', [{ anchor: '', heading: '', text: 'Text' }])).toBe(true);
    expect(check('data', 'text/csv', '"<script>",1')).toBe(true);
  });

  it.each<[string, Piece['role'], string, unknown]>([
    ['a lesson with a script', 'lesson', 'text/html', '<script>x</script>'],
    ['a lesson that calls itself JSON', 'lesson', 'application/json', '<p>x</p>'],
    ['a picture that calls itself HTML', 'picture', 'text/html', '<p>x</p>'],
    ['a table that calls itself SVG', 'data', 'image/svg+xml', '<svg/>'],
    ['a picture with a script', 'picture', 'image/svg+xml', '<svg><script/></svg>'],
    ['items that are no JSON', 'items', 'application/json', '[{'],
    ['items that are no list', 'items', 'application/json', item],
    ['an item with a script in its question', 'items', 'application/json', [{ ...item, prompt: '<script>x</script>' }]],
    ['an item with a handler in an answer', 'items', 'application/json', [{ ...item, options: [{ key: 'a', text: '<b onclick="x">' }] }]],
    [
      'an item with a handler in feedback',
      'items',
      'application/json',
      [{ ...item, options: [{ key: 'a', text: 'x', feedback: '<img src=x onerror=x>' }] }],
    ],
    ['an item of an unknown kind', 'items', 'application/json', [{ ...item, kind: 'constructor' }]],
    ['an item without its parts', 'items', 'application/json', [{ ...item, kind: 'gap' }]],
    ['words that are no words', 'text', 'application/json', [{ anchor: 1 }]],
    ['a structure that is none', 'structure', 'application/json', {}],
  ])('refuses %s', (_name, role, type, content) => expect(check(role, type, content)).toBe(false));

  it('refuses bytes that are no UTF-8', () => {
    expect(isSafePiece({ role: 'lesson', type: 'text/html' }, Uint8Array.of(0x3c, 0xff))).toBe(false);
  });
});
