import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { UsageError, type Command } from './command.ts';

const faults = {
  malformed: 'It is no list of trust.',
  'bad-signature': 'Its signature is not right.',
  'other-root': 'It is signed by another root than the one this node has pinned, and the pinned one does not name it as its successor.',
  older: 'This node has a newer list already.',
  'no-space': 'It could not be written: look at the disk, and do it again.',
} as const;

export const trustPublish: Command = {
  name: 'trust publish',
  summary: 'put a list of trust, and status lists, into what this node publishes',
  usage: `
Usage: perigee trust publish FILE [--data FOLDER] [--json]

FILE is the list of trust, signed by the root key, alone or as { "list", "statusLists" }. The first list pins its root key in this node; a list of another
root is refused from then on, unless the pinned root names it as its successor. Devices and nodes below fetch it at their next meeting.

  --data FOLDER    the node's data folder; PERIGEE_DATA, ./data
  --json           { "ok", "root", "sequence", "statusLists" } or { "ok": false, "fault" }

Exit code: 0 done, 1 refused, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { data: { type: 'string' }, json: { type: 'boolean' } },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('Name one file that holds a list of trust.');
    const [{ parseTrustSet }, { openShelf }, { withAccounts }] = await Promise.all([
      import('../../src/lib/certification/trust-set.ts'),
      import('../../src/lib/server/trust/shelf.ts'),
      import('./accounts.ts'),
    ]);
    const text = await readFile(file, 'utf8');
    const set = await Promise.resolve(text)
      .then(JSON.parse)
      .then(parseTrustSet, () => null);
    return withAccounts(values.data, io, async ({ node, engine }) => {
      const published = set === null ? ({ ok: false, error: 'malformed' } as const) : await openShelf({ node, engine }).publish(set);
      if (!published.ok || set === null) {
        const fault = published.ok ? 'malformed' : published.error;
        if (values.json === true) io.out(JSON.stringify({ ok: false, fault }));
        else io.say(`${file} was not published. ${faults[fault]}`);
        return 1;
      }
      const { by, sequence } = set.list.body;
      if (values.json === true) io.out(JSON.stringify({ ok: true, root: by, sequence, statusLists: set.statusLists.length }));
      else
        io.out(
          `Published list ${String(sequence)} of ${set.list.body.name}, with ${String(set.statusLists.length)} status lists. Root: ${by}`,
        );
      return 0;
    });
  },
};
