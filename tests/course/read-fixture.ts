import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CourseSource } from '../../src/lib/course/source.ts';

export const fixtureFolder = join(import.meta.dirname, '../fixtures/course');
const unit = '01-basics/01-first.md';

interface Fixture {
  readonly title: string;
  readonly source: CourseSource;
  /** `<path>:<line> <code>`, sorted by path and line. */
  readonly expected: readonly string[];
}

function partsOf(name: string): { title: string; parts: ReadonlyMap<string, string> } {
  const [title = '', ...parts] = readFileSync(join(fixtureFolder, name), 'utf8').split(/^@@ /m);
  return {
    title: title.trim(),
    parts: new Map(
      parts.map((part) => {
        const end = part.indexOf('\n');
        return [part.slice(0, end).trim(), part.slice(end + 1).replace(/\n$/, '')];
      }),
    ),
  };
}

/** The files of the sound course that every case starts from. */
export function baseFiles(): Map<string, string> {
  const files = new Map(partsOf('base.txt').parts);
  files.delete('expect');
  return files;
}

/** The base with another text in its unit. */
export function withBody(body: string): CourseSource {
  const files = baseFiles();
  const front = frontMatterOf(files.get(unit) ?? '');
  files.set(unit, `${front}${body}`);
  return { folder: 'sample', files };
}

const frontMatterOf = (text: string): string => text.slice(0, text.indexOf('\n---\n') + 5);

export function readFixture(name: string): Fixture {
  const { title, parts } = partsOf(name);
  const files = baseFiles();
  const front = frontMatterOf(files.get(unit) ?? '');
  for (const [part, content] of parts) {
    if (part === 'body') files.set(unit, `${front}${content}`);
    else if (part.startsWith('without ')) files.delete(part.slice('without '.length));
    else if (part !== 'expect') files.set(part, content);
  }
  const offset = front.split('\n').length - 1;
  const expected = (parts.get('expect') ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^body:(\d+)/, (_, number: string) => `${unit}:${String(Number(number) + offset)}`));
  return { title, source: { folder: 'sample', files }, expected };
}
