import { expect, makePerson, test } from './perigee.ts';

test('people share a device, and a PIN stands between them', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await makePerson(page, node.origin, 'Amina', '4711');
  await makePerson(page, node.origin, 'Binta');
  await expect(page.getByText('A PIN hides, it does not lock.')).toBeVisible();

  await page.getByRole('button', { name: 'Amina' }).click();
  await page.getByLabel('Your PIN').fill('1234');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('That is not the PIN. Try again.')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Binta' })).toBeVisible();

  // The digits of an Arabic keyboard are the same PIN.
  await page.getByLabel('Your PIN').fill('٤٧١١');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Amina is learning now.')).toBeVisible();

  await page.goto(`${node.origin}/record`);
  await expect(page.getByText('What Amina did.')).toBeVisible();
});

test('after five wrong tries there is a wait, and it counts down', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice();
  await makePerson(page, node.origin, 'Amina', '4711');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Amina' }).click();
  for (let i = 0; i < 6; i++) {
    await page.getByLabel('Your PIN').fill('0000');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByText('That is not the PIN.').or(page.getByText('Too many wrong tries.'))).toBeVisible();
    await expect(page.getByLabel('Your PIN')).toHaveValue('');
  }
  const timer = page.getByRole('timer');
  await expect(timer).toHaveText(/Try again in \d+ seconds/);
  await expect(page.getByRole('button', { name: 'Continue' })).toBeDisabled();
  const first = await timer.innerText();
  await expect(timer).not.toHaveText(first);
  await expect(page.getByRole('button', { name: 'Continue' })).toBeEnabled({ timeout: 20_000 });
  await page.getByLabel('Your PIN').fill('4711');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Amina is learning now.')).toBeVisible();
});

test('a picture sign-in works by keyboard alone, is kept, and can be taken away', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice();
  await device.page.goto(`${node.origin}/people`);
  const press = async (name: string): Promise<void> => {
    await device.page.getByRole('button', { name, exact: true }).focus();
    await device.page.keyboard.press('Enter');
  };
  await press('Add a person');
  await expect(device.page.getByLabel('Name')).toBeFocused();
  await device.page.keyboard.type('Wei');
  await device.page.getByRole('radio', { name: 'Pictures' }).focus();
  await device.page.keyboard.press('Space');
  for (const name of ['Moon', 'Comet']) await press(name);
  await press('Add and start');
  await expect(device.page.getByText('Choose at least 3 pictures.')).toBeVisible();
  await press('Dish antenna');
  await press('Add and start');
  await expect(device.page.getByText('Wei is learning now.')).toBeVisible();

  await device.close();
  await device.open();
  const { page } = device;
  await page.goto(`${node.origin}/people`);
  await page.getByRole('button', { name: 'Change or remove the sign-in' }).click();
  for (const name of ['Comet', 'Moon', 'Dish antenna']) await page.getByRole('button', { name, exact: true }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByText('These are not the pictures.')).toBeVisible();
  for (const name of ['Moon', 'Comet', 'Dish antenna']) await page.getByRole('button', { name, exact: true }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('radio', { name: 'Nothing' }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('This device asks for nothing now.')).toBeVisible();
});
