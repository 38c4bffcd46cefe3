/** The administrator's page: how the centre is, in one look. */
import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { beyondScreen, claim, expect, joinCentre, makeCohort, makePerson, signIn, test } from './perigee.ts';

test('an administrator sees how the centre is, reads the log, and takes a file for whoever helps', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const staff = await claim(node);
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await signIn(page, node.origin, staff);
  for (const language of ['ar', 'en']) {
    await page.goto(`${node.origin}/centre?lang=${language}`);
    await expect(page.locator('section.card').first().locator('dl')).toBeVisible();
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) one.setAttribute('open', '');
    });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    expect(await beyondScreen(page)).toBeLessThanOrEqual(0);
  }
  const part = page.getByRole('region', { name: 'How the centre is' });
  await expect(part.getByText('No backup was made yet.')).toBeVisible();
  await expect(part.getByText(/^Started, version|Started, version/).first()).toBeVisible();
  if (process.env['PERIGEE_PICTURES'] !== undefined) await part.screenshot({ path: `${process.env['PERIGEE_PICTURES']}/log-en-phone.png` });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    part.getByRole('button', { name: 'Save a file for whoever helps' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('perigee-test-centre-diagnosis.json');
  const file: unknown = JSON.parse(readFileSync(await download.path(), 'utf8'));
  expect(file).toMatchObject({ format: 'perigee-diagnosis', node: 'test-centre' });
  expect(JSON.stringify(file)).not.toContain(staff.name);
});

test('the month on paper counts who came and how far they are, and the people are saved as a file', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const staff = await claim(node);
  const cohort = await makeCohort(node, staff, 'Dakar, spring', ['satellite-navigation'], ['Awa', 'Binta']);
  const phone = await openDevice({ size: 'phone' });
  await makePerson(phone.page, node.origin, 'Awa');
  await joinCentre(phone.page, node.origin, cohort.codes[0] ?? '');

  const { page } = await openDevice({ size: 'phone' });
  await signIn(page, node.origin, staff);
  await page.goto(`${node.origin}/centre`);
  await page.getByRole('link', { name: 'The month on paper, and the list of people as a file' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Dakar, spring' });
  await expect(row.getByRole('cell')).toHaveText(['Satellite navigation: from orbit to position', '1', '0', '0']);
  await expect(page.getByText('Joined in this month').locator('xpath=following-sibling::dd')).toHaveText('1');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the list of people (CSV)' }).click(),
  ]);
  expect(readFileSync(await download.path(), 'utf8')).toMatch(/Name[;,]Joined[;,]Last heard from[;,]Cohort\s+Awa[;,]\d{4}-/);
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('button', { name: 'Print this page' })).toBeHidden();
  await expect(row).toBeVisible();
  await page.emulateMedia({ media: 'screen' });
  for (const language of ['ar', 'zh', 'en']) {
    await page.goto(`${node.origin}/centre/month?lang=${language}`);
    await expect(page.getByRole('table')).toBeVisible();
    // On a sheet of A4 with its margins: nothing but the sheet, and nothing cut off.
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 680, height: 980 });
    expect(await beyondScreen(page)).toBeLessThanOrEqual(0);
    await expect(page.locator('nav:visible, button:visible, select:visible')).toHaveCount(0);
    if (process.env['PERIGEE_PICTURES'] !== undefined)
      await page.screenshot({ path: `${process.env['PERIGEE_PICTURES']}/month-print-${language}.png` });
    await page.emulateMedia({ media: 'screen' });
    await page.setViewportSize({ width: 360, height: 740 });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    expect(await beyondScreen(page)).toBeLessThanOrEqual(0);
  }
});
