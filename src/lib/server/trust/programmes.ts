/** The programmes of certification that this node publishes: `courses/+programmes/*.yaml`, read when courses are. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseProgrammes } from '../../certification/programme-file.ts';
import { coursesOf, type Localized, type Programme } from '../../certification/programme.ts';
import type { CourseId } from '../../domain/ids.ts';
import { languages } from '../../i18n/languages.ts';
import type { Library } from '../content/library.ts';
import type { Log } from '../log.ts';

export interface Programmes {
  all(): readonly Programme[];
  /** What the courses that they ask for are called, as far as they are here. */
  courseTitles(): Readonly<Record<CourseId, Localized>>;
  /** Reads the files again. Where one has a fault, it is told in the log and what was published before stays. */
  refresh(): Promise<void>;
}

const isMissing = (error: unknown): boolean => error instanceof Error && ['ENOENT', 'ENOTDIR'].includes(String(Reflect.get(error, 'code')));

export function createProgrammes({
  courses,
  library,
  log,
}: {
  readonly courses: string | null;
  readonly library: Library;
  readonly log: Log;
}): Programmes {
  let published: readonly Programme[] = [];
  let titles: Readonly<Record<CourseId, Localized>> = {};
  const folder = courses === null ? null : join(courses, '+programmes');
  return {
    all: () => published,
    courseTitles: () => titles,
    async refresh() {
      if (folder === null) return;
      let names: readonly string[];
      try {
        names = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
      } catch (error) {
        if (isMissing(error)) return;
        throw error;
      }
      const files = new Map<string, string>();
      for (const name of names) files.set(name.slice(0, -'.yaml'.length), await readFile(join(folder, name), 'utf8'));
      const examsByCourse = new Map<string, ReadonlySet<string>>();
      const titleByCourse = new Map<CourseId, Localized>();
      for (const { signed } of library.all()) {
        const structure = await library.structureOf(signed.manifest.course);
        examsByCourse.set(signed.manifest.course, new Set(structure?.exams?.map(({ id }) => id) ?? []));
        if (structure !== null) titleByCourse.set(signed.manifest.course, structure.title);
      }
      const { programmes, diagnostics } = parseProgrammes(files, { languages, courses: examsByCourse });
      for (const { file, line, column, severity, message, hint } of diagnostics)
        log(`${join(folder, file)}:${String(line)}:${String(column)} ${severity}: ${message} ${hint}`);
      if (programmes !== null) published = programmes;
      const asked = new Set(published.flatMap(coursesOf));
      titles = Object.fromEntries([...titleByCourse].filter(([course]) => asked.has(course)));
    },
  };
}
