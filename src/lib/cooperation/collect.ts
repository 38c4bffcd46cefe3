/** All entries of a commons, and what is only seen in all of them at once: ids that are used twice, links that lead nowhere. */
import { suggestion } from '../course/diagnostics.ts';
import type { EntryId, Kind } from './entry.ts';
import type { Report } from './faults.ts';
import type { Entry } from './kinds.ts';
import type { Link, Path } from './reader.ts';

/** An entry as it was read, and where it stands. */
export interface Placed {
  readonly entry: Entry;
  readonly links: readonly Link[];
  readonly file: string;
  lineOf(path: Path): number;
}

/** Kinds that need not be linked to: what sorts, and what is found by itself. */
const standsAlone: readonly Kind[] = [
  'term',
  'goal',
  'target',
  'organisation',
  'indicator',
  'opportunity',
  'resource',
  'material',
  'country',
  'offer',
  'mission',
  'request',
  'contribution',
  'proposal',
];

/**
 * Checks what ties the entries together.
 *
 * @param courses ids of the courses of the same folder, which listings may name
 */
export function checkLinks(placed: readonly Placed[], courses: ReadonlySet<string>, report: Report): void {
  const firstById = new Map<EntryId, Placed>();
  for (const one of placed) {
    const { entry, file } = one;
    const first = firstById.get(entry.id);
    if (first === undefined) firstById.set(entry.id, one);
    else
      report('duplicate-id', { file, line: one.lineOf(['id']) }, { id: entry.id, other: `${first.file}:${String(first.lineOf(['id']))}` });
  }

  const linked = new Set<EntryId>();
  for (const { entry, links, file, lineOf } of placed) {
    for (const { to, kinds, path } of links) {
      const found = firstById.get(to);
      // Only for a fault: to find a line may mean to parse the file again.
      const place = (): { readonly file: string; readonly line: number } => ({ file, line: lineOf(path) });
      if (found === undefined) {
        const names = [...firstById.values()].filter(({ entry: { kind } }) => kinds.includes(kind)).map(({ entry: { id } }) => id);
        report('dangling-link', place(), { id: to, suggestion: suggestion(to, names) });
      } else if (!kinds.includes(found.entry.kind))
        report('wrong-kind', place(), { id: to, kind: found.entry.kind, expected: kinds.join(', ') });
      // What sorts an entry does not tie it to the rest.
      else if (found.entry.kind !== 'term' && found.entry.kind !== 'organisation') {
        linked.add(to);
        linked.add(entry.id);
      }
    }
    if ('course' in entry && entry.course !== null && !courses.has(entry.course))
      report('unknown-course', { file, line: lineOf(['course']) }, { id: entry.course });
    if (entry.kind === 'assessment')
      for (const [i, { indicator, source }] of entry.values.entries()) {
        const country = firstById.get(entry.country)?.entry;
        if (source === null && entry.sources.length === 0 && country?.kind === 'country' && !country.invented)
          report('no-source', { file, line: lineOf(['values', i]) }, { id: indicator });
        const found = firstById.get(indicator)?.entry;
        if (found?.kind === 'indicator' && found.country !== null && found.country !== entry.country)
          report('foreign-indicator', { file, line: lineOf(['values', i]) }, { id: indicator });
      }
    if (entry.kind === 'call') {
      const plan = firstById.get(entry.plan)?.entry;
      for (const [i, id] of entry.objectives.entries())
        if (plan?.kind === 'plan' && !plan.objectives.some((objective) => objective.id === id))
          report('no-such-objective', { file, line: lineOf(['objectives', i]) }, { id });
    }
    if ((entry.kind === 'mission' || entry.kind === 'request') && entry.plan !== null) {
      const plan = firstById.get(entry.plan)?.entry;
      if (plan?.kind === 'plan' && plan.country !== entry.country)
        report('other-country', { file, line: lineOf(['plan']) }, { id: entry.plan });
    }
    if (entry.kind === 'target' && !firstById.has(entry.goal))
      report('dangling-link', { file, line: lineOf(['id']) }, { id: entry.goal, suggestion: '' });
  }
  for (const { entry, file, lineOf } of placed)
    if (!standsAlone.includes(entry.kind) && !linked.has(entry.id)) report('unlinked', { file, line: lineOf(['id']) }, { id: entry.id });
}
