/** Small commons for tests, written as authors write them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256 } from '../../src/lib/domain/ids.ts';
import type { JsonObject } from '../../src/lib/domain/shape.ts';
import { readCommons, type Commons } from '../../src/lib/cooperation/commons.ts';
import { compileCommons, createMemory, type CompiledCommons } from '../../src/lib/cooperation/compile.ts';

export const sha256 = (bytes: Uint8Array): Sha256 => createHash('sha256').update(bytes).digest('hex') as Sha256;

const six = (text: string): string => `{ en: ${text}, fr: ${text} fr, es: ${text} es, ar: ${text} ar, zh: ${text} zh, ru: ${text} ru }`;

export const term = (id: string, facet: string, text = id): string => `- { id: ${id}, facet: ${facet}, title: ${six(text)} }\n`;
export const target = (id: string): string => `- { id: target-${id}, title: ${six(`label ${id}`)} }\n`;

const written = `  sources: [{ title: Source, url: 'https://example.org/' }]\n  written: 2026-01-10\n`;

export const solution = (id: string, more: Readonly<Record<string, string>> = {}): string => {
  const fields: Record<string, string> = {
    title: `{ en: ${id} }`,
    summary: '{ en: What it does }',
    problem: '{ en: What is wrong }',
    users: '{ en: People }',
    steps: '[{ en: Begin }]',
    limits: '{ en: Much }',
    cost: 'none',
    level: 'introductory',
    disciplines: '[science]',
    themes: '[theme-floods]',
    targets: '[target-1-5]',
    licence: 'CC-BY-4.0',
    ...more,
  };
  return `- id: ${id}\n${Object.entries(fields)
    .map(([key, value]) => `  ${key}: ${value}\n`)
    .join('')}${written}`;
};

export const listing = (id: string, more: Readonly<Record<string, string>> = {}): string => {
  const fields: Record<string, string> = {
    title: `{ en: ${id} }`,
    summary: '{ en: A course }',
    languages: '[en]',
    level: 'introductory',
    disciplines: '[science]',
    themes: '[theme-floods]',
    access: 'self-paced',
    ...(more['course'] === undefined ? { url: `'https://example.org/${id}'` } : {}),
    ...more,
  };
  return `- id: ${id}\n${Object.entries(fields)
    .map(([key, value]) => `  ${key}: ${value}\n`)
    .join('')}${written}`;
};

export const indicator = (id: string, targets: string, group = 'group-data'): string =>
  `- id: ${id}\n  group: ${group}\n  title: { en: ${id} }\n  definition: { en: d }\n  unit: { en: u }\n  direction: more\n  method: public\n  how: { en: h }\n  weak: 1\n  targets: [${targets}]\n${written}`;

/** A country that does not exist, as authors mark one. */
export const country = (id: string, more = 'compare: anyone'): string =>
  `- id: ${id}\n  title: ${six(id)}\n  summary: { en: A country }\n  invented: true\n  ${more}\n  written: 2026-01-10\n`;

/** @param values by indicator */
export const assessment = (of: string, year: number, values: Readonly<Record<string, number>>): string =>
  `- id: ${of}-${String(year)}\n  country: ${of}\n  year: ${String(year)}\n  values:\n${Object.entries(values)
    .map(([indicator, value]) => `    - { indicator: ${indicator}, value: ${String(value)}, confidence: measured }\n`)
    .join('')}  written: 2026-01-10\n`;

export const plan = (id: string, of: string, more: Readonly<Record<string, string>> = {}): string => {
  const fields: Record<string, string> = {
    country: of,
    title: '{ en: A plan }',
    summary: '{ en: What for }',
    from: '2024',
    until: '2028',
    responsible: '{ en: Ministry }',
    objectives: '[{ id: o, title: { en: O }, indicator: i, start: 0, aim: 9 }]',
    ...more,
  };
  return `- id: ${id}\n${Object.entries(fields)
    .map(([key, value]) => `  ${key}: ${value}\n`)
    .join('')}  written: 2026-01-10\n`;
};

/** What every small commons stands on. */
export const ground: Readonly<Record<string, string>> = {
  '+compendium/terms.yaml': term('theme-floods', 'theme', 'Floods') + term('group-data', 'group', 'Data'),
  '+goals/goals.yaml': `- id: goal-1\n  title: ${six('Goal')}\n  sources: [{ title: UN, url: 'https://sdgs.un.org/goals/goal1' }]\n`,
  '+goals/targets.yaml': target('1-1') + target('1-5') + target('1-a'),
};

const encoder = new TextEncoder();

export const compile = (files: Readonly<Record<string, string>>, courses: readonly string[] = []): CompiledCommons =>
  compileCommons(
    {
      files: new Map(Object.entries({ ...ground, ...files }).map(([path, text]) => [path, encoder.encode(text)])),
      courses: new Set(courses),
    },
    { sha256 },
  );

/** The commons as a device holds it. */
export function commonsOf({ commons, diagnostics }: CompiledCommons, language = 'en'): Commons {
  if (commons === null) throw new Error(JSON.stringify(diagnostics, null, 2));
  const text = (hash: Sha256 | undefined): string => new TextDecoder().decode(commons.pieces.get(hash ?? ('' as Sha256)));
  const read = readCommons(
    commons.manifest.shelves.map(({ entries, index }) => ({ entries: text(entries.sha256), index: text(index[language]?.sha256) })),
  );
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

/** The entries of a kind as pieces hold them. */
export const commonsTexts = ({ commons }: CompiledCommons, kind: string): readonly Record<string, unknown>[] =>
  (commons?.manifest.shelves ?? [])
    .filter((shelf) => shelf.kind === kind)
    .flatMap(({ entries }) => JSON.parse(new TextDecoder().decode(commons?.pieces.get(entries.sha256))) as Record<string, unknown>[]);

const courses = join(import.meta.dirname, '../../courses');

const memory = createMemory();

/** The entries of this repository, and of a node that accepted more. */
export function compileReal(accepted: readonly JsonObject[] = []): CompiledCommons {
  const files = new Map(
    readdirSync(courses, { recursive: true, encoding: 'utf8' })
      .filter((name) => /^\+(goals|compendium|indicators|profiles|plans|calls)\/.*\.yaml$/.test(name))
      .map((name) => [name, new Uint8Array(readFileSync(join(courses, name)))] as const),
  );
  const own = readdirSync(courses).filter((name) => /^[a-z0-9-]+$/.test(name));
  return compileCommons({ files, courses: new Set(own), accepted }, { sha256, memory });
}
