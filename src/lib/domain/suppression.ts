/**
 * Figures about people that name nobody: tables in which no group of one to four can be read, nor computed back from what stands beside it.
 *
 * Fixed tables. A set of figures counts each person once and crosses several divisions (country, programme …) with one and the same other (gender). Its tables share
 * nothing but that division and its totals, which are published; so whoever solves all of them together learns of each table what it says by itself.
 *
 *   - Columns, the groups of the shared division, are joined until each total is 0 or at least `least`.
 *   - Rows that are smaller than `least` are joined into one of «others», with the next smallest where that is not enough. Which they were is not said.
 *   - A row is split into its columns whole or not at all: only where each part is 0 or at least `least`. What the rows that are not split leave of each column's
 *     total must be 0 or at least `least` too, and they must be two or more; else another row, the smallest, is not split either.
 *
 * Why that is enough: of the rows that are not split one knows their totals (n ≥ least each) and what is left of each column (c = 0 or c ≥ least). Any part of them can then
 * be as large as min(n, c), which is 0 or at least `least`: nobody can tell that it is a group under it. (The bounds of a table with given margins; Fréchet.)
 *
 * Figures that stick. Years are closed one after the other and each once. A person is counted in the first year that is closed after they were known, and in no later one; what
 * arrives late is counted with the next. So no two sets of figures count the same people, and nothing is learned from their difference; a set that was
 * published is never computed again, whatever was added, withdrawn or erased since.
 */

/** Of a person: their group in each division. A division that is missing is `notGiven`. */
export type Attributes = Readonly<Record<string, string>>;

/** The group of those of whom it is not known. */
export const notGiven = '';

/** No group of fewer people is shown, unless it is empty. */
export const leastGroup = 5;

export interface FiguresPlan {
  /** The division that all tables are crossed with, and those of its groups that may have a column of their own; all others are one column. */
  readonly across: { readonly division: string; readonly groups: readonly string[] };
  /** A table for each. */
  readonly tables: readonly string[];
}

/** People of these groups together; `rest` where those are among them whose group has no column of its own. */
export interface FiguresColumn {
  readonly groups: readonly string[];
  readonly rest: boolean;
  readonly total: number;
}

export interface FiguresRow {
  /** Null for «others»: groups that are too small by themselves. */
  readonly group: string | null;
  readonly total: number;
  /** One for each column; null where the row is not split. */
  readonly cells: readonly number[] | null;
}

export interface Figures {
  /** Null where there are one to four people: then nothing else is said. */
  readonly total: number | null;
  /** Where there is one column only, nothing is crossed. */
  readonly columns: readonly FiguresColumn[];
  readonly tables: readonly { readonly division: string; readonly rows: readonly FiguresRow[] }[];
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const isSmall = (n: number, least: number): boolean => n > 0 && n < least;
const groupOf = (person: Attributes, division: string): string => person[division] ?? notGiven;

interface Group {
  readonly group: string;
  readonly people: readonly Attributes[];
}

/** Groups of a division, the largest first; of two of one size the one whose name comes first. */
function groupsOf(people: readonly Attributes[], division: string): readonly Group[] {
  const byGroup = new Map<string, Attributes[]>();
  for (const person of people) {
    const group = groupOf(person, division);
    const known = byGroup.get(group);
    if (known === undefined) byGroup.set(group, [person]);
    else known.push(person);
  }
  return [...byGroup]
    .map(([group, members]) => ({ group, people: members }))
    .sort((a, b) => b.people.length - a.people.length || byText(a.group, b.group));
}

/** Columns in the order of the plan, the rest last; those that are too small joined. */
function columnsOf(people: readonly Attributes[], { division, groups }: FiguresPlan['across'], least: number): readonly FiguresColumn[] {
  const count = (is: (group: string) => boolean): number => people.filter((person) => is(groupOf(person, division))).length;
  let columns: FiguresColumn[] = [
    ...groups.map((group) => ({ groups: [group], rest: false, total: count((one) => one === group) })),
    { groups: [], rest: true, total: count((one) => !groups.includes(one)) },
  ];
  for (;;) {
    const small = columns.find(({ total }) => isSmall(total, least));
    const others = columns.filter((column) => column !== small && column.total > 0);
    if (small === undefined || others.length === 0) return columns;
    // Where it can be, with the rest; else with the smallest of the others.
    const partner = others.find(({ rest }) => rest) ?? others.reduce((least, column) => (column.total < least.total ? column : least));
    const joined: FiguresColumn = {
      groups: [...small.groups, ...partner.groups].sort((a, b) => groups.indexOf(a) - groups.indexOf(b)),
      rest: small.rest || partner.rest,
      total: small.total + partner.total,
    };
    columns = [...columns.filter((column) => column !== small && column !== partner), joined];
  }
}

/** Rows that are each large enough: the large groups, and the others together. */
function rowsOf(
  people: readonly Attributes[],
  division: string,
  least: number,
): readonly { group: string | null; people: readonly Attributes[] }[] {
  const groups = groupsOf(people, division);
  const large = groups.filter((group) => group.people.length >= least);
  const others = groups.slice(large.length).flatMap((group) => group.people);
  while (isSmall(others.length, least)) others.push(...(large.pop()?.people ?? []));
  return [...large, ...(others.length === 0 ? [] : [{ group: null, people: others }])];
}

/** @param people each once; their order does not matter */
export function figuresOf(people: readonly Attributes[], plan: FiguresPlan, least: number = leastGroup): Figures {
  if (isSmall(people.length, least)) return { total: null, columns: [], tables: [] };
  const columns = columnsOf(people, plan.across, least);
  const columnOf = (person: Attributes): FiguresColumn | undefined => {
    const group = groupOf(person, plan.across.division);
    return columns.find(({ groups }) => groups.includes(group)) ?? columns.find(({ rest }) => rest);
  };
  const tables = plan.tables.map((division) => {
    const rows = rowsOf(people, division, least).map(({ group, people: members }) => {
      const found = new Map<FiguresColumn | undefined, number>();
      for (const person of members) found.set(columnOf(person), (found.get(columnOf(person)) ?? 0) + 1);
      const cells = columns.map((column) => found.get(column) ?? 0);
      return { group, total: members.length, cells, split: !cells.some((cell) => isSmall(cell, least)) };
    });
    const isSafe = (): boolean => {
      const whole = rows.filter(({ split }) => !split);
      const left = columns.map((_, i) => whole.reduce((sum, { cells }) => sum + (cells[i] ?? 0), 0));
      return whole.length === 0 || (whole.length > 1 && !left.some((n) => isSmall(n, least)));
    };
    // From the smallest: as much as can be stays split.
    for (const row of rows.toReversed()) {
      if (isSafe()) break;
      row.split = false;
    }
    return { division, rows: rows.map(({ group, total, cells, split }) => ({ group, total, cells: split ? cells : null })) };
  });
  return { total: people.length, columns, tables };
}

/** Something for which a person is counted once: that they were first trained, that they reached a standing. */
export interface Countable {
  /** Stays the same for the same event of the same person, and names nobody. */
  readonly key: string;
  /** Whose it is; in one year a person is counted once, for all their events together. */
  readonly person: string;
  readonly year: number;
  readonly attributes: Attributes;
}

/** The group of those of whose events one says this and another that. */
export const several = '*';

/** A year that was closed: its figures, and the events that they count. */
export interface ClosedYear {
  readonly year: number;
  readonly counted: readonly string[];
  readonly figures: Figures;
}

/** The events that would be counted if the year were closed now: of this year or an earlier one, and not counted yet. */
export function uncounted(closed: readonly ClosedYear[], events: readonly Countable[], year: number): readonly Countable[] {
  const counted = new Set(closed.flatMap((one) => one.counted));
  return events.filter((event) => event.year <= year && !counted.has(event.key));
}

/** Each person once. What none of their events says is not given; where two differ, it is `several`. */
export function peopleOf(events: readonly Countable[]): readonly Attributes[] {
  const byPerson = new Map<string, Map<string, string>>();
  for (const { person, attributes } of events) {
    const known = byPerson.get(person) ?? new Map<string, string>();
    byPerson.set(person, known);
    for (const [division, group] of Object.entries(attributes)) {
      const before = known.get(division) ?? group;
      known.set(division, before === group ? group : several);
    }
  }
  return [...byPerson.values()].map((known) => Object.fromEntries(known));
}

/**
 * Closes a year, once.
 *
 * @returns null where the year is closed, or a later one is
 */
export function closeYear(
  closed: readonly ClosedYear[],
  events: readonly Countable[],
  year: number,
  plan: FiguresPlan,
  least: number = leastGroup,
): ClosedYear | null {
  if (closed.some((one) => one.year >= year)) return null;
  const found = uncounted(closed, events, year);
  const counted = [...new Set(found.map(({ key }) => key))].sort();
  return { year, counted, figures: figuresOf(peopleOf(found), plan, least) };
}
