import { expect, it } from 'vitest';
import { createFormat } from './format.ts';
import { languageList } from './language-list.ts';

it('keeps names that run the other way apart from what stands beside them', () => {
  const made = languageList(['en', 'ar', 'zh'], createFormat('ar'));
  // Every letter of a name stands within its own isolate, and nothing else does.
  expect(made.match(/\u2068[^\u2068\u2069]+\u2069/g)).toEqual(['\u2068English\u2069', '\u2068العربية\u2069', '\u2068中文\u2069']);
  expect(made.replaceAll(/\u2068[^\u2068\u2069]+\u2069/g, '')).not.toMatch(/[A-Za-z\u2068\u2069]/);
});
