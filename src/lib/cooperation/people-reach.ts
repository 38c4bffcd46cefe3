/**
 * Who was trained where, and towards what: the figures that centres closed and published (domain/suppression.ts), seen from the goals. A person stands in one row of a
 * centre's table of courses, so sums over its rows count nobody twice; a row prepares for the goals of the solutions that its course teaches. Nothing is worked out here
 * that whoever reads the tables could not work out, so nothing more is told than they tell.
 *
 *   people     of a goal: rows of courses that prepare for it, over all centres and closed years
 *   untold     of a centre: people in rows that name no course (too few by themselves, several courses, none)
 *   gaps       goals for which a course can be taken, and for which no row tells of anybody
 *   overlaps   courses whose people were trained at more than one centre
 */
import { rowsToCsv } from '../domain/csv.ts';
import { notGiven, several, type Figures } from '../domain/suppression.ts';
import { ofKind, type Commons } from './commons.ts';
import { availableOf, goalsOfListing } from './coordination.ts';
import type { Day } from './day.ts';
import type { Listing } from './kinds/listing.ts';
import { shown, type Shown } from './views.ts';

export interface CentreFigures {
  readonly node: string;
  readonly years: readonly { readonly year: number; readonly figures: Figures }[];
}

interface Counted {
  readonly people: number;
  /** Null where no column of women stands by itself in one of the rows. */
  readonly women: number | null;
}

export interface CentreReach extends Counted {
  readonly node: string;
  readonly years: readonly number[];
  /** Null: people of countries that are too small by themselves, or not given. */
  readonly countries: readonly (Counted & { readonly country: string | null })[];
  readonly courses: readonly (Counted & { readonly course: string; readonly title: Shown; readonly goals: readonly number[] })[];
  readonly untold: number;
}

export interface PeopleReach {
  readonly centres: readonly CentreReach[];
  readonly goals: readonly { readonly number: number; readonly title: Shown; readonly people: readonly number[] }[];
  readonly gaps: readonly number[];
  readonly overlaps: readonly { readonly title: Shown; readonly centres: readonly { readonly node: string; readonly people: number }[] }[];
}

const named = (group: string | null): group is string => group !== null && group !== notGiven && group !== several;

/** Rows of a division over all years, those of one group together. */
function rowsOf(years: CentreFigures['years'], division: string): ReadonlyMap<string | null, Counted> {
  const found = new Map<string | null, Counted>();
  for (const { figures } of years) {
    const woman = figures.columns.findIndex(({ groups, rest }) => !rest && groups.length === 1 && groups[0] === 'woman');
    for (const { group, total, cells } of figures.tables.find((table) => table.division === division)?.rows ?? []) {
      const key = named(group) ? group : null;
      const before = found.get(key);
      const women = woman < 0 || cells === null ? null : (cells[woman] ?? null);
      found.set(key, {
        people: (before?.people ?? 0) + total,
        women: before === undefined ? women : before.women === null || women === null ? null : before.women + women,
      });
    }
  }
  return found;
}

const byPeople = (a: Counted, b: Counted): number => b.people - a.people;

export function peopleReach(commons: Commons, centres: readonly CentreFigures[], language: string, today: Day): PeopleReach {
  const listings = new Map<string, Listing>();
  for (const one of ofKind(commons.entries, 'listing')) if (one.course !== null) listings.set(one.course, one);
  const titleOf = (course: string): Shown => {
    const listing = listings.get(course);
    return listing === undefined ? { text: course, language: 'en' } : shown(listing.title, language);
  };
  const goalsOf = (course: string): readonly number[] => {
    const listing = listings.get(course);
    return listing === undefined ? [] : goalsOfListing(listing, commons);
  };

  const shownCentres = centres
    .filter(({ years }) => years.length > 0)
    .map(({ node, years }): CentreReach => {
      const courses = rowsOf(years, 'course');
      const women = years.map(
        ({ figures }) => figures.columns.find(({ groups, rest }) => !rest && groups.join() === 'woman')?.total ?? null,
      );
      return {
        node,
        years: years.map(({ year }) => year).sort((a, b) => b - a),
        people: years.reduce((sum, { figures }) => sum + (figures.total ?? 0), 0),
        women: women.includes(null) ? null : women.reduce((sum: number, n) => sum + (n ?? 0), 0),
        countries: [...rowsOf(years, 'country')].map(([country, counted]) => ({ country, ...counted })).sort(byPeople),
        courses: [...courses]
          .flatMap(([course, counted]) => (course === null ? [] : [{ course, title: titleOf(course), goals: goalsOf(course), ...counted }]))
          .sort(byPeople),
        untold: courses.get(null)?.people ?? 0,
      };
    })
    .sort((a, b) => byPeople(a, b) || (a.node < b.node ? -1 : 1));

  const open = new Set(availableOf(commons, today).flatMap((listing) => goalsOfListing(listing, commons)));
  const goals = ofKind(commons.entries, 'goal')
    .map(({ number, title }) => ({
      number,
      title: shown(title, language),
      people: shownCentres.map(({ courses }) => courses.reduce((sum, one) => sum + (one.goals.includes(number) ? one.people : 0), 0)),
    }))
    .sort((a, b) => a.number - b.number);
  const everywhere = new Map<string, { readonly node: string; readonly people: number }[]>();
  for (const { node, courses } of shownCentres)
    for (const { course, people } of courses) everywhere.set(course, [...(everywhere.get(course) ?? []), { node, people }]);
  return {
    centres: shownCentres,
    goals,
    gaps: goals.flatMap(({ number, people }) => (open.has(number) && people.every((n) => n === 0) ? [number] : [])),
    overlaps: [...everywhere]
      .filter(([, at]) => at.length > 1)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([course, at]) => ({ title: titleOf(course), centres: at })),
  };
}

/** The published tables of all centres: a row for each group, an empty cell where a number is not told. */
export function csvOfPeople(commons: Commons, centres: readonly CentreFigures[], language: string, today: Day): string {
  const reach = peopleReach(commons, centres, language, today);
  const cell = (n: number | null): string => (n === null ? '' : String(n));
  return rowsToCsv([
    ['centre', 'years', 'table', 'group', 'goals', 'people', 'women'],
    ...reach.centres.flatMap(({ node, years, people, women, countries, courses, untold }) => {
      const head = [node, [...years].sort((a, b) => a - b).join(' ')];
      return [
        [...head, 'all', '', '', String(people), cell(women)],
        ...countries.map((one) => [...head, 'country', one.country ?? '', '', String(one.people), cell(one.women)]),
        ...courses.map((one) => [...head, 'course', one.course, one.goals.join(' '), String(one.people), cell(one.women)]),
        ...(untold === 0 ? [] : [[...head, 'course', '', '', String(untold), '']]),
      ];
    }),
  ]);
}
