import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Trouble } from '../engine/engine.ts';
import { createStorageWatch } from './storage-watch.ts';

const troubles: readonly Trouble[] = ['full', 'read-only', 'failing', 'damaged', 'unreachable'];

function watched() {
  const lines: string[] = [];
  let now = 0;
  const watch = createStorageWatch({ clock: () => now, log: (line) => void lines.push(line) });
  const write = (ms: number, times = 32): void => {
    for (let n = 0; n < times; n++) watch.wrote(ms);
  };
  return { watch, lines, write, pass: (ms: number) => (now += ms) };
}

describe('how the storage is', () => {
  it('tells once that it fails, with what to do, and once that it is over', () => {
    const { watch, lines, pass } = watched();
    for (let n = 0; n < 50; n++) watch.failed('full', 'database or disk is full');
    expect(watch.state()).toBe('full');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^The disk is full: .* goes on by itself when there is room\. \(database or disk is full\)$/);
    pass(5 * 60_000);
    watch.wrote(3);
    expect(watch.state()).toBe('ok');
    expect(lines[1]).toBe('The storage is written again, after 5 min.');
  });

  it('remembers over starts what the disk could do, and tells a better pace only where it is clearly one', () => {
    const told: number[] = [];
    const lines: string[] = [];
    const start = (best: number | null) =>
      createStorageWatch({ clock: () => 0, log: (line) => void lines.push(line), best, keep: (pace) => void told.push(pace) });
    const write = (watch: ReturnType<typeof start>, ms: number): void => {
      for (let n = 0; n < 32; n++) watch.wrote(ms);
    };
    const first = start(null);
    write(first, 10);
    write(first, 9);
    write(first, 5);
    expect(told).toEqual([10, 5]);
    // The disk got slow while the node was off: a start that knew nothing would take 80 ms for what it always did.
    const blind = start(null);
    write(blind, 80);
    expect(blind.state()).toBe('ok');
    const second = start(5);
    write(second, 80);
    expect([second.state(), lines.length]).toEqual(['slow', 1]);
  });

  it('never takes damage back: a restore does', () => {
    const { watch, lines } = watched();
    watch.failed('damaged', 'a row');
    watch.wrote(1);
    watch.failed('full', 'x');
    expect(watch.state()).toBe('damaged');
    expect(lines).toHaveLength(1);
  });

  it('notices a disk that got slow, once, and that it is well again', () => {
    const { watch, lines, write } = watched();
    write(8);
    expect([watch.state(), watch.pace()]).toEqual(['ok', 8]);
    // One that had bad luck means nothing.
    write(4000, 3);
    expect(watch.state()).toBe('ok');
    write(60);
    write(70);
    expect(watch.state()).toBe('slow');
    expect(lines).toEqual([expect.stringContaining('make a backup on another disk')]);
    write(9);
    expect(watch.state()).toBe('ok');
    // A disk that was never quick is slow from a quarter of a second on.
    const old = watched();
    old.write(120);
    expect(old.watch.state()).toBe('ok');
    old.write(300);
    expect(old.watch.state()).toBe('slow');
  });

  it('says after any history the newest trouble, or none after a write', () => {
    const event = fc.oneof(fc.constantFrom(...troubles.filter((one) => one !== 'damaged')), fc.constant(5));
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), (events) => {
        const { watch, lines } = watched();
        for (const one of events) {
          if (typeof one === 'number') watch.wrote(one);
          else watch.failed(one, '');
        }
        const last = events.at(-1);
        expect(watch.state()).toBe(typeof last === 'string' ? last : 'ok');
        expect(lines.length).toBe(events.filter((one, n) => (n === 0 ? one !== 5 : one !== events[n - 1])).length);
      }),
    );
  });
});
