import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { untilKept } from './certification.ts';
import { claim, expect, joinCentre, makeCohort, makePerson, signIn, test, type Staff } from './perigee.ts';

const password = 'perigee apogee orbit';

async function invite(origin: string, admin: Staff, name: string, role: string): Promise<Staff> {
  const post = async (path: string, body: object, token?: string): Promise<Record<string, string>> => {
    const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    return (await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json() as Promise<
      Record<string, string>
    >;
  };
  const { code } = await post('/api/people', { name, role }, admin.token);
  const { token = '' } = await post('/api/session', { code, name, password });
  return { name, password, token };
}

const codeText = async (page: Page): Promise<string> => {
  await page.getByText('The code as text to copy').click();
  return page.getByLabel('The code as text to copy').inputValue();
};

async function takeCode(page: Page, text: string): Promise<void> {
  await page.getByRole('button', { name: 'Take a code from another phone' }).click();
  await page.getByLabel('The code as text').fill(text);
  await page.getByRole('button', { name: 'Take it' }).click();
}

test('a session is held, observed and taken back between two phones without a network, and handed over later', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const admin = await claim(node);
  const [kwame, lina] = [
    await invite(node.origin, admin, 'Kwame Mensah', 'trainer'),
    await invite(node.origin, admin, 'Lina Haddad', 'master'),
  ];
  const { codes, id } = await makeCohort(node, kwame, 'Kumasi, autumn', ['satellite-navigation'], ['Renée Diop']);
  const learner = await openDevice({ size: 'phone' });
  await makePerson(learner.page, node.origin, 'Renée');
  await joinCentre(learner.page, node.origin, codes[0] ?? '');
  await learner.close();

  const [trainer, master] = [await openDevice({ size: 'phone' }), await openDevice({ size: 'phone' })];
  for (const [device, staff] of [
    [trainer, kwame],
    [master, lina],
  ] as const) {
    device.expectConsole(/Failed to load resource|net::ERR/);
    await signIn(device.page, node.origin, staff);
  }
  // The report that is read once is the roster of the day.
  await trainer.page.goto(`${node.origin}/teach?cohort=${id}`);
  await expect(trainer.page.getByRole('rowheader', { name: /Renée/ })).toBeVisible();
  for (const { page } of [trainer, master]) {
    await page.goto(`${node.origin}/teach/sessions`);
    await expect(page.getByText('Nothing yet.')).toBeVisible();
    await expect(page.getByText('The centre does not know this device’s signature yet.')).toBeHidden();
    await expect(page.getByRole('heading', { name: 'Trainer for space applications', exact: true })).toBeVisible();
  }
  expect((await new AxeBuilder({ page: trainer.page }).analyze()).violations).toEqual([]);

  for (const device of [trainer, master]) {
    await untilKept(device.page);
    await device.offline(true);
    // From here on the worker and the device's own store are all there is.
    await device.page.reload();
    await expect(device.page.getByText('Nothing yet.')).toBeVisible();
  }
  const { page } = trainer;
  await page.getByRole('button', { name: 'Record a session I taught' }).click();
  await page.getByRole('button', { name: 'Sign and keep' }).click();
  await expect(page.getByRole('alert')).toContainText('Say what the session was about.');
  await page.getByLabel('What it was about').fill('Reading a flood map');
  await page.getByLabel('Place: town, building, room').fill('Kumasi, hall 2');
  await page.getByLabel('Cohort', { exact: true }).selectOption({ label: 'Kumasi, autumn' });
  await page.getByRole('checkbox', { name: /Renée/ }).check();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.getByRole('button', { name: 'Sign and keep' }).click();
  await expect(page.getByText('Signed and kept on this device.')).toBeVisible();
  const session = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Reading a flood map', exact: true }) });
  await expect(session).toContainText('On this device');
  await expect(session).toContainText('1 of 1 came');

  await session.getByRole('button', { name: 'Show the code' }).click();
  await expect(session.getByRole('img', { name: 'Code for another phone' })).toBeVisible();
  const code = await codeText(page);
  await session.getByRole('button', { name: 'Close' }).click();

  // Nobody observes themself.
  await takeCode(page, code);
  await expect(page.getByRole('alert')).toContainText('nobody signs for themself');
  await page.getByRole('button', { name: 'Cancel' }).click();

  await takeCode(master.page, 'something else');
  await expect(master.page.getByRole('alert')).toContainText('no code of a session');
  await master.page.getByRole('button', { name: 'Cancel' }).click();
  await takeCode(master.page, code);
  await expect(master.page.getByText('Reading a flood map')).toBeVisible();
  await expect(master.page.getByText('This device has no list of who may observe.')).toBeVisible();
  await master.page.getByRole('button', { name: 'Sign and keep' }).click();
  await expect(master.page.getByRole('alert')).toContainText('Choose a level for each line.');
  for (const group of await master.page.getByRole('group').all()) await group.getByRole('radio').nth(1).check();
  expect((await new AxeBuilder({ page: master.page }).analyze()).violations).toEqual([]);
  await master.page.getByRole('button', { name: 'Sign and keep' }).click();
  await expect(master.page.getByText('Signed and kept on this device.')).toBeVisible();
  await master.page.getByRole('button', { name: 'Show the code' }).click();
  const signed = await codeText(master.page);

  // The trainer takes along what the master signed: whichever phone meets the centre first brings it.
  await takeCode(page, signed);
  await expect(page.getByRole('listitem').filter({ hasText: /^Observation for: / })).toContainText('On this device');

  await trainer.offline(false);
  await page.getByRole('button', { name: 'Ask the centre' }).click();
  await expect(session).toContainText('At the centre');
  await expect(page.getByText('On this device', { exact: true })).toHaveCount(0);

  await session.getByRole('button', { name: 'Take back' }).click();
  await session.getByLabel('Why? Others will read it.').fill('Another person had taught it.');
  await session.getByRole('button', { name: 'Sign and take back' }).click();
  await expect(page.getByText('Taken back: Reading a flood map')).toBeVisible();
});
