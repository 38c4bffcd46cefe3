/** Matching both ways: what countries need and what partners offer, beside reading as many entries once. */
import type { EntryId } from '../src/lib/cooperation/entry.ts';
import { activityTypes } from '../src/lib/cooperation/kinds/plan.ts';
import { matchAll, type Help, type Need } from '../src/lib/cooperation/matching.ts';
import type { Benchmark } from './measure.ts';
import { seeded } from './seeded.ts';

const countries = 200;
const offers = 500;
/** As many as this repository has. */
const indicators = 45;

const id = (text: string): EntryId => text as EntryId;

/** Countries weak in a third of the indicators, offers that help with one to six. */
function world(): { readonly needs: readonly Need[]; readonly helps: readonly Help[] } {
  const random = seeded(11);
  const some = <Value>(all: readonly Value[], share: number): readonly Value[] => all.filter(() => random() < share);
  const names = Array.from({ length: indicators }, (_, i) => id(`indicator-${String(i)}`));
  const languages = ['en', 'fr', 'es', 'ar', 'zh', 'ru'];
  return {
    needs: Array.from({ length: countries }, (_, i) => ({
      country: id(`country-${String(i)}`),
      languages: some(languages, 0.3),
      wants: new Map(some(names, 1 / 3).map((name) => [name, { weak: true, worse: random() < 0.2, asked: random() < 0.1 }])),
      seeks: some(activityTypes, 0.4),
      calls: [],
    })),
    helps: Array.from({ length: offers }, (_, i) => ({
      offer: id(`offer-${String(i)}`),
      indicators: some(names, 3 / indicators),
      gives: some(activityTypes, 0.4),
      languages: some(languages, 0.3),
      countries: [],
      call: null,
    })),
  };
}

const timed = (run: () => unknown): number => {
  const start = performance.now();
  run();
  return performance.now() - start;
};
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export const matching: Benchmark = {
  name: 'matching',
  run() {
    const { needs, helps } = world();
    const json = JSON.stringify({ needs: needs.map((need) => ({ ...need, wants: [...need.wants] })), helps });
    const found = matchAll(needs, helps);
    const again = JSON.stringify(found) === JSON.stringify(matchAll([...needs].reverse(), [...helps].reverse()));
    if (!again) throw new Error('The same entries in another order gave another list.');
    const whole = median(Array.from({ length: 9 }, () => timed(() => matchAll(needs, helps))));
    const parse = median(Array.from({ length: 9 }, () => timed(() => JSON.parse(json) as unknown)));
    return Promise.resolve([
      {
        name: `${String(countries)} countries × ${String(offers)} offers, explained and in order`,
        value: whole,
        unit: 'ms' as const,
        note: `${found.length.toLocaleString('en')} matches; reading the needs and offers as JSON takes ${parse.toFixed(1)} ms`,
      },
    ]);
  },
};
