/** A new centre, from the first page to the first slips, by the page alone; and the same changed later. */
import type { Page } from '@playwright/test';
import { AxeBuilder } from '@axe-core/playwright';
import { claim, expect, signIn, test } from './perigee.ts';

const password = 'perigee apogee orbit';

/** What somebody does before the page, counted: a field filled, a choice made, a button pressed. */
function counted(page: Page) {
  let inputs = 0;
  return {
    get inputs() {
      return inputs;
    },
    async fill(label: string, text: string) {
      inputs += 1;
      await page.getByLabel(label, { exact: true }).fill(text);
    },
    async choose(label: string, option: string) {
      inputs += 1;
      await page.getByLabel(label, { exact: true }).selectOption({ label: option });
    },
    async check(label: string) {
      inputs += 1;
      await page.getByLabel(label, { exact: true }).check();
    },
    async press(name: string) {
      inputs += 1;
      await page.getByRole('button', { name, exact: true }).click();
    },
    async follow(name: string) {
      inputs += 1;
      await page.getByRole('link', { name, exact: true }).click();
    },
  };
}

const step = (page: Page, name: string): Promise<void> => expect(page.getByRole('heading', { name, level: 2 })).toBeVisible();

test('the first page leads to a centre in twelve inputs or fewer, also one that hands on to another', async ({ startNode, openDevice }) => {
  const parent = await startNode({ PERIGEE_NODE: 'sitc' });
  const director = await claim(parent, 'Director');
  const { token } = (await (
    await fetch(`${parent.origin}/api/nodes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${director.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'test-centre' }),
    })
  ).json()) as { token: string };

  const node = await startNode();
  const { page } = await openDevice();
  const hand = counted(page);
  await page.goto(`${node.origin}/`);
  await hand.follow('Set the centre up');
  await step(page, 'The centre');
  await hand.fill('Name of the centre', 'Regional Centre, Ile-Ife');
  await hand.choose('Country', 'Nigeria');
  await hand.press('Go on');
  await step(page, 'The administrator');
  // On the node's own machine no code is asked for.
  await expect(page.getByLabel('First-run code')).toHaveCount(0);
  await hand.fill('Your name', 'Amina Diallo');
  await hand.fill('Password', password);
  await hand.press('Go on');
  await step(page, 'The centre above');
  await hand.check('There is one');
  await hand.fill('Address', parent.origin);
  await hand.fill('Credential', token);
  await hand.press('Go on');
  await step(page, 'Courses');
  await expect(page.getByText(/a learner pays [\d.]+ (kB|MB), with media/).first()).toBeVisible();
  await hand.press('Finish');
  await step(page, 'What to do next');
  expect(hand.inputs).toBeLessThanOrEqual(12);

  // What to do next: phones cannot come to an address of this machine alone, and the page says what helps.
  await expect(page.getByText('npm start -- --lan')).toBeVisible();
  await expect(page.getByText(/npx perigee backup .*test-centre/)).toBeVisible();
  await expect(page.getByRole('link', { name: 'Bring in a list' })).toBeVisible();
  expect((await (await fetch(`${node.origin}/api/node`)).json()) as object).toMatchObject({
    claimed: true,
    centre: { title: 'Regional Centre, Ile-Ife', country: 'NG', languages: ['en'] },
  });

  // The centre above hears who came.
  await page.goto(`${node.origin}/centre`);
  await expect(page.getByRole('heading', { name: 'The centre above: sitc' })).toBeVisible();
  await expect
    .poll(async () => {
      const answer = await fetch(`${parent.origin}/api/nodes`, { headers: { authorization: `Bearer ${director.token}` } });
      return ((await answer.json()) as { nodes: { about: { country: string } | null }[] }).nodes[0]?.about?.country;
    })
    .toBe('NG');
});

test('who is interrupted goes on where they were, bad input keeps what was typed, and a parent’s fault is said', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  device.expectConsole(/\b401\b/);
  await device.page.goto(`${node.origin}/centre/start`);
  await device.page.getByRole('button', { name: 'Go on' }).click();
  await expect(device.page.getByRole('alert')).toContainText('name of the centre');
  await device.page.getByLabel('Name of the centre').fill('Centre de Thiès');
  await device.page.getByRole('button', { name: 'Go on' }).click();
  await expect(device.page.getByRole('alert')).toContainText('country');
  await expect(device.page.getByLabel('Name of the centre')).toHaveValue('Centre de Thiès');
  await device.page.getByLabel('Country').selectOption('SN');
  await device.page.getByLabel('Français').check();
  await device.page.getByRole('button', { name: 'Go on' }).click();
  await device.page.getByLabel('Your name').fill('Fatou Ndiaye');

  // The battery is empty; nothing of it was at the node.
  await device.close();
  await node.stop('SIGKILL');
  await node.start();
  await device.open();
  await device.page.goto(`${node.origin}/centre/start`);
  await step(device.page, 'The administrator');
  await expect(device.page.getByLabel('Your name')).toHaveValue('Fatou Ndiaye');
  await device.page.getByLabel('Password', { exact: true }).fill('short');
  await device.page.getByRole('button', { name: 'Go on' }).click();
  await expect(device.page.getByRole('alert')).toContainText('At least 12 characters');
  await expect(device.page.getByLabel('Password', { exact: true })).toHaveValue('short');
  await device.page.getByLabel('Password', { exact: true }).fill(password);
  await device.page.getByRole('button', { name: 'Go on' }).click();
  await step(device.page, 'The centre above');

  // Again, behind the account: it is signed in to, and goes on there.
  await device.close();
  await device.open();
  const { page } = device;
  await page.goto(`${node.origin}/centre/start`);
  await page.getByLabel('Name', { exact: true }).fill('Fatou Ndiaye');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await step(page, 'The centre above');
  await page.getByLabel('There is one').check();
  await page.getByLabel('Address').fill('http://127.0.0.1:9');
  await page.getByLabel('Credential').fill(`peer_accra_${'0'.repeat(52)}`);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByRole('alert')).toContainText('made out to “accra”');
  await page.getByLabel('Credential').fill(`peer_test-centre_${'0'.repeat(52)}`);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByRole('alert')).toContainText('Nobody answers at this address', { timeout: 40_000 });
  await expect(page.getByLabel('Address')).toHaveValue('http://127.0.0.1:9');
  await expect(page.getByLabel('Credential')).toHaveValue(/^peer_test-centre_/);
  await page.getByLabel('None: this centre stands alone').check();
  await page.getByRole('button', { name: 'Go on' }).click();
  await step(page, 'Courses');
  await page.getByRole('checkbox', { name: /Space law/ }).uncheck();
  await page.getByRole('button', { name: 'Finish' }).click();
  await step(page, 'What to do next');

  // What was left out stands in no list; what was chosen can be changed at /centre.
  await page.goto(`${node.origin}/catalogue`);
  await expect(page.getByRole('link', { name: /Satellite navigation/ }).first()).toBeVisible();
  await expect(page.getByRole('link', { name: /Space law/ })).toHaveCount(0);
  await page.goto(`${node.origin}/centre`);
  const arrangements = page.getByRole('region', { name: 'Arrangements of this centre' });
  await arrangements.getByText('Courses', { exact: true }).click();
  await arrangements.getByRole('checkbox', { name: /Space law/ }).check();
  await arrangements.getByRole('button', { name: 'Keep this' }).last().click();
  await expect(arrangements.getByText('Kept.')).toBeVisible();
  await arrangements.getByText('The centre: Centre de Thiès').click();
  await arrangements.getByLabel('Name of the centre').fill('Centre régional de Thiès');
  await arrangements.getByRole('button', { name: 'Keep this' }).first().click();
  await expect(arrangements.getByText('The centre: Centre régional de Thiès')).toBeVisible();
  await arrangements.getByText('Your name and password').click();
  await arrangements.getByLabel('Present password').fill(password);
  await arrangements.getByLabel('New password').fill('a longer way round');
  await arrangements
    .locator('form')
    .filter({ has: page.getByLabel('New password') })
    .getByRole('button', { name: 'Keep this' })
    .click();
  await expect(arrangements.getByText('Changed.')).toBeVisible();
  await page.goto(`${node.origin}/catalogue`);
  await expect(page.getByRole('link', { name: /Space law/ }).first()).toBeVisible();
});

test('from another device the code is asked for, and may come along with the address', async ({ startNode, openDevice }) => {
  const node = await startNode({ PERIGEE_ORIGIN: 'https://learn.example.org' });
  const device = await openDevice();
  device.expectConsole(/\b401\b/);
  const { page } = device;
  await page.goto(`${node.origin}/centre/start#code=${node.firstRunCode}`);
  await page.getByLabel('Name of the centre').fill('Centre');
  await page.getByLabel('Country').selectOption('KE');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByLabel('First-run code')).toHaveValue(node.firstRunCode);
  await page.getByLabel('First-run code').fill('00000-00000');
  await page.getByLabel('Your name').fill('Wangari');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByRole('alert')).toContainText('did not accept');
  await expect(page.getByLabel('Your name')).toHaveValue('Wangari');
  await page.getByLabel('First-run code').fill(node.firstRunCode);
  await page.getByRole('button', { name: 'Go on' }).click();
  await step(page, 'The centre above');
});

test('people are brought in from a list of a French spreadsheet: seen first, reported line by line, with codes to print', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const staff = await claim(node);
  const { page } = await openDevice();
  await signIn(page, node.origin, staff);
  await page.goto(`${node.origin}/centre/import`);
  await page.getByLabel('A CSV file').setInputFiles({
    name: 'promotion.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      'Nom;Prénom;Groupe;Rôle;Sexe;Pays\r\nNdiaye;Fatou;Dakar, printemps;;F;Sénégal\r\nDiop;Renée;Dakar, printemps;apprenante;F;\r\n;;Dakar, printemps;;;\r\nSow;Moussa;Dakar, printemps;chauffeur;;\r\nFall;Aïda;;formatrice;F;\r\nBa;Omar;;;;\r\n',
      'latin1',
    ),
  });
  const preview = page.getByRole('region', { name: 'Lines, as they are read' });
  await expect(preview.getByRole('listitem')).toHaveCount(6);
  await expect(preview).toContainText('No name. Write one in this line.');
  await expect(preview).toContainText('This role is not known.');
  await expect(preview).toContainText('No cohort. Name one in this line');
  await expect(preview).toContainText('There is no such cohort.');
  await expect(page.getByText('1 person will get a code.')).toBeVisible();
  await page.getByLabel('Make what is missing').check();
  await page.getByLabel(/Satellite navigation/).check();
  await expect(page.getByText('3 people will get a code.')).toBeVisible();
  await expect(page.getByText('3 lines are left out')).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.getByRole('button', { name: 'Make 3 codes' }).click();
  const report = page.getByRole('region', { name: 'Report' }).last();
  await expect(report.getByRole('row')).toHaveCount(7);
  await expect(report.getByRole('row', { name: /Fatou Ndiaye/ })).toContainText('code made');
  await expect(report.getByRole('row', { name: /Aïda Fall/ })).toContainText('invited');
  await expect(report.getByRole('row', { name: /Omar Ba/ })).toContainText('No cohort');
  const slips = page.getByRole('region', { name: 'Slips with codes' });
  await expect(slips.getByText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/)).toHaveCount(2);
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the report with the codes (CSV)' }).click();
  expect((await downloading).suggestedFilename()).toMatch(/^Report-.*\.csv$/);
  await page.goto(`${node.origin}/teach`);
  await expect(page.getByRole('link', { name: /Dakar, printemps/ })).toBeVisible();
});

for (const locale of ['en', 'ar'])
  test(`the first page is one that everybody can use: ${locale}`, async ({ startNode, openDevice }) => {
    const node = await startNode();
    const { page } = await openDevice({ size: 'phone', locale });
    await page.goto(`${node.origin}/centre/start`);
    await expect(page.locator('form')).toBeVisible();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });
