import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sha256 } from './course-check.ts';
import { UsageError, type Command } from './command.ts';

const ownCourses = fileURLToPath(new URL('../../courses', import.meta.url));

export const compendiumCheck: Command = {
  name: 'compendium check',
  summary: 'report everything that is wrong with the entries of the compendium',
  usage: `
Usage: perigee compendium check [DIR] [--json]

Reads the entries in the folder of courses DIR (this checkout's own where none is named): +goals, +compendium, +indicators, +profiles,
+plans, +calls. Reports every fault with its file, line and a hint. Writes nothing.

  --json    print { "ok", "counts", "diagnostics": [{ code, severity, message, file, line, hint }] }

Exit code: 0 no errors (there may be warnings), 1 errors, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' } } });
    const [directory = ownCourses, ...more] = positionals;
    if (more.length > 0) throw new UsageError('Name one folder of courses.');
    if (!(await stat(directory)).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR', path: directory });
    const [{ compileCommons }, { entryFolders }] = await Promise.all([
      import('../../src/lib/cooperation/compile.ts'),
      import('../../src/lib/cooperation/kinds.ts'),
    ]);
    const files = new Map<string, Uint8Array>();
    const names = await readdir(directory, { recursive: true });
    for (const name of names.map((one) => one.replaceAll('\\', '/')).sort())
      if (name.endsWith('.yaml') && entryFolders.some((folder) => name.startsWith(`${folder}/`)))
        files.set(name, await readFile(join(directory, name)));
    const courses = new Set(names.filter((name) => /^[a-z0-9-]+$/.test(name)));
    const { commons, diagnostics } = compileCommons({ files, courses }, { sha256 });
    if (values.json) io.out(JSON.stringify({ ok: commons !== null, counts: commons?.manifest.counts ?? null, diagnostics }, null, 2));
    else {
      for (const { file, line, severity, code, message, hint } of diagnostics)
        io.say(`${relative('.', join(directory, file))}:${String(line)}: ${severity} ${code}: ${message}\n    ${hint}`);
      if (commons === null) io.say(files.size === 0 ? `There are no entries in ${directory}.` : 'The entries have errors.');
      else {
        const counted = Object.entries(commons.manifest.counts).map(([kind, n]) => `${kind} ${String(n)}`);
        io.out(`${counted.join(', ')}; ${String(commons.manifest.shelves.length)} shelves`);
      }
    }
    return commons === null ? 1 : 0;
  },
};
