/** `release key`, `release pin`, `release build` and `update`: a version of the node as a signed file, and how a node takes it and goes back. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isListOf, isObject, isString } from '../../src/lib/domain/shape.ts';
import type { NotTaken } from '../../src/lib/server/update/apply.ts';
import { UsageError, type Command } from './command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const releaseKey: Command = {
  name: 'release key',
  summary: 'make the key that signs updates of the node',
  usage: `
Usage: perigee release key FILE

Makes an Ed25519 key and writes it into a new file, which whoever publishes versions keeps, and nobody else. Prints the public half, 43 characters: administrators pin it at
their nodes («perigee release pin KEY»). A node takes updates of no other key.

Exit code: 0 done, 1 the file could not be written, 64 wrong usage.`,
  run: async (args, io) => {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('Name one file for the key.');
    const { signerOf } = await import('../../src/lib/server/accounts/node-key.ts');
    const key = generateKeyPairSync('ed25519').privateKey;
    if (existsSync(file)) {
      io.say(`${file} is there already and stays as it is. Name a new file.`);
      return 1;
    }
    await writeFile(file, key.export({ type: 'pkcs8', format: 'pem' }), { flag: 'wx', mode: 0o600 });
    io.out(signerOf(key).key);
    return 0;
  },
};

const releasePin: Command = {
  name: 'release pin',
  summary: 'say whose updates this node takes',
  usage: `
Usage: perigee release pin [KEY] [--remove] [--data FOLDER]

Pins the key of a publisher (43 characters, by a way that you trust: on paper, or read out on the telephone): this node takes updates that are signed with it. A node that runs knows it at once.
Without KEY prints the keys that are pinned, one a line. What is pinned stays when versions come and go; it is in no backup: pin it again on another machine.

  --remove         takes the pin away
  --data FOLDER    the node's data folder; PERIGEE_DATA, ./data

Exit code: 0 done, 1 nothing was changed, 64 wrong usage.`,
  run: async (args, io) => {
    const [{ changePins, isPublisherKey, pinnedKeys }, { readNodeName }] = await Promise.all([
      import('../../src/lib/server/update/update-file.ts'),
      import('../../src/server/identity.ts'),
    ]);
    // One key in 64 begins with a hyphen, and is no option.
    const isKey = (arg: string): boolean => arg.startsWith('-') && isPublisherKey(arg);
    const { values, positionals } = parseArgs({
      args: args.filter((arg) => !isKey(arg)),
      allowPositionals: true,
      options: { data: { type: 'string' }, remove: { type: 'boolean' } },
    });
    const [key, ...more] = [...args.filter(isKey), ...positionals];
    if (more.length > 0 || (key === undefined && values.remove === true)) throw new UsageError('Name one key.');
    const data = resolve(values.data ?? io.env['PERIGEE_DATA'] ?? './data');
    const pinned = await pinnedKeys(root, data, io.env);
    if (key === undefined) {
      for (const one of pinned) io.out(one);
      if (pinned.length === 0) io.say('No publisher is pinned: this node takes no updates.');
      return 0;
    }
    if (!isPublisherKey(key)) {
      io.say(`«${key}» is no publisher's key: that is 43 letters, digits, hyphens and underscores, as «perigee release key» prints it.`);
      return 1;
    }
    if (readNodeName(data) === null) {
      io.say(`${data} is not the data folder of a node. Start the node once («npm start»), or name its folder with --data.`);
      return 1;
    }
    const keys = await changePins(data, key, values.remove !== true);
    const elsewhere = values.remove === true && pinned.includes(key) && (await pinnedKeys(root, data, io.env)).includes(key);
    if (elsewhere) {
      io.say(`${key} is pinned by the installation too: in release-keys.json, or in PERIGEE_RELEASE_KEY. It stays there.`);
      return 1;
    }
    io.out(
      values.remove === true
        ? `${key} is not pinned any more. This node takes nothing that it signed.`
        : `${key} is pinned: this node takes updates that it signed. ${String(keys.length)} pinned in ${data}.`,
    );
    return 0;
  },
};

/** Files under a folder of the installation, by path; what begins with a dot is made again. */
async function filesUnder(from: string, path: string, into: Map<string, Uint8Array>): Promise<void> {
  for (const entry of await readdir(join(from, path), { withFileTypes: true })) {
    const name = path === '' ? entry.name : `${path}/${entry.name}`;
    if (entry.name.startsWith('.') || (path !== '' && entry.name === 'node_modules')) continue;
    if (entry.isDirectory()) await filesUnder(from, name, into);
    else if (entry.isFile()) into.set(name, await readFile(join(from, name)));
  }
}

/** What a node needs to run, and what is read by people beside it. */
const folders = ['build', 'courses', 'deploy', 'docs', 'scripts', 'src', 'static'];
const singles = ['package.json', 'package-lock.json', 'release-keys.json', 'LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md'];

async function packagesInto(from: string, files: Map<string, Uint8Array>): Promise<void> {
  const lock = JSON.parse(await readFile(join(from, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; cpu?: string[]; os?: string[] }>;
  };
  for (const [path, { dev, cpu, os }] of Object.entries(lock.packages)) {
    // Those of one kind of machine are on each machine already (update/apply.ts).
    if (path === '' || dev === true || cpu !== undefined || os !== undefined || !existsSync(join(from, path))) continue;
    await filesUnder(from, path, files);
  }
}

const releaseBuild: Command = {
  name: 'release build',
  summary: 'make a signed update file of this checkout',
  usage: `
Usage: perigee release build --key FILE --out FOLDER [--version X.Y.Z]

Packs what the node needs to run (the built pages, sources, courses, packages that are the same on every machine) into
FOLDER/perigee-update-<version>.perigee, signed with the publisher's key («perigee release key»). Build first: «npm run build». The key that signs is pinned in what is packed, beside
those of release-keys.json: to go over to another key, put its public half there and sign one more version with the key until now.

  --key FILE       the private key: PKCS #8 PEM, or 32 bytes in base64url
  --out FOLDER     where the file goes; a file that is there already stays
  --version X.Y.Z  in place of the one in package.json

Exit code: 0 done, 1 no file was made, 64 wrong usage.`,
  run: async (args, io) => {
    const { values } = parseArgs({
      args: [...args],
      options: { key: { type: 'string' }, out: { type: 'string' }, version: { type: 'string' } },
    });
    if (values.key === undefined || values.out === undefined) throw new UsageError('Name the key and the folder: --key FILE --out FOLDER.');
    const [{ readSigningKey }, { signerOf }, { isVersion, makeUpdate, updateName }, { appVersion }] = await Promise.all([
      import('../publisher-key.ts'),
      import('../../src/lib/server/accounts/node-key.ts'),
      import('../../src/lib/server/update/update-file.ts'),
      import('../version.mjs'),
    ]);
    const key = await readSigningKey(values.key);
    if (!key.ok) {
      io.say(key.error);
      return 1;
    }
    const version = values.version ?? appVersion();
    if (!isVersion(version)) throw new UsageError(`«${version}» is no version such as 0.2.0.`);
    if (!existsSync(join(root, 'build', 'handler.js'))) {
      io.say('The pages are not built yet. Run «npm run build».');
      return 1;
    }
    const made = new Date().toISOString();
    const files = new Map<string, Uint8Array>();
    for (const folder of folders) await filesUnder(root, folder, files);
    for (const name of singles) files.set(name, await readFile(join(root, name)));
    await packagesInto(root, files);
    // Whoever took this version believes the one who signed it, also where the pin stood in the folder that it replaces.
    const pins: unknown = JSON.parse(await readFile(join(root, 'release-keys.json'), 'utf8'));
    const named = isObject(pins) && isListOf(isString)(pins['keys']) ? pins['keys'] : [];
    files.set('release-keys.json', Buffer.from(`${JSON.stringify({ keys: [...new Set([...named, signerOf(key.value).key])] })}\n`));
    files.set('release.json', Buffer.from(`${JSON.stringify({ version, made })}\n`));
    const { parts } = await makeUpdate({ version, made, node: '24.0.0', files, sign: signerOf(key.value).sign });
    await mkdir(values.out, { recursive: true });
    const to = join(values.out, updateName(version));
    if (existsSync(to)) {
      io.say(`${to} is there already and stays as it is.`);
      return 1;
    }
    const file = await open(`${to}.half`, 'w');
    try {
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${to}.half`, to);
    const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    io.out(
      `${to}: version ${version}, ${files.size.toLocaleString('en')} files, ${(bytes / 1e6).toFixed(1)} MB, signed by ${signerOf(key.value).key}.`,
    );
    return 0;
  },
};

/** What stops a command has its own way on. */
const sentenceOf = ({ code, said }: NotTaken): string => (code === 'older' ? `${said} Say --older to take it all the same.` : said);

const update: Command = {
  name: 'update',
  summary: 'take a signed update file, or go back to the version before',
  usage: `
Usage: perigee update FILE [--data FOLDER] [--older] [--check]
       perigee update --back [--data FOLDER]
       perigee update --offer FILE [--data FOLDER]
       perigee update --no-offer [--data FOLDER]

Reads the file through: its signature must be that of a publisher who is pinned here («perigee release pin»), and every hash must be right, before anything is unpacked. Then a backup
is made, the version is unpacked beside the running one, and a node that «npm start» or the system's service started changes over within seconds. If the new version does not
come up healthy within three minutes, the one before runs again by itself.

  --data FOLDER    the node's data folder; PERIGEE_DATA, ./data
  --check          only read it through
  --older          take a version that is older than the running one
  --back           the version before runs again, with the data as it is
  --offer          hand the file on to nodes below without taking it; their administrators decide. A version that was taken and is healthy is handed on by itself
  --no-offer       hand on no file but that of the version that runs

Exit code: 0 done, 1 nothing was changed, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        older: { type: 'boolean' },
        check: { type: 'boolean' },
        back: { type: 'boolean' },
        offer: { type: 'boolean' },
        'no-offer': { type: 'boolean' },
      },
    });
    const data = resolve(values.data ?? io.env['PERIGEE_DATA'] ?? './data');
    const [{ applyUpdate, checkUpdate, goBack }, { holdForBelow }, { pinnedKeys }, { readNodeName }, { appVersion }] = await Promise.all([
      import('../../src/lib/server/update/apply.ts'),
      import('../../src/lib/server/update/held.ts'),
      import('../../src/lib/server/update/update-file.ts'),
      import('../../src/server/identity.ts'),
      import('../version.mjs'),
    ]);
    const [file, ...more] = positionals;
    if (values.back === true) {
      if (file !== undefined) throw new UsageError('--back takes no file.');
      const gone = goBack(data, 'Somebody said so.');
      if (gone === null) {
        io.say('The version that was installed by hand runs: there is none before it.');
        return 1;
      }
      io.out(`Version ${gone.to ?? 'that was installed by hand'} runs again, in place of ${gone.from}.`);
      return 0;
    }
    if (values['no-offer'] === true) {
      if (file !== undefined) throw new UsageError('--no-offer takes no file.');
      await holdForBelow(data, null);
      io.out('No file is held for the nodes below. The version that runs is handed on where it came as an update.');
      return 0;
    }
    if (file === undefined || more.length > 0) throw new UsageError('Name one update file, or say --back.');
    const keys = await pinnedKeys(root, data, io.env);
    const running = appVersion();
    const wish = { file: resolve(file), keys, running, older: values.older === true };
    if (values.check === true || values.offer === true) {
      const checked = await checkUpdate({ ...wish, older: wish.older || values.offer === true });
      if (checked.ok && values.offer === true) {
        if (readNodeName(data) === null) {
          io.say(`${data} is not the data folder of a node. Start the node once («npm start»), or name its folder with --data.`);
          return 1;
        }
        await holdForBelow(data, { file: wish.file, version: checked.value.version });
        io.out(`Version ${checked.value.version} is handed on to nodes below, from their next visit on. It was not taken here.`);
      } else if (checked.ok)
        io.out(
          `${file} is version ${checked.value.version}, made ${checked.value.made}, whole and signed by a publisher that is pinned here.`,
        );
      else io.say(sentenceOf(checked.error));
      return checked.ok ? 0 : 1;
    }
    const node = readNodeName(data);
    if (node === null) {
      io.say(`${data} is not the data folder of a node. Start the node once («npm start»), or name its folder with --data.`);
      return 1;
    }
    const { epochOf } = await import('./backup.ts');
    const taken = await applyUpdate({ ...wish, data, node, root, epoch: await epochOf(node, io), now: new Date().toISOString() });
    if (!taken.ok) {
      io.say(sentenceOf(taken.error));
      return 1;
    }
    io.out(
      `Version ${taken.value.version} is in place. A node that «npm start» started changes over now; «perigee update --back» goes back.`,
    );
    return 0;
  },
};

export const updateCommands: readonly Command[] = [releaseKey, releasePin, releaseBuild, update];
