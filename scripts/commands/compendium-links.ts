import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Listing } from '../../src/lib/cooperation/kinds/listing.ts';
import { UsageError, type Command } from './command.ts';

const ownCourses = fileURLToPath(new URL('../../courses', import.meta.url));

/** The courses of a file that reads as one; a fault is told as `compendium check` tells it. */
async function listingsOf(text: string, path: string): Promise<readonly Listing[]> {
  const [{ parseYaml }, { readEntry }] = await Promise.all([
    import('../../src/lib/course/yaml-source.ts'),
    import('../../src/lib/cooperation/kinds.ts'),
  ]);
  let faults = 0;
  const yaml = parseYaml(text, path, 1, () => {
    faults += 1;
  });
  const values: unknown = yaml?.value;
  const read = (Array.isArray(values) ? values : []).map((value: unknown) =>
    readEntry('listing', value, () => {
      faults += 1;
    }),
  );
  if (faults > 0 || !Array.isArray(values))
    throw new UsageError(`${path} has errors. Run «perigee compendium check» and mend them first: nothing was asked.`);
  return read.flatMap((one) => (one?.entry.kind === 'listing' ? [one.entry] : []));
}

export const compendiumLinks: Command = {
  name: 'compendium check-links',
  summary: 'ask the addresses of courses elsewhere whether they still answer, and write down when and what was found',
  usage: `
Usage: perigee compendium check-links [DIR] [--older-than DAYS] [--patience SECONDS] [--dry-run] [--json]

Asks the address of every course elsewhere in the folder of courses DIR (this checkout's own where none is named), by HEAD and then by GET, without
reading what comes. Where something answered, the day goes into «lastChecked»; where the page is gone (404, 410, or a name that nobody knows any more), «link: dead»
beside it. Where it cannot be told (a refusal, a server's failure, no connection) nothing is written down of that course. Everything else in the files stays as it stands.

  --older-than DAYS    ask only those that were last checked longer ago than that, or never
  --patience SECONDS   how long one question may take (20)
  --dry-run            report, and write nothing
  --json               print { "ok", "day", "links": [{ id, file, url, found, detail }] }

Exit code: 0 every address answered or could not be judged, 1 some are gone, 2 none could be judged: no network; 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'older-than': { type: 'string' },
        patience: { type: 'string', default: '20' },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const [directory = ownCourses, ...more] = positionals;
    if (more.length > 0) throw new UsageError('Name one folder of courses.');
    const days = values['older-than'] === undefined ? null : Number(values['older-than']);
    if (days !== null && !(Number.isInteger(days) && days >= 0)) throw new UsageError('--older-than is a number of days.');
    const patience = Number(values.patience);
    if (!(patience > 0 && patience <= 600)) throw new UsageError('--patience is a number of seconds, up to 600.');
    const [{ askLinks }, { noteLinks }] = await Promise.all([
      import('../../src/lib/server/commons/links.ts'),
      import('../../src/lib/server/commons/note-links.ts'),
    ]);
    const day = new Date().toISOString().slice(0, 10);
    const limit = days === null ? null : new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

    const place = '+compendium/listings';
    const names = (await readdir(join(directory, place)).catch(() => [])).filter((name) => name.endsWith('.yaml')).sort();
    const asked: { readonly id: string; readonly file: string; readonly url: string }[] = [];
    for (const name of names) {
      const file = join(directory, place, name);
      for (const listing of await listingsOf(await readFile(file, 'utf8'), name))
        if (listing.url !== null && (limit === null || listing.lastChecked === null || listing.lastChecked < limit))
          asked.push({ id: listing.id, file, url: listing.url });
    }
    const answers = await askLinks(
      asked.map(({ url }) => url),
      { fetch: globalThis.fetch, patience: patience * 1000, atOnce: 4 },
    );
    const links = asked.map((one) => ({ ...one, answer: answers.get(one.url) ?? ({ type: 'unknown', why: 'not asked' } as const) }));
    const judged = links.filter(({ answer }) => answer.type !== 'unknown');
    if (!values['dry-run'])
      for (const file of new Set(judged.map((one) => one.file))) {
        const found = new Map(
          judged.flatMap(({ id, file: own, answer }) => (own === file ? [[id, { day, dead: answer.type === 'gone' }] as const] : [])),
        );
        const before = await readFile(file, 'utf8');
        await writeFile(`${file}.half`, noteLinks(before, found));
        await rename(`${file}.half`, file);
      }
    const gone = links.filter(({ answer }) => answer.type === 'gone').length;
    const detail = ({ answer }: (typeof links)[number]): string | null => (answer.type === 'answered' ? answer.from : answer.why);
    if (values.json)
      io.out(
        JSON.stringify(
          {
            ok: gone === 0,
            day,
            links: links.map((one) => ({ id: one.id, file: one.file, url: one.url, found: one.answer.type, detail: detail(one) })),
          },
          null,
          2,
        ),
      );
    else {
      for (const one of links) {
        const more = detail(one);
        const said = { answered: 'answers', gone: 'is gone', unknown: 'cannot be told' }[one.answer.type];
        io.say(
          `${relative('.', one.file)} «${one.id}»: ${said}${more === null ? '' : one.answer.type === 'answered' ? `, from ${more}` : ` (${more})`}: ${one.url}`,
        );
      }
      io.out(
        links.length === 0
          ? 'There is no address to ask.'
          : `${String(links.length)} asked, ${String(judged.length - gone)} answer, ${String(gone)} are gone, ${String(links.length - judged.length)} cannot be told${values['dry-run'] ? '; nothing was written' : ''}`,
      );
      if (links.length > 0 && judged.length === 0) io.say('No address could be judged: is there a network? Nothing was written.');
    }
    return links.length > 0 && judged.length === 0 ? 2 : gone > 0 ? 1 : 0;
  },
};
