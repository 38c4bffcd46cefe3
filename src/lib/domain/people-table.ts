/**
 * People of a centre as a table from a spreadsheet: learners with their cohorts, and staff with their roles. Read as the rosters of a cohort are (roster.ts), with more columns; what the centre itself saves as its list of people is read back.
 */
import { countryIn, gendersIn } from './countries.ts';
import { parseCsv } from './csv.ts';
import { fold } from './fold.ts';
import { countryHeadings, genderHeadings, isOneOf, lineOf, nameHeadings, type RosterLine } from './roster.ts';

export const tableRoles = ['learner', 'trainer', 'master', 'reviewer', 'administrator', 'provider', 'focal-point'] as const;
export type TableRole = (typeof tableRoles)[number];

type Faulty = Extract<RosterLine, { readonly error: unknown }>;
type Named = Extract<RosterLine, { readonly name: string }>;

export type PeopleLine =
  | (Named & {
      readonly role: TableRole;
      /** Title of a cohort as the table has it; '' where it names none. */
      readonly cohort: string;
      /** Of a focal point: the countries for which they speak, as the table has them; empty where it names none. */
      readonly speaksFor: readonly string[];
    })
  | (Omit<Faulty, 'error'> & { readonly error: Faulty['error'] | 'unknown-role' });

const headings = (...names: readonly string[]): ReadonlySet<string> => new Set(names.map(fold));

/** Where a name stands in two columns. */
const givenHeadings = headings(
  'first name',
  'first names',
  'given name',
  'given names',
  'prénom',
  'prénoms',
  'nombres',
  'الاسم الأول',
  '名',
);
const familyHeadings = headings(
  ...['last name', 'surname', 'family name', 'nom de famille', 'apellido', 'apellidos', 'اللقب', 'اسم العائلة', '姓', 'фамилия'],
);
const cohortHeadings = headings(
  ...['cohort', 'group', 'class', 'groupe', 'classe', 'grupo', 'clase', 'المجموعة', 'مجموعة', 'الصف', '班级', '班', 'группа', 'класс'],
);
const speaksHeadings = headings(
  ...['speaks for', 'countries', 'country represented', 'parle pour', 'pays représenté', 'pays représentés', 'habla por', 'países'],
  ...['يتحدث باسم', 'البلدان', 'الدول', '代表国家', '负责国家', 'представляет', 'страны'],
);
const roleHeadings = headings('role', 'rôle', 'fonction', 'rol', 'función', 'الدور', 'دور', '角色', 'роль');

const roleWords: Readonly<Record<TableRole, readonly string[]>> = {
  learner: [
    'learner',
    'student',
    'apprenant',
    'apprenante',
    'élève',
    'alumno',
    'alumna',
    'estudiante',
    'متعلم',
    'متعلمة',
    '学员',
    'учащийся',
    'слушатель',
  ],
  trainer: [
    'trainer',
    'teacher',
    'formateur',
    'formatrice',
    'formador',
    'formadora',
    'docente',
    'مدرب',
    'مدربة',
    '培训师',
    '教员',
    'преподаватель',
    'инструктор',
  ],
  master: [
    'master',
    'master trainer',
    'maître formateur',
    'formateur de formateurs',
    'formador de formadores',
    'كبير المدربين',
    '高级培训师',
    'старший преподаватель',
  ],
  reviewer: ['reviewer', 'relecteur', 'relectrice', 'revisor', 'revisora', 'مراجع', 'مراجعة', '评审', '评审员', 'рецензент'],
  administrator: [
    'administrator',
    'admin',
    'administrateur',
    'administratrice',
    'administrador',
    'administradora',
    'مدير',
    'مديرة',
    'مسؤول',
    '管理员',
    'администратор',
  ],
  provider: ['provider', 'fournisseur', 'proveedor', 'مزود', 'مقدم', '提供方', 'поставщик'],
  'focal-point': [
    ...['focal point', 'focal-point', 'country focal point', 'point focal', 'punto focal', 'نقطة الاتصال', 'نقطة اتصال', '联络人'],
    ...['национальный координатор', 'координатор'],
  ],
};
const roleByWord: ReadonlyMap<string, TableRole> = new Map(
  tableRoles.flatMap((role) => roleWords[role].map((word): [string, TableRole] => [fold(word), role])),
);

const hasHan = (text: string): boolean => /^\p{Script=Han}+$/u.test(text);

/** Given and family name as one: in Chinese the family name stands first, without a space. */
const joined = (given: string, family: string): string =>
  hasHan(given) && hasHan(family) ? family + given : [given, family].filter((part) => part !== '').join(' ');

/**
 * The rows below a heading row. Columns may stand in any order, and any but the name may be missing.
 *
 * @returns null where no row of headings is found: which column is what would be a guess
 */
export function parsePeople(csv: string): readonly PeopleLine[] | null {
  const [head, ...body] = parseCsv(csv);
  const columnOf = (known: ReadonlySet<string>): number => head?.cells.findIndex(isOneOf(known)) ?? -1;
  const [name, given, family] = [columnOf(nameHeadings), columnOf(givenHeadings), columnOf(familyHeadings)];
  if (name === -1 && given === -1 && family === -1) return null;
  const [role, cohort] = [columnOf(roleHeadings), columnOf(cohortHeadings)];
  const cells = (column: number): readonly string[] => body.map((row) => (column === -1 ? '' : (row.cells[column] ?? '').trim()));
  const genders = gendersIn(cells(columnOf(genderHeadings)));
  const [countries, roles, cohorts] = [cells(columnOf(countryHeadings)), cells(role), cells(cohort)];
  const speaks = cells(columnOf(speaksHeadings));
  const [names, givens, families] = [cells(name), cells(given), cells(family)];
  const seen = new Set<string>();
  return body.map((row, i): PeopleLine => {
    const shown = row.cells.filter((cell) => cell !== '').join(' · ');
    const [whole = '', first = '', last = ''] = [names[i], givens[i], families[i]];
    // A column that is called a name beside one of given names holds the family's, and the other way round.
    const text = given !== -1 ? joined(first, family === -1 ? whole : last) : family !== -1 ? joined(whole, last) : whole;
    if (row.unclosed === true) return { line: row.line, text: shown.slice(0, 150), error: 'unclosed-quote' };
    const [gender, country] = [genders[i] ?? null, (countries[i] ?? '') === '' ? null : countryIn(countries[i] ?? '')];
    const about = { ...(gender === null ? {} : { gender }), ...(country === null ? {} : { country }) };
    const line = lineOf(row.line, text, shown, seen, about);
    if ('error' in line) return line;
    const word = roles[i] ?? '';
    const known = word === '' ? 'learner' : roleByWord.get(fold(word));
    if (known === undefined) return { line: row.line, text: shown.slice(0, 150), error: 'unknown-role' };
    // Names of countries have commas in them ("Congo, Democratic Republic of the"): a list is parted by what none of them has.
    const speaksFor =
      known === 'focal-point'
        ? (speaks[i] ?? '')
            .split(/[;\/|؛；]/u)
            .map((part) => part.trim())
            .filter((part) => part !== '')
        : [];
    return { ...line, role: known, speaksFor, cohort: (cohorts[i] ?? '').normalize('NFC').replace(/\s+/g, ' ') };
  });
}
