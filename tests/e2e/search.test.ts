/** Search inside installed courses, without a network, in the scripts that break searches. */
import { expect, test } from './perigee.ts';

const searches = [
  { locale: 'ar', course: 'space-law', words: ['ساتل', 'الساتل', 'سَاتِل'], finds: /ساتل/ },
  { locale: 'zh', course: 'satellite-navigation', words: ['星历', '伪距'], finds: /星历|伪距/ },
  { locale: 'fr', course: 'disaster-risk', words: ['teledetection', 'Télédétection', 'alea'], finds: /t[ée]l[ée]d[ée]tection|al[ée]a/i },
];

for (const { locale, course, words, finds } of searches) {
  test(`words are found in ${locale} while offline`, async ({ startNode, openDevice }) => {
    const node = await startNode();
    const device = await openDevice({ size: 'phone', locale });
    device.expectConsole(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/);
    const { page } = device;
    await page.goto(`${node.origin}/courses/${course}`);
    const part = page.locator('section.install');
    await part.locator('button.button:not(.quiet, .danger)').click();
    await expect(part.locator('.here')).toBeVisible({ timeout: 60_000 });
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await device.offline(true);
    await page.goto(`${node.origin}/catalogue`);
    for (const word of words) {
      await page.getByRole('searchbox').fill(word);
      await expect(page.locator('ul.hits mark').first()).toHaveText(finds);
    }
    await page.getByRole('searchbox').fill('qqqzzz');
    await expect(page.locator('ul.hits mark')).toHaveCount(0);
    // A hit leads into the lesson, to the heading that it stands under.
    await page.getByRole('searchbox').fill(words[0] ?? '');
    await page.locator('ul.hits a').first().click();
    await expect(page.locator('[data-block]').first()).toBeVisible();
    await expect(page).toHaveURL(new RegExp(`/courses/${course}/`));
  });
}
