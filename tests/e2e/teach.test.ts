import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { claim, expect, joinCentre, makeCohort, makePerson, signIn, test } from './perigee.ts';

const password = 'perigee apogee orbit';

test('a node is claimed, a cohort made, people enrolled from a table, staff invited', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice();
  const { page } = device;
  device.expectConsole(/401/);
  await page.goto(`${node.origin}/teach`);

  // A wrong code, a short password, two different ones: a sentence each, and what was typed stays.
  await page.getByLabel('First-run code').fill('00000-00000');
  await page.getByLabel('Name').fill('Amina Diallo');
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByRole('button', { name: 'Become the administrator' }).click();
  await expect(page.getByRole('alert')).toContainText('At least 12 characters');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('The password once more').fill('something else');
  await page.getByRole('button', { name: 'Become the administrator' }).click();
  await expect(page.getByRole('alert')).toContainText('not the same');
  await page.getByLabel('The password once more').fill(password);
  await page.getByRole('button', { name: 'Become the administrator' }).click();
  await expect(page.getByRole('alert')).toContainText('did not accept');
  await page.getByLabel('First-run code').fill(node.firstRunCode.toLowerCase().replace('-', ' '));
  await page.getByRole('button', { name: 'Become the administrator' }).click();
  await expect(page.getByText('Signed in as Amina Diallo')).toBeVisible();

  await page.getByRole('button', { name: 'New cohort' }).click();
  await page.getByLabel('Title').fill('Dakar, spring');
  await page.getByRole('button', { name: 'Make the cohort' }).click();
  await expect(page.getByRole('alert')).toContainText('at least one course');
  await page.getByRole('checkbox', { name: /Satellite navigation/ }).check();
  await page.getByRole('button', { name: 'Make the cohort' }).click();
  await expect(page.getByRole('heading', { name: 'Dakar, spring' })).toBeVisible();
  await expect(page.getByText('Nobody has joined this cohort yet.')).toBeVisible();

  // As a spreadsheet on a French Windows writes it: semicolons, and no UTF-8.
  await page.getByRole('button', { name: 'Enrol people' }).click();
  await page.getByRole('radio', { name: 'From a table' }).check();
  await page.getByLabel('A CSV file').setInputFiles({
    name: 'class.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('Groupe;Nom\r\n1;Ren\xe9e Diop\r\n1;\r\n2;Fatou Ndiaye\r\n', 'latin1'),
  });
  await expect(page.getByText('2 people will get a code.')).toBeVisible();
  await expect(page.getByText('1 line is left out.')).toBeVisible();
  const preview = page.getByRole('region', { name: 'Lines, as they are read' });
  await expect(preview.getByRole('listitem')).toHaveCount(3);
  await expect(preview).toContainText('Renée Diop');
  await expect(preview).toContainText('No name');
  // Folding the form away loses nothing of it.
  await page.getByRole('button', { name: 'Enrol people' }).click();
  await expect(preview).toBeHidden();
  await page.getByRole('button', { name: 'Enrol people' }).click();
  await expect(preview).toContainText('Renée Diop');
  await page.getByRole('button', { name: 'Make 2 codes' }).click();
  const slips = page.getByRole('region', { name: 'Slips with codes' });
  await expect(slips.getByText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/)).toHaveCount(2);
  await expect(slips).toContainText('Renée Diop');

  const downloading = page.waitForEvent('download');
  await slips.getByRole('button', { name: 'Save as CSV' }).click();
  const file = readFileSync(await (await downloading).path(), 'utf8');
  expect(file).toMatch(/^\uFEFFName,Code,Valid until\r\nRenée Diop,[0-9A-Z]{5}-[0-9A-Z]{5},\d{4}-\d\d-\d\d\r\n/);

  // On paper: the slips and nothing else.
  await page.emulateMedia({ media: 'print' });
  await expect(slips.getByText('Fatou Ndiaye')).toBeVisible();
  await expect(page.getByRole('navigation')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Print' })).toBeHidden();
  await page.emulateMedia({ media: 'screen' });
  await slips.getByRole('button', { name: 'Done' }).click();
  await expect(slips).toBeHidden();

  await page.getByRole('link', { name: 'All cohorts' }).click();
  await expect(page.getByText('2 codes not used yet')).toBeVisible();
  await page.getByLabel('Name').fill('Kwame Mensah');
  await page.getByRole('button', { name: 'Make a code' }).click();
  const code = await page.getByText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/).innerText();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'I have an invitation' }).click();
  await page.getByLabel('Invitation code').fill(code);
  await page.getByLabel('Name').fill('Kwame Mensah');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('The password once more').fill(password);
  await page.getByRole('button', { name: 'Make my account' }).click();
  await expect(page.getByText('Signed in as Kwame Mensah')).toBeVisible();
  // A trainer sees their own cohorts, and not the staff.
  await expect(page.getByText('No cohort yet.')).toBeVisible();
  await expect(page.getByText('Staff of this centre')).toBeHidden();
});

test('the last report is kept under the password, and read without the node', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const staff = await claim(node);
  const { codes } = await makeCohort(node, staff, 'Dakar, spring', ['satellite-navigation'], ['Renée Diop', 'Fatou Ndiaye']);

  const learner = await openDevice({ size: 'phone' });
  await makePerson(learner.page, node.origin, 'Renée');
  await joinCentre(learner.page, node.origin, codes[0] ?? '');
  await expect(learner.page.getByText('All your work is at the centre too.')).toBeVisible();

  const laptop = await openDevice();
  const { page } = laptop;
  await signIn(page, node.origin, staff);
  await page.getByRole('link', { name: /^Dakar, spring/ }).click();
  const table = page.getByRole('region', { name: /Dakar, spring: learners and units/ });
  await expect(table.getByRole('rowheader', { name: /Renée/ })).toBeVisible();
  await expect(table.getByText('not begun').first()).toBeVisible();
  await expect(page.getByText('1 of 2 devices heard from')).toBeVisible();

  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as CSV' }).click();
  expect(readFileSync(await (await downloading).path(), 'utf8')).toMatch(/^\uFEFFName,Joined,Last contact,Minutes,Score \(%\),/);

  // The table is wider than its region: the keyboard reaches it and scrolls it.
  await table.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => table.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);

  laptop.expectConsole(/Failed to load resource|net::ERR/);
  await node.stop();
  await page.getByRole('button', { name: 'Refresh' }).click();
  await expect(page.getByText('The centre cannot be reached. This is the report as of')).toBeVisible();
  await expect(table.getByRole('rowheader', { name: /Renée/ })).toBeVisible();

  // Signed out, nothing of it is on the page or readable in the store.
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('Renée')).toBeHidden();
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }))).not.toMatch(
    /Ren|Dakar|token/,
  );

  await page.getByLabel('Name').fill(staff.name);
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText('Here they opened nothing.')).toBeVisible();
  await page.getByLabel('Password', { exact: true }).fill(staff.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText('You see what this device kept')).toBeVisible();
  await expect(table.getByRole('rowheader', { name: /Renée/ })).toBeVisible();
});

test('a session belongs to its tab, and wrong passwords are slowed down', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const staff = await claim(node);
  const device = await openDevice();
  device.expectConsole(/401|429/);
  await signIn(device.page, node.origin, staff);
  await device.page.reload();
  await expect(device.page.getByText(`Signed in as ${staff.name}`)).toBeVisible();

  // Somebody walks away.
  const left = await device.context.newPage();
  await left.clock.install();
  await signIn(left, node.origin, staff);
  await left.clock.fastForward('20:00');
  await left.getByRole('heading', { name: 'Teach' }).click();
  await left.clock.fastForward('20:00');
  await expect(left.getByText(`Signed in as ${staff.name}`)).toBeVisible();
  await left.clock.fastForward('31:00');
  await expect(left.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await left.close();

  const other = await device.context.newPage();
  await other.goto(`${node.origin}/teach`);
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await other.getByLabel('Name').fill(staff.name);
  for (let i = 0; i < 6; i++) {
    await other.getByLabel('Password', { exact: true }).fill(`wrong ${String(i)}`);
    await other.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(other.getByText('did not accept').or(other.getByText('Too many failed tries.'))).toBeVisible();
    await expect(other.getByRole('button', { name: 'One moment' })).toBeHidden();
  }
  await expect(other.getByRole('timer')).toHaveText(/Try again in \d+ seconds?/);
});

test('staff change their password on the page, and sign out everywhere', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const staff = await claim(node);
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  device.expectConsole(/40[019]/);
  await signIn(page, node.origin, staff);
  await page.goto(`${node.origin}/teach`);
  await page.getByText('Your password and sign-ins').click();
  const change = async (before: string, after: string): Promise<void> => {
    await page.getByLabel('Password until now').fill(before);
    await page.getByLabel('New password').fill(after);
    await page.getByLabel('The password once more').fill(after);
    await page.getByRole('button', { name: 'Change the password' }).click();
  };
  await change('not the password', 'rivers under the stars');
  await expect(page.getByText('The password until now is another one.')).toBeVisible();
  await change(staff.password, 'password 2026 password');
  await expect(page.getByText('one that others would not try first')).toBeVisible();
  await change(staff.password, 'rivers under the stars');
  await expect(page.getByText('Your sign-ins on other machines are over.')).toBeVisible();
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await page.getByLabel('Name').fill(staff.name);
  await page.getByLabel('Password', { exact: true }).fill('rivers under the stars');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText(`Signed in as ${staff.name}`)).toBeVisible();
});

test('staff see where they are signed in, and end one; the password is asked for again where the centre wants it', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const staff = await claim(node);
  const device = await openDevice({ size: 'phone' });
  device.expectConsole(/40[09]/);
  const { page } = device;
  await signIn(page, node.origin, staff);
  await page.getByText('Your password and sign-ins').click();
  const sessions = page.getByRole('region', { name: 'Where you are signed in' });
  // This page, and the one by which the node was claimed.
  await expect(sessions.getByRole('listitem')).toHaveCount(2);
  await expect(sessions.getByRole('listitem').first()).toContainText('this page');
  await expect(sessions.getByRole('listitem').first()).toContainText('Chrome');
  await sessions.getByRole('button', { name: /^Sign out there/ }).click();
  await expect(sessions.getByRole('listitem')).toHaveCount(1);
  const asked = await fetch(`${node.origin}/api/people`, { headers: { authorization: `Bearer ${staff.token}` } });
  expect(asked.status).toBe(401);

  // Ten minutes later, as far as this page can tell: the first answer says that the password is wanted.
  let wanted = true;
  await page.route('**/api/people', async (route) => {
    if (!wanted || route.request().method() !== 'POST') return route.continue();
    wanted = false;
    return route.fulfill({ status: 409, json: { error: 'confirm', message: 'The password is shown again.' } });
  });
  const invite = async (): Promise<void> => {
    const form = page.locator('form').filter({ hasText: 'Invite somebody' });
    await form.getByLabel('Name').fill('Otieno');
    await form.getByRole('button', { name: 'Make a code' }).click();
  };
  await invite();
  const dialog = page.getByRole('dialog', { name: 'Your password once more' });
  await expect(dialog).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([]);
  await dialog.getByLabel('Password', { exact: true }).fill('not the password');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await dialog.getByLabel('Password', { exact: true }).fill(staff.password);
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText('Otieno').last()).toBeVisible();
  await expect(page.getByText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/)).toBeVisible();

  // Who would rather not is told that nothing was changed.
  wanted = true;
  await invite();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('Nothing was changed: the password was not typed again.')).toBeVisible();

  // Signing out ends the session at the node, too.
  const token = await page.evaluate(
    () => (JSON.parse(sessionStorage.getItem('perigee-staff') ?? '{}') as { session: { token: string } }).session.token,
  );
  const signedOut = page.waitForResponse((response) => response.url().endsWith('/api/me/sign-out'));
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await signedOut;
  expect((await fetch(`${node.origin}/api/me/sessions`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
});
