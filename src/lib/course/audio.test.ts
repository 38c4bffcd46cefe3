import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSound, showTime } from './audio.ts';

const talk = new Uint8Array(readFileSync(join(import.meta.dirname, '../../../courses/talk-from-need-to-course/01-talk/talk.opus')));

describe('a recording', () => {
  it('says how long it is, and weighs less than a kilobyte and a half a second', () => {
    const seconds = readSound(talk)?.seconds ?? 0;
    expect(seconds).toBeGreaterThan(80);
    expect(seconds).toBeLessThan(130);
    expect(talk.length / seconds).toBeLessThan(1500);
  });

  it('has its transcript beside it, with times that rise and lie in it', () => {
    for (const [unit, sound] of [
      ['01-listen.md', 'talk.opus'],
      ['01-listen.es.md', 'talk.es.opus'],
    ] as const) {
      const folder = join(import.meta.dirname, '../../../courses/talk-from-need-to-course/01-talk');
      const seconds = readSound(new Uint8Array(readFileSync(join(folder, sound))))?.seconds ?? 0;
      const times = [...readFileSync(join(folder, unit), 'utf8').matchAll(/^\*\*(\d+):(\d\d)\*\* \S/gm)].map(
        ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
      );
      expect(times.length).toBeGreaterThan(4);
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      expect(times[0]).toBe(0);
      expect(times.at(-1)).toBeLessThan(seconds);
    }
  });

  it('that is cut, or is none, is none; nothing throws', () => {
    expect(readSound(talk.subarray(0, talk.length - 1))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, keep) => {
        expect(readSound(bytes)).toBeNull();
        readSound(new Uint8Array([...talk.subarray(0, keep), ...bytes]));
      }),
    );
  });

  it.each([
    [0, '0:00'],
    [65, '1:05'],
    [3599.6, '60:00'],
  ])('%d seconds are shown as %s', (seconds, shown) => {
    expect(showTime(seconds)).toBe(shown);
  });
});
