/** What an import of people will do, line by line, before anything is done. Pure. */
import { fold } from '#lib/domain/fold.ts';
import type { PeopleLine, TableRole } from '#lib/domain/people-table.ts';

type GoodLine = Extract<PeopleLine, { readonly name: string }>;

/**
 * - `enrol`: a code for the cohort `cohort`; an id, or null where the cohort with this title is made first
 * - `invite`: a code for a member of staff
 * - `here`: somebody of this name is in that cohort, or among the staff, already
 * - `waits`: somebody of this name has a code for that which nobody used yet
 * - `fault`: nothing is done, and why
 */
export type Deed =
  | { readonly type: 'enrol'; readonly line: GoodLine; readonly cohort: string | null; readonly title: string }
  | {
      readonly type: 'invite';
      readonly line: GoodLine;
      readonly role: Exclude<TableRole, 'learner'>;
      /** Of a focal point, by their ids. */
      readonly countries: readonly string[];
    }
  | { readonly type: 'here' | 'waits'; readonly line: GoodLine; readonly title: string; readonly role: TableRole }
  | {
      readonly type: 'fault';
      readonly line: number;
      readonly text: string;
      readonly fault:
        Extract<PeopleLine, { readonly error: unknown }>['error'] | 'no-cohort' | 'unknown-cohort' | 'no-country' | 'unknown-country';
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
  /** Members of staff. */
  readonly staff: readonly { readonly name: string; readonly roles: readonly string[] }[];
  /** Codes that nobody used yet: of a cohort by its id, of a member of staff by their role. */
  readonly invited: readonly { readonly name: string; readonly for: string }[];
  /** Countries for which somebody can speak. */
  readonly countries: readonly { readonly id: string; readonly title: string }[];
  readonly otherwise: KnownCohort | null;
  readonly makes: boolean;
  readonly again: boolean;
}): ImportPlan {
  const { lines, cohorts, people, staff, invited, countries, otherwise, makes, again } = given;
  const byTitle = new Map(cohorts.map((cohort) => [fold(cohort.title.trim()), cohort]));
  const keyOf = (what: string, name: string): string => `${what} ${fold(name)}`;
  const here = new Set([
    ...people.flatMap(({ name, cohorts: of }) => of.map(({ id }) => keyOf(id, name))),
    ...staff.flatMap(({ name, roles }) => roles.map((role) => keyOf(role, name))),
  ]);
  const waiting = new Set(invited.map(({ name, for: what }) => keyOf(what, name)));
  const known = (line: GoodLine, what: string, title: string): Deed | null => {
    if (again) return null;
    const type = here.has(keyOf(what, line.name)) ? 'here' : waiting.has(keyOf(what, line.name)) ? 'waits' : null;
    return type === null ? null : { type, line, title, role: line.role };
  };
  const countryById = new Map(countries.flatMap((country) => [country.id, country.title].map((name) => [fold(name), country.id])));
  const missing = new Map<string, string>();
  const deeds = lines.map((line): Deed => {
    if ('error' in line) return { type: 'fault', line: line.line, text: line.text, fault: line.error };
    const { role, cohort: title, name } = line;
    if (role !== 'learner') {
      const before = known(line, role, '');
      if (before !== null) return before;
      const speaksFor = line.speaksFor.map((country) => countryById.get(fold(country)));
      if (role === 'focal-point' && speaksFor.length === 0) return { type: 'fault', line: line.line, text: name, fault: 'no-country' };
      if (speaksFor.includes(undefined))
        return { type: 'fault', line: line.line, text: `${name} · ${line.speaksFor.join('; ')}`, fault: 'unknown-country' };
      return { type: 'invite', line, role, countries: [...new Set(speaksFor.filter((id) => id !== undefined))] };
    }
    const cohort = title === '' ? otherwise : (byTitle.get(fold(title)) ?? null);
    if (cohort !== null) return known(line, cohort.id, cohort.title) ?? { type: 'enrol', line, cohort: cohort.id, title: cohort.title };
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
