/** Who trained whom, and the centre's figures, in a browser: the administrator's whole, a trainer's own branch also without a network, costs, a published year. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { instantOf } from '../../src/lib/domain/clock.ts';
import {
  createDeviceId,
  createPersonId,
  type CohortId,
  type CourseId,
  type ItemId,
  type PersonId,
  type UnitId,
} from '../../src/lib/domain/ids.ts';
import { enrolmentId, registerId, type EnrolmentRecord, type RegisterRecord } from '../../src/lib/domain/records.ts';
import { openAccounts } from '../../src/server/main.ts';
import { readNodeName } from '../../src/server/identity.ts';
import type { NodeProcess } from '../../scripts/node-process.ts';
import { claim, expect, makeCohort, signIn, test, type Staff } from './perigee.ts';

const course = 'satellite-navigation' as CourseId;
const day = 24 * 60 * 60 * 1000;
const random = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));
const password = 'perigee apogee orbit';

async function ask(node: NodeProcess, path: string, token: string | null, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(`${node.origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

async function trainer(node: NodeProcess, staff: Staff, name: string): Promise<Staff & { readonly person: PersonId }> {
  const { code } = await ask(node, '/api/people', staff.token, { name, role: 'trainer' });
  const session = await ask(node, '/api/session', null, { code, name, password });
  return { name, password, token: session['token'] as string, person: session['person'] as PersonId };
}

interface Item {
  readonly id: ItemId;
  readonly v: number;
}

interface Learned {
  readonly person?: PersonId;
  readonly about?: EnrolmentRecord['about'];
  readonly daysAgo: number;
}

/** Puts people into a cohort who passed its course a while ago: as the node has them after a year of work. */
async function learned(node: NodeProcess, cohort: CohortId, answered: readonly Item[], people: readonly Learned[]): Promise<void> {
  const name = readNodeName(node.data);
  if (name === null) throw new Error('The node has no name');
  const accounts = await openAccounts({ node: name, data: node.data, couchdb: null });
  const documents = people.flatMap(({ person = createPersonId(random), about, daysAgo }): object[] => {
    const device = createDeviceId(random);
    const [joined, passed] = [instantOf(Date.now() - (daysAgo + 1) * day), instantOf(Date.now() - daysAgo * day)];
    const enrolment: EnrolmentRecord = { _id: enrolmentId(person, cohort), kind: 'enrolment', person, cohort, writer: name, title: 'Cohort', courses: [course], at: joined, ...(about === undefined ? {} : { about }) }; // prettier-ignore
    const items = Object.fromEntries(answered.map(({ id, v }) => [id, { v, best: 1, attempts: 1, first: passed, last: passed }]));
    const register: RegisterRecord = { _id: registerId(person, course, device), kind: 'register', person, course, writer: device, units: { ['kepler' as UnitId]: { first: passed, last: passed, seconds: 60, completed: passed } }, items, completed: passed }; // prettier-ignore
    return [enrolment, register];
  });
  await accounts.records.bulk(documents as never, { newEdits: true });
  await accounts.engine.close();
}

test('shows who trained whom, keeps a trainer’s branch for the road, and publishes figures that name nobody', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const staff = await claim(node);
  const manifest = (await (await fetch(`${node.origin}/content/manifests/${course}`)).json()) as {
    structure?: string;
    manifest?: { structure: string };
  };
  const structure = (await (await fetch(`${node.origin}/content/pieces/${manifest.structure ?? manifest.manifest?.structure ?? ''}`)).json()) as { modules: { units: { items: Item[] }[] }[] }; // prettier-ignore
  const answered = structure.modules.flatMap(({ units }) => units.flatMap(({ items }) => items));
  const amina = await trainer(node, staff, 'Amina Diallo-Ndiaye');
  const ben = await trainer(node, staff, 'Ben Otieno');
  const first = await makeCohort(node, amina, 'Dakar', [course], []);
  const second = await makeCohort(node, ben, 'Kisumu', [course], []);
  const people = (n: number, gender: 'woman' | 'man', country: string): Learned[] =>
    Array.from({ length: n }, () => ({ daysAgo: 400, about: { gender, country: country as never } }));
  await learned(node, first.id as CohortId, answered, [
    { person: ben.person, daysAgo: 500 },
    ...people(9, 'woman', 'SN'),
    ...people(7, 'man', 'SN'),
    ...people(2, 'woman', 'PE'),
  ]);
  await learned(node, second.id as CohortId, answered, [...people(11, 'woman', 'KE'), ...people(1, 'man', 'KE')]);

  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await signIn(page, node.origin, staff);
  await page.goto(`${node.origin}/centre`);
  await page.getByRole('link', { name: 'Who trained whom' }).click();
  await expect(page.getByText('31 people were trained, through 2 generations; 2 train others.', { exact: true })).toBeVisible();
  const picture = page.getByRole('img', { name: 'The branches' });
  await expect(picture).toContainText('Amina Diallo');
  const table = page.getByRole('region', { name: 'Who trains others' });
  await expect(table.getByRole('row', { name: /^Amina Diallo-Ndiaye/ })).toContainText('31');
  await expect(table.getByRole('row', { name: /^Ben Otieno/ })).toContainText('in a cohort');
  await page.screenshot({ path: 'test-results/cascade-en-phone.png', fullPage: true });
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as a table (CSV)' }).first().click();
  const csv = readFileSync(await (await saving).path(), 'utf8');
  expect(csv.split('\r\n')).toHaveLength(34);
  expect(csv).toMatch(/^\uFEFFPerson,Generation,First trained by/);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  await page.goto(`${node.origin}/centre/evaluation`);
  await expect(page.locator('[data-figure=trained]')).toContainText('31');
  await expect(page.locator('[data-figure=handed-on]')).toContainText('12');
  await page.getByLabel('Amount', { exact: true }).fill('1240.5');
  await page.getByLabel('Year', { exact: true }).fill(String(new Date(Date.now() - 400 * day).getUTCFullYear()));
  await page.getByLabel('Note', { exact: true }).fill('Hall in Dakar');
  await page.getByRole('button', { name: 'Enter the cost' }).click();
  await expect(page.getByText('Hall in Dakar')).toBeVisible();
  // Two of Peru are joined with the smaller of the large. With one man in it that row is not split, and neither is the other.
  for (;;) {
    const next = page.getByRole('button', { name: /^Publish the figures of/ });
    await expect(page.getByRole('heading', { name: 'Not published yet' })).toBeVisible();
    if ((await next.count()) === 0) break;
    const year = /\d{4}/.exec((await next.textContent()) ?? '')?.[0] ?? '';
    await next.click();
    await page.getByRole('button', { name: 'Yes, publish' }).click();
    await expect(page.getByText(`The figures of ${year} are published.`)).toBeVisible();
  }
  const published = page.getByRole('region', { name: 'Published figures' }).getByRole('region', { name: 'Country' }).first();
  await expect(published).not.toContainText('Peru');
  await expect(published).toContainText('not split');
  const byCourse = page.getByRole('region', { name: 'Published figures' }).getByRole('region', { name: 'Course' }).first();
  await expect(byCourse).toContainText('Satellite navigation: from orbit to position');
  await expect(byCourse).not.toContainText(course);
  await page.screenshot({ path: 'test-results/evaluation-en-phone.png', fullPage: true });
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('heading', { name: 'Not published yet' })).toBeHidden();
  await page.emulateMedia({ media: 'screen' });
  for (const language of ['en', 'ar', 'zh'] as const) {
    await page.setViewportSize({ width: 1366, height: 768 });
    for (const path of ['cascade', 'evaluation']) {
      await page.goto(`${node.origin}/centre/${path}?lang=${language}`);
      await expect(page.locator('main').getByRole('table').first()).toBeVisible();
      await page.screenshot({ path: `test-results/${path}-${language}-laptop.png`, fullPage: true });
    }
    await page.setViewportSize({ width: 360, height: 740 });
  }
  for (const language of ['ar', 'zh']) {
    await page.goto(`${node.origin}/centre/cascade?lang=${language}`);
    await expect(page.getByRole('img')).toBeVisible();
    await page.screenshot({ path: `test-results/cascade-${language}-phone.png`, fullPage: true });
    if (language === 'ar') expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await page.goto(`${node.origin}/centre/evaluation?lang=${language}`);
    await expect(page.locator('[data-figure=trained]')).toBeVisible();
    await page.screenshot({ path: `test-results/evaluation-${language}-phone.png`, fullPage: true });
  }

  // The trainer takes the branch along.
  const laptop = await openDevice({ size: 'laptop' });
  await signIn(laptop.page, node.origin, amina);
  await laptop.page.goto(`${node.origin}/teach/cascade`);
  await expect(laptop.page.getByText('31 people were trained, through 2 generations; 2 train others.', { exact: true })).toBeVisible();
  await laptop.page.getByLabel('Gender', { exact: true }).selectOption('Woman');
  await laptop.page.getByLabel('Country', { exact: true }).selectOption('Senegal');
  await laptop.page.getByRole('button', { name: 'Keep' }).click();
  await expect(laptop.page.getByText('Kept.')).toBeVisible();
  await laptop.page.screenshot({ path: 'test-results/cascade-en-laptop.png', fullPage: true });
  // Staff's pages are kept a while after the worker is installed.
  const worker = readFileSync(join(import.meta.dirname, '..', '..', 'build', 'client', 'service-worker.js'), 'utf8').replaceAll('\\"', '"');
  const later = JSON.parse(/"after":(\[[^\]]*\])/.exec(worker)?.[1] ?? '[]') as string[];
  const lacking = (): Promise<readonly string[]> =>
    laptop.page.evaluate(async (paths) => {
      await navigator.serviceWorker.ready;
      const found = await Promise.all(paths.map((path) => caches.match(path)));
      return paths.filter((_path, place) => found[place] === undefined);
    }, later);
  await expect.poll(lacking, { timeout: 60_000 }).toEqual([]);
  laptop.expectConsole(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED/);
  await laptop.offline(true);
  await laptop.page.goto(`${node.origin}/teach/cascade`);
  await expect(laptop.page.getByText('The centre cannot be reached.')).toBeVisible();
  await expect(laptop.page.getByRole('img', { name: 'The branches' })).toContainText('Ben Otieno');
});
