/**
 * A file is lost with its folder, and its name with what the folder's own sync does not cover: what the node makes beside its database is recorded under
 * `strace`, and each folder that got a new entry is synced after that, before the work is called done.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const canTrace = spawnSync('strace', ['-o', '/dev/null', '-e', 'trace=none', 'true']).status === 0;
if (!canTrace) process.stdout.write('not run: recorded folders need strace and leave to trace (on Debian: apt-get install strace)\n');

const scratch = mkdtempSync(join(tmpdir(), 'perigee-folders-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const root = join(import.meta.dirname, '../..');

interface Step {
  readonly does: 'makes' | 'names' | 'syncs';
  readonly path: string;
}

/** Runs some code and says which folders it made, which names it gave, and which folders and files it synced, in their order. */
function stepsOf(code: string): readonly Step[] {
  const output = join(scratch, 'trace');
  const strace = [
    '-f',
    '-y',
    '-s',
    '4096',
    '-e',
    'trace=mkdir,mkdirat,rename,renameat,renameat2,link,linkat,fsync,fdatasync',
    '-o',
    output,
  ];
  const program = ['--input-type=module', '--eval', `${code}\nprocess.stdout.write('done');`];
  const { status, stdout, stderr } = spawnSync('strace', [...strace, process.execPath, ...program], { cwd: root, encoding: 'utf8' });
  expect([status, stdout], stderr).toEqual([0, 'done']);
  return readFileSync(output, 'utf8')
    .split('\n')
    .flatMap((line): Step[] => {
      if (/= -1 /.test(line)) return [];
      const [, name] = /^\d+ +(\w+)\(/.exec(line) ?? [];
      if (name === undefined) return [];
      if (name === 'fsync' || name === 'fdatasync') return [{ does: 'syncs', path: /<([^>]*)>/.exec(line)?.[1] ?? '' }];
      const names = [...line.matchAll(/"([^"]*)"/g)].map(([, path]) => path ?? '');
      return [{ does: name.startsWith('mkdir') ? 'makes' : 'names', path: names.at(-1) ?? '' }];
    });
}

/** Of what was made and named, whatever was not followed by a sync of the folder that it lies in. */
const unsafe = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap(({ does, path }, at) => {
    if (does === 'syncs' || !path.startsWith(scratch)) return [];
    const folder = path.slice(0, path.lastIndexOf('/'));
    return steps.slice(at + 1).some((step) => step.does === 'syncs' && step.path === folder) ? [] : [`${does} ${path}`];
  });

const code = (module: string, names: string, work: string): string =>
  `import { ${names} } from ${JSON.stringify(pathToFileURL(join(root, 'src', module)).href)};\n${work}`;

describe.skipIf(!canTrace)('what the node makes beside its database', () => {
  it('pieces, in folders that were not there', () => {
    const folder = join(scratch, 'node', 'pieces');
    const steps = stepsOf(
      code(
        'lib/server/content/pieces.ts',
        'openPieces',
        `const pieces = openPieces(${JSON.stringify(folder)});
        for (const text of ['one', 'two', 'three']) await pieces.keep(Buffer.from(text));`,
      ),
    );
    expect(steps.filter(({ does, path }) => does === 'names' && path.startsWith(folder))).toHaveLength(3);
    expect(steps.filter(({ does }) => does === 'makes').map(({ path }) => path)).toContain(folder);
    expect(unsafe(steps)).toEqual([]);
  });

  it('the data folder, with the name of the node in it', () => {
    const data = join(scratch, 'var', 'lib', 'perigee');
    const steps = stepsOf(code('server/identity.ts', 'settleNodeName', `settleNodeName(${JSON.stringify(data)}, null, 'dakar');`));
    expect(steps.filter(({ does }) => does === 'makes').map(({ path }) => path)).toContain(data);
    expect(unsafe(steps)).toEqual([]);
    // The file with the name, and then the folder that it was made in.
    expect(steps.slice(-2)).toEqual([
      { does: 'syncs', path: join(data, 'node-name') },
      { does: 'syncs', path: data },
    ]);
  });

  it('orders beside the database, when the file is new and when it is written anew', () => {
    const file = join(scratch, 'orders.jsonl');
    const order = {
      _id: 'dakar:erasure:dakar:a0000000000000000000000000',
      kind: 'erasure',
      writer: 'dakar',
      origin: 'dakar',
      at: '2026-11-30T10:00:00.000Z',
      person: 'a0000000000000000000000000',
    };
    const steps = stepsOf(
      code(
        'lib/server/orders/keepsake.ts',
        'openKeepsake',
        `const keepsake = openKeepsake(${JSON.stringify(file)}, console.log);
        keepsake.add([${JSON.stringify(order)}]);
        keepsake.replace([]);`,
      ),
    );
    expect(steps).toEqual([
      { does: 'syncs', path: file },
      { does: 'syncs', path: scratch },
      { does: 'syncs', path: `${file}.next` },
      { does: 'names', path: file },
      { does: 'syncs', path: scratch },
    ]);
  });
});
