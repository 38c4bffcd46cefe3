/** Texts of the cascade and the evaluation that more than one page shows, and their tables as files. */
import type { CostSort } from '#lib/certification/cost.ts';
import { rowsToCsv } from '#lib/domain/csv.ts';
import { textIn } from '#lib/i18n/localized.ts';
import type { Words } from '#lib/i18n/words.ts';
import type { Cascade, CascadeFailure, CascadePerson, Coverage, ProgrammeTitles, PublishedFigures, ShownEvaluation } from './teach-cascade.ts'; // prettier-ignore

export const failureKeys = {
  unreachable: 'teach.failed.unreachable',
  expired: 'teach.failed.expired',
  forbidden: 'teach.failed.forbidden',
  nonsense: 'teach.failed.nonsense',
  refused: 'cascade.refused',
} as const satisfies Record<CascadeFailure, string>;

export const sourceKeys = { session: 'cascade.by.session', cohort: 'cascade.by.cohort', observation: 'cascade.by.observation' } as const;

export const sortKeys = {
  staff: 'cascade.cost.staff',
  travel: 'cascade.cost.travel',
  rooms: 'cascade.cost.rooms',
  equipment: 'cascade.cost.equipment',
  connection: 'cascade.cost.connection',
  materials: 'cascade.cost.materials',
  other: 'cascade.cost.other',
} as const satisfies Record<CostSort, string>;

export const programmeTitle = (programmes: ProgrammeTitles, id: string, { language }: Words): string =>
  textIn(programmes.find((programme) => programme.id === id)?.title ?? {}, language) ?? id;

export function coverageText({ expected, heard, oldest, nodes }: Coverage, { t, format }: Words): string {
  const devices =
    expected === 0
      ? t('teach.complete.none')
      : oldest === null
        ? t('teach.complete.never', { n: expected, heard })
        : t('teach.complete', { n: expected, heard, ago: format.ago(oldest, Date.now()) });
  return nodes === 0 ? devices : `${devices} ${t('cascade.coverage.nodes', { n: nodes })}`;
}

/** Who somebody is: their name, or that it is not told. */
export const shownName = ({ name }: CascadePerson, { t }: Words): string =>
  name === null ? t('cascade.unnamed') : name === '' ? t('teach.nameless') : name;

export function certificatesText({ certificates }: CascadePerson, programmes: ProgrammeTitles, words: Words): string {
  return certificates
    .map(({ programme, until, state }) =>
      words.t(state === 'suspended' ? 'cascade.certificate.suspended' : 'cascade.certificate', {
        programme: programmeTitle(programmes, programme, words),
        date: words.format.date(until),
      }),
    )
    .join('; ');
}

const cells = (coverage: Coverage, at: string): readonly (string | number)[] => [
  coverage.heard,
  coverage.expected,
  coverage.oldest ?? '',
  at,
];
const cellHeadings = ({ t }: Words): readonly string[] => [
  t('cascade.csv.heard'),
  t('cascade.csv.expected'),
  t('cascade.csv.oldest'),
  t('teach.as-of.heading'),
];

/** A row for everybody; how complete it is stands in each, so that no row is read without. */
export function cascadeToCsv({ people, programmes, coverage, at }: Cascade, words: Words): string {
  const { t } = words;
  const byId = new Map(people.map((person) => [person.id, person]));
  return rowsToCsv([
    [
      t('cascade.person'), t('cascade.generation'), t('cascade.first'), t('cascade.by'), t('cascade.since'), t('cascade.trained'),
      t('cascade.reach'), t('cascade.last'), t('cascade.certificates'), ...cellHeadings(words),
    ],
    ...people.map((person) => {
      const { first, generation, trained, reach, last } = person;
      const trainer = first === null ? undefined : byId.get(first.trainer);
      return [
        shownName(person, words), generation, trainer === undefined ? '' : shownName(trainer, words), first === null ? '' : t(sourceKeys[first.by]),
        first?.at.slice(0, 10) ?? '', trained, reach, last?.slice(0, 10) ?? '', certificatesText(person, programmes, words), ...cells(coverage, at),
      ];
    }),
  ]); // prettier-ignore
}

export function soonToCsv({ soon, programmes, coverage, at }: Cascade, words: Words): string {
  const { t } = words;
  return rowsToCsv([
    [t('cascade.person'), t('cascade.programme'), t('cascade.ends'), ...cellHeadings(words)],
    ...soon.map(({ name, programme, until }) => [
      name === '' ? t('teach.nameless') : name, programmeTitle(programmes, programme, words), until.slice(0, 10), ...cells(coverage, at),
    ]),
  ]); // prettier-ignore
}

/** A group of a division in words. */
export function groupText(
  division: string,
  group: string | null,
  { programmes, courses }: Pick<ShownEvaluation, 'programmes' | 'courses'>,
  words: Words,
): string {
  const { t } = words;
  if (group === null) return t('cascade.others');
  if (group === '*') return t('cascade.several');
  if (division === 'course') return group === '' ? t('cascade.no-course') : (textIn(courses[group] ?? {}, words.language) ?? group);
  if (division === 'programme') return group === '' ? t('cascade.no-certificate') : programmeTitle(programmes, group, words);
  return group === '' ? t('cascade.not-said') : countryName(group, words);
}

export function countryName(code: string, { language }: Words): string {
  return new Intl.DisplayNames(language, { type: 'region', fallback: 'code' }).of(code) ?? code;
}

const genderKeys = { woman: 'cascade.women', man: 'cascade.men' } as const;

/** Heading of a column: the genders that it joins. */
export function columnText({ groups, rest }: PublishedFigures['columns'][number], { t, format }: Words): string {
  const parts: string[] = groups.flatMap((group) => (group === 'woman' || group === 'man' ? [t(genderKeys[group])] : []));
  return format.list(rest ? [...parts, t('cascade.other-gender')] : parts);
}

export interface NamedFigure {
  readonly key: string;
  readonly title: string;
  readonly definition: string;
  readonly value: string;
}

/** The figures over all years, each with its definition. */
export function figuresOfAll({ evaluation: { total } }: ShownEvaluation, { t, format }: Words): readonly NamedFigure[] {
  const { active } = total;
  return [
    { key: 'trained', title: t('cascade.figure.trained'), definition: t('cascade.figure.trained.is'), value: format.number(total.trained) },
    { key: 'certified', title: t('cascade.figure.certified'), definition: t('cascade.figure.certified.is'), value: format.number(total.certified) },
    { key: 'in-force', title: t('cascade.figure.in-force'), definition: t('cascade.figure.in-force.is'), value: format.number(total.inForce) },
    {
      key: 'active',
      title: t('cascade.figure.active'),
      definition: t('cascade.figure.active.is'),
      value: active.of === 0 ? t('cascade.figure.active.none') : t('cascade.of', { are: format.number(active.are), of: format.number(active.of) }),
    },
    { key: 'handed-on', title: t('cascade.figure.handed-on'), definition: t('cascade.figure.handed-on.is'), value: format.number(total.handedOn) },
    { key: 'trainers', title: t('cascade.figure.trainers'), definition: t('cascade.figure.trainers.is'), value: format.number(total.trainers) },
    { key: 'generations', title: t('cascade.figure.generations'), definition: t('cascade.figure.generations.is'), value: format.number(total.generations) },
  ]; // prettier-ignore
}

/** One figure a row: what it is, of which year, its definition, and how complete the records were. */
export function evaluationToCsv(shown: ShownEvaluation, words: Words): string {
  const { t } = words;
  const { evaluation, coverage, at, costs } = shown;
  const row = (year: number | string, title: string, value: number | string, definition: string): readonly (string | number)[] => [
    title, year, value, definition, ...cells(coverage, at),
  ]; // prettier-ignore
  return rowsToCsv([
    [t('cascade.csv.figure'), t('cascade.year'), t('cascade.csv.value'), t('cascade.csv.definition'), ...cellHeadings(words)],
    ...figuresOfAll(shown, words).map(({ title, value, definition }) => row(t('cascade.all-years'), title, value, definition)),
    ...evaluation.years.flatMap((one) => [
      row(one.year, t('cascade.figure.trained'), one.trained, t('cascade.figure.trained.is')),
      row(one.year, t('cascade.figure.handed-on'), one.handedOn, t('cascade.figure.handed-on.is')),
      row(one.year, t('cascade.figure.certified'), one.certified, t('cascade.figure.certified.is')),
      ...one.costs.map(({ currency, sum }) => row(one.year, `${t('cascade.cost')} (${currency})`, sum, t('cascade.cost.is'))),
      ...(one.costPerTrained === null
        ? []
        : [row(one.year, t('cascade.cost.per-trained'), one.costPerTrained, t('cascade.cost.per-trained.is'))]),
    ]),
    ...costs
      .filter(({ withdrawn }) => withdrawn === undefined)
      .map(({ year, sort, amount, currency, note }) => row(year, `${t('cascade.cost')}: ${t(sortKeys[sort])} (${currency})`, amount, note)),
  ]);
}

/** The published figures of all closed years: a row for each group, an empty cell where the row is not split. */
export function publishedToCsv({ years, ...names }: Pick<ShownEvaluation, 'years' | 'programmes' | 'courses'>, words: Words): string {
  const { t } = words;
  const headings = { country: t('cascade.country'), programme: t('cascade.programme'), course: t('cascade.course') };
  return rowsToCsv([
    [t('cascade.year'), t('cascade.csv.table'), t('cascade.csv.group'), t('cascade.csv.column'), t('cascade.people'), t('cascade.csv.published')],
    ...years.flatMap(({ year, at, figures }) => [
      [year, '', '', '', figures.total ?? t('cascade.fewer'), at.slice(0, 10)],
      ...figures.columns.map((column) => [year, '', '', columnText(column, words), column.total, at.slice(0, 10)]),
      ...figures.tables.flatMap(({ division, rows }) =>
        rows.flatMap(({ group, total, cells: split }) => {
          const start = [year, headings[division as keyof typeof headings], groupText(division, group, names, words)];
          return [
            [...start, '', total, at.slice(0, 10)],
            ...(split ?? []).map((n, i) => {
              const column = figures.columns[i];
              return [...start, column === undefined ? '' : columnText(column, words), n, at.slice(0, 10)];
            }),
          ];
        }),
      ),
    ]),
  ]); // prettier-ignore
}
