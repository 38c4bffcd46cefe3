/**
 * What a process did to the files of its database and what it told its clients, in the order in which it happened, as `strace` saw it.
 *
 * strace writes a line for each system call; one that another thread's call came in between of takes two lines (`<unfinished ...>`, `resumed>`). A write
 * or an answer counts from where the call began, a sync from where it ended: the order that promises least.
 */
import { dirname, relative, resolve } from 'node:path';

/** Names are paths in the recorded folder; the folder itself is the empty name. */
export type Operation =
  | { readonly type: 'write'; readonly file: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly type: 'truncate'; readonly file: string; readonly size: number }
  | { readonly type: 'create' | 'make-folder' | 'unlink' | 'sync'; readonly file: string }
  /** The file has another name too, or in place of its own. */
  | { readonly type: 'link' | 'rename'; readonly file: string; readonly name: string }
  /** The entries of this folder are on disk. */
  | { readonly type: 'sync-directory'; readonly folder: string }
  /** An answer, or the first bytes of one, left on this connection. */
  | { readonly type: 'answer'; readonly connection: string; readonly bytes: Buffer };

/** For `strace`: what is recorded, and how it is written. */
export const straceArguments = (output: string): readonly string[] => [
  '-f',
  '-y',
  '-xx',
  '-s',
  '20000000',
  '--seccomp-bpf',
  '-e',
  'trace=pwrite64,pwritev,pwritev2,write,writev,sendto,sendmsg,fsync,fdatasync,sync_file_range,ftruncate,fallocate,openat,link,linkat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,copy_file_range,sendfile',
  '-o',
  output,
];

const unescape = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');

/** The quoted strings of a call's arguments: between their quotes there is nothing but bytes in hexadecimal. */
const stringsOf = (call: string): readonly Buffer[] => call.split('"').flatMap((part, n) => (n % 2 === 1 ? [unescape(part)] : []));

/** All of them joined: what a `writev` or `sendmsg` hands over. */
const bytesOf = (call: string): Buffer => Buffer.concat(stringsOf(call));

interface Call {
  readonly name: string;
  /** Path of the descriptor, or `socket:[…]`. */
  readonly on: string;
  readonly text: string;
  readonly result: number;
}

/** Numbers at the end of the arguments, of which a path or bytes are none. */
const numbersOf = (text: string): readonly number[] => {
  const tail = text.slice(Math.max(text.lastIndexOf('"'), text.lastIndexOf('>')) + 1);
  return [...tail.matchAll(/, (\d+)/g)].map(([, digits]) => Number(digits));
};

/** Paths that a call names, each after the descriptor of the folder that it is relative to where there is one. */
const pathsOf = (text: string): readonly string[] =>
  [...text.matchAll(/(?:<([^>]*)>, )?"([^"]*)"/g)].map(([, from, path]) =>
    resolve(from === undefined ? '/' : unescapeName(from), unescape(path ?? '').toString()),
  );

const unescapeName = (name: string): string => (name.startsWith('\\x') ? unescape(name).toString() : name);

/** What a file is as the calls so far left it. */
interface Known {
  size: number;
}

/** Follows the calls of one process and its threads. */
function createFollower(folder: string, isWanted: (name: string) => boolean, before: ReadonlyMap<string, Buffer>) {
  const files = new Map<string, Known>([...before].map(([name, { length }]) => [name, { size: length }]));
  const folders = new Set<string>(['']);
  for (const name of before.keys()) for (let above = dirname(name); above !== '.'; above = dirname(above)) folders.add(above);
  /** Where the next plain `write` of a descriptor goes; -1 for the end of the file. */
  const positions = new Map<string, number>();

  const nameOf = (path: string): string | null => {
    if (path !== folder && !path.startsWith(`${folder}/`)) return null;
    const name = relative(folder, path);
    return path.includes('(deleted)') || (name !== '' && !isWanted(name)) ? null : name;
  };
  const knownOf = (name: string): Known => {
    const known = files.get(name) ?? { size: 0 };
    files.set(name, known);
    return known;
  };

  function opened(text: string, result: number): Operation | null {
    const [path = ''] = pathsOf(text);
    const name = nameOf(path);
    if (name === null || folders.has(name)) return null;
    positions.set(`${String(result)} ${name}`, text.includes('O_APPEND') ? -1 : 0);
    if (!files.has(name)) {
      if (!text.includes('O_CREAT')) return null;
      knownOf(name);
      return { type: 'create', file: name };
    }
    if (!text.includes('O_TRUNC') || knownOf(name).size === 0) return null;
    knownOf(name).size = 0;
    return { type: 'truncate', file: name, size: 0 };
  }

  function written(name: string, file: string, text: string, result: number): Operation {
    const bytes = bytesOf(text);
    if (bytes.length !== result) throw new Error(`strace recorded ${String(bytes.length)} of ${String(result)} bytes written to ${file}`);
    const known = knownOf(file);
    const descriptor = `${/^\d+/.exec(text)?.[0] ?? ''} ${file}`;
    const at = positions.get(descriptor) ?? 0;
    const isPlain = name === 'write' || name === 'writev';
    const offset = isPlain ? (at === -1 ? known.size : at) : (numbersOf(text).at(-1) ?? 0);
    if (isPlain && at !== -1) positions.set(descriptor, at + bytes.length);
    known.size = Math.max(known.size, offset + bytes.length);
    return { type: 'write', file, offset, bytes };
  }

  function renamed(text: string): Operation | null {
    const [from = null, to = null] = pathsOf(text).map(nameOf);
    if (from === null && to === null) return null;
    if (from === null || to === null)
      throw new Error('A file was moved into or out of the recorded folder: this recorder does not know how to play that');
    if (folders.has(from)) throw new Error(`The folder ${from} was renamed: this recorder does not know how to play that`);
    files.set(to, knownOf(from));
    files.delete(from);
    return { type: 'rename', file: from, name: to };
  }

  function linked(text: string): Operation | null {
    const [from = null, to = null] = pathsOf(text).map(nameOf);
    if (from === null || to === null) return null;
    files.set(to, knownOf(from));
    return { type: 'link', file: from, name: to };
  }

  /** What one call did, or null where it is about something else. */
  return ({ name, on, text, result }: Call): Operation | null => {
    if (result < 0) return null;
    if (['write', 'writev', 'sendto', 'sendmsg'].includes(name) && on.startsWith('socket:'))
      return { type: 'answer', connection: on, bytes: bytesOf(text) };
    if (name === 'openat') return opened(text, result);
    if (name.startsWith('rename')) return renamed(text);
    if (name.startsWith('link')) return linked(text);
    if (name.startsWith('mkdir') || name === 'rmdir' || name.startsWith('unlink')) {
      const file = nameOf(pathsOf(text)[0] ?? '');
      if (file === null) return null;
      if (name.startsWith('mkdir')) folders.add(file);
      else if (!folders.delete(file)) files.delete(file);
      return { type: name.startsWith('mkdir') ? 'make-folder' : 'unlink', file };
    }
    const file = nameOf(on);
    if (file === null) return null;
    switch (name) {
      case 'fsync':
      case 'fdatasync':
        return folders.has(file) ? { type: 'sync-directory', folder: file } : { type: 'sync', file };
      case 'pwrite64':
      case 'pwritev':
      case 'pwritev2':
      case 'write':
      case 'writev':
        return written(name, file, text, result);
      case 'ftruncate': {
        const size = numbersOf(text)[0] ?? 0;
        knownOf(file).size = size;
        return { type: 'truncate', file, size };
      }
      default:
        throw new Error(`${file}: ${name}: this recorder does not know how to play that`);
    }
  };
}

const startPattern = /^(\d+) +(\w+)\((.*)$/;
const callPattern = /^(\w+)\((.*)\) += (-?\d+)/;

/** The database's file and those beside it that begin like it; its index is made again from the log. */
export const ofDatabase = (name: string): boolean => name.startsWith('node.sqlite') && !name.endsWith('-shm');
/** All that a data folder holds. */
export const ofNode = (name: string): boolean => !name.endsWith('-shm');

/**
 * Reads a trace.
 *
 * @param folder the data folder, as the process named it
 * @param isWanted which names in it are recorded
 * @param before what it held before the process began, by name
 */
export function readTrace(
  trace: string,
  folder: string,
  isWanted: (name: string) => boolean,
  before: ReadonlyMap<string, Buffer> = new Map(),
): readonly Operation[] {
  const operations: Operation[] = [];
  const operationOf = createFollower(folder, isWanted, before);
  const unfinished = new Map<string, { readonly text: string; readonly at: number }>();
  const emit = (name: string, text: string, result: number, at: number): void => {
    const descriptor = /^\d+<([^>]*)>/.exec(text)?.[1] ?? '';
    const operation = operationOf({ name, on: unescapeName(descriptor), text, result });
    if (operation === null) return;
    const ends = operation.type === 'sync' || operation.type === 'sync-directory';
    if (ends || at === operations.length) operations.push(operation);
    else operations.splice(at, 0, operation);
  };
  for (const line of trace.split('\n')) {
    const start = startPattern.exec(line);
    if (start !== null) {
      const [, thread = '', name = '', rest = ''] = start;
      if (rest.endsWith('<unfinished ...>')) {
        unfinished.set(thread, { text: `${name}(${rest.slice(0, -' <unfinished ...>'.length)}`, at: operations.length });
        continue;
      }
      const call = callPattern.exec(`${name}(${rest}`);
      if (call !== null) emit(name, call[2] ?? '', Number(call[3]), operations.length);
      continue;
    }
    const resumed = /^(\d+) +<\.\.\. \w+ resumed>(.*)$/.exec(line);
    if (resumed === null) continue;
    const begun = unfinished.get(resumed[1] ?? '');
    unfinished.delete(resumed[1] ?? '');
    const call = begun === undefined ? null : callPattern.exec(`${begun.text}${resumed[2] ?? ''}`);
    if (begun !== undefined && call !== null) emit(call[1] ?? '', call[2] ?? '', Number(call[3]), begun.at);
  }
  return operations;
}
