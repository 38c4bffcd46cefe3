/**
 * What a process did to the files of its database and what it told its clients, in the order in which it happened, as `strace` saw it.
 *
 * strace writes a line for each system call; one that another thread's call came in between of takes two lines (`<unfinished ...>`, `resumed>`). A write
 * or an answer counts from where the call began, a sync from where it ended: the order that promises least.
 */
import { basename } from 'node:path';

export type Operation =
  | { readonly type: 'write'; readonly file: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly type: 'truncate'; readonly file: string; readonly size: number }
  | { readonly type: 'create' | 'unlink' | 'sync'; readonly file: string }
  /** The file has another name too. */
  | { readonly type: 'link'; readonly file: string; readonly name: string }
  /** The directory's entries are on disk. */
  | { readonly type: 'sync-directory' }
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
  'trace=pwrite64,pwritev,pwritev2,write,writev,sendto,sendmsg,fsync,fdatasync,sync_file_range,ftruncate,fallocate,openat,link,linkat,unlink,unlinkat,rename,renameat,renameat2',
  '-o',
  output,
];

const unescape = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');

/** Every quoted string of a call's arguments, joined: what a `writev` or `sendmsg` hands over. */
const bytesOf = (call: string): Buffer =>
  Buffer.concat([...call.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, text]) => unescape(text ?? '')));

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

/** What one call did, or null where it is about something else. `name`: the database's file, whose companions (`-wal`, `-journal`) begin like it. */
function operationOf({ name, on, text, result }: Call, folder: string, database: string, known: Set<string>): Operation | null {
  if (result < 0) return null;
  if (['write', 'writev', 'sendto', 'sendmsg'].includes(name) && on.startsWith('socket:'))
    return { type: 'answer', connection: on, bytes: bytesOf(text) };
  const ours = (path: string): string | null =>
    path.startsWith(`${folder}/${database}`) && !path.endsWith('-shm') && !path.includes('(deleted)') ? basename(path) : null;

  if (name === 'openat' || name.startsWith('unlink')) {
    const path = bytesOf(text).toString();
    const file = ours(path);
    if (file === null) return null;
    if (name !== 'openat') {
      known.delete(file);
      return { type: 'unlink', file };
    }
    if (!text.includes('O_CREAT') || known.has(file)) return null;
    known.add(file);
    return { type: 'create', file };
  }
  if (name.startsWith('link')) {
    const [from = null, to = null] = [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, path]) =>
      ours(unescape(path ?? '').toString()),
    );
    if (from === null || to === null) return null;
    known.add(to);
    return { type: 'link', file: from, name: to };
  }
  if (name.startsWith('rename')) {
    if (ours(bytesOf(text).toString()) !== null)
      throw new Error('The database renames its files: this recorder does not know how to play that');
    return null;
  }
  if ((name === 'fsync' || name === 'fdatasync') && on === folder) return { type: 'sync-directory' };
  const file = ours(on);
  if (file === null) return null;
  const numbers = numbersOf(text);
  switch (name) {
    case 'pwrite64': {
      const bytes = bytesOf(text);
      if (bytes.length !== result) throw new Error(`strace recorded ${String(bytes.length)} of ${String(result)} bytes written to ${file}`);
      return { type: 'write', file, offset: numbers.at(-1) ?? 0, bytes };
    }
    case 'ftruncate':
      return { type: 'truncate', file, size: numbers[0] ?? 0 };
    case 'fsync':
    case 'fdatasync':
      return { type: 'sync', file };
    default:
      throw new Error(`The database calls ${name}: this recorder does not know how to play that`);
  }
}

const startPattern = /^(\d+) +(\w+)\((.*)$/;
const callPattern = /^(\w+)\((.*)\) += (-?\d+)/;

/**
 * Reads a trace.
 *
 * @param folder the data folder, as the process named it
 * @param database the name of the database's file in it
 */
export function readTrace(trace: string, folder: string, database: string): readonly Operation[] {
  const operations: Operation[] = [];
  const known = new Set<string>();
  const unfinished = new Map<string, { readonly text: string; readonly at: number }>();
  const emit = (name: string, text: string, result: number, at: number): void => {
    const descriptor = /^\d+<([^>]*)>/.exec(text)?.[1] ?? '';
    const on = descriptor.startsWith('\\x') ? unescape(descriptor).toString() : descriptor;
    const operation = operationOf({ name, on, text, result }, folder, database, known);
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
