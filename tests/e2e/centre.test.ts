/** The administrator's page: how the centre is, in one look. */
import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { claim, expect, signIn, test } from './perigee.ts';

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
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  }
  const part = page.getByRole('region', { name: 'How the centre is' });
  await expect(part.getByText('No backup was made yet.')).toBeVisible();
  await expect(part.getByText(/^Started, version|Started, version/).first()).toBeVisible();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    part.getByRole('button', { name: 'Save a file for whoever helps' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('perigee-test-centre-diagnosis.json');
  const file: unknown = JSON.parse(readFileSync(await download.path(), 'utf8'));
  expect(file).toMatchObject({ format: 'perigee-diagnosis', node: 'test-centre' });
  expect(JSON.stringify(file)).not.toContain(staff.name);
});
