import { claim, expect, installCourse, joinCentre, makeCohort, makePerson, test } from './perigee.ts';

test('language and appearance are kept', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  await device.page.goto(`${node.origin}/settings`);
  await device.page.getByRole('radio', { name: 'Dark' }).check();
  await expect(device.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await device.page.getByRole('main').getByRole('link', { name: 'العربية' }).click();
  await expect(device.page.locator('html')).toHaveAttribute('dir', 'rtl');
  await expect(device.page.getByRole('heading', { name: 'الإعدادات' })).toBeVisible();
  await device.close();
  await device.open();
  await device.page.goto(`${node.origin}/settings`);
  await expect(device.page.getByRole('heading', { name: 'الإعدادات' })).toBeVisible();
  await expect(device.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(device.page.getByRole('radio', { name: 'داكن' })).toBeChecked();
});

test('a course takes room, and is removed on the learner’s word', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice();
  await installCourse(page, node.origin, 'satellite-navigation');
  await page.goto(`${node.origin}/settings`);
  await expect(page.getByText('Used by Perigee')).toBeVisible();
  const course = page.getByRole('listitem').filter({ hasText: 'Satellite navigation' });
  await expect(course.getByText('text alone')).toBeVisible();
  await course.getByRole('button', { name: 'Remove' }).click();
  await expect(course.getByText('Your answers and notes stay.')).toBeVisible();
  await course.getByRole('button', { name: 'Remove the course' }).click();
  await expect(page.getByText('No course is installed yet.')).toBeVisible();
});

test('a wrong code, the right one, and a second device', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const staff = await claim(node);
  const named = await fetch(`${node.origin}/api/centre/about`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${staff.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'Centre de Dakar', country: 'SN', languages: ['fr', 'en'] }),
  });
  expect(named.status).toBe(200);
  const { codes } = await makeCohort(node, staff, 'Dakar, spring', ['satellite-navigation'], ['Binta Sow']);
  const phone = await openDevice({ size: 'phone' });
  phone.expectConsole(/401/);
  await makePerson(phone.page, node.origin, 'Binta');
  await phone.page.goto(`${node.origin}/settings`);
  await phone.page.getByRole('button', { name: 'Join' }).click();
  await expect(phone.page.getByText('Please type the code first.')).toBeVisible();
  await phone.page.getByLabel('Code').fill('AAAAA-AAAAA');
  await phone.page.getByRole('button', { name: 'Join' }).click();
  await expect(phone.page.getByText('The centre did not accept this. Check the code letter by letter.')).toBeVisible();
  await expect(phone.page.getByLabel('Code')).toHaveValue('AAAAA-AAAAA');

  await joinCentre(phone.page, node.origin, codes[0] ?? '');
  // By the name that it gave itself, not by its machine's.
  await expect(phone.page.getByText('You belong to the centre Centre de Dakar now.')).toBeVisible();
  await expect(phone.page.getByText('Cohort: Dakar, spring')).toBeVisible();
  await expect(phone.page.getByText('All your work is at the centre too.')).toBeVisible();

  await phone.page.getByRole('button', { name: 'Make a code' }).click();
  const shown = phone.page.getByText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
  await expect(shown).toBeVisible();
  await expect(phone.page.getByText('Works once, until')).toBeVisible();

  const laptop = await openDevice();
  await joinCentre(laptop.page, node.origin, await shown.innerText());
  await laptop.page.goto(`${node.origin}/people`);
  await expect(laptop.page.getByRole('heading', { name: /Binta/ })).toBeVisible();

  // The node goes away: a sentence, and the way on.
  phone.expectConsole(/Failed to load resource|net::ERR/);
  // Leaving the settings cut the laptop's pass short; it makes up for it meanwhile.
  laptop.expectConsole(/Failed to load resource|net::ERR/);
  await node.stop();
  await phone.page.getByRole('button', { name: 'Sync now' }).click();
  await expect(phone.page.getByText('The centre cannot be reached. Your work stays safe on this device.')).toBeVisible();
  await node.start();
  await phone.page.getByRole('button', { name: 'Sync now' }).click();
  await expect(phone.page.getByText('The centre cannot be reached.')).toBeHidden();
  await expect(phone.page.getByText('Last reached')).toBeVisible();
});

test('a centre that has too much under way says how many are before, and is asked again by itself', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const staff = await claim(node);
  const { codes } = await makeCohort(node, staff, 'Dakar, spring', ['satellite-navigation'], ['Binta Sow']);
  const device = await openDevice({ size: 'phone' });
  device.expectConsole(/503/);
  const { page } = device;
  await makePerson(page, node.origin, 'Binta');
  await page.context().route('**/replica/person/**', (route) =>
    route.fulfill({
      status: 503,
      headers: { 'retry-after': '2', 'perigee-place': '12' },
      json: { error: 'busy', message: 'The node is busy: 12 are before you. Come again in 2 s.' },
    }),
  );
  await joinCentre(page, node.origin, codes[0] ?? '');
  await expect(page.getByText('12 devices are before you.')).toBeVisible();
  await expect(page.getByText('Your work is safe on this device')).toBeVisible();
  await page.context().unroute('**/replica/person/**');
  await expect(page.getByText('All your work is at the centre too.')).toBeVisible({ timeout: 15_000 });
  await expect(page.getByText('12 devices are before you.')).toBeHidden();
});
