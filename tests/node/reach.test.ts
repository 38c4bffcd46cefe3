/** People in the view that coordinates: what this node and those below it published, and nothing of what it counts. */
import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { PeopleReach } from '../../src/lib/cooperation/people-reach.ts';
import type { NodeId } from '../../src/lib/domain/ids.ts';
import { closeYear } from '../../src/lib/domain/suppression.ts';
import { figuresPlan } from '../../src/lib/server/certification/ledger.ts';
import { openAccounts } from '../../src/server/main.ts';
import { copyEntries } from './desk-kit.ts';
import { ask, startTestNode } from './kit.ts';

it('are told by centre and goal to everybody, and as a table', async () => {
  const courses = copyEntries();
  const node = await startTestNode({ courses });
  const { body: none } = await ask(`${node.url}/content/compendium/coordination/people`);
  expect(none['centres']).toEqual([]);

  const { engine } = await openAccounts({ node: 'centre' as NodeId, data: node.data, couchdb: node.couchdb });
  for (const [owner, course, people] of [
    ['centre', 'space-law', 12],
    ['lima', 'satellite-navigation', 8],
  ] as const) {
    const events = Array.from({ length: people }, (_, i) => ({
      key: `secret-hash-${owner}-${String(i)}`,
      person: `${owner}-${String(i)}`,
      year: 2025,
      attributes: { country: 'KE', gender: i % 2 === 0 ? 'woman' : 'man', course },
    }));
    const closed = closeYear([], events, 2025, figuresPlan);
    const document = { _id: `${owner}:figures:2025`, kind: 'figures', writer: owner, at: '2026-01-10T00:00:00.000Z', ...closed };
    const [written] = await engine.database(`desk-${owner}`).bulk([document], { newEdits: true });
    expect(written?.ok).toBe(true);
  }
  await engine.close();

  const answer = await ask(`${node.url}/content/compendium/coordination/people?lang=ar`);
  const reach = answer.body as unknown as PeopleReach;
  expect(reach.centres).toMatchObject([
    { node: 'centre', people: 12, women: 6, courses: [{ course: 'space-law', people: 12, title: { language: 'ar' } }] },
    { node: 'lima', people: 8, courses: [{ course: 'satellite-navigation', people: 8 }] },
  ]);
  expect(reach.goals.some(({ people }) => people[0] === 12 && people[1] === 0)).toBe(true);
  expect(JSON.stringify(answer.body)).not.toContain('secret-hash');
  const csv = await (await fetch(`${node.url}/content/compendium/coordination/people.csv`)).text();
  expect(csv).toContain('centre,2025,country,KE,,12,6');
  await node.close();
  rmSync(courses, { recursive: true });
});
