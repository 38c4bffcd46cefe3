/** `backup`, `restore` and `audit`: what a centre needs when a disk, a machine or a hand fails. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isNodeId, type NodeId } from '../../src/lib/domain/ids.ts';
import { UsageError, type Command, type Io } from './command.ts';

const options = { data: { type: 'string' }, json: { type: 'boolean' } } as const;
const random = (n: number): Uint8Array => randomBytes(n);

const folderOf = (data: string | undefined, io: Io): string => resolve(data ?? io.env['PERIGEE_DATA'] ?? './data');

/** The CouchDB that the node uses; null for none. */
const couchOf = (io: Io): string | null => io.env['COUCHDB_URL']?.trim() || null;

const counted = (n: number, one: string, more = `${one}s`): string => `${n.toLocaleString('en')} ${n === 1 ? one : more}`;

const size = (bytes: number): string => (bytes < 1e6 ? `${String(Math.ceil(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** The node whose folder this is, or null with a sentence said. */
async function nodeIn(folder: string, io: Io): Promise<NodeId | null> {
  const { readNodeName } = await import('../../src/server/identity.ts');
  const node = readNodeName(folder);
  if (node === null || (couchOf(io) === null && !existsSync(join(folder, 'node.sqlite')))) {
    io.say(`${folder} is not the data folder of a node. Start the node once («npm start»), or name its folder with --data.`);
    return null;
  }
  return node;
}

async function openCouchOf(url: string, node: NodeId, newEpoch = false) {
  const [{ openCouch }, { couchPrefix }] = await Promise.all([
    import('../../src/lib/server/engine/couchdb.ts'),
    import('../../src/server/main.ts'),
  ]);
  return openCouch({ url, prefix: couchPrefix(node), random, patience: 5000, newEpoch });
}

/** Epoch of the CouchDB that the node uses; null where its database is embedded. */
export async function epochOf(node: NodeId, io: Io): Promise<string | null> {
  const couchdb = couchOf(io);
  if (couchdb === null) return null;
  const engine = await openCouchOf(couchdb, node);
  await engine.close();
  return engine.epoch;
}

export const backupCommand: Command = {
  name: 'backup',
  summary: 'save the whole node in one file, while it runs',
  usage: `
Usage: perigee backup FILE [--data FOLDER] [--json]

Saves the database as it is at one moment, the node's name and keys, and the courses that it could not make again from «courses/». The
file is a tar with a manifest of hashes; it holds people's names and work and the node's keys, so keep it as safe as the node. The database is read whole first:
of a damaged one no backup is made. A file that is there already stays as it is.

With COUCHDB_URL the documents are CouchDB's: back them up with CouchDB's own means. This file then holds the rest.

  --data FOLDER    the node's data folder; PERIGEE_DATA, ./data
  --json           { "file", "manifest", "absent" }

Exit code: 0 done, 1 no backup was made, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('Name one file for the backup.');
    const data = folderOf(values.data, io);
    const node = await nodeIn(data, io);
    if (node === null) return 1;
    const [{ backUp }, { backupNote }] = await Promise.all([
      import('../../src/lib/server/backup/back-up.ts'),
      import('../../src/lib/server/status/centre.ts'),
    ]);
    const couchdb = couchOf(io);
    const epoch = await epochOf(node, io);
    const courses = fileURLToPath(new URL('../../courses', import.meta.url));
    const made = await backUp({
      data,
      node,
      epoch,
      courses: existsSync(courses) ? courses : null,
      to: resolve(file),
      now: new Date().toISOString(),
    });
    if (!made.ok) {
      io.say(made.error);
      return 1;
    }
    const { manifest, absent } = made.value;
    // The page of the centre says how old the newest one is.
    const note = { at: manifest.made, bytes: manifest.files.reduce((sum, one) => sum + one.bytes, 0) };
    await writeFile(join(data, backupNote), `${JSON.stringify(note)}\n`, { mode: 0o600 });
    for (const path of absent) io.say(`${path} belongs to a published course and is not there: «perigee audit» says more.`);
    if (couchdb !== null) io.say('The documents are in CouchDB and not in this file: back them up with CouchDB’s own means.');
    if (values.json === true) io.out(JSON.stringify({ file: resolve(file), manifest, absent }));
    else {
      const bytes = manifest.files.reduce((sum, one) => sum + one.bytes, 0);
      io.out(`${file}: the node «${node}» as it was at ${manifest.made}, ${counted(manifest.files.length, 'file')}, ${size(bytes)}.`);
    }
    return 0;
  },
};

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'put a backup back, or save what is whole in a damaged data folder',
  usage: `
Usage: perigee restore FILE [--data FOLDER] [--node NAME] [--json]
       perigee restore --salvage DAMAGED-FOLDER --data NEW-FOLDER [--node NAME] [--json]

Makes a data folder of a backup. The database gets a new epoch: with its next pass each device takes back what it said to be at the centre,
and hands over again what the backup lacks. A backup that is damaged is refused, and nothing is left half put back.

With --salvage it is made of what is whole in a damaged data folder, which is only read; what was lost is listed. Stop the node first.

  --data FOLDER    where the data folder is to be: a new one, or empty; PERIGEE_DATA, ./data
  --node NAME      another name for the node, where the one that it had may still be in use on another machine
  --json           { "node", "epoch", "manifest" }, or { "node", "epoch", "saved", "lost", "pieces" }

With COUCHDB_URL and a backup of a node on CouchDB: put CouchDB's own backup back first; this command then gives it a new epoch.

Exit code: 0 done, 1 nothing was put back, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...options, node: { type: 'string' }, salvage: { type: 'boolean' } },
    });
    const [from, ...more] = positionals;
    if (from === undefined || more.length > 0)
      throw new UsageError(values.salvage === true ? 'Name one damaged data folder.' : 'Name one backup file.');
    const node = values.node ?? null;
    if (node !== null && !isNodeId(node))
      throw new UsageError(`--node is «${node}», but a node's name is made of a-z, 0-9 and hyphens, at most 64.`);
    const folder = folderOf(values.data, io);
    const { putBack, putBackWhatIsWhole } = await import('../../src/lib/server/backup/put-back.ts');

    if (values.salvage === true) {
      const done = await putBackWhatIsWhole({ from: resolve(from), folder, node, random });
      if (!done.ok) {
        io.say(done.error);
        return 1;
      }
      const { saved, lost, pieces } = done.value;
      for (const { database, id, rev } of lost)
        io.say(`lost: ${id}${rev === null ? '' : ` (${rev})`}, ${database ?? 'of a database whose name is lost'}`);
      for (const sha256 of pieces) io.say(`lost: the piece ${sha256} of a course`);
      if (values.json === true) io.out(JSON.stringify(done.value));
      else {
        const documents = Object.values(saved).reduce((sum, n) => sum + n, 0);
        io.out(
          `${folder}: ${counted(documents, 'document')} saved, ${counted(lost.length, 'revision')} and ${counted(pieces.length, 'piece')} lost. ${resolve(from)} is as it was.`,
        );
        io.out(`Start the node with --data ${folder}. Devices hand over again what they have and it lacks.`);
      }
      return 0;
    }

    const done = await putBack({ backup: resolve(from), folder, node, random });
    if (!done.ok) {
      io.say(done.error);
      return 1;
    }
    const { manifest } = done.value;
    let { epoch } = done.value;
    const couchdb = couchOf(io);
    if (manifest.engine === 'couchdb') {
      if (couchdb === null) {
        io.say(
          'This node keeps its documents in CouchDB: put CouchDB’s own backup back, and then run this again with COUCHDB_URL and an empty --data, so that it has a new epoch.',
        );
      } else {
        const engine = await openCouchOf(couchdb, done.value.node, true);
        ({ epoch } = engine);
        await engine.close();
      }
    }
    if (values.json === true) io.out(JSON.stringify({ ...done.value, epoch }));
    else {
      io.out(
        `${folder}: the node «${done.value.node}» as it was at ${manifest.made}${epoch === null ? '' : `, with the new epoch ${epoch}`}.`,
      );
      io.out('Devices withdraw with their next pass what they said to be at the centre, and hand over again what is not in the backup.');
    }
    return 0;
  },
};

export const auditCommand: Command = {
  name: 'audit',
  summary: 'check every stored document and piece; list conflicts',
  usage: `
Usage: perigee audit [--data FOLDER] [--json]

Checks the database's file, every document (shape, size, single writer, signature; signed statements, the chains of exams and certificates link by link) and every piece of a course (hash, signature of its manifest). Changes nothing; the
node may run.

  --data FOLDER    the node's data folder; PERIGEE_DATA, ./data
  --json           { "documents", "pieces", "findings": [{ where, id, what }], "conflicts": [{ where, id, revisions }] }

Exit code: 0 all is as it should be, 1 something is not, 2 it could not be read, 64 wrong usage.`,
  run: async (args, io) => {
    const { values } = parseArgs({ args: [...args], options });
    const data = folderOf(values.data, io);
    const node = await nodeIn(data, io);
    if (node === null) return 2;
    const [{ audit }, { openEmbedded }, { checkFile }, { StorageFailure }] = await Promise.all([
      import('../../src/lib/server/backup/audit.ts'),
      import('../../src/lib/server/engine/embedded.ts'),
      import('../../src/lib/server/engine/check-file.ts'),
      import('../../src/lib/server/engine/engine.ts'),
    ]);
    const couchdb = couchOf(io);
    const file = join(data, 'node.sqlite');
    const state = couchdb === null ? checkFile(file) : { type: 'whole' as const };
    if (state.type === 'damaged') {
      const findings = [{ where: 'node.sqlite', id: file, what: `is damaged: ${state.what}` }];
      if (values.json === true) io.out(JSON.stringify({ documents: 0, pieces: 0, findings, conflicts: [] }));
      io.say(
        `${file} is damaged: ${state.what}. Put a backup back with «perigee restore FILE», or save what can be saved with «perigee restore --salvage ${data} --data NEW-FOLDER».`,
      );
      return 1;
    }
    try {
      const engine = couchdb === null ? openEmbedded({ file, random }) : await openCouchOf(couchdb, node);
      try {
        const report = await audit({ engine, node, data });
        for (const { where, id, what } of report.findings) io.say(`${where}: ${id} ${what}.`);
        for (const { where, id, revisions } of report.conflicts)
          io.say(`${where}: ${id} stands in ${counted(revisions.length, 'revision')} (${revisions.join(', ')}).`);
        if (values.json === true) io.out(JSON.stringify(report));
        else
          io.out(
            `${counted(report.documents, 'document')} and ${counted(report.pieces, 'piece')} checked: ${counted(report.findings.length, 'fault')}, ${counted(report.conflicts.length, 'conflict')}.`,
          );
        return report.findings.length === 0 ? 0 : 1;
      } finally {
        await engine.close();
      }
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      io.say(`${error.message}.`);
      return 2;
    }
  },
};
