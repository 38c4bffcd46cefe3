/** Who is erased leaves nothing at the desk: no draft, also none that was never released, no review, no id beside what was published. */
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NodeId } from '../../src/lib/domain/ids.ts';
import { openAccounts } from '../../src/server/main.ts';
import { ask, claim, confirm, startTestNode, type TestNode } from './kit.ts';
import { addMember, aDraft, aReview, aSolution, bringTo, copyEntries, someValues, type Member } from './desk-kit.ts';

const courses = copyEntries();
let node: TestNode;
let admin: string;

beforeAll(async () => {
  node = await startTestNode({ courses });
  admin = await claim(node);
});
afterAll(async () => {
  await node.close();
  rmSync(courses, { recursive: true });
});
beforeEach(async () => {
  node.advance(20 * 60_000);
  await confirm(node, admin);
});

const erase = async ({ person }: Member): Promise<void> => {
  // A node that was started anew asks for the password again.
  await confirm(node, admin);
  expect((await ask(`${node.url}/api/people/${person}/erase`, { token: admin, body: { confirm: person } })).status).toBe(200);
};
const shown = async (id: string): Promise<number> => (await ask(`${node.url}/content/compendium/entries/${id}`)).status;

/** Every document of the databases that a desk has to do with, as text. */
async function all(): Promise<string> {
  const { engine } = await openAccounts({ node: 'centre' as NodeId, data: node.data, couchdb: node.couchdb });
  try {
    const texts = ['desk-centre', 'private', 'commons-centre'].map(async (name) =>
      JSON.stringify((await engine.database(name).list({ partition: 'centre', bodies: true })).rows),
    );
    return (await Promise.all(texts)).join('\n');
  } finally {
    await engine.close();
  }
}
/** The order of the erasure names the person, by a random id; nothing else may. */
const without = (text: string, { person }: Member): string =>
  text.replaceAll(`centre:erasure:centre:${person}`, '').replaceAll(`"person":"${person}"`, '');

describe('erasure at the desk', () => {
  it('takes values that were never released, drafts, reviews of them and by them; what was published stays and names nobody', async () => {
    const fatu = await addMember(node, admin, 'Fatu', 'focal-point');
    const pia = await addMember(node, admin, 'Pia', 'provider');
    const rui = await addMember(node, admin, 'Rui', 'reviewer');
    const secret = 'values-that-were-never-released';
    await bringTo(node, fatu, aDraft(fatu, 'assessment', { ...someValues(1), note: secret } as never, null));
    await bringTo(node, pia, aDraft(pia, 'solution', aSolution('reef-watch'), 1));
    await bringTo(node, rui, aReview(rui, pia, 'reef-watch', 1));
    await bringTo(node, pia, aDraft(pia, 'solution', aSolution('reef-sale', { limits: { en: 'words-of-a-returned-draft' } }), 1));
    await bringTo(node, rui, aReview(rui, pia, 'reef-sale', 1, 'return', 'reasons-for-pia'));
    expect(await all()).toContain(secret);

    await erase(fatu);
    await erase(pia);
    const left = await all();
    for (const gone of [secret, 'words-of-a-returned-draft', 'reasons-for-pia']) expect(left).not.toContain(gone);
    for (const person of [fatu, pia]) expect(without(left, person)).not.toContain(person.person);
    expect(await shown('reef-watch')).toBe(200);
    // A reviewer too: what they accepted stays accepted.
    const next = await addMember(node, admin, 'Noor', 'provider');
    await bringTo(node, next, aDraft(next, 'solution', aSolution('reef-nursery'), 1));
    await bringTo(node, rui, aReview(rui, next, 'reef-nursery', 1));
    await erase(rui);
    expect(without(await all(), rui)).not.toContain(rui.person);
    await node.restart();
    for (const id of ['reef-watch', 'reef-nursery']) expect(await shown(id)).toBe(200);
    if (node.couchdb === null)
      for (const file of readdirSync(node.data).filter((name) => name.startsWith('node.sqlite')))
        expect(readFileSync(join(node.data, file)).includes(secret), file).toBe(false);
  });

  it('outlives a copy that is put back', async ({ skip }) => {
    if (node.couchdb !== null) skip('a copy of the whole CouchDB is its operator’s');
    const fatu = await addMember(node, admin, 'Fatima', 'focal-point');
    const secret = 'values-of-the-copy';
    await bringTo(node, fatu, aDraft(fatu, 'assessment', { ...someValues(1), note: secret } as never, null));
    const copy = join(node.data, '..', `${fatu.person}.sqlite`);
    await node.restart(() => {
      copyFileSync(join(node.data, 'node.sqlite'), copy);
    });
    await erase(fatu);
    await node.restart(() => {
      for (const end of ['', '-wal', '-shm']) rmSync(join(node.data, `node.sqlite${end}`), { force: true });
      copyFileSync(copy, join(node.data, 'node.sqlite'));
    });
    const left = await all();
    expect(left).not.toContain(secret);
    expect(without(left, fatu)).not.toContain(fatu.person);
    rmSync(copy);
  });

  it('leaves what others decided later where it stands, after any number of starts', async () => {
    const one = await addMember(node, admin, 'One', 'focal-point');
    const two = await addMember(node, admin, 'Two', 'focal-point');
    const value = async (): Promise<unknown> => {
      const { body } = await ask(`${node.url}/content/compendium/profiles/islemara`);
      return (body['groups'] as { lines: { id: string; readings: { value: number }[] }[] }[])
        .flatMap(({ lines }) => lines)
        .find(({ id }) => id === 'national-law')
        ?.readings.at(-1)?.value;
    };
    await bringTo(node, one, aDraft(one, 'assessment', someValues(1), 1));
    await bringTo(node, two, aDraft(two, 'assessment', someValues(3), 1));
    expect(await value()).toBe(3);
    for (let starts = 0; starts < 2; starts++) {
      await node.restart();
      expect(await value()).toBe(3);
    }
    await erase(two);
    await node.restart();
    expect(await value()).toBe(3);
  });
});
