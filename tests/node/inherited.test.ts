/** What a node above accepted or released is in the compendium of the nodes below, beside what came with them; what is taken back there is gone here. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CountriesView, ProfileView } from '../../src/lib/cooperation/country-views.ts';
import { parseSignedCommons } from '../../src/lib/cooperation/package.ts';
import { ask, claim, startTestNode, type TestNode } from './kit.ts';
import { addMember, aDraft, aReview, aSolution, bringTo, copyEntries, someValues, type Member } from './desk-kit.ts';

const [above, below, lowest] = [copyEntries(), copyEntries(), copyEntries()];
let sitc: TestNode;
let centre: TestNode;
let outpost: TestNode;
let fatu: Member;
let pia: Member;
let rui: Member;

const view = async <View>(node: TestNode, path: string): Promise<View> =>
  (await ask(`${node.url}/content/compendium/${path}`)).body as unknown as View;
const statusOf = async (node: TestNode, id: string): Promise<number> => (await ask(`${node.url}/content/compendium/entries/${id}`)).status;
const visit = async (node: TestNode): Promise<void> => {
  expect(await node.node.upstream.visit()).toMatchObject({ type: 'done' });
};
const lawOf = async (node: TestNode): Promise<number | undefined> =>
  (await view<ProfileView>(node, 'profiles/islemara')).groups
    .flatMap(({ lines }) => lines)
    .find(({ id }) => id === 'national-law')
    ?.readings.at(-1)?.value;
const accept = async (solution: object & { readonly id: string }): Promise<void> => {
  for (const said of [
    ...(await bringTo(sitc, pia, aDraft(pia, 'solution', solution, 1))),
    ...(await bringTo(sitc, rui, aReview(rui, pia, solution.id, 1))),
  ])
    expect(said).toMatchObject({ ok: true });
};

const credentials = new Map<string, string>();

/** A node below another, of whose name its parent knows. */
async function startBelow(parent: TestNode, admin: string, name: string, courses: string): Promise<TestNode> {
  const made = await ask(`${parent.url}/api/nodes`, { token: admin, body: { name } });
  const token = made.body['token'] as string;
  credentials.set(name, token);
  return startTestNode({ name, courses, upstream: { url: parent.url, token, kbps: null, hours: null } });
}

beforeAll(async () => {
  // The centre has an older release: a solution of the newer one is not in its folder yet.
  for (const folder of [above, lowest])
    writeFileSync(join(folder, '+compendium/solutions/new.yaml'), JSON.stringify([aSolution('of-the-new-release')]));
  sitc = await startTestNode({ name: 'sitc', courses: above });
  const admin = await claim(sitc);
  fatu = await addMember(sitc, admin, 'Fatu', 'focal-point');
  pia = await addMember(sitc, admin, 'Pia', 'provider');
  rui = await addMember(sitc, admin, 'Rui', 'reviewer');
  centre = await startBelow(sitc, admin, 'centre', below);
  outpost = await startBelow(centre, await claim(centre), 'outpost', lowest);
});
afterAll(async () => {
  for (const node of [outpost, centre, sitc]) await node.close();
  for (const folder of [above, below, lowest]) rmSync(folder, { recursive: true });
});

describe('the nodes below', () => {
  it('show what was released and accepted above after a visit, and still what came with them', async () => {
    await accept(aSolution('reef-watch'));
    expect(await bringTo(sitc, fatu, aDraft(fatu, 'assessment', someValues(2), 1))).toEqual([expect.objectContaining({ ok: true })]);
    expect(await statusOf(centre, 'reef-watch')).toBe(404);
    const before = await lawOf(centre);
    await visit(centre);
    await visit(outpost);
    for (const node of [centre, outpost]) {
      expect(await statusOf(node, 'reef-watch')).toBe(200);
      expect(await lawOf(node)).toBe(2);
      expect(await statusOf(node, 'flood-mapping-radar')).toBe(200);
      const { countries } = await view<CountriesView>(node, 'profiles');
      expect(countries.find(({ id }) => id === 'islemara')?.tally?.year).toBe(2026);
    }
    expect(before).not.toBe(2);
    // What devices install is signed by the node that they know, and has it.
    const { body } = await ask(`${centre.url}/content/commons`);
    const parsed = parseSignedCommons(body);
    if (!parsed.ok) throw new Error('no commons');
    expect(parsed.value.signature.key).toBe((await ask(`${centre.url}/api/node`)).body['key']);
    const ids = await Promise.all(
      parsed.value.manifest.shelves
        .filter(({ kind }) => kind === 'solution')
        .map(async ({ entries }) => (await fetch(`${centre.url}/content/pieces/${entries.sha256}`)).text()),
    );
    expect(ids.join('')).toContain('reef-watch');
  });

  it('keep it after a restart and without a line, and no id of whoever wrote it', async () => {
    await centre.restart();
    // It is at another port now.
    await outpost.join({ url: centre.url, token: credentials.get('outpost') ?? '', kbps: null, hours: null });
    expect(await statusOf(centre, 'reef-watch')).toBe(200);
    const admin = await addMember(centre, await claimed(centre), 'Anna', 'administrator');
    const copies = await ask(`${centre.url}/replica/db/commons-sitc/_all_docs?include_docs=true`, { token: admin.token });
    expect(JSON.stringify(copies.body)).toContain('reef-watch');
    for (const { person } of [fatu, pia, rui]) expect(JSON.stringify(copies.body)).not.toContain(person);
  });

  it('leave out what leads to what they do not have, say so, and publish the rest; it stands once the rest is here', async () => {
    await accept(aSolution('reef-fishing'));
    // A course of the compendium above teaches a solution that the centre's older release does not have.
    const course = {
      id: 'course-cities',
      title: { en: 'Cities from space' },
      summary: { en: 'A course.' },
      url: 'https://example.org/course',
      languages: ['en'],
      level: 'introductory',
      disciplines: ['science'],
      themes: ['theme-floods'],
      access: 'self-paced',
      teaches: ['of-the-new-release'],
      sources: [{ title: 'S', url: 'https://example.org/' }],
      written: '2026-11-30',
    };
    expect(await bringTo(sitc, pia, aDraft(pia, 'listing', course, 1))).toEqual([expect.objectContaining({ ok: true })]);
    await bringTo(sitc, rui, aReview(rui, pia, 'course-cities', 1));
    await visit(centre);
    expect(await statusOf(centre, 'reef-fishing')).toBe(200);
    expect(await statusOf(centre, 'course-cities')).toBe(404);
    expect(centre.lines.join('\n')).toMatch(/course-cities waits: There is no entry «of-the-new-release»/);
    // The outpost has the newer release, and hears of it through the centre that cannot show it.
    await visit(outpost);
    expect(await statusOf(outpost, 'course-cities')).toBe(200);
  });

  it('let their own word stand before one from above, and lose what is taken back there', async () => {
    const own = await addMember(centre, await claimed(centre), 'Fili', 'focal-point');
    expect(await bringTo(centre, own, aDraft(own, 'assessment', someValues(3), 1))).toEqual([expect.objectContaining({ ok: true })]);
    expect(await lawOf(centre)).toBe(3);
    const corrected = aDraft(fatu, 'assessment', someValues(1), 2);
    expect(await bringTo(sitc, fatu, corrected)).toEqual([expect.objectContaining({ ok: true })]);
    const { body } = await ask(`${sitc.url}/api/desk`, { token: pia.token });
    const draft = (body['drafts'] as { entry: string; changed: string }[]).find(({ entry }) => entry === 'reef-watch');
    expect(await bringTo(sitc, pia, { ...draft, withdrawn: draft?.changed })).toEqual([expect.objectContaining({ ok: true })]);
    await visit(centre);
    await visit(outpost);
    expect(await lawOf(centre)).toBe(3);
    // A node shows what the one above it shows.
    expect(await lawOf(outpost)).toBe(3);
    for (const node of [sitc, centre, outpost]) expect(await statusOf(node, 'reef-watch')).toBe(404);
  });
});

it('see each other’s entries over the parent, whose reviewer accepts them: with what was handed in below, and not what was released', async () => {
  const admin = await claimed(sitc);
  const sisters = copyEntries();
  const sister = await startBelow(sitc, admin, 'sister', sisters);
  try {
    const at = await claimed(centre);
    const [paul, rosa] = [await addMember(centre, at, 'Paul', 'provider'), await addMember(centre, at, 'Rosa', 'reviewer')];
    expect(await bringTo(centre, paul, aDraft(paul, 'solution', aSolution('shared-reefs'), 1))).toEqual([
      expect.objectContaining({ ok: true }),
    ]);
    // What its own centre returned is not laid before reviewers above.
    await bringTo(centre, paul, aDraft(paul, 'solution', aSolution('returned-reefs'), 1));
    await bringTo(centre, rosa, aReview(rosa, paul, 'returned-reefs', 1, 'return', 'Say where.'));
    await bringTo(centre, rosa, aReview(rosa, paul, 'shared-reefs', 1));
    expect(await statusOf(centre, 'shared-reefs')).toBe(200);
    await visit(centre);
    await visit(sister);
    // Accepted below, it goes no further by itself.
    for (const node of [sitc, sister]) expect(await statusOf(node, 'shared-reefs')).toBe(404);

    const { body } = await ask(`${sitc.url}/api/desk`, { token: rui.token });
    const entries = (body['drafts'] as readonly { readonly entry: string }[]).map(({ entry }) => entry);
    expect(entries).toContain('shared-reefs');
    expect(entries).not.toContain('returned-reefs');
    expect(body['from']).toEqual({ [`shared-reefs ${paul.person}`]: 'centre' });
    expect(JSON.stringify(body['drafts'])).not.toContain('"of":"assessment"');
    // A provider above sees nothing of it, and nobody accepts what they cannot read.
    expect((await ask(`${sitc.url}/api/desk`, { token: pia.token })).body['from']).toEqual({});
    expect(await bringTo(sitc, pia, aReview(pia, paul, 'shared-reefs', 1))).toEqual([expect.objectContaining({ ok: false })]);
    expect(await bringTo(sitc, rui, aReview(rui, paul, 'shared-reefs', 1))).toEqual([expect.objectContaining({ ok: true })]);
    await visit(sister);
    for (const node of [sitc, sister]) expect(await statusOf(node, 'shared-reefs')).toBe(200);

    // Its author takes it back where they wrote it: it is gone everywhere.
    const desk = await ask(`${centre.url}/api/desk`, { token: paul.token });
    const draft = (desk.body['drafts'] as { entry: string; changed: string }[]).find(({ entry }) => entry === 'shared-reefs');
    expect(await bringTo(centre, paul, { ...draft, withdrawn: draft?.changed })).toEqual([expect.objectContaining({ ok: true })]);
    await visit(centre);
    await sitc.restart();
    expect(await statusOf(sitc, 'shared-reefs')).toBe(404);
  } finally {
    await sister.close();
    rmSync(sisters, { recursive: true });
  }
});

const administrators = new Map<string, string>();
/** The administrator of a node, who claimed it once. */
async function claimed(node: TestNode): Promise<string> {
  const known = administrators.get(node.data);
  if (known !== undefined) return known;
  const { body } = await ask(`${node.url}/api/session`, { body: { name: 'Wangari', password: 'correct horse battery' } });
  administrators.set(node.data, body['token'] as string);
  return body['token'] as string;
}
