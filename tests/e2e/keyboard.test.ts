/** The reader's way with the keyboard alone: no pointer, and the focus is always somewhere that can be seen. */
import { expect, type Locator, type Page } from '@playwright/test';
import { test } from './perigee.ts';

/** Presses Tab until the element has the focus, as a person does who looks for it; fails where Tab never comes by. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await expect(wanted).toBeVisible();
  for (let presses = 0; presses < 150; presses++) {
    await page.keyboard.press('Tab');
    if (!(await wanted.evaluate((element) => element === document.activeElement))) continue;
    const seen = await wanted.evaluate((element) => {
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      const box = (element.closest('label') ?? element).getBoundingClientRect();
      return { ring: outlineStyle !== 'none' || boxShadow !== 'none', top: box.top, bottom: box.bottom, height: innerHeight };
    });
    expect(seen.ring, 'the focus can be seen').toBe(true);
    expect(seen.bottom > 0 && seen.top < seen.height, 'the focus is on the screen').toBe(true);
    return;
  }
  throw new Error(`Tab never comes to ${wanted.toString()}`);
}

test('from the catalogue to an answer that is kept, and on, by keyboard', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice();

  await page.goto(node.origin);
  // The first stop leads past the frame.
  await page.keyboard.press('Tab');
  await expect(page.locator(':focus')).toHaveText('Skip to the content');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#content$/);

  await page.goto(`${node.origin}/catalogue`);
  await page.waitForLoadState('networkidle');
  await tabTo(page, page.locator('a[href="/courses/satellite-navigation"]').first());
  await page.keyboard.press('Enter');
  const part = page.getByRole('region', { name: 'For offline use' });
  await tabTo(page, part.getByRole('button', { name: 'Install' }));
  await page.keyboard.press('Enter');
  await expect(part.getByText('On this device:')).toBeVisible({ timeout: 60_000 });

  await page.reload();
  await page.waitForLoadState('networkidle');
  await tabTo(page, page.locator('a[href="/courses/satellite-navigation/what-gnss-does"]').first());
  await page.keyboard.press('Enter');
  const form = page.locator('form[data-kind=choice]').first();
  await expect(form.locator('fieldset:enabled')).toHaveCount(1);
  await tabTo(page, form.locator('input').first());
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await tabTo(page, form.getByRole('button', { name: 'Check' }));
  await page.keyboard.press('Enter');
  await expect(form.locator('[data-where=device]')).toBeVisible();
  // The focus stayed on the button, which now offers the next step.
  await expect(form.getByRole('button', { name: 'Try again' })).toBeFocused();

  await tabTo(page, page.locator('nav.ways a[rel=next]'));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/kepler-orbits$/);
  await tabTo(page, page.getByLabel('A note on this unit'));
  await page.keyboard.type('By keyboard');
  await tabTo(page, page.getByRole('button', { name: 'Keep the note' }));
  await page.keyboard.press('Enter');
  await expect(page.getByText('By keyboard')).toBeVisible();
});
