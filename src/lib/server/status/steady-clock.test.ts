import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSteadyClock, readTime, saveTime, type SteadyClock } from './steady-clock.ts';

const built = Date.UTC(2026, 10, 1);
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/** A machine whose clock can be set, and time that goes on whatever it says. */
function onMachine(
  start: number,
  kept: number | null,
): { clock: SteadyClock; set(time: number): void; pass(ms: number): void; saved: number[] } {
  let [machine, elapsed] = [start, 500];
  const saved: number[] = [];
  const clock = createSteadyClock({
    machine: () => machine,
    elapsed: () => elapsed,
    built,
    kept,
    save: (time) => saved.push(time),
  });
  return {
    clock,
    saved,
    set: (time) => void (machine = time),
    pass(ms) {
      machine += ms;
      elapsed += ms;
    },
  };
}

describe('the clock of a node', () => {
  it('is the machine’s where that is right', () => {
    const { clock, pass, saved } = onMachine(built + 30 * day, built + 29 * day);
    expect([clock.now(), clock.behind()]).toEqual([built + 30 * day, 0]);
    pass(hour);
    clock.keep();
    expect(saved).toEqual([built + 30 * day + hour]);
  });

  it('goes on from what it kept where the machine begins in 1970, and takes the machine’s time when that is set', () => {
    const { clock, set, pass } = onMachine(0, built + 40 * day);
    expect(clock.now()).toBe(built + 40 * day);
    expect(clock.behind()).toBe(built + 40 * day);
    pass(hour);
    expect(clock.now()).toBe(built + 40 * day + hour);
    set(built + 55 * day);
    expect([clock.now(), clock.behind()]).toEqual([built + 55 * day, 0]);
  });

  it('is in whole milliseconds, however finely time is told to it', () => {
    const { clock, pass } = onMachine(0.25, null);
    pass(0.3);
    expect(Number.isInteger(clock.now())).toBe(true);
    expect(
      Number.isInteger(
        createSteadyClock({ machine: () => 0, elapsed: () => 0.7, built: built + 0.123, kept: null, save: () => undefined }).now(),
      ),
    ).toBe(true);
  });

  it('knows at least when it was built', () => {
    expect(onMachine(0, null).clock.now()).toBe(built);
  });

  it('takes its parent’s word, forward and back', () => {
    const forward = onMachine(0, null);
    forward.clock.heard(built + 100 * day);
    forward.pass(minute);
    expect(forward.clock.now()).toBe(built + 100 * day + minute);
    // A clock that once ran ahead left a time that lies ahead; the machine’s is right by now.
    const back = onMachine(built + 10 * day, built + 900 * day);
    expect(back.clock.behind()).toBe(890 * day);
    back.clock.heard(built + 10 * day);
    expect([back.clock.now(), back.clock.behind()]).toEqual([built + 10 * day, 0]);
    back.clock.heard(Number.NaN);
    back.clock.heard(0);
    expect(back.clock.now()).toBe(built + 10 * day);
  });

  it('does not believe a machine that is centuries ahead, nor what it kept then', () => {
    expect(onMachine(Date.UTC(2199, 0, 1), null).clock.now()).toBe(built);
    expect(onMachine(built + day, Date.UTC(2199, 0, 1)).clock.now()).toBe(built + day);
  });

  it('never goes back, whatever the machine’s clock does, as long as no parent says otherwise', () => {
    const step = fc.record({
      pass: fc.nat({ max: day }),
      set: fc.option(fc.integer({ min: 0, max: built + 8 * 365 * day }), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.option(fc.integer({ min: 0, max: built * 2 }), { nil: null }), (steps, kept) => {
        const { clock, set, pass } = onMachine(built, kept);
        let floor = clock.now();
        expect(floor).toBeGreaterThanOrEqual(built);
        for (const { pass: ms, set: to } of steps) {
          pass(ms);
          if (to !== null) set(to);
          const now = clock.now();
          expect(now).toBeGreaterThanOrEqual(floor + ms);
          floor = now;
        }
      }),
    );
  });

  it('is kept in a file that is whole or not there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'perigee-clock-'));
    const file = join(folder, 'clock');
    expect(readTime(file)).toBeNull();
    saveTime(file, built);
    expect(readTime(file)).toBe(built);
    writeFileSync(file, '20');
    writeFileSync(file, 'soon');
    expect(readTime(file)).toBeNull();
    expect(() => saveTime(join(folder, 'no', 'folder'), built)).not.toThrow();
    rmSync(folder, { recursive: true });
  });
});
