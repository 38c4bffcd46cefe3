/** The desk at the node: values that nobody sees until they are released, entries that another reviews, and what is published of both. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CountriesView, ProfileView } from '../../src/lib/cooperation/country-views.ts';
import type { EntryView } from '../../src/lib/cooperation/views.ts';
import {
  addMember,
  aDraft,
  aReview,
  aSolution,
  bringTo,
  copyEntries,
  now,
  someValues as values,
  type Member,
  type Said,
} from './desk-kit.ts';
import { ask, claim, password, startTestNode, type TestNode } from './kit.ts';

const courses = copyEntries();
let node: TestNode;
let admin: string;

const members = new Map<string, Member>();
const member = (name: string): Member => {
  const found = members.get(name);
  if (found === undefined) throw new Error(`There is no ${name}`);
  return found;
};

const bring = (by: string, ...documents: readonly object[]): Promise<readonly Said[]> => bringTo(node, member(by), ...documents);
const deskOf = async (by: string) =>
  (await ask(`${node.url}/api/desk`, { token: member(by).token })).body as unknown as {
    readonly drafts: readonly { readonly entry: string }[];
    readonly reviews: readonly object[];
    readonly published: Readonly<Record<string, object>>;
  };
const view = async <View>(path: string): Promise<View> => (await ask(`${node.url}/content/compendium/${path}`)).body as unknown as View;

const draft = (by: string, of: string, fields: object & { readonly id: string }, edition: number | null, interest = '') =>
  aDraft(member(by), of, fields, edition, interest);
const review = (by: string, author: string, entry: string, edition: number, decision: string, reasons: string) =>
  aReview(member(by), member(author), entry, edition, decision, reasons);
const solution = (more: object = {}) => aSolution('reef-watch', more);

beforeAll(async () => {
  node = await startTestNode({ courses });
  admin = await claim(node);
  for (const [name, role] of [
    ['Fatu', 'focal-point'],
    ['Pia', 'provider'],
    ['Rui', 'reviewer'],
    ['Sana', 'reviewer'],
    ['Tara', 'trainer'],
  ] as const)
    members.set(name, await addMember(node, admin, name, role));
});
afterAll(async () => {
  await node.close();
  rmSync(courses, { recursive: true });
});

describe('values of a country', () => {
  const latest = async (): Promise<number | undefined> =>
    (await view<ProfileView>('profiles/islemara')).groups
      .flatMap(({ lines }) => lines)
      .find(({ id }) => id === 'national-law')
      ?.readings.at(-1)?.value;

  it('are at the centre before they are released, and in nothing that anybody or any node reads', async () => {
    expect(await bring('Fatu', draft('Fatu', 'assessment', values(2), null))).toEqual([expect.objectContaining({ ok: true })]);
    expect((await deskOf('Fatu')).drafts.map(({ entry }) => entry)).toEqual(['islemara-2026']);
    for (const other of ['Pia', 'Rui', 'Tara']) expect((await deskOf(other)).drafts).toEqual([]);
    expect(await latest()).toBe(0);
    // No road leads into the database in which they lie, not even an administrator's; and it is none that goes up.
    expect((await ask(`${node.url}/replica/db/private/_all_docs`, { token: admin })).status).toBe(403);
    const desk = await ask(`${node.url}/replica/db/desk-centre/_all_docs`, { token: admin });
    expect(desk.status).toBe(200);
    expect(JSON.stringify(desk.body)).not.toContain('islemara');
  });

  it('are published by their focal point’s word alone, and stay so after a restart', async () => {
    expect(await bring('Fatu', draft('Fatu', 'assessment', values(2), 1))).toEqual([expect.objectContaining({ ok: true })]);
    expect(await latest()).toBe(2);
    await node.restart();
    expect(await latest()).toBe(2);
    const { countries } = await view<CountriesView>('profiles');
    expect(countries.find(({ id }) => id === 'islemara')?.tally?.year).toBe(2026);
  });

  it('are corrected by another edition; what is wrong is refused with its reason and changes nothing', async () => {
    expect(await bring('Fatu', draft('Fatu', 'assessment', values(3), 2))).toEqual([expect.objectContaining({ ok: true })]);
    expect(await latest()).toBe(3);
    const wrong = { ...values(1), values: [{ indicator: 'no-such-thing', value: 1, confidence: 'judged' }] };
    expect(await bring('Fatu', draft('Fatu', 'assessment', wrong, 3))).toEqual([
      expect.objectContaining({ ok: false, reason: expect.stringMatching(/There is no entry «no-such-thing»/) as string }),
    ]);
    expect(await bring('Pia', draft('Pia', 'assessment', values(1), 1))).toEqual([
      expect.objectContaining({ ok: false, reason: 'This role does not write this kind of entry.' }),
    ]);
    expect(await latest()).toBe(3);
  });
});

describe('a focal point', () => {
  const refusal = async (of: string, fields: Readonly<Record<string, unknown>> & { readonly id: string }, country: string) =>
    (await bring('Fatu', { ...draft('Fatu', of, fields, 1), country }))[0];

  it('writes for their own country alone, whatever the entry says', async () => {
    const foreign = { id: 'altavar-2026', country: 'altavar', year: 2026, values: [{ indicator: 'national-law', value: 3, confidence: 'judged' }], written: '2026-11-30' }; // prettier-ignore
    expect(await refusal('assessment', foreign, 'altavar')).toMatchObject({ ok: false, reason: expect.stringMatching(/does not speak for this country/) as string }); // prettier-ignore
    expect(await refusal('assessment', foreign, 'islemara')).toMatchObject({ ok: false, reason: expect.stringMatching(/speaks for another country/) as string }); // prettier-ignore
    const call = { id: 'a-call', plan: 'altavar-2023-2027', title: { en: 'A call' }, summary: { en: 'For what' }, seeks: ['course'], opens: '2026-11-01', closes: '2027-11-01', written: '2026-11-30' }; // prettier-ignore
    expect(await refusal('call', call, 'islemara')).toMatchObject({ ok: false, reason: expect.stringMatching(/speaks for another country/) as string }); // prettier-ignore
    expect(await refusal('call', { ...call, plan: 'islemara-2024-2028' }, 'islemara')).toMatchObject({ ok: true });
  });

  it('takes the place of nothing that is not their country’s: no other’s plan, no indicator of all countries', async () => {
    const plan = { id: 'altavar-2023-2027', country: 'islemara', title: { en: 'Mine now' }, summary: { en: '-' }, from: 2026, until: 2030, responsible: { en: '-' }, objectives: [{ id: 'o1', title: { en: 'o' }, indicator: 'national-law', start: 0, aim: 2 }], written: '2026-11-30' }; // prettier-ignore
    expect(await refusal('plan', plan, 'islemara')).toMatchObject({ ok: false, reason: expect.stringMatching(/is not this country’s/) as string }); // prettier-ignore
    const indicator = { id: 'national-law', country: 'islemara', title: { en: 'Law' }, definition: { en: '-' }, unit: { en: '-' }, direction: 'more', method: 'self-assessment', how: { en: '-' }, written: '2026-11-30' }; // prettier-ignore
    expect(await refusal('indicator', indicator, 'islemara')).toMatchObject({ ok: false, reason: expect.stringMatching(/is not this country’s/) as string }); // prettier-ignore
    const { country: _, ...nobodys } = indicator;
    expect(await refusal('indicator', { ...nobodys, id: 'for-all' }, 'islemara')).toMatchObject({ ok: false });
  });

  it('is invited for countries that are known here, and an administrator may change for which', async () => {
    const invite = (body: object) => ask(`${node.url}/api/people`, { token: admin, body: { name: 'Omar', role: 'focal-point', ...body } });
    expect((await invite({})).status).toBe(400);
    expect((await invite({ countries: ['atlantis'] })).body).toMatchObject({ error: 'no-country' });
    const set = (countries: readonly string[], token = admin, person: string = member('Fatu').person) =>
      ask(`${node.url}/api/people/${person}/countries`, { token, body: { countries } });
    expect((await set(['altavar'], member('Fatu').token)).status).toBe(403);
    expect((await set(['altavar'], admin, member('Pia').person)).status).toBe(404);
    expect((await set(['oruvana'])).status).toBe(200);
    expect((await bring('Fatu', { ...draft('Fatu', 'assessment', values(2), null), country: 'islemara' }))[0]).toMatchObject({ ok: false });
    expect((await set(['islemara'])).status).toBe(200);
    expect((await ask(`${node.url}/api/session`, { body: { name: 'Fatu', password } })).body).toMatchObject({ countries: ['islemara'] });
  });
});

describe('who mentors whom', () => {
  const pair = { id: 'pair', mentor: 'Ines Alvarado', mentee: 'Adaeze Obi', menteeGender: 'woman', from: '2026-11-30', state: 'running', written: '2026-11-30' }; // prettier-ignore
  it('is kept where nobody reads it, and is never handed in', async () => {
    expect(await bring('Pia', draft('Pia', 'pair', pair, null))).toEqual([expect.objectContaining({ ok: true })]);
    expect(await bring('Pia', draft('Pia', 'pair', { ...pair, id: 'pair-2' }, 1))).toEqual([expect.objectContaining({ ok: false })]);
    for (const other of ['Fatu', 'Rui', 'Sana']) expect(JSON.stringify(await deskOf(other))).not.toContain('Alvarado');
    for (const database of ['desk-centre', 'commons-centre'])
      expect(
        JSON.stringify((await ask(`${node.url}/replica/db/${database}/_all_docs?include_docs=true`, { token: admin })).body),
      ).not.toContain('Alvarado');
  });
});

describe('a solution', () => {
  const shown = async (): Promise<{ readonly status: number; readonly view: EntryView }> => {
    const { status, body } = await ask(`${node.url}/content/compendium/entries/reef-watch`);
    return { status, view: body as unknown as EntryView };
  };

  it('is its author’s until it is handed in, then a reviewer’s to read', async () => {
    await bring('Pia', draft('Pia', 'solution', solution(), null));
    expect((await deskOf('Rui')).drafts).toEqual([]);
    await bring('Pia', draft('Pia', 'solution', solution(), 1, 'We sell the images.'));
    expect((await deskOf('Rui')).drafts.map(({ entry }) => entry)).toEqual(['reef-watch']);
    expect((await shown()).status).toBe(404);
  });

  it('is returned with reasons, handed in again, and accepted once by another than its author', async () => {
    await bring('Rui', review('Rui', 'Pia', 'reef-watch', 1, 'return', 'Name the limits.'));
    expect((await deskOf('Pia')).reviews).toEqual([expect.objectContaining({ decision: 'return', reasons: 'Name the limits.' })]);
    await bring('Pia', draft('Pia', 'solution', solution({ limits: { en: 'Clouds, and water deeper than ten metres.' } }), 2));
    expect((await shown()).status).toBe(404);
    await bring('Sana', review('Sana', 'Pia', 'reef-watch', 2, 'abstain', 'I advise this company.'));
    expect((await shown()).status).toBe(404);
    const accepted = review('Rui', 'Pia', 'reef-watch', 2, 'accept', '');
    expect(await bring('Rui', accepted)).toEqual([expect.objectContaining({ ok: true })]);
    // The same again, by a device that did not hear the answer.
    expect(await bring('Rui', accepted)).toEqual([expect.objectContaining({ ok: true })]);
    const { status, view: entry } = await shown();
    expect(status).toBe(200);
    expect(entry.entry).toMatchObject({ limits: { en: 'Clouds, and water deeper than ten metres.' }, reviewed: '2026-11-30' });
    expect((await deskOf('Pia')).published['reef-watch']).toMatchObject({ edition: 2 });
  });

  it('is in the commons that devices install, and found there', async () => {
    const { total } = await view<{ readonly total: number }>('list?q=reefs&lang=en');
    expect(total).toBeGreaterThan(0);
  });

  it('is withdrawn by its author, and then gone from the compendium', async () => {
    const written = draft('Pia', 'solution', solution({ limits: { en: 'Clouds, and water deeper than ten metres.' } }), null);
    const there = (await deskOf('Pia')).drafts.find(({ entry }) => entry === 'reef-watch') as unknown as { readonly submitted: object };
    await bring('Pia', { ...written, submitted: there.submitted, withdrawn: now() });
    expect((await shown()).status).toBe(404);
  });

  it('is not accepted where it would break the compendium', async () => {
    await bring('Pia', draft('Pia', 'solution', { ...solution(), id: 'broken' }, 1));
    expect(await bring('Pia', draft('Pia', 'solution', { ...solution({ themes: ['theme-nowhere'] }), id: 'broken-2' }, 1))).toEqual([
      expect.objectContaining({ ok: false, reason: expect.stringMatching(/theme-nowhere/) as string }),
    ]);
  });
});

describe('who may come', () => {
  it('is staff; rubbish is refused in words', async () => {
    expect((await ask(`${node.url}/api/desk`)).status).toBe(401);
    expect((await ask(`${node.url}/api/desk`, { token: member('Rui').token, body: { documents: 'all' } })).status).toBe(400);
    expect(await bring('Rui', { kind: 'draft' }, { kind: 'nothing' })).toEqual([
      expect.objectContaining({ ok: false }),
      expect.objectContaining({ ok: false }),
    ]);
    expect(await bring('Tara', draft('Tara', 'solution', { ...solution(), id: 'by-a-trainer' }, 1))).toEqual([
      expect.objectContaining({ ok: false }),
    ]);
  });
});
