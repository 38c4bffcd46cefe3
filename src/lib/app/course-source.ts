/**
 * Where a page's course comes from. On the server: from the node. In the browser: from the page itself where it came whole, else from the
 * device, else from the node.
 *
 * SvelteKit writes into the page what a load reads of a fetched body, so that the browser need not fetch it again. The text of a lesson
 * stands in the page anyway; bodies are therefore read from a clone, which SvelteKit does not see, and the browser reads the
 * text back from the page.
 */
import { browser } from '$app/environment';
import { invalidate } from '$app/navigation';
import type { CourseId, Sha256, UnitId } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import type { CourseStructure, CourseSummary, Language, LessonItems, StructureUnit, UnitPieces } from '#lib/course/package.ts';
import { parseCatalogue, parseSignedManifest, parseStructure } from '#lib/course/parse-package.ts';
import { courseDataId, parseCoursePage, parseItems, parseUnitPage, unitDataId } from '#lib/course/unit-page.ts';
import type { CoursePage, SourceFailure, UnitPage } from './contract.ts';
import { storage } from './store.ts';

type Fetch = typeof globalThis.fetch;

/** How long a page that shows courses from the device at worst waits for what the node has as well. Milliseconds. */
const patience = { lesson: 4_000, catalogue: 400 };

/** What the loads depend on that show the catalogue. */
export const catalogueDependency = 'perigee:catalogue';

/** Asks the node, and takes rubbish for what it is. `seen` lets SvelteKit keep the body for the browser. */
async function ask(
  fetch: Fetch,
  path: string,
  options: { seen: boolean; hurry: boolean; cache?: RequestCache },
): Promise<Result<Response, SourceFailure>> {
  try {
    const { hurry, cache = 'default' } = options;
    const response = await fetch(path, { cache, ...(hurry ? { signal: AbortSignal.timeout(patience.lesson) } : {}) });
    if (response.status === 404) return err('missing');
    if (!response.ok) return err('unreachable');
    return ok(options.seen ? response : response.clone());
  } catch {
    return err('unreachable');
  }
}

async function askJson(fetch: Fetch, path: string, options: { seen: boolean; hurry: boolean }): Promise<Result<unknown, SourceFailure>> {
  const answer = await ask(fetch, path, options);
  if (!answer.ok) return answer;
  try {
    return ok(await answer.value.json());
  } catch {
    return err('nonsense');
  }
}

/** Pieces never change, so this page asks for each once. On the server nothing is kept between requests. */
const kept = new Map<Sha256, string>();

async function pieceText(fetch: Fetch, sha256: Sha256): Promise<Result<string, SourceFailure>> {
  const known = kept.get(sha256);
  if (known !== undefined) return ok(known);
  const first = await fetchPiece(fetch, sha256, 'default');
  // Damaged on the way, or in the browser's cache: asked for once more, past that.
  const read = !first.ok && first.error === 'nonsense' ? await fetchPiece(fetch, sha256, 'reload') : first;
  if (browser && read.ok) kept.set(sha256, read.value);
  return read;
}

/** A piece's text; in the browser only if it has its hash. The node reads its own disk. */
async function fetchPiece(fetch: Fetch, sha256: Sha256, cache: RequestCache): Promise<Result<string, SourceFailure>> {
  const answer = await ask(fetch, `/content/pieces/${sha256}`, { seen: false, hurry: false, cache });
  if (!answer.ok) return answer;
  try {
    const bytes = new Uint8Array(await answer.value.arrayBuffer());
    if (browser) {
      const { sha256Hex } = await import('#lib/sync/client/signature.ts');
      if ((await sha256Hex(bytes)) !== sha256) return err('nonsense');
    }
    return ok(new TextDecoder().decode(bytes));
  } catch {
    return err('unreachable');
  }
}

function readJson<Value>(text: string, parse: (value: unknown) => Result<Value, 'nonsense'>): Result<Value, SourceFailure> {
  try {
    return parse(JSON.parse(text));
  } catch {
    return err('nonsense');
  }
}

const readItems = (value: unknown): Result<LessonItems, 'nonsense'> => {
  const items = parseItems(value);
  return items === null ? err('nonsense') : ok(items);
};

async function structureFromNode(fetch: Fetch, course: CourseId, hurry: boolean): Promise<Result<CourseStructure, SourceFailure>> {
  const answer = await askJson(fetch, `/content/manifests/${course}`, { seen: false, hurry });
  if (!answer.ok) return answer;
  const signed = parseSignedManifest(answer.value);
  if (!signed.ok) return signed;
  const text = await pieceText(fetch, signed.value.manifest.structure);
  return text.ok ? readJson(text.value, parseStructure) : text;
}

type Find = (structure: CourseStructure, unit: UnitId) => StructureUnit | undefined;
const unitOf: Find = ({ modules }, unit) => modules.flatMap(({ units }) => units).find(({ id }) => id === unit);
const examOf: Find = ({ exams }, unit) => exams?.find(({ id }) => id === unit);

/** The language to read in: the one asked for where the course has it, else the course's first. */
const readingLanguage = (structure: CourseStructure, asked: Language): Language =>
  structure.languages.includes(asked) ? asked : (structure.languages[0] ?? asked);

async function assemble(
  structure: CourseStructure,
  unit: UnitId,
  language: Language,
  from: UnitPage['from'],
  find: Find,
  read: (sha256: Sha256) => Promise<Result<string, SourceFailure>>,
): Promise<Result<UnitPage, SourceFailure>> {
  const pieces: UnitPieces | undefined = find(structure, unit)?.pieces[language];
  if (pieces === undefined) return err('missing');
  const [lesson, items] = await Promise.all([read(pieces.lesson), read(pieces.items)]);
  if (!lesson.ok) return lesson;
  if (!items.ok) return items;
  const parsed = readJson(items.value, readItems);
  return parsed.ok ? ok({ structure, unit, language, fragment: lesson.value, items: parsed.value, from }) : parsed;
}

/** What a page was delivered with is taken once: later visits read the store, which may have moved on. */
let takenUp = false;

/** The course that this page was delivered with, once. */
function courseFromPage(course: CourseId): CourseStructure | null {
  if (takenUp) return null;
  takenUp = true;
  const data = document.getElementById(courseDataId)?.textContent;
  const structure = data === undefined || data === null ? null : parseCoursePage(data);
  return structure?.course === course ? structure : null;
}

function unitFromPage(course: CourseId, unit: UnitId, language: Language): UnitPage | null {
  if (takenUp) return null;
  takenUp = true;
  const data = document.getElementById(unitDataId)?.textContent;
  if (data === undefined || data === null) return null;
  const page = parseUnitPage(
    data,
    Array.from(document.querySelectorAll('[data-block]'), (block) => block.innerHTML),
  );
  if (page === null || page.structure.course !== course || page.unit !== unit) return null;
  // A worker that may not read cookies composes in the language the course was installed in first.
  return page.language === readingLanguage(page.structure, language) ? page : null;
}

/** A unit in `language` where the course has it, otherwise in the course's first. `fetch` is the load's own, here and below. */
export async function loadUnit(
  fetch: Fetch,
  course: CourseId,
  unit: UnitId,
  language: Language,
  find = unitOf,
): Promise<Result<UnitPage, SourceFailure>> {
  const fromNode = async (hurry: boolean): Promise<Result<UnitPage, SourceFailure>> => {
    const structure = await structureFromNode(fetch, course, hurry);
    if (!structure.ok) return structure;
    return assemble(structure.value, unit, readingLanguage(structure.value, language), 'node', find, (sha256) => pieceText(fetch, sha256));
  };
  if (!browser) return fromNode(false);

  const delivered = unitFromPage(course, unit, language);
  if (delivered !== null) return ok(delivered);

  const { store } = await storage();
  const row = await store.library.course(course);
  if (row === undefined) return fromNode(false);
  const fromDevice = (reading: Language): Promise<Result<UnitPage, SourceFailure>> =>
    assemble(row.structure, unit, reading, 'device', find, async (sha256) => {
      const piece = await store.library.piece(sha256);
      return piece === undefined ? err('missing') : ok(new TextDecoder().decode(piece.bytes));
    });
  const wanted = readingLanguage(row.structure, language);
  if (row.languages.includes(wanted)) return fromDevice(wanted);
  // Installed in another language than the one asked for: the node may have it; the device's own is better than nothing.
  const asked = await fromNode(true);
  return asked.ok ? asked : fromDevice(row.languages[0] ?? wanted);
}

/** The paper of an exam, which no lesson's road leads to. */
export const loadExam = (fetch: Fetch, course: CourseId, unit: UnitId, language: Language): Promise<Result<UnitPage, SourceFailure>> =>
  loadUnit(fetch, course, unit, language, examOf);

export async function loadCourse(fetch: Fetch, course: CourseId): Promise<Result<CoursePage, SourceFailure>> {
  if (browser) {
    const delivered = courseFromPage(course);
    if (delivered !== null) return ok({ structure: delivered, from: 'node' });
    const { store } = await storage();
    const row = await store.library.course(course);
    if (row !== undefined) return ok({ structure: row.structure, from: 'device' });
  }
  const structure = await structureFromNode(fetch, course, false);
  return structure.ok ? ok({ structure: structure.value, from: 'node' }) : structure;
}

type Catalogue = Result<readonly CourseSummary[], SourceFailure>;

/** What the node answered after the device's own courses were shown, while the load runs again because of it. */
let late: Catalogue | null = null;

/**
 * The node's courses and the installed ones, each once; `unreachable` only where neither is known. The device's own do not wait for a slow node: what it
 * has besides is shown when it comes.
 */
export async function loadCatalogue(fetch: Fetch): Promise<Catalogue> {
  const asked = late ?? askCatalogue(fetch);
  if (!browser) return asked;
  const installed = await installedSummaries();
  const soon = installed.length === 0 ? await asked : await Promise.race([asked, after(patience.catalogue)]);
  if (soon === null) void Promise.resolve(asked).then(showLate);
  if (soon?.ok !== true) return soon === null || installed.length > 0 ? ok(installed) : soon;
  await noteUpdates(soon.value);
  const known = new Set(soon.value.map(({ course }) => course));
  return ok([...soon.value, ...installed.filter(({ course }) => !known.has(course))]);
}

const after = (milliseconds: number): Promise<null> => new Promise((resolve) => setTimeout(resolve, milliseconds, null));

async function showLate(answer: Catalogue): Promise<void> {
  if (!answer.ok) return;
  late = answer;
  await invalidate(catalogueDependency);
  late = null;
}

async function askCatalogue(fetch: Fetch): Promise<Catalogue> {
  const answer = await askJson(fetch, '/content/manifests', { seen: true, hurry: false });
  return answer.ok ? parseCatalogue(answer.value) : answer;
}

async function installedSummaries(): Promise<readonly CourseSummary[]> {
  const { store } = await storage();
  return (await store.library.courses()).map(({ signed: { manifest }, digest }) => {
    const { course, form, languages, title, summary, licence, discipline, level, sdg, units, items, minutes } = manifest;
    return {
      course,
      ...(form === undefined ? {} : { form }),
      languages,
      title,
      summary,
      licence,
      discipline,
      level,
      sdg,
      units,
      items,
      minutes,
      manifest: digest,
      price: {},
    };
  });
}

/** A catalogue names each course's manifest: what is installed learns whether there is a newer one. */
async function noteUpdates(courses: readonly CourseSummary[]): Promise<void> {
  const { store } = await storage();
  for (const { course, manifest } of courses) {
    const row = await store.library.course(course);
    if (row === undefined) continue;
    const newer = row.digest === manifest ? null : manifest;
    if (row.newer !== newer) await store.library.heardOf(course, newer);
  }
}

export { coursePageJson, unitPageJson } from '#lib/course/unit-page.ts';
