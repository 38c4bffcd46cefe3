/** What a course's files are by their names: modules in order, units in order, each unit's languages. */
import type { Report } from './diagnostics.ts';
import type { Language } from './package.ts';

export interface OutlineUnit {
  /** Path without language and ending: `01-orbits/02-kepler`. */
  readonly stem: string;
  /** Path of the file in each language that is there. */
  readonly fileByLanguage: ReadonlyMap<Language, string>;
}

export interface OutlineModule {
  readonly folder: string;
  readonly units: readonly OutlineUnit[];
}

const modulePattern = /^(\d+)-[a-z0-9][a-z0-9-]*$/;
const unitPattern = /^((\d+)-[a-z0-9][a-z0-9-]*)(?:\.([A-Za-z0-9-]+))?\.md$/;

const byNumber = (a: { readonly number: number; readonly name: string }, b: { readonly number: number; readonly name: string }): number =>
  a.number - b.number || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Numbers give the order, so two of the same are a fault. `entries` are in order. */
function reportSameNumbers(entries: readonly { number: number; name: string; file: string }[], report: Report): void {
  entries.forEach(({ number, name, file }, i) => {
    const before = entries[i - 1];
    if (before?.number === number) report('same-number', { file, line: 1 }, { name, other: before.name });
  });
}

/** Reads the names. Files that are neither units nor YAML are left to whoever uses them. */
export function outlineOf(paths: Iterable<string>, languages: readonly Language[], report: Report): readonly OutlineModule[] {
  const unitsByFolder = new Map<string, Map<string, { number: number; files: Map<Language, string> }>>();
  for (const path of [...paths].sort()) {
    if (!path.endsWith('.md')) continue;
    const [folder = '', name = '', ...deeper] = path.split('/');
    // A README beside course.yaml speaks to authors, not to learners.
    if (name === '' && /^readme\.md$/i.test(folder)) continue;
    const unit = unitPattern.exec(name);
    if (deeper.length > 0 || unit === null || !modulePattern.test(folder)) {
      report('bad-name', { file: path, line: 1 }, { name: path });
      continue;
    }
    const [, stem = '', number = '', language = languages[0] ?? ''] = unit;
    if (!languages.includes(language)) {
      report('unknown-language', { file: path, line: 1 }, { language });
      continue;
    }
    const units = unitsByFolder.get(folder) ?? new Map<string, { number: number; files: Map<Language, string> }>();
    unitsByFolder.set(folder, units);
    const entry = units.get(stem) ?? { number: Number(number), files: new Map<Language, string>() };
    units.set(stem, entry);
    const other = entry.files.get(language);
    if (other !== undefined) report('same-number', { file: path, line: 1 }, { name: path, other });
    entry.files.set(language, path);
  }

  const modules = [...unitsByFolder]
    .map(([folder, units]) => ({
      name: folder,
      number: Number.parseInt(folder, 10),
      file: `${folder}/module.yaml`,
      units: [...units]
        .map(([stem, { number, files }]) => ({ name: stem, number, files, file: [...files.values()][0] ?? folder }))
        .sort(byNumber),
    }))
    .sort(byNumber);
  reportSameNumbers(modules, report);
  for (const { units } of modules) reportSameNumbers(units, report);
  if (modules.length === 0) report('no-unit', { file: 'course.yaml', line: 1 });
  return modules.map(({ name, units }) => ({
    folder: name,
    units: units.map((unit) => ({ stem: `${name}/${unit.name}`, fileByLanguage: unit.files })),
  }));
}
