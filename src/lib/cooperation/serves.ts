/** Which goals of the 2030 Agenda something serves: by the targets of the indicators that it means to move, and of the solutions that it brings. */
import type { Commons } from './commons.ts';
import type { EntryId } from './entry.ts';
import type { Entry } from './kinds.ts';
import { indicatorsOfCall } from './profile.ts';
import { goalsOf } from './views.ts';

/** Entries by which it serves something: indicators and solutions, themselves or through what it belongs to. */
function meansOf(entry: Entry, commons: Commons): readonly EntryId[] {
  const through = (ids: readonly (EntryId | null)[]): readonly EntryId[] =>
    ids.flatMap((id) => {
      const found = id === null ? undefined : commons.byId.get(id);
      return found === undefined ? [] : meansOf(found, commons);
    });
  switch (entry.kind) {
    case 'plan':
      return entry.objectives.flatMap(({ indicator, solutions }) => [indicator, ...solutions]);
    case 'call':
      return indicatorsOfCall(commons, entry);
    case 'request':
      return entry.indicators;
    case 'offer':
      return entry.indicators.length + entry.solutions.length > 0 ? [...entry.indicators, ...entry.solutions] : through([entry.call]);
    case 'mission': {
      const recommended = entry.recommendations.flatMap(({ entries }) => entries);
      return recommended.length > 0 ? recommended : through([entry.plan]);
    }
    case 'contribution':
      return through(entry.serves);
    default:
      return [entry.id];
  }
}

/** Numbers of goals, in order, each once. */
export function goalsServedBy(entry: Entry, commons: Commons): readonly number[] {
  const goals = meansOf(entry, commons).flatMap((id) => {
    const found = commons.byId.get(id);
    return found === undefined ? [] : goalsOf(found, commons);
  });
  return [...new Set(goals)].sort((a, b) => a - b);
}
