import { describe, expect, it } from 'vitest';
import { decodeText } from './decode-text.ts';

describe('decodeText', () => {
  it('reads UTF-8, with and without its mark', () => {
    expect(decodeText(new TextEncoder().encode('\uFEFFالاسم'), 'en')).toBe('الاسم');
    expect(decodeText(new TextEncoder().encode('Renée'), 'ru')).toBe('Renée');
  });
  it.each([
    ['fr', [0x52, 0x65, 0x6e, 0xe9, 0x65], 'Renée'],
    ['ru', [0xc0, 0xed, 0xed, 0xe0], 'Анна'],
    ['ar', [0xcd, 0xe4, 0xc7, 0xe4], 'حنان'],
    ['zh', [0xcd, 0xf5, 0xb7, 0xbc], '王芳'],
  ] as const)('reads what a spreadsheet wrote on a Windows in %s', (language, bytes, text) => {
    expect(decodeText(Uint8Array.from(bytes), language)).toBe(text);
  });
  it('reads UTF-16 by its mark', () => {
    expect(decodeText(Uint8Array.from([0xff, 0xfe, 0x41, 0, 0x42, 0]), 'en')).toBe('AB');
    expect(decodeText(Uint8Array.from([0xfe, 0xff, 0, 0x41, 0, 0x42]), 'en')).toBe('AB');
  });
});
