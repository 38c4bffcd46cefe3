/** A lesson in use: its exercises shown without scripts, answered by keyboard, kept or said not to be. */
import type { Locator, Page } from '@playwright/test';
import { readCourse } from './exercises.ts';
import { expect, test } from './perigee.ts';

test('without scripts exercises show their options and say what answering needs; the catalogue can be searched', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone', javaScript: false });
  await page.goto(`${node.origin}/courses/satellite-navigation/kepler-orbits`);
  // Playwright does not look for words in it.
  await expect(page.locator('article noscript p')).toBeVisible();
  await expect(page.getByRole('radio').first()).toBeDisabled();
  await page.goto(`${node.origin}/catalogue?q=orbit`);
  await expect(page.getByRole('heading', { level: 3 })).toHaveCount(1);
});

test('a course that lacks the language is shown in its own, and says so', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone', locale: 'ar' });
  await page.goto(`${node.origin}/courses/disaster-risk`);
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  await expect(page.getByText('هذا المساق غير متاح بلغتك بعد. لغة العرض: \u2068English\u2069.')).toBeVisible();
  const title = page.getByRole('heading', { level: 1 });
  await expect(title).toHaveAttribute('lang', 'en');
  await expect(title).toHaveAttribute('dir', 'ltr');
});

/** Answers with the keyboard alone; whether rightly is not the point. */
async function answer(form: Locator): Promise<void> {
  const kind = await form.getAttribute('data-kind');
  const page = form.page();
  if (kind === 'choice' || kind === 'multiple') {
    await form.locator('fieldset input').first().focus();
    await page.keyboard.press('Space');
  }
  if (kind === 'order') {
    await form.locator('fieldset button[data-by="1"]').first().focus();
    await page.keyboard.press('Enter');
    await expect(form.locator('fieldset [aria-live]')).not.toBeEmpty();
    // The row moved and its button kept the focus.
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-by'))).toBe('1');
  }
  for (const text of await form.getByRole('textbox').all()) {
    await text.focus();
    await page.keyboard.type('12');
  }
  for (const select of await form.getByRole('combobox').all()) {
    await select.focus();
    await page.keyboard.press('End');
  }
  await form.locator('fieldset :is(input, select, button)').last().focus();
  const next = form.locator('.foot button');
  for (let i = 0; i < 3 && !(await next.evaluate((button) => button === document.activeElement)); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
}

async function openLesson(page: Page, address: string): Promise<Locator> {
  await page.goto(address);
  const forms = page.locator('form[data-kind]');
  // Of a fieldset itself Playwright says that it is enabled in any case.
  await expect(forms.first().locator('fieldset:enabled')).toHaveCount(1);
  return forms;
}

test('whoever follows a term finds the folded glossary open, there', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  await page.goto(`${node.origin}/courses/satellite-navigation`);
  const definition = page.locator('#term-gnss dd');
  await expect(definition).toContainText('satellites that broadcast their time');
  await expect(definition).toBeHidden();
  await page.goto(`${node.origin}/courses/satellite-navigation/what-gnss-does`);
  await page.locator('a.term[href$="#term-gnss"]').first().click();
  await expect(definition).toBeInViewport();
});

test('all six kinds are answered by keyboard, marked in words, kept, and there again after a reload', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  const seen = new Set<string>();
  const { structure } = await readCourse(node.origin, 'satellite-navigation', 'en');
  for (const { id } of structure.modules.flatMap(({ units }) => units).filter(({ items }) => items.length > 0)) {
    if (seen.size === 6) break;
    const forms = await openLesson(page, `${node.origin}/courses/satellite-navigation/${id}`);
    for (const form of await forms.all()) {
      const kind = (await form.getAttribute('data-kind')) ?? '';
      if (seen.has(kind)) continue;
      await answer(form);
      await expect(form.locator('.verdict')).toHaveText(/Right|Not right|Partly right/);
      await expect(form.locator('[data-where=device]')).toBeVisible();
      await expect(form.locator('.foot button')).toBeFocused();
      seen.add(kind);
    }
    await page.reload();
    for (const form of await forms.all())
      if (seen.has((await form.getAttribute('data-kind')) ?? '') && (await form.getByText('1 attempt').count()) > 0)
        await expect(form.locator('.verdict')).toBeVisible();
  }
  expect([...seen].sort()).toEqual(['choice', 'gap', 'match', 'multiple', 'number', 'order']);
});

test('an answer that the store refuses is said to be lost, stays, and can be kept again', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  device.expectConsole(/./);
  const { page } = device;
  const forms = await openLesson(page, `${node.origin}/courses/satellite-navigation/kepler-orbits`);
  const form = forms.and(page.locator('[data-kind=choice]')).first();
  await page.evaluate(() => {
    const { put, add } = IDBObjectStore.prototype;
    const refuse = (): never => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    Object.assign(IDBObjectStore.prototype, { put: refuse, add: refuse });
    addEventListener('room', () => Object.assign(IDBObjectStore.prototype, { put, add }));
  });
  await answer(form);
  await expect(form.getByRole('alert')).toContainText('This answer is not kept yet');
  await expect(form.locator('[data-where]')).toHaveCount(0);
  await expect(form.getByRole('radio').first()).toBeChecked();
  await page.evaluate(() => dispatchEvent(new Event('room')));
  await form.getByRole('button', { name: 'Keep it again' }).click();
  await expect(form.locator('[data-where=device]')).toBeVisible();
  await expect(form.getByRole('alert')).toHaveCount(0);
});

test('what is no number is not marked and not kept', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  const forms = await openLesson(page, `${node.origin}/courses/satellite-navigation/kepler-orbits`);
  const form = forms.and(page.locator('[data-kind=number]')).first();
  await form.getByRole('textbox').fill('about twelve');
  for (const select of await form.getByRole('combobox').all()) await select.selectOption({ index: 1 });
  await form.getByRole('button', { name: 'Check' }).click();
  await expect(form.getByText('This could not be read as a number')).toBeVisible();
  await expect(form.locator('[data-where]')).toHaveCount(0);
  await expect(form.getByRole('textbox')).toBeEnabled();
});
