/** What an import of people will do, line by line, before anything is done. Pure. */
import { fold } from '#lib/domain/fold.ts';
import type { PeopleLine, TableRole } from '#lib/domain/people-table.ts';

type GoodLine = Extract<PeopleLine, { readonly name: string }>;

/**
 * - `enrol`: a code for the cohort `cohort`; an id, or null where the cohort with this title is made first
 * - `invite`: a code for a member of staff
 * - `here`: somebody of this name is in that cohort already
 * - `fault`: nothing is done, and why
 */
export type Deed =
  | { readonly type: 'enrol'; readonly line: GoodLine; readonly cohort: string | null; readonly title: string }
  | { readonly type: 'invite'; readonly line: GoodLine; readonly role: Exclude<TableRole, 'learner'> }
  | { readonly type: 'here'; readonly line: GoodLine; readonly title: string }
  | {
      readonly type: 'fault';
      readonly line: number;
      readonly text: string;
      readonly fault: Extract<PeopleLine, { readonly error: unknown }>['error'] | 'no-cohort' | 'unknown-cohort';
    };

export interface KnownCohort {
  readonly id: string;
  readonly title: string;
}

export interface ImportPlan {
  /** In the order of the file. */
  readonly deeds: readonly Deed[];
  /** Titles that no cohort has, in the order in which they appear. */
  readonly missing: readonly string[];
}

/**
 * @param otherwise the cohort of learners whose line names none; null where none was chosen
 * @param makes cohorts that are missing are made
 * @param again whoever is here already is enrolled all the same
 */
export function planImport(given: {
  readonly lines: readonly PeopleLine[];
  readonly cohorts: readonly KnownCohort[];
  readonly people: readonly { readonly name: string; readonly cohorts: readonly { readonly id: string }[] }[];
  readonly otherwise: KnownCohort | null;
  readonly makes: boolean;
  readonly again: boolean;
}): ImportPlan {
  const { lines, cohorts, people, otherwise, makes, again } = given;
  const byTitle = new Map(cohorts.map((cohort) => [fold(cohort.title.trim()), cohort]));
  const here = new Set(people.flatMap(({ name, cohorts: of }) => of.map(({ id }) => `${id} ${fold(name)}`)));
  const missing = new Map<string, string>();
  const deeds = lines.map((line): Deed => {
    if ('error' in line) return { type: 'fault', line: line.line, text: line.text, fault: line.error };
    const { role, cohort: title, name } = line;
    if (role !== 'learner') return { type: 'invite', line, role };
    const cohort = title === '' ? otherwise : (byTitle.get(fold(title)) ?? null);
    if (cohort !== null)
      return !again && here.has(`${cohort.id} ${fold(name)}`)
        ? { type: 'here', line, title: cohort.title }
        : { type: 'enrol', line, cohort: cohort.id, title: cohort.title };
    if (title === '') return { type: 'fault', line: line.line, text: name, fault: 'no-cohort' };
    // Two ways of writing one title are one cohort.
    if (!missing.has(fold(title))) missing.set(fold(title), title);
    return makes
      ? { type: 'enrol', line, cohort: null, title: missing.get(fold(title)) ?? title }
      : { type: 'fault', line: line.line, text: `${name} · ${title}`, fault: 'unknown-cohort' };
  });
  return { deeds, missing: [...missing.values()] };
}

/** The learners of a plan, cohort by cohort: what one request makes codes for. */
export function groupsOf({ deeds }: ImportPlan): readonly (readonly (Deed & { readonly type: 'enrol' })[])[] {
  const groups = new Map<string, (Deed & { type: 'enrol' })[]>();
  for (const deed of deeds) {
    if (deed.type !== 'enrol') continue;
    const key = deed.cohort ?? `+${deed.title}`;
    groups.set(key, [...(groups.get(key) ?? []), deed]);
  }
  return [...groups.values()];
}
