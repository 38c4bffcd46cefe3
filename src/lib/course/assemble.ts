/** Lessons to a package: every piece named by its hash, listed once, in one order. */
import { canonicalJson } from '../domain/canonical-json.ts';
import type { CourseId, Sha256, UnitId } from '../domain/ids.ts';
import type { Assets, Hash } from './assets.ts';
import type { CourseFacts, GlossaryEntry, ReferenceEntry } from './course-file.ts';
import type { Lesson } from './lesson.ts';
import type {
  CourseStructure,
  Language,
  Localized,
  Manifest,
  Piece,
  PieceRole,
  StructureExam,
  StructureUnit,
  UnitPieces,
} from './package.ts';
import type { UnitSource } from './unit-file.ts';
import { typeset } from './typeset.ts';

export interface BuiltUnit {
  readonly id: UnitId;
  readonly minutes: number;
  readonly exam: { readonly attempts: number } | null;
  readonly lessonByLanguage: ReadonlyMap<Language, { readonly source: UnitSource; readonly lesson: Lesson }>;
}

export interface BuiltModule {
  readonly id: string;
  readonly title: Localized;
  readonly file: string;
  readonly units: readonly BuiltUnit[];
}

export interface Package {
  readonly manifest: Manifest;
  readonly pieces: ReadonlyMap<Sha256, Uint8Array<ArrayBuffer>>;
}

interface Parts {
  readonly course: CourseId;
  readonly facts: CourseFacts;
  readonly modules: readonly BuiltModule[];
  readonly glossary: readonly GlossaryEntry[];
  readonly references: readonly ReferenceEntry[];
  readonly assets: Assets;
}

/** Order of roles in a manifest; also decides the role of bytes that play two. */
const roles: readonly PieceRole[] = ['structure', 'lesson', 'items', 'text', 'picture', 'data'];

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Collects pieces; the same bytes are one piece, whoever uses them. */
function createShelf(hash: Hash) {
  const bytesBySha = new Map<Sha256, Uint8Array<ArrayBuffer>>();
  const uses = new Map<Sha256, { role: PieceRole; type: string; languages: Set<Language>; names: Set<string> }>();
  const add = (
    sha256: Sha256,
    bytes: Uint8Array<ArrayBuffer>,
    role: PieceRole,
    type: string,
    language: Language,
    name?: string,
  ): Sha256 => {
    bytesBySha.set(sha256, bytes);
    const use = uses.get(sha256) ?? { role, type, languages: new Set(), names: new Set() };
    uses.set(sha256, use);
    if (roles.indexOf(role) < roles.indexOf(use.role)) Object.assign(use, { role, type });
    use.languages.add(language);
    if (name !== undefined) use.names.add(name);
    return sha256;
  };
  return {
    bytesBySha,
    add,
    write: async (text: string, role: PieceRole, type: string, language: Language): Promise<Sha256> => {
      const bytes = new TextEncoder().encode(text);
      return add(await hash(bytes), bytes, role, type, language);
    },
    pieces: (): readonly Piece[] =>
      [...uses]
        .map(([sha256, { role, type, languages, names }]): Piece => {
          const [language] = languages;
          const [name] = [...names].sort();
          return {
            sha256,
            role,
            ...(languages.size === 1 && language !== undefined && language !== '' ? { language } : {}),
            bytes: bytesBySha.get(sha256)?.length ?? 0,
            type,
            ...(name === undefined ? {} : { name }),
          };
        })
        .sort(
          (a, b) =>
            roles.indexOf(a.role) - roles.indexOf(b.role) ||
            compare(a.language ?? '', b.language ?? '') ||
            compare(a.name ?? '', b.name ?? '') ||
            compare(a.sha256, b.sha256),
        ),
  };
}
type Shelf = ReturnType<typeof createShelf>;

async function shelveLesson(lesson: Lesson, language: Language, assets: Assets, shelf: Shelf): Promise<UnitPieces> {
  for (const [path, picture] of assets.pictureByPath)
    if (picture !== 'faulty' && lesson.pictures.includes(picture.sha256))
      shelf.add(picture.sha256, picture.bytes, 'picture', picture.type, language, path);
  for (const [path, data] of assets.dataByPath)
    if (data !== 'faulty' && lesson.data.includes(data.sha256)) shelf.add(data.sha256, data.bytes, 'data', data.type, language, path);
  return {
    lesson: await shelf.write(lesson.html, 'lesson', 'text/html', language),
    items: await shelf.write(canonicalJson(lesson.items.map(({ item }) => item)), 'items', 'application/json', language),
    text: await shelf.write(canonicalJson(lesson.sections), 'text', 'application/json', language),
    pictures: lesson.pictures,
    data: lesson.data,
  };
}

async function shelveUnit(unit: BuiltUnit, languages: readonly Language[], assets: Assets, shelf: Shelf): Promise<StructureUnit> {
  const title: Record<Language, string> = {};
  const outcomes: Record<Language, readonly string[]> = {};
  const pieces: Record<Language, UnitPieces> = {};
  for (const language of languages) {
    const built = unit.lessonByLanguage.get(language);
    if (built === undefined) continue;
    title[language] = typeset(built.source.title, language);
    outcomes[language] = built.source.outcomes.map((outcome) => typeset(outcome, language));
    pieces[language] = await shelveLesson(built.lesson, language, assets, shelf);
  }
  const items = unit.lessonByLanguage.get(languages[0] ?? '')?.lesson.items ?? [];
  return {
    id: unit.id,
    title,
    minutes: unit.minutes,
    outcomes,
    items: items.map(({ item: { id, v, points, kind } }) => ({ id, v, points, kind })),
    pieces,
  };
}

/** Builds the package of a course without errors. */
export async function assemble({ course, facts, modules, glossary, references, assets }: Parts, hash: Hash): Promise<Package> {
  const { id: _, ...about } = facts;
  const shelf = createShelf(hash);
  const built: CourseStructure['modules'][number][] = [];
  const exams: StructureExam[] = [];
  for (const { id, title, units } of modules) {
    const shelved: StructureUnit[] = [];
    for (const unit of units) {
      const made = await shelveUnit(unit, facts.languages, assets, shelf);
      if (unit.exam === null) shelved.push(made);
      else exams.push({ ...made, attempts: unit.exam.attempts });
    }
    // A folder of exams alone is none to learn in.
    if (shelved.length > 0 || units.length === 0) built.push({ id, title, units: shelved });
  }
  const structure: CourseStructure = {
    course,
    ...about,
    modules: built,
    ...(exams.length === 0 ? {} : { exams }),
    glossary: glossary.map(({ id, term, definition }) => ({ id, term, definition })),
    references: references.map(({ id, text, url }) => ({ id, text, ...(url === undefined ? {} : { url }) })),
  };
  // The structure speaks every language.
  const structureSha = await shelf.write(canonicalJson(structure), 'structure', 'application/json', '');
  const units = built.flatMap((module) => module.units);
  const manifest: Manifest = {
    format: 'perigee-course/1',
    course,
    ...(facts.form === undefined ? {} : { form: facts.form }),
    languages: facts.languages,
    title: facts.title,
    summary: facts.summary,
    licence: facts.licence,
    discipline: facts.discipline,
    level: facts.level,
    sdg: facts.sdg,
    units: units.length,
    items: units.reduce((sum, { items }) => sum + items.length, 0),
    minutes: units.reduce((sum, { minutes }) => sum + minutes, 0),
    structure: structureSha,
    pieces: shelf.pieces(),
  };
  return { manifest, pieces: shelf.bytesBySha };
}
