/** A node with the entries of this repository and people who write at its desk. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PersonId } from '../../src/lib/domain/ids.ts';
import { ask, password, type TestNode } from './kit.ts';

const real = join(import.meta.dirname, '../../courses');

/** A folder of courses with all entries and, of the courses, the names. */
export function copyEntries(): string {
  const courses = mkdtempSync(join(tmpdir(), 'perigee-desk-'));
  for (const name of readdirSync(real)) {
    if (name.startsWith('+') && name !== '+programmes') cpSync(join(real, name), join(courses, name), { recursive: true });
    if (/^[a-z0-9-]+$/.test(name)) mkdirSync(join(courses, name));
  }
  return courses;
}

export interface Member {
  readonly person: PersonId;
  readonly token: string;
}

/** A focal point writes for the islands. */
export async function addMember(node: TestNode, admin: string, name: string, role: string): Promise<Member> {
  const countries = role === 'focal-point' ? { countries: ['islemara'] } : {};
  const { body: made } = await ask(`${node.url}/api/people`, { token: admin, body: { name, role, ...countries } });
  const { body } = await ask(`${node.url}/api/session`, { body: { code: made['code'], name, password } });
  return { person: body['person'] as PersonId, token: body['token'] as string };
}

export interface Said {
  readonly id: string;
  readonly ok: boolean;
  readonly reason?: string;
}

export const bringTo = async (node: TestNode, { token }: Member, ...documents: readonly object[]): Promise<readonly Said[]> =>
  (await ask(`${node.url}/api/desk`, { token, body: { documents } })).body['said'] as readonly Said[];

let minute = 0;
/** A minute later than the last time. */
export const now = (): string => new Date(Date.UTC(2026, 10, 30, 10, minute++)).toISOString();

/** @param edition the number of the edition that is handed in; null for none yet */
export const aDraft = (by: Member, of: string, fields: object & { readonly id: string }, edition: number | null, interest = '') => ({
  kind: 'draft',
  writer: by.person,
  entry: fields.id,
  of,
  fields,
  changed: now(),
  submitted: edition === null ? null : { edition, at: now(), interest, fields },
  withdrawn: null,
});

export const aReview = (by: Member, author: Member, entry: string, edition: number, decision = 'accept', reasons = '') => ({
  kind: 'review',
  writer: by.person,
  entry,
  author: author.person,
  edition,
  decision,
  reasons,
  at: now(),
});

export const someValues = (value: number) => ({
  id: 'islemara-2026',
  country: 'islemara',
  year: 2026,
  values: [{ indicator: 'national-law', value, confidence: 'judged' }],
  written: '2026-11-30',
});

export const aSolution = (id: string, more: object = {}) => ({
  id,
  title: { en: 'Watching reefs from space' },
  summary: { en: 'Bleaching seen early.' },
  problem: { en: 'Nobody dives everywhere.' },
  users: { en: 'Fisheries offices.' },
  steps: [{ en: 'Take images of one reef.' }],
  limits: { en: 'Clouds.' },
  cost: 'low',
  level: 'introductory',
  disciplines: ['science'],
  themes: ['theme-floods'],
  targets: ['target-14-2'],
  indicators: ['ocean-monitoring'],
  licence: 'CC-BY-4.0',
  sources: [{ title: 'A source', url: 'https://example.org/' }],
  written: '2026-11-30',
  ...more,
});
