/** The course compiler as the node uses it: with Node's hashing, and named by its own sources. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileCourse } from '../lib/course/compile.ts';
import type { Piece } from '../lib/course/package.ts';
import { isSafePiece } from '../lib/course/safety.ts';
import type { Compiler } from '../lib/server/content/library.ts';
import { sha256Of } from '../lib/server/content/pieces.ts';

/** Whatever takes part in making a package or the commons: another compiler makes other bytes from the same source. */
const partFolders = ['../lib/course/', '../lib/cooperation/', '../lib/exercise/', '../lib/domain/'];
const partFiles = ['../../package-lock.json'];

function ownStamp(): string {
  const hash = createHash('sha256');
  const add = (name: string, url: URL): void => void hash.update(`${name}\0`).update(readFileSync(url));
  for (const folder of partFolders) {
    const root = new URL(folder, import.meta.url);
    const names = readdirSync(fileURLToPath(root), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts')).sort()) add(name, new URL(name, root));
  }
  for (const file of partFiles) add(file, new URL(file, import.meta.url));
  return hash.digest('hex');
}

export const createCompiler = (): Compiler => ({
  stamp: ownStamp(),
  async compile(source) {
    const compiled = await compileCourse(source, { sha256: sha256Of });
    return {
      package: compiled.package,
      problems: compiled.diagnostics.map(
        ({ severity, file, line, column, message, hint }) => `${file}:${String(line)}:${String(column)} ${severity}: ${message} ${hint}`,
      ),
    };
  },
  isSafe: (piece: Piece, bytes: Uint8Array) => isSafePiece(piece, bytes),
});
