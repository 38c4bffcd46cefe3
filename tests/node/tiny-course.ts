/** A course made by hand: one unit, one item of two points, one picture. */
import { createHash } from 'node:crypto';
import type { CourseId, ItemId, Sha256, UnitId } from '../../src/lib/domain/ids.ts';
import { isSafePiece } from '../../src/lib/course/safety.ts';
import type { CourseStructure, Manifest, Piece } from '../../src/lib/course/package.ts';
import type { CompiledPackage, Compiler } from '../../src/lib/server/content/library.ts';

const sha = (bytes: Uint8Array): Sha256 => createHash('sha256').update(bytes).digest('hex') as Sha256;

export function tinyPackage(
  course = 'satellite-navigation' as CourseId,
  text = 'Why satellites stay up.',
  picture = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>',
): CompiledPackage {
  const pieces = new Map<Sha256, Uint8Array>();
  const listed: Piece[] = [];
  const add = (content: string, piece: Omit<Piece, 'sha256' | 'bytes'>): Sha256 => {
    const bytes = new TextEncoder().encode(content);
    const sha256 = sha(bytes);
    pieces.set(sha256, bytes);
    listed.push({ sha256, bytes: bytes.byteLength, ...piece });
    return sha256;
  };
  const title = { en: 'Satellite navigation' };
  const lesson = add(`<p>${`${text} `.repeat(60)}</p>`, { role: 'lesson', type: 'text/html', language: 'en' });
  const items = add('[]', { role: 'items', type: 'application/json', language: 'en' });
  const words = add(JSON.stringify([{ anchor: '', heading: '', text }]), { role: 'text', type: 'application/json', language: 'en' });
  const drawing = add(picture, { role: 'picture', type: 'image/svg+xml', name: 'orbit.svg' });
  const structure: CourseStructure = {
    course,
    languages: ['en'],
    title,
    summary: title,
    outcomes: [title],
    authors: ['Nobody'],
    licence: 'CC-BY-4.0',
    discipline: 'science',
    level: 'introductory',
    sdg: [9],
    pass: 0.6,
    modules: [
      {
        id: 'orbits',
        title,
        units: [
          {
            id: 'kepler' as UnitId,
            title,
            minutes: 5,
            outcomes: { en: ['Know'] },
            items: [{ id: 'period' as ItemId, v: 1, points: 2, kind: 'number' }],
            pieces: { en: { lesson, items, text: words, pictures: [drawing], data: [] } },
          },
        ],
      },
    ],
    glossary: [],
    references: [],
  };
  const whole = add(JSON.stringify(structure), { role: 'structure', type: 'application/json' });
  const manifest: Manifest = {
    format: 'perigee-course/1',
    course,
    languages: ['en'],
    title,
    summary: title,
    licence: 'CC-BY-4.0',
    discipline: 'science',
    level: 'introductory',
    sdg: [9],
    units: 1,
    items: 1,
    minutes: 5,
    structure: whole,
    pieces: listed,
  };
  return { manifest, pieces };
}

/** Compiles every folder to the tiny course of its name; `course.yaml` with the word `broken` has an error. Says when it was asked. */
export const tinyCompiler: Compiler & { readonly asked: string[] } = {
  stamp: 'tiny',
  asked: [],
  compile({ folder, files }) {
    this.asked.push(folder);
    const text = new TextDecoder().decode(files.get('course.yaml'));
    return Promise.resolve(
      text.includes('broken')
        ? { package: null, problems: ['course.yaml:1:1 error: It is broken. Mend it.'] }
        : { package: tinyPackage(folder as CourseId, text), problems: [] },
    );
  },
  isSafe: isSafePiece,
};
