/** Days without a network, beyond the journey's own: searching in three scripts, two people, pages that are not here, and a keyboard alone. */
import type { Locator, Page } from '@playwright/test';
import type { NodeProcess } from '../../scripts/node-process.ts';
import { answer, exerciseOf, readCourse } from './exercises.ts';
import { expect, installCourse, makePerson, test, type OpenDevice } from './perigee.ts';

/** What a browser says of a network that is not there. */
const noNetwork = /net::ERR_INTERNET_DISCONNECTED|net::ERR_FAILED|net::ERR_CONNECTION_REFUSED/;

const untilWorker = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });

/** The browser loses its network, and the node is stopped: a worker's own requests do not heed the first. */
async function goOffline(device: OpenDevice, node: NodeProcess): Promise<void> {
  await untilWorker(device.page);
  device.expectConsole(noNetwork);
  await device.offline(true);
  await node.stop();
}

test('search inside installed courses: Arabic with and without its article and vowel marks, Chinese, French without accents', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  for (const [course, language] of [
    ['satellite-navigation', 'zh'],
    ['space-law', 'ar'],
    ['disaster-risk', 'fr'],
  ] as const) {
    await page.goto(`${node.origin}/courses/${course}`);
    const part = page.getByRole('region', { name: 'For offline use' });
    await part.getByLabel('Language of the course').selectOption(language);
    await part.getByRole('button', { name: 'Install' }).click();
    await expect(part.getByText('On this device:')).toBeVisible();
  }
  await goOffline(device, node);
  await page.goto(`${node.origin}/catalogue`);
  const hits = page.locator('ul.hits > li');
  const find = async (words: string, language: string, marked: RegExp): Promise<number> => {
    await page.getByRole('searchbox').fill(words);
    // The hits of the search before are gone when every one holds what was typed now.
    await expect.poll(async () => (await hits.locator('mark').allInnerTexts()).map((text) => marked.test(text))).toContain(true);
    await expect.poll(async () => (await hits.locator('mark').allInnerTexts()).filter((text) => !marked.test(text))).toEqual([]);
    expect(new Set(await hits.evaluateAll((rows) => rows.map((row) => row.getAttribute('lang'))))).toEqual(new Set([language]));
    return hits.count();
  };
  expect(await find('伪距', 'zh', /伪距/)).toBeGreaterThan(1);
  expect(await find('teledetection', 'fr', /télédétection/i)).toBeGreaterThan(1);
  expect(await find('SECHERESSE', 'fr', /sécheresse/i)).toBeGreaterThan(0);
  const plain = await find('معاهدة', 'ar', /معاهد/);
  expect(plain).toBeGreaterThan(1);
  await find('伪距', 'zh', /伪距/);
  expect(await find('المُعَاهَدَة', 'ar', /معاهد/)).toBe(plain);

  // A hit leads to its lesson, in the language that is here.
  await hits.first().getByRole('link').click();
  await expect(page.locator('.blocks[lang="ar"][dir="rtl"]')).toContainText('معاهد');
});

test('two people on one device, without a network: each sees their own work alone', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  const { structure, itemsByUnit } = await readCourse(node.origin, 'space-law', 'en');
  const unit = structure.modules[0]?.units[0]?.id ?? '';
  const [item] = itemsByUnit.get(unit) ?? [];
  if (item === undefined) throw new Error('The first unit has no exercise');
  await makePerson(page, node.origin, 'Amina', '4711');
  await installCourse(page, node.origin, 'space-law');
  await goOffline(device, node);
  const lesson = `${node.origin}/courses/space-law/${unit}`;
  await page.goto(lesson);
  await answer(page, item);
  await page.getByLabel('A note on this unit').fill('Only mine');
  await page.getByRole('button', { name: 'Keep the note' }).click();
  await expect(page.getByText('Only mine')).toBeVisible();

  await makePerson(page, node.origin, 'Binta');
  await page.goto(lesson);
  await expect(exerciseOf(page, item).locator('fieldset:enabled')).toHaveCount(1);
  await expect(page.getByText('Only mine')).toHaveCount(0);
  await expect(exerciseOf(page, item).locator('.verdict')).toHaveCount(0);
  await answer(page, item, { wrong: true });

  await page.goto(`${node.origin}/people`);
  await page.getByRole('button', { name: 'Amina' }).click();
  await page.getByLabel('Your PIN').fill('1174');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('That is not the PIN. Try again.')).toBeVisible();
  await page.goto(`${node.origin}/record`);
  await expect(page.getByText('What Binta did.')).toBeVisible();
  await expect(page.getByText('Only mine')).toHaveCount(0);

  await page.goto(`${node.origin}/people`);
  await page.getByRole('button', { name: 'Amina' }).click();
  await page.getByLabel('Your PIN').fill('4711');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Amina is learning now.')).toBeVisible();
  await page.goto(lesson);
  await expect(exerciseOf(page, item).locator('.verdict')).toContainText('Right');
  await expect(exerciseOf(page, item).locator('p.head')).toContainText('1 attempt');
  await expect(page.getByText('Only mine')).toBeVisible();
});

test('pages that are not here say so and lead on', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await installCourse(page, node.origin, 'space-law');
  await goOffline(device, node);
  for (const [path, sentence] of [
    ['/nowhere', 'This page does not exist'],
    ['/courses/space-law/no-such-unit', 'This page does not exist'],
    ['/courses/satellite-navigation', 'This page is not on your device yet'],
    ['/courses/satellite-navigation/kepler-orbits', 'This page is not on your device yet'],
  ] as const) {
    await page.goto(`${node.origin}${path}`);
    await expect(page.getByRole('heading', { level: 1 }), path).toHaveText(sentence);
    await page.getByRole('link', { name: 'To the home page' }).click();
    await expect(page.getByRole('heading', { name: 'Space law for newcomers' }).first()).toBeVisible();
  }
  // The network is back: the way on that stood there leads to the page.
  await page.goto(`${node.origin}/courses/satellite-navigation`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This page is not on your device yet');
  await node.start();
  await device.offline(false);
  await page.getByRole('link', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Satellite navigation');
});

test('a lesson that was visited but not installed opens without a network, even the first of all, and keeps answers', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  const { structure, itemsByUnit } = await readCourse(node.origin, 'space-law', 'en');
  const [first, second] = structure.modules[0]?.units ?? [];
  const [item] = itemsByUnit.get(first?.id ?? '') ?? [];
  if (first === undefined || second === undefined || item === undefined) throw new Error('The course is too short for this');
  const url = ({ id }: { readonly id: string }): string => `${node.origin}/courses/space-law/${id}`;
  await page.goto(url(first));
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  await page.goto(url(second));
  await goOffline(device, node);
  await device.close();
  await device.open();
  await device.offline(true);
  for (const unit of [second, first]) {
    await device.page.goto(url(unit));
    await expect(device.page.getByRole('heading', { level: 1 })).toHaveText(unit.title['en'] ?? '');
    await expect(device.page.locator('[data-block] p').first()).toBeVisible();
  }
  await answer(device.page, item);
  await expect(exerciseOf(device.page, item).locator('[data-where]')).toHaveAttribute('data-where', 'device');
});

/** Presses Tab until the element has the focus, which must be seen. */
async function tabTo(target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  const hasFocus = (): Promise<boolean> => target.evaluate((element) => element === document.activeElement);
  for (let presses = 0; !(await hasFocus()); presses += 1) {
    if (presses === 150) throw new Error(`Tab does not lead to ${String(target)}`);
    await target.page().keyboard.press('Tab');
  }
  const seen = await target.evaluate((element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow !== 'none';
  });
  expect(seen, `the focus on ${String(target)} is seen`).toBe(true);
}

test('the reader’s way by keyboard alone: from the catalogue through installing to the next unit', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice();
  const { structure, itemsByUnit } = await readCourse(node.origin, 'space-law', 'en');
  const [first, second] = structure.modules[0]?.units ?? [];
  const item = itemsByUnit.get(first?.id ?? '')?.find(({ kind }) => kind === 'choice');
  if (first === undefined || second === undefined || item === undefined) throw new Error('The first unit has no choice');
  const enter = async (target: Locator): Promise<void> => {
    await tabTo(target);
    await page.keyboard.press('Enter');
  };

  await page.goto(`${node.origin}/`);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await enter(page.getByRole('link', { name: 'Catalogue' }));
  await tabTo(page.getByRole('searchbox'));
  await page.keyboard.type('law');
  await enter(page.getByRole('link', { name: 'Space law for newcomers' }));

  const part = page.getByRole('region', { name: 'For offline use' });
  await tabTo(part.getByRole('radio', { name: 'Text and exercises' }));
  await page.keyboard.press('ArrowDown');
  await expect(part.getByRole('radio', { name: 'With pictures and data' })).toBeChecked();
  await enter(part.getByRole('button', { name: 'Install' }));
  await expect(part.getByText('On this device:')).toBeVisible();

  await enter(page.getByRole('main').getByRole('link', { name: first.title['en'] ?? '' }));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(first.title['en'] ?? '');
  const exercise = exerciseOf(page, item);
  await expect(exercise.locator('fieldset:enabled')).toHaveCount(1);
  await tabTo(exercise.getByRole('radio').first());
  await page.keyboard.press('Space');
  await enter(exercise.getByRole('button', { name: 'Check' }));
  await expect(exercise.locator('[data-where=device]')).toBeVisible();
  await enter(page.getByRole('navigation', { name: 'Units' }).locator('[rel=next]'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(second.title['en'] ?? '');

  await tabTo(page.getByLabel('A note on this unit'));
  await page.keyboard.type('By keyboard');
  await enter(page.getByRole('button', { name: 'Keep the note' }));
  await expect(page.getByText('Note kept on this device.')).toBeVisible();
});
