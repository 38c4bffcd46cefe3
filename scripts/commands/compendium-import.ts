import { access, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sha256 } from './course-check.ts';
import { UsageError, type Command } from './command.ts';

const ownCourses = fileURLToPath(new URL('../../courses', import.meta.url));

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export const compendiumImport: Command = {
  name: 'compendium import',
  summary: 'bring entries of the compendium in from CSV or JSON, with a report for each line',
  usage: `
Usage: perigee compendium import FILE --kind KIND [--into DIR] [--name NAME] [--dry-run] [--json]

Reads entries of one kind (organisation, listing, solution, plan, call, offer, mission …: docs/compendium.md) from FILE, which is CSV with the
fields' names in its first row (id, title.en, summary.en, languages, sources.title, sources.url …; several values with | between them), or a JSON list. Every line is
answered for. What can be taken is written as one YAML file into the folder of courses DIR (this checkout's own where none is named); nothing that is there is changed.

  --kind KIND  what each line is
  --into DIR   the folder of courses
  --name NAME  name of the YAML file that is written; FILE's own name where none is given
  --dry-run    report, and write nothing
  --json       print { "ok", "file", "lines": [{ line, id, taken, faults }] }

Exit code: 0 every line was taken, 1 some were refused, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        kind: { type: 'string' },
        into: { type: 'string', default: ownCourses },
        name: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('Name one file.');
    const [{ readImport }, { compileCommons }, { entryFolders, kinds, placeOf }, { stringify }] = await Promise.all([
      import('../../src/lib/cooperation/import.ts'),
      import('../../src/lib/cooperation/compile.ts'),
      import('../../src/lib/cooperation/kinds.ts'),
      import('yaml'),
    ]);
    const kind = kinds.find((one) => one === values.kind && one !== 'goal' && one !== 'target' && one !== 'term');
    if (kind === undefined)
      throw new UsageError(`--kind is one of ${kinds.filter((one) => !['goal', 'target', 'term'].includes(one)).join(', ')}.`);
    const name = values.name ?? basename(file, extname(file));
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) throw new UsageError('--name is written with a-z, 0-9 and hyphens.');
    const into = values.into;
    const target = join(into, placeOf(kind), `${name}.yaml`);
    if (await exists(target)) throw new UsageError(`${relative('.', target)} is there already: give another --name.`);

    const { rows, faults } = readImport(await readFile(file, 'utf8'), extname(file).toLowerCase() === '.json' ? 'json' : 'csv', kind);
    for (const fault of faults) io.say(`${relative('.', file)}: ${fault}`);

    const files = new Map<string, Uint8Array>();
    const names = (await readdir(into, { recursive: true })).map((one) => one.replaceAll('\\', '/')).sort();
    for (const one of names)
      if (one.endsWith('.yaml') && entryFolders.some((folder) => one.startsWith(`${folder}/`)))
        files.set(one, await readFile(join(into, one)));
    const courses = new Set(names.filter((one) => /^[a-z0-9-]+$/.test(one)));
    const path = `${placeOf(kind)}/${name}.yaml`;

    const faultsByLine = new Map(rows.map((row) => [row.line, [...row.faults]]));
    let text = '';
    // An entry that is refused may be one that another links to: it is looked at again until nothing more falls.
    for (;;) {
      const taken = rows.filter(({ line }) => faultsByLine.get(line)?.length === 0);
      const parts = taken.map(({ fields }) => stringify([fields], { lineWidth: 0 }));
      text = parts.join('');
      if (taken.length === 0) break;
      const { diagnostics } = compileCommons({ files: new Map([...files, [path, new TextEncoder().encode(text)]]), courses }, { sha256 });
      let before = 0;
      let fallen = false;
      for (const [i, row] of taken.entries()) {
        const lines = (parts[i] ?? '').split('\n').length - 1;
        const own = diagnostics.filter(
          (one) => one.severity === 'error' && one.file === path && one.line > before && one.line <= before + lines,
        );
        // An id that stands in another file is found there or here, whichever is read second.
        const twice = diagnostics.filter(
          (one) => one.code === 'duplicate-id' && one.file !== path && one.message.includes(`«${row.id}»`) && one.message.includes(path),
        );
        for (const { message, hint } of [...own, ...twice]) faultsByLine.get(row.line)?.push(`${message} ${hint}`);
        fallen ||= own.length + twice.length > 0;
        before += lines;
      }
      if (!fallen) break;
    }

    const lines = rows.map(({ line, id }) => ({
      line,
      id,
      taken: faultsByLine.get(line)?.length === 0,
      faults: faultsByLine.get(line) ?? [],
    }));
    const taken = lines.filter((one) => one.taken).length;
    const write = taken > 0 && !values['dry-run'];
    if (write) {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(`${target}.half`, text);
      await rename(`${target}.half`, target);
    }
    const ok = faults.length === 0 && taken === lines.length;
    if (values.json) io.out(JSON.stringify({ ok, file: write ? target : null, lines }, null, 2));
    else {
      for (const one of lines)
        io.say(
          `${relative('.', file)}:${String(one.line)}: ${one.taken ? `taken: ${one.id}` : `refused${one.id === '' ? '' : ` «${one.id}»`}: ${one.faults.join(' ')}`}`,
        );
      io.out(`${String(taken)} of ${String(lines.length)} taken${write ? `, written to ${relative('.', target)}` : ''}`);
    }
    return ok ? 0 : 1;
  },
};
