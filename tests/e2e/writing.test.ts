/**
 * What is written without a network and becomes public: a practice over a reviewer; a plan, its yearly review and a call by a focal point; a request for help; who
 * mentors whom, which does not become public.
 */
import { AxeBuilder } from '@axe-core/playwright';
import {
  accept,
  addSource,
  atCentre,
  fill,
  getReady,
  join,
  offlineLines,
  onDevice,
  pick,
  publishing,
  releasePlanAndCall,
} from './desk-verbs.ts';
import { beyondScreen, claim, expect, joinCentre, makeCohort, makePerson, signIn, test } from './perigee.ts';

const otherRole = 'Your sign-in does not have the role for this page.';

test('a practice is written in two languages without a network, handed in, accepted by somebody else, and read by everybody', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const admin = await claim(node);
  const pia = await join(node.origin, admin.token, 'Pia', 'provider');
  const rui = await join(node.origin, admin.token, 'Rui', 'reviewer');
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await getReady(device, node.origin, pia);

  await device.offline(true);
  device.expectConsole(offlineLines);
  await page.goto(`${node.origin}/desk/practice`);
  await page.getByLabel('Language in which you write').selectOption('fr');
  await fill(page, 'Title', 'Cartographier une crue avec un radar');
  await fill(page, 'In short', 'Pas à pas, avec des images gratuites.');
  // What is said already stands under the field of the next language.
  await page.getByLabel('Language in which you write').selectOption('en');
  await expect(page.getByText('Pas à pas, avec des images gratuites.')).toBeVisible();
  await fill(page, 'Title', 'Mapping a flood with radar');
  await fill(page, 'In short', 'Step by step, with free images.');
  await page.getByRole('button', { name: 'Hand in for review' }).click();
  await expect(page.getByText(/fields are missing or not right/)).toBeVisible();
  await expect(page.getByText('This is missing').first()).toBeVisible();
  await fill(page, 'Address on the web', 'example.org/radar');
  await expect(page.getByText('An address begins with https://').first()).toBeVisible();
  await fill(page, 'Address on the web', 'https://example.org/radar');
  await page.reload();
  await page.getByRole('link', { name: 'Desk', exact: true }).click();
  await page.getByRole('link', { name: /^Write on/ }).click();
  await expect(page.getByLabel('Title', { exact: true })).toHaveValue('Mapping a flood with radar');
  await pick(page, 'Theme', 'flood', 'Floods');
  await addSource(page, 'Handbook', 'https://example.org/handbook');
  await page.getByRole('button', { name: 'Hand in for review' }).click();
  await expect(onDevice(page, 'Mapping a flood with radar')).toBeVisible();
  await expect(page.locator('[data-stage=submitted]')).toBeVisible();

  await device.offline(false);
  await page.reload();
  await expect(atCentre(page, 'Mapping a flood with radar')).toBeVisible(publishing);

  const reviewer = await openDevice();
  await reviewer.page.goto(`${node.origin}/?lang=en`);
  await signIn(reviewer.page, node.origin, rui);
  await reviewer.page.goto(`${node.origin}/desk`);
  await expect(reviewer.page.getByText('Cartographier une crue avec un radar')).toBeVisible();
  await accept(reviewer.page, node.origin, 'Mapping a flood with radar');

  const reader = await openDevice({ javaScript: false });
  await reader.page.goto(`${node.origin}/compendium/cartographier-une-crue-avec-un-radar?lang=fr`);
  const there = await reader.page.getByRole('heading', { level: 1 }).textContent();
  expect(there).toMatch(/Cartographier une crue avec un radar/);
});

test('a trainer gives a practice to the library; a learner and a reviewer are told that it is not theirs to write', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const admin = await claim(node);
  const tom = await join(node.origin, admin.token, 'Tom', 'trainer');
  const { page } = await openDevice();
  await page.goto(`${node.origin}/compendium?lang=en`);
  await page.getByRole('button', { name: /^Install \(/ }).click();
  await expect(page.locator('[data-kept=yes]')).toBeVisible();
  await signIn(page, node.origin, tom);
  await page.goto(`${node.origin}/desk`);
  // Practices and nothing else.
  await expect(page.getByRole('region', { name: 'Write something new' }).getByRole('link')).toHaveText(['Guide']);
  await page.getByRole('link', { name: 'Guide', exact: true }).click();
  await fill(page, 'Title', 'Teaching flood maps on paper');
  await fill(page, 'In short', 'A lesson that needs no computer.');
  await fill(page, 'Address on the web', 'https://example.org/paper-maps');
  await pick(page, 'Theme', 'flood', 'Floods');
  await addSource(page, 'Handbook', 'https://example.org/handbook');
  await page.getByRole('button', { name: 'Hand in for review' }).click();
  await expect(atCentre(page, 'Teaching flood maps on paper')).toBeVisible(publishing);
  await expect(page.locator('[data-stage=submitted]')).toBeVisible();
  await page.goto(`${node.origin}/desk/solution`);
  await expect(page.getByText(otherRole)).toBeVisible();

  const { codes } = await makeCohort(node, admin, 'Dakar, spring', ['satellite-navigation'], ['Ana']);
  const learner = await openDevice({ size: 'phone' });
  await makePerson(learner.page, node.origin, 'Ana');
  await joinCentre(learner.page, node.origin, codes[0] ?? '');
  await learner.page.goto(`${node.origin}/desk/practice`);
  await expect(learner.page.getByText('Sign in first.')).toBeVisible();
  await expect(learner.page.getByLabel('Title', { exact: true })).toHaveCount(0);
  const other = await openDevice();
  const rui = await join(node.origin, admin.token, 'Rui', 'reviewer');
  await signIn(other.page, node.origin, rui);
  await other.page.goto(`${node.origin}/desk/practice`);
  await expect(other.page.getByText(otherRole)).toBeVisible();
});

test('a plan, its yearly review and a call are written without a network, and read by everybody', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const admin = await claim(node);
  const fatu = await join(node.origin, admin.token, 'Fatu', 'focal-point', ['islemara']);
  const device = await openDevice();
  const { page } = device;
  await getReady(device, node.origin, fatu);

  await device.offline(true);
  device.expectConsole(offlineLines);
  // The year's review of a plan that is published.
  await page.goto(`${node.origin}/plans/islemara-2024-2028`);
  await page.getByRole('link', { name: /write on, or review a year/ }).click();
  await expect(page.getByRole('heading', { name: 'Review of a year' })).toBeVisible();
  await page.getByLabel('Year', { exact: true }).first().selectOption('2025');
  const review = page.getByLabel(/^Your review of .*2025/);
  await review.fill('Maps came within thirty hours; the law waits for the new parliament.');
  await review.blur();
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  await expect(onDevice(page, 'Warned in time')).toBeVisible();

  // A plan of its own, and a call from it before anybody has seen either.
  await page.getByRole('link', { name: 'Plan', exact: true }).click();
  await releasePlanAndCall(page, { years: ['2027', '2031'], reached: '2,5', opens: '2026-11-01', closes: '2027-06-30' });

  await device.offline(false);
  await page.reload();
  for (const title of ['Warned in time', 'Reefs and boats', 'Somebody to begin the watch'])
    await expect(atCentre(page, title)).toBeVisible(publishing);

  const reader = await openDevice({ javaScript: false });
  await reader.page.goto(`${node.origin}/plans/islemara-2024-2028?lang=en`);
  await expect(reader.page.getByText('the law waits for the new parliament')).toBeVisible();
  await reader.page.goto(`${node.origin}/calls?lang=en`);
  await reader.page.getByRole('link', { name: 'Somebody to begin the watch of our reefs' }).click();
  await expect(reader.page.getByText('Reefs watched every month')).toBeVisible();
});

test('a request for help stands with its plan and in the network; another country’s focal point may not write for it', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const admin = await claim(node);
  const fatu = await join(node.origin, admin.token, 'Fatu', 'focal-point', ['islemara']);
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await getReady(device, node.origin, fatu);
  await page.goto(`${node.origin}/profiles/altavar/values`);
  await expect(page.getByText('Your sign-in speaks for another country')).toBeVisible();
  await page.goto(`${node.origin}/desk/plan?entry=altavar-2023-2027`);
  await expect(page.getByText('Your sign-in speaks for another country')).toBeVisible();

  await device.offline(true);
  device.expectConsole(offlineLines);
  await page.goto(`${node.origin}/plans/islemara-2024-2028`);
  await page.getByRole('link', { name: /ask for help/ }).click();
  await fill(page, 'Title', 'Who can teach us tide gauges?');
  await fill(page, 'In short', 'Six gauges lie in their boxes.');
  await pick(page, 'Indicators', 'warning', /./);
  await fill(page, 'Opens on', '2026-11-01');
  await fill(page, 'Closes on', '2027-11-01');
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  await expect(onDevice(page, 'Who can teach us tide gauges?')).toBeVisible();
  await device.offline(false);
  await page.reload();
  await expect(atCentre(page, 'Who can teach us tide gauges?')).toBeVisible(publishing);

  const reader = await openDevice({ javaScript: false });
  for (const path of ['/plans/islemara-2024-2028', '/profiles/islemara', '/network/help']) {
    await reader.page.goto(`${node.origin}${path}?lang=en`);
    await expect(reader.page.getByRole('link', { name: 'Who can teach us tide gauges?' })).toBeVisible();
  }
  await reader.page.getByRole('link', { name: 'Who can teach us tide gauges?' }).click();
  await expect(reader.page.getByRole('heading', { level: 1 })).toHaveText('Who can teach us tide gauges?');
});

test('mentoring is asked for without a network; who mentors whom stays with its writer', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const admin = await claim(node);
  const pia = await join(node.origin, admin.token, 'Pia', 'provider');
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await getReady(device, node.origin, pia);
  await page.goto(`${node.origin}/network/mentoring`);
  await expect(page.getByRole('heading', { name: '1 to apply for' })).toBeVisible();
  await page.goto(`${node.origin}/network/applications?to=mentoring-first-job`);
  await page.waitForLoadState('networkidle');
  await device.offline(true);
  device.expectConsole(offlineLines);
  await page.goto(`${node.origin}/network/mentoring`);
  await page.getByRole('link', { name: 'Write an application' }).first().click();
  await page.getByRole('button', { name: 'Begin an application' }).click();
  await page.getByLabel('What do you want to be able to do in a year?').fill('Run a ground station alone.');
  await page.getByLabel('What do you want to be able to do in a year?').blur();
  await expect(page.getByText(/^Kept on this device/)).toBeVisible();

  await page.goto(`${node.origin}/desk/pair`);
  await fill(page, 'Mentor', 'Ines Alvarado');
  await fill(page, 'Mentee', 'Adaeze Obi');
  await fill(page, 'First day', '2026-11-30');
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(onDevice(page, 'Ines Alvarado')).toBeVisible();
  await device.offline(false);
  await page.reload();
  await expect(atCentre(page, 'Ines Alvarado')).toBeVisible(publishing);
  const figures = await (await fetch(`${node.origin}/content/compendium/pairs`)).json();
  expect(figures).toEqual({ running: 0, women: 0, ended: 0 });
  const reader = await openDevice({ javaScript: false });
  await reader.page.goto(`${node.origin}/network/mentoring?lang=en`);
  await expect(reader.page.getByText('Running: 0')).toBeVisible();
  await expect(reader.page.getByText('Alvarado')).toHaveCount(0);
});

test('the pages of help read without JavaScript, and axe finds nothing on them', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const pages = [
    ['/network/help', 'Requests for help'],
    ['/network/help/islemara-mission-2024', 'Recommendations'],
    ['/network/help/altavar-request-lakes', 'Agreement'],
    ['/network/help/contribution-schools', 'What it is for'],
    ['/network/help/altavar-centre', 'Steps so far'],
    ['/network/mentoring', 'Pairs at this centre'],
    ['/network/coordination', 'Who helps whom'],
    ['/calls/offers/offer-law-clinic', 'What it helps with'],
    ['/calls/oruvana-call-2025', 'Measured by the profile'],
    ['/plans/islemara-2024-2028', 'At a glance'],
  ] as const;
  const plain = await openDevice({ javaScript: false });
  for (const [path, heading] of pages) {
    await plain.page.goto(`${node.origin}${path}?lang=en`);
    await expect(plain.page.getByRole('heading', { name: heading })).toBeVisible();
  }
  for (const locale of ['en', 'ar'])
    for (const size of ['phone', 'laptop'] as const) {
      const { page } = await openDevice({ size });
      for (const [path] of pages) {
        await page.goto(`${node.origin}${path}?lang=${locale}`);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${path} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
        expect(await beyondScreen(page), path).toBeLessThanOrEqual(0);
      }
    }
});
