import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { Diagnostic } from '../../src/lib/course/diagnostics.ts';
import type { Compiled } from '../../src/lib/course/compile.ts';
import { isSha256, type Sha256 } from '../../src/lib/domain/ids.ts';
import { UsageError, type Command, type Io } from './command.ts';

export function sha256(bytes: Uint8Array): Sha256 {
  const hex = createHash('sha256').update(bytes).digest('hex');
  if (!isSha256(hex)) throw new Error('SHA-256 is 64 hexadecimal digits');
  return hex;
}

export async function compileFolder(directory: string): Promise<Compiled> {
  const [{ compileCourse }, { readCourseFolder }] = await Promise.all([
    import('../../src/lib/course/compile.ts'),
    import('../course-folder.ts'),
  ]);
  return compileCourse(await readCourseFolder(directory), { sha256 });
}

export const countOf = (diagnostics: readonly Diagnostic[], severity: Diagnostic['severity']): number =>
  diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;

const plural = (count: number, word: string): string => `${String(count)} ${word}${count === 1 ? '' : 's'}`;

/** A diagnostic as compilers print theirs, so that editors find the place: `path:line:column: error code: message`. */
export function sayDiagnostics(directory: string, diagnostics: readonly Diagnostic[], io: Io): void {
  for (const { file, line, column, severity, code, message, hint } of diagnostics)
    io.say(`${relative('.', join(directory, file))}:${String(line)}:${String(column)}: ${severity} ${code}: ${message}\n    ${hint}`);
  const errors = countOf(diagnostics, 'error');
  io.say(`${plural(errors, 'error')}, ${plural(countOf(diagnostics, 'warning'), 'warning')}`);
}

export const courseCheck: Command = {
  name: 'course check',
  summary: 'compile a course and report everything that is wrong with it',
  usage: `
Usage: perigee course check DIR [--json]

Compiles the course in the folder DIR and reports every fault with its file, line and a hint. Writes nothing.

  --json    print { "ok", "course", "diagnostics": [{ code, severity, message, file, line, column, hint }] }

Exit code: 0 no errors (there may be warnings), 1 errors, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' } } });
    const [directory, ...more] = positionals;
    if (directory === undefined || more.length > 0) throw new UsageError('Name one folder that holds a course.');
    const { package: built, diagnostics } = await compileFolder(directory);
    if (values.json) io.out(JSON.stringify({ ok: built !== null, course: built?.manifest.course ?? null, diagnostics }, null, 2));
    else {
      sayDiagnostics(directory, diagnostics, io);
      if (built !== null) {
        const { course, units, items, languages, minutes, pieces } = built.manifest;
        const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
        io.out(
          `${course}: ${plural(units, 'unit')}, ${plural(items, 'exercise')}, ${String(minutes)} minutes, in ${languages.join(' ')}; ${plural(pieces.length, 'piece')}, ${String(Math.round(bytes / 1000))} kB`,
        );
      }
    }
    return built === null ? 1 : 0;
  },
};
