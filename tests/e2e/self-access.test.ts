/** The pages about oneself and the trainer's: for everyone, in both directions of writing, on a phone. */
import { AxeBuilder } from '@axe-core/playwright';
import { beyondScreen, claim, expect, makeCohort, makePerson, signIn, test } from './perigee.ts';

/** Each page, and what it shows when it is whole. */
const pages = { '/people': '.now', '/settings': '.figures', '/record': 'main a.button', '/teach': '.cohorts' } as const;

for (const [locale, colorScheme] of [
  ['en', 'light'],
  ['ar', 'dark'],
] as const) {
  test(`axe finds nothing in ${locale}, ${colorScheme}, and nothing is wider than a phone`, async ({ startNode, openDevice }) => {
    const node = await startNode();
    const staff = await claim(node);
    const { id } = await makeCohort(node, staff, 'Dakar, spring', ['satellite-navigation'], ['Renée Diop']);
    const device = await openDevice({ size: 'phone', colorScheme });
    const { page } = device;
    await makePerson(page, node.origin, 'Amina', '4711');
    await makePerson(page, node.origin, 'Binta');
    await signIn(page, node.origin, staff);

    const check = async (): Promise<void> => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${page.url()} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      expect(await beyondScreen(page)).toBeLessThanOrEqual(0);
      const small = await page
        .getByRole('main')
        .locator('button, select, input:not([type=radio], [type=checkbox]), a.button, .choices a')
        .evaluateAll((elements) =>
          elements
            .map((element) => ({ box: element.getBoundingClientRect(), html: element.outerHTML }))
            .filter(({ box }) => box.height > 0 && (box.height < 43.5 || box.width < 43.5))
            .map(({ html }) => html),
        );
      expect(small, 'what a thumb misses').toEqual([]);
    };
    for (const [path, whole] of [...Object.entries(pages), [`/teach?cohort=${id}`, '.complete'] as const]) {
      await page.goto(`${node.origin}${path}${path.includes('?') ? '&' : '?'}lang=${locale}`);
      await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.locator(whole)).toBeVisible();
      await check();
    }
    await page.goto(`${node.origin}/people?lang=${locale}`);
    await page.getByRole('button', { name: 'Amina' }).click();
    await check();
  });
}

test('without scripts each page says what it needs them for', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ javaScript: false });
  for (const path of Object.keys(pages)) {
    await page.goto(`${node.origin}${path}`);
    // Playwright's texts leave out what stands in a noscript.
    await expect(page.getByRole('main')).toContainText('Courses can be read without it.', { useInnerText: true });
  }
});
