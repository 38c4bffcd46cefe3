/** Every pair of colours that carries text or draws a control, in both themes, by WCAG 2.2 (1.4.3 and 1.4.11). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const css = readFileSync(join(import.meta.dirname, '../src/lib/ui/tokens.css'), 'utf8');

function colour(name: string, theme: 'light' | 'dark'): string {
  const value = new RegExp(`--${name}: (?:light-dark\\((#\\w{6}), (#\\w{6})\\)|(#\\w{6}));`).exec(css);
  const hex = value?.[3] ?? (theme === 'light' ? value?.[1] : value?.[2]);
  if (hex === undefined) throw new Error(`There is no colour --${name}.`);
  return hex;
}

/** Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const texts: readonly (readonly [string, string])[] = [
  ...['paper', 'raised', 'sunk'].flatMap((ground) => ['ink', 'soft', 'accent', 'signal'].map((text) => [text, ground] as const)),
  ...['accent-wash', 'signal-wash'].flatMap((ground) => ['ink', 'soft'].map((text) => [text, ground] as const)),
  ['accent', 'accent-wash'],
  ['signal', 'signal-wash'],
  ['on-accent', 'accent'],
  ['on-signal', 'signal'],
  ...['on-night', 'night-soft', 'night-accent', 'night-signal'].map((text) => [text, 'night'] as const),
];
const controls: readonly (readonly [string, string])[] = ['paper', 'raised', 'sunk'].map((ground) => ['line-strong', ground] as const);

describe.each(['light', 'dark'] as const)('contrast, %s', (theme) => {
  it.each(texts)('text %s on %s', (text, ground) => {
    expect(contrast(colour(text, theme), colour(ground, theme))).toBeGreaterThanOrEqual(4.5);
  });
  it.each(controls)('control %s on %s', (line, ground) => {
    expect(contrast(colour(line, theme), colour(ground, theme))).toBeGreaterThanOrEqual(3);
  });
});
