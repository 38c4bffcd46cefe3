/** A plan on paper, in the language of the ministry: all of it that is said, nothing that is pressed, within the width of the page. */
import { beyondScreen, expect, test } from './perigee.ts';

/** A4 at 96 pixels an inch. */
const paper = { width: 794, height: 1123 };

test('a plan prints in Arabic and in Chinese with its title, its country and that it is invented, and without the frame', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  for (const [locale, direction, title] of [
    ['ar', 'rtl', /\p{Script=Arabic}/u],
    ['zh', 'ltr', /\p{Script=Han}/u],
  ] as const) {
    const { page } = await openDevice({ locale });
    await page.setViewportSize(paper);
    // Styles of other pages come with them, and stay: what they hide in print is theirs alone.
    await page.goto(`${node.origin}/teach?lang=${locale}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.goto(`${node.origin}/plans/islemara-2024-2028?lang=${locale}`);
    await expect(page.getByRole('button').first()).toBeVisible();
    await page.emulateMedia({ media: 'print' });
    await expect(page.locator('html')).toHaveAttribute('dir', direction);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('main a[href="/profiles/islemara"]').first()).toBeVisible();
    // Whoever holds the paper must know it, too.
    await expect(page.locator('article > header .notice').first()).toBeVisible();
    for (const heading of await page.locator('main h2').all()) await expect(heading).toBeVisible();
    await expect(page.locator('header.night')).toBeHidden();
    await expect(page.locator('footer.night')).toBeHidden();
    for (const button of await page.locator('main .button').all()) await expect(button).toBeHidden();
    expect(await beyondScreen(page), locale).toBeLessThanOrEqual(0);
    await page.emulateMedia({ media: 'screen' });
  }
});
