/**
 * The arrows of the house point one way. docs/architecture.md says which rooms each room may import from; pure rooms take time and chance as
 * arguments; nothing imports in a circle.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

const rooms = [
  'exercise-view',
  'exercise',
  'domain',
  'course',
  'certification',
  'cooperation',
  'sync-client',
  'sync',
  'storage',
  'server',
  'i18n',
  'ui',
  'app',
  'routes-server',
  'routes',
  'service-worker',
  'composition',
] as const;
type Room = (typeof rooms)[number];

const isRoom = (name: string): name is Room => rooms.some((room) => room === name);

/** What each room may import from, besides itself: the table in docs/architecture.md. */
const allowed: ReadonlyMap<Room, readonly Room[]> = new Map(
  readFileSync(join(root, 'docs/architecture.md'), 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .flatMap(([, room = '', , , imports = '']): [Room, readonly Room[]][] =>
      isRoom(room) ? [[room, imports === 'nothing' ? [] : imports.split(', ').filter(isRoom)]] : [],
    ),
);

/** Rooms in which neither the clock nor chance nor the machine may be reached for. */
const pure: readonly Room[] = ['domain', 'exercise', 'course', 'certification', 'cooperation', 'sync', 'i18n'];

function roomOf(path: string): Room | null {
  const lib = /^src\/lib\/([^/]+)\//.exec(path)?.[1];
  if (lib === 'exercise') return path.endsWith('.svelte') ? 'exercise-view' : 'exercise';
  if (lib === 'sync') return path.startsWith('src/lib/sync/client/') ? 'sync-client' : 'sync';
  if (lib !== undefined) return rooms.find((room) => room === lib) ?? null;
  if (/^src\/hooks\.server\.ts$|^src\/routes\/.*\+(page|layout)?\.?server\.ts$/.test(path)) return 'routes-server';
  if (/^src\/(routes\/|hooks|app\.d\.ts)/.test(path)) return 'routes';
  if (path.startsWith('service-worker/')) return 'service-worker';
  if (path.startsWith('src/server/') || path.startsWith('scripts/')) return 'composition';
  return null;
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = `${folder}/${name}`;
    if (statSync(join(root, path)).isDirectory()) return filesUnder(path);
    return /\.(ts|svelte|mjs)$/.test(name) && !/\.test\.ts$/.test(name) ? [path] : [];
  });
}

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = ['src', 'service-worker', 'scripts'].flatMap(filesUnder);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found: Import[] = [];
  const pattern = /(?:^|[\s;>])(import|export)\s+(type\s)?(?:[^'"();]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
  for (const match of text.matchAll(pattern)) {
    const specifier = match[3] ?? match[4] ?? '';
    const to = specifier.startsWith('#lib/')
      ? specifier.replace('#lib/', 'src/lib/')
      : specifier.startsWith('.')
        ? relative(root, normalize(join(root, dirname(file), specifier)))
        : null;
    if (to !== null && !to.includes('$types')) found.push({ from: file, to: to.replace(/\?.*$/, ''), typeOnly: match[2] !== undefined });
  }
  return found;
}

const imports = files.flatMap(importsOf);

describe('architecture', () => {
  it('finds the code it is about', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(20);
  });

  it('has a line in docs/architecture.md for every room, and none that says nothing', () => {
    expect([...allowed.keys()].sort()).toEqual([...rooms].sort());
    for (const [room, imports] of allowed) expect(imports.length > 0, room).toBe(room !== 'domain');
  });

  it('knows the room of every file', () => {
    expect(files.filter((file) => roomOf(file) === null)).toEqual([]);
  });

  it('imports only downwards', () => {
    const wrong = imports.flatMap(({ from, to, typeOnly }) => {
      const here = roomOf(from);
      const there = roomOf(to);
      if (here === null || there === null || here === there || allowed.get(here)?.includes(there) === true) return [];
      // Pages name the shapes of what they show; a type weighs nothing and ties nothing.
      if (typeOnly && (here === 'routes' || here === 'routes-server') && pure.includes(there)) return [];
      if (typeOnly && from === 'src/app.d.ts' && there === 'server') return [];
      return [`${from} (${here}) imports ${to} (${there})`];
    });
    expect(wrong).toEqual([]);
  });

  it('has no import cycle', () => {
    const next = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports) if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to]);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
        return;
      }
      if (done.has(file)) return;
      for (const to of next.get(file) ?? []) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of next.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('keeps routes from importing routes', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        from.startsWith('src/routes/') &&
        to.startsWith('src/routes/') &&
        !dirname(to).startsWith(dirname(from)) &&
        !dirname(from).startsWith(dirname(to)),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps time and chance out of the pure rooms', () => {
    const forbidden = /\bDate\.now\(|new Date\(\)|Math\.random\(|\bcrypto\.|\bprocess\.|\bperformance\.|\bfetch\(|from 'node:/;
    const wrong = files.filter((file) => {
      const room = roomOf(file);
      return (
        room !== null && pure.includes(room) && forbidden.test(readFileSync(join(root, file), 'utf8').replace(/^\s*(\*|\/\/).*$/gm, ''))
      );
    });
    expect(wrong).toEqual([]);
  });

  it('has no barrel', () => {
    expect(files.filter((file) => /(^|\/)index\.ts$/.test(file) && file !== 'service-worker/index.ts')).toEqual([]);
  });
});
