/** Small course packages as another publisher might build and sign them: well made, or hostile. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import type { CourseId, Sha256, UnitId } from '../../src/lib/domain/ids.ts';
import type { CourseStructure, Piece, SignedManifest } from '../../src/lib/course/package.ts';
import { publisherOf, type Publisher } from '../../src/lib/server/content/publisher.ts';

export const makePublisher = (): Publisher => publisherOf(generateKeyPairSync('ed25519').privateKey);

export interface ForeignPackage {
  readonly signed: SignedManifest;
  readonly bytesByPiece: ReadonlyMap<Sha256, Buffer>;
  readonly lesson: Sha256;
}

/** A course of one unit, `reading`, with one lesson and one picture. */
export function makePackage(
  publisher: Publisher,
  course: string,
  { fragment = '<p>Nothing but text.</p>', picture = '<rect width="4" height="4"></rect>' } = {},
): ForeignPackage {
  const bytesByPiece = new Map<Sha256, Buffer>();
  const pieces: Piece[] = [];
  const add = (role: Piece['role'], type: string, text: string): Sha256 => {
    const bytes = Buffer.from(text);
    const sha256 = createHash('sha256').update(bytes).digest('hex') as Sha256;
    bytesByPiece.set(sha256, bytes);
    pieces.push({ sha256, role, bytes: bytes.length, type, ...(role === 'structure' || role === 'picture' ? {} : { language: 'en' }) });
    return sha256;
  };
  const lesson = add('lesson', 'text/html', fragment);
  const unit = {
    lesson,
    items: add('items', 'application/json', '[]'),
    text: add('text', 'application/json', '[{"anchor":"","heading":"","text":"Nothing but text."}]'),
    pictures: [add('picture', 'image/svg+xml', `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4">${picture}</svg>`)],
    data: [],
  };
  const facts = {
    course: course as CourseId,
    languages: ['en'],
    title: { en: `Course ${course}` },
    summary: { en: 'From elsewhere.' },
    licence: 'CC-BY-4.0',
    discipline: 'law',
    level: 'introductory',
    sdg: [],
  } as const;
  const made: CourseStructure = {
    ...facts,
    outcomes: [],
    authors: ['Somebody'],
    pass: 0.5,
    modules: [
      {
        id: 'one',
        title: { en: 'One' },
        units: [{ id: 'reading' as UnitId, title: { en: 'Reading' }, minutes: 5, outcomes: { en: [] }, items: [], pieces: { en: unit } }],
      },
    ],
    glossary: [],
    references: [],
  };
  const structure = add('structure', 'application/json', JSON.stringify(made));
  const signed = publisher.sign({ format: 'perigee-course/1', ...facts, units: 1, items: 0, minutes: 5, structure, pieces });
  return { signed, bytesByPiece, lesson };
}

/** Drops a package where a node looks for them at its start. */
export function dropPackage(data: string, folder: string, { signed, bytesByPiece }: ForeignPackage): void {
  const path = join(data, 'packages', folder);
  mkdirSync(join(path, 'pieces'), { recursive: true });
  writeFileSync(join(path, 'manifest.json'), canonicalJson(signed.manifest));
  writeFileSync(join(path, 'manifest.sig'), JSON.stringify(signed.signature));
  for (const [sha256, bytes] of bytesByPiece) writeFileSync(join(path, 'pieces', sha256), bytes);
}
