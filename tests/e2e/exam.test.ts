/** An exam under a proctor, between two phones and on a shared laptop, without a network. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { Item } from '../../src/lib/exercise/item.ts';
import { ask, codeText, giveCode, invite, keysOf, publishTrust, untilKept } from './certification.ts';
import { exerciseOf, fillIn, readCourse } from './exercises.ts';
import { claim, expect, installCourse, joinCentre, makeCohort, makePerson, signIn, test } from './perigee.ts';

const path = '/exams/disaster-risk/exam';

const questionsOf = async (origin: string): Promise<readonly Item[]> => {
  const { itemsByUnit } = await readCourse(origin, 'disaster-risk', 'en');
  return itemsByUnit.get('exam') ?? [];
};

/** Answers a question and waits until the page says that it is kept. */
async function answerIt(page: Page, item: Item, wrong = false): Promise<void> {
  await fillIn(page, item, { wrong });
  await expect(exerciseOf(page, item).getByText('Signed and kept on this device')).toBeVisible();
}

async function handIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Hand in', exact: true }).click();
  await page.getByRole('button', { name: 'Yes, hand in' }).click();
}

test('is opened by a code, survives a reload and a closed browser, is signed, and counts at the centre', async ({
  startNode,
  openDevice,
}) => {
  test.setTimeout(180_000);
  const node = await startNode();
  const admin = await claim(node);
  const lina = await invite(node.origin, admin, 'Lina Haddad', 'master');
  const { codes, id } = await makeCohort(node, lina, 'Kumasi, autumn', ['disaster-risk'], ['Renée Diop']);
  const questions = await questionsOf(node.origin);
  expect(questions).toHaveLength(16);

  const [learner, proctor] = [await openDevice({ size: 'phone' }), await openDevice({ size: 'phone' })];
  for (const device of [learner, proctor]) device.expectConsole(/Failed to load resource|net::ERR/);
  await makePerson(learner.page, node.origin, 'Renée Diop');
  await joinCentre(learner.page, node.origin, codes[0] ?? '');
  await installCourse(learner.page, node.origin, 'disaster-risk');
  await expect(learner.page.getByRole('heading', { name: 'Exams' })).toBeVisible();
  await learner.page.getByRole('link', { name: 'Exam: from the image to the decision' }).click();
  await expect(learner.page.getByRole('heading', { name: 'Begin the exam' })).toBeVisible();
  expect((await new AxeBuilder({ page: learner.page }).analyze()).violations).toEqual([]);

  await signIn(proctor.page, node.origin, lina);
  await proctor.page.goto(`${node.origin}/teach?cohort=${id}`);
  await expect(proctor.page.getByRole('rowheader', { name: /Renée/ })).toBeVisible();
  // A list that knows the proctor's key and gives it other rights: the exam is not opened.
  await proctor.page.goto(`${node.origin}/teach/exams`);
  await expect.poll(async () => (await keysOf(node.origin, lina)).length).toBe(1);
  const [key] = await keysOf(node.origin, lina);
  if (key === undefined) throw new Error('No key');
  await publishTrust(node, admin, [{ to: key, name: 'Lina Haddad', rights: ['observe'] }]);
  await proctor.page.reload();
  await expect(proctor.page.getByText('By the list on this device you may not hold this exam')).toBeVisible();
  await expect(proctor.page.getByRole('button', { name: 'Open, and show the code' })).toBeDisabled();
  await publishTrust(node, admin, [{ to: key, name: 'Lina Haddad', rights: ['observe', 'proctor'] }]);
  await proctor.page.reload();
  await expect(proctor.page.getByText('you may not hold this exam')).toBeHidden();
  await expect(proctor.page.getByRole('button', { name: 'Open, and show the code' })).toBeEnabled();

  for (const device of [learner, proctor]) {
    await untilKept(device.page);
    await device.offline(true);
    await device.page.reload();
  }
  await proctor.page.getByRole('button', { name: 'Open, and show the code' }).click();
  await expect(proctor.page.getByRole('alert')).toContainText('Say where it was.');
  await proctor.page.getByLabel('Place: town, building, room').fill('Kumasi, hall 2');
  await proctor.page.getByRole('button', { name: 'Open, and show the code' }).click();
  const said = (await proctor.page.locator('[data-code]').textContent()) ?? '';
  expect(said).toMatch(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
  await expect(proctor.page.getByRole('img', { name: 'Code that opens the exam' })).toBeVisible();
  expect((await new AxeBuilder({ page: proctor.page }).analyze()).violations).toEqual([]);
  await proctor.page.getByLabel('Cohort', { exact: true }).selectOption({ label: 'Kumasi, autumn' });
  await proctor.page.getByRole('checkbox', { name: 'Renée Diop' }).check();
  await proctor.page.screenshot({ path: 'test-results/exam-proctor-en-phone.png', fullPage: true });

  const { page } = learner;
  const type = async (code: string): Promise<void> => {
    await page.getByLabel('Code that the proctor says').fill(code);
    await page.getByRole('button', { name: 'Begin', exact: true }).click();
  };
  await type('no');
  await expect(page.getByRole('alert')).toContainText('it has ten letters and figures');
  await type(`${said.slice(0, -1)}${said.endsWith('X') ? 'Y' : 'X'}`);
  await expect(page.getByRole('alert')).toContainText('a character is wrong');
  await page.screenshot({ path: 'test-results/exam-open-en-phone.png', fullPage: true });
  await type(said.toLowerCase());
  await expect(page.getByText('0 of 16 answered')).toBeVisible();
  await expect(page.getByText(/^4[45]:\d\d$/)).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  const [first, second, third, ...rest] = questions;
  if (first === undefined || second === undefined || third === undefined) throw new Error('No questions');
  await answerIt(page, first, true);
  await answerIt(page, second);
  // A reload in the middle: the same sitting, the same answers, and it is said.
  await page.reload();
  await expect(page.getByText('2 of 16 answered')).toBeVisible();
  await expect(page.getByText(/^Interruptions: 1/)).toBeVisible();
  await expect(exerciseOf(page, second).locator('input[type=text]')).not.toHaveValue('');
  await answerIt(page, first);
  // The battery is empty; the browser comes back.
  await learner.close();
  await learner.open();
  await learner.offline(true);
  await learner.page.goto(`${node.origin}${path}`);
  await expect(learner.page.getByText('2 of 16 answered')).toBeVisible();
  await expect(learner.page.getByText(/^Interruptions: 2/)).toBeVisible();
  const again = learner.page;
  for (const item of [third, ...rest]) await answerIt(again, item);
  await again.screenshot({ path: 'test-results/exam-paper-en-phone.png' });
  await handIn(again);
  await expect(again.getByText('100%')).toBeVisible();
  await expect(again.getByText('the proctor has not signed yet')).toBeVisible();
  await expect(again.getByText('Attempts left: 1 of 2')).toBeVisible();
  await again.getByRole('button', { name: 'Show the code to the proctor' }).click();
  await expect(again.getByRole('img', { name: 'Code for the proctor' })).toBeVisible();
  const shown = await codeText(again);

  await proctor.page.getByRole('button', { name: 'Take a candidate’s code' }).click();
  await giveCode(proctor.page, said);
  await expect(proctor.page.getByRole('alert')).toContainText('no code of a session');
  await giveCode(proctor.page, shown);
  await expect(proctor.page.getByRole('heading', { name: 'Renée Diop' })).toBeVisible();
  await expect(proctor.page.getByText('16 of 16 answered')).toBeVisible();
  await expect(proctor.page.getByText(/Interruptions: 2/)).toBeVisible();
  await proctor.page.getByRole('button', { name: 'Sign', exact: true }).click();
  const signed = await codeText(proctor.page);
  // A reload loses nothing of the proctor's either.
  await proctor.page.reload();
  await expect(proctor.page.locator('[data-signed]')).toContainText('100%');

  await again.getByRole('button', { name: 'Take the proctor’s signature' }).click();
  await giveCode(again, shown);
  await expect(again.getByRole('alert')).toContainText('no signature of a proctor');
  await again.getByRole('button', { name: 'Take the proctor’s signature' }).click();
  await giveCode(again, signed);
  await expect(again.getByText('signed by the proctor', { exact: true })).toBeVisible();
  await expect(again.getByText('On this device', { exact: true })).toBeVisible();
  expect((await new AxeBuilder({ page: again }).analyze()).violations).toEqual([]);

  // The second attempt, handed in empty; a third there is not.
  await again.getByLabel('Code that the proctor says').fill(said);
  await again.getByRole('button', { name: 'Begin', exact: true }).click();
  await expect(again.getByText('0 of 16 answered')).toBeVisible();
  await handIn(again);
  await expect(again.getByText('You have opened this exam as often as it allows.')).toBeVisible();
  await again.screenshot({ path: 'test-results/exam-results-en-phone.png', fullPage: true });

  await proctor.page.getByRole('button', { name: 'End the exam and sign for it' }).click();
  await proctor.page.getByRole('button', { name: 'Sign and end' }).click();
  await expect(proctor.page.getByText('The exam is over.')).toBeVisible();

  // Both meet the centre: it finds the chain whole, the marks right, and the proctor allowed.
  await learner.offline(false);
  await proctor.offline(false);
  await again.goto(`${node.origin}/settings`);
  await again.getByRole('button', { name: 'Sync now' }).click();
  await again.goto(`${node.origin}${path}`);
  await expect(again.locator('[data-signed="true"]').getByText('At the centre', { exact: true })).toBeVisible();
  await proctor.page.goto(`${node.origin}/teach/sessions`);
  const held = proctor.page.getByRole('listitem').filter({ hasText: 'Exam held' });
  await expect(held).toContainText('At the centre');
  const { people } = (await ask(node.origin, '/api/learners', admin.token)) as { people: { id: string }[] };
  expect(people).toHaveLength(1);

  await again.goto(`${node.origin}/certificates`);
  const programme = again.locator('[data-programme="master-trainer"]');
  await expect(programme.getByText(/^Exam of .* met$/)).toBeVisible();
  await expect(programme.getByText(/^100% on /)).toBeVisible();
  expect((await new AxeBuilder({ page: again }).analyze()).violations).toEqual([]);
  await learner.offline(true);
  await again.reload();
  await expect(programme.getByText(/^Exam of .* met$/)).toBeVisible();
  await again.screenshot({ path: 'test-results/standing-en-phone.png', fullPage: true });
  await learner.offline(false);
  for (const language of ['ar', 'zh']) {
    await again.goto(`${node.origin}/certificates?lang=${language}`);
    await expect(programme).toBeVisible();
    await again.screenshot({ path: `test-results/standing-${language}-phone.png`, fullPage: true });
    await again.goto(`${node.origin}${path}?lang=${language}`);
    await expect(again.locator('[data-signed="true"]')).toBeVisible();
    await again.screenshot({ path: `test-results/exam-results-${language}-phone.png`, fullPage: true });
  }

  // The proctor takes it back, with what was signed for each: it counts no longer.
  await held.getByRole('button', { name: 'Take back' }).click();
  await held.getByLabel('Why? Others will read it.').fill('Somebody helped.');
  await held.getByRole('button', { name: 'Sign and take back' }).click();
  await expect(proctor.page.getByText(/^Taken back: /)).toHaveCount(2);
  await expect(proctor.page.getByText('On this device', { exact: true })).toHaveCount(0);
  await expect(async () => {
    await again.goto(`${node.origin}/certificates`);
    await expect(programme.getByText(/^Exam of .* not yet$/)).toBeVisible({ timeout: 3000 });
  }).toPass({ timeout: 30_000 });
});

test('is held on one laptop that learner and proctor share', async ({ startNode, openDevice }) => {
  test.setTimeout(120_000);
  const node = await startNode();
  const admin = await claim(node);
  const lina = await invite(node.origin, admin, 'Lina Haddad', 'master');
  const [question] = await questionsOf(node.origin);
  if (question === undefined) throw new Error('No question');
  const { page } = await openDevice();
  await signIn(page, node.origin, lina);
  await page.goto(`${node.origin}/teach/exams`);
  await page.getByLabel('Place: town, building, room').fill('Kumasi, hall 2');
  await expect(page.getByText('This device has no list of who may hold exams.')).toBeVisible();
  // No report and no course is on this laptop: the programmes bring what their courses are called.
  const title = 'Space-based information for disaster risk';
  await expect(page.getByLabel('Exam (certificate, score)').locator('option').first()).toHaveText(/^Space-based information for disaster risk \(Master trainer/); // prettier-ignore
  await page.getByRole('button', { name: 'Open, and show the code' }).click();
  await expect(page.getByRole('heading', { name: title })).toBeVisible();
  const said = (await page.locator('[data-code]').textContent()) ?? '';
  await page.screenshot({ path: 'test-results/exam-proctor-en-laptop.png', fullPage: true });

  await page.goto(`${node.origin}${path}`);
  await expect(page.getByText('Say first who you are on this device')).toBeVisible();
  await makePerson(page, node.origin, 'Renée');
  await page.goto(`${node.origin}${path}`);
  await page.getByLabel('Code that the proctor says').fill(said);
  await page.getByRole('button', { name: 'Begin', exact: true }).click();
  await answerIt(page, question);
  await page.screenshot({ path: 'test-results/exam-paper-en-laptop.png' });
  await handIn(page);
  await expect(page.getByText('the proctor has not signed yet')).toBeVisible();

  await page.goto(`${node.origin}/teach/exams`);
  await page.locator('[data-here]').getByRole('button', { name: 'Sign' }).click();
  await expect(page.getByText('Signed, and kept beside the answers of Renée on this device.')).toBeVisible();
  await expect(page.locator('[data-here]')).toHaveCount(0);
  await page.goto(`${node.origin}${path}`);
  await expect(page.getByText('signed by the proctor', { exact: true })).toBeVisible();
  await page.goto(`${node.origin}/teach/exams`);
  await page.getByRole('button', { name: 'End the exam and sign for it' }).click();
  await page.getByRole('button', { name: 'Sign and end' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Kumasi, hall 2' })).toContainText(title);
});

test('whoever was gone for long shows the code again, and the time ends by itself', async ({ startNode, openDevice }) => {
  test.setTimeout(120_000);
  const node = await startNode();
  const admin = await claim(node);
  const lina = await invite(node.origin, admin, 'Lina Haddad', 'master');
  const [question] = await questionsOf(node.origin);
  if (question === undefined) throw new Error('No question');
  const staff = await openDevice();
  await signIn(staff.page, node.origin, lina);
  await staff.page.goto(`${node.origin}/teach/exams`);
  await staff.page.getByLabel('Place: town, building, room').fill('Kumasi');
  await staff.page.getByRole('button', { name: 'Open, and show the code' }).click();
  const said = (await staff.page.locator('[data-code]').textContent()) ?? '';

  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await makePerson(page, node.origin, 'Renée');
  await page.clock.install({ time: new Date() });
  await page.goto(`${node.origin}${path}`);
  await page.getByLabel('Code that the proctor says').fill(said);
  await page.getByRole('button', { name: 'Begin', exact: true }).click();
  await fillIn(page, question);
  await page.clock.runFor(2000);
  await expect(exerciseOf(page, question).getByText('Signed and kept on this device')).toBeVisible();
  await page.goto(`${node.origin}/people`);
  await page.clock.setSystemTime(new Date(Date.now() + 25 * 60_000));
  await page.goto(`${node.origin}${path}`);
  await page.clock.runFor(1000);
  await expect(page.getByRole('heading', { name: 'This exam was interrupted' })).toBeVisible();
  await page.getByLabel('Code that the proctor says').fill('00000-00000');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('Code that the proctor says').fill(said);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByText('1 of 16 answered')).toBeVisible();
  await expect(page.getByText(/^Interruptions: 1/)).toBeVisible();
  // 45 minutes pass on the page.
  await page.clock.runFor(46 * 60_000);
  await expect(page.getByText(/^The time was over/)).toBeVisible();
  await expect(page.getByText('1 of 16 answered')).toBeVisible();
});
