/** Open data in a lesson: tables that are read without scripts; an image, a curve and a plot that are looked into, also without a network. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { beyondScreen, expect, installCourse, test } from './perigee.ts';

const course = 'open-universe';
const client = join(import.meta.dirname, '..', '..', 'build', 'client');

/** Sets a slider as a hand does. */
const slide = (slider: Locator, value: number): Promise<void> =>
  slider.evaluate((element, to) => {
    (element as HTMLInputElement).value = String(to);
    element.dispatchEvent(new Event('input', { bubbles: true }));
  }, value);

/** How bright, 0 to 255, the canvas shows a pixel; column and row from 1, the row from below. */
const brightnessAt = (page: Page, column: number, row: number): Promise<number> =>
  page.locator('canvas').evaluate(
    (element, at) => {
      const canvas = element as HTMLCanvasElement;
      return canvas.getContext('2d')?.getImageData(at.column - 1, canvas.height - at.row, 1, 1).data[0] ?? -1;
    },
    { column, row },
  );

test('without scripts the header of the image and the tables are read, and the files can be saved', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ javaScript: false });
  await page.goto(`${node.origin}/courses/${course}/image?lang=en`);
  await expect(page.getByRole('row', { name: 'NAXIS1 64 pixels in a row' })).toBeVisible();
  const save = page.getByRole('link', { name: 'Save the data (FITS, 12 kB)' });
  const file = await fetch(`${node.origin}${(await save.getAttribute('href')) ?? ''}`);
  expect(Buffer.from(await file.arrayBuffer()).toString('latin1', 0, 30)).toBe('SIMPLE  =                    T');
  await page.goto(`${node.origin}/courses/${course}/light?lang=en`);
  await expect(page.locator('figure[data-view=fold] tbody tr')).toHaveCount(110);
});

test('only a page that has such a figure fetches what draws it: at most 10 kB of scripts, styles and words', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  /** What a page itself fetches of the app on a device that has nothing yet. */
  const appFiles = async (path: string, drawn: string | null): Promise<readonly string[]> => {
    const { page } = await openDevice({ size: 'phone' });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${node.origin}${path}`);
    if (drawn !== null) await expect(page.locator(drawn)).toBeVisible();
    await page.waitForLoadState('networkidle');
    return asked.filter((name) => name.startsWith('/_app/immutable/'));
  };
  const plain = await appFiles('/courses/space-law/why-space-law?lang=en', null);
  const further = (await appFiles(`/courses/${course}/image?lang=en`, '[data-explorer=image]')).filter((name) => !plain.includes(name));
  expect(further).not.toEqual([]);
  const bytes = further.reduce((sum, name) => sum + brotliCompressSync(readFileSync(join(client, name))).length, 0);
  expect(bytes).toBeLessThanOrEqual(10_000);
});

test('without a network: brightness and colour of the image, the curve folded on its period, and the answers that they give', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await installCourse(page, node.origin, course, { media: true });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  // What follows the worker may not be here yet; at its first use it is kept in any case.
  await page.goto(`${node.origin}/courses/${course}/light?lang=en`);
  await expect(page.locator('[data-explorer=fold]')).toBeVisible();
  await page.waitForLoadState('networkidle');
  await device.offline(true);
  await node.stop();
  device.expectConsole(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to fetch/);

  await page.goto(`${node.origin}/courses/${course}/image`);
  const output = page.locator('[data-explorer=image] output');
  await slide(page.getByLabel('Column, from the left'), 18);
  await slide(page.getByLabel('Row, from below'), 47);
  await expect(output).toContainText('Column 18, row 47: 9,301');
  await expect(output).toContainText('adu');
  await slide(page.getByLabel('Column, from the left'), 60);
  await slide(page.getByLabel('Row, from below'), 40);
  await expect(output).toContainText('not measured');
  // The faint patch: hidden at first, lifted by the logarithm and a lower white.
  expect(await brightnessAt(page, 18, 47)).toBe(255);
  expect(await brightnessAt(page, 44, 21)).toBeLessThan(12);
  await page.getByLabel('Brightness', { exact: true }).selectOption('log');
  await expect.poll(() => brightnessAt(page, 44, 21)).toBeGreaterThan(60);
  await page.getByLabel('Colour', { exact: true }).selectOption('negative');
  await expect.poll(() => brightnessAt(page, 18, 47)).toBe(0);
  const brightest = page.locator('form[data-item=brightest]');
  await brightest.getByRole('textbox').fill('9301');
  await brightest.locator('.foot button').first().click();
  await expect(brightest.locator('.verdict')).toContainText('Right');

  await page.goto(`${node.origin}/courses/${course}/light`);
  const fold = page.locator('[data-explorer=fold]');
  await expect(fold.getByRole('img')).toHaveAttribute('aria-label', /Magnitude against Time \(d\), 110 measurements/);
  await fold.getByLabel('Period, as a number').fill('5.37');
  await fold.getByLabel('Period, as a number').press('Tab');
  await expect(fold.getByLabel('Folded')).toBeChecked();
  await expect(fold.getByRole('img')).toHaveAttribute('aria-label', /Magnitude against Phase/);
  // Its labels are as large on a phone as they were drawn.
  const label = fold.locator('svg text').first();
  expect(await label.evaluate((text) => text.getBoundingClientRect().height)).toBeGreaterThan(12);
  // On the right period neighbours in phase are neighbours in brightness; on another they are not.
  const roughness = (): Promise<number> =>
    fold.locator('path.dots').evaluate((path) => {
      const dots = [...(path.getAttribute('d') ?? '').matchAll(/M([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
      dots.sort(([a], [b]) => a - b);
      return dots.reduce((sum, [, y], i) => sum + Math.abs(y - (dots[i - 1]?.[1] ?? y)), 0) / dots.length;
    });
  const right = await roughness();
  await slide(fold.getByLabel('Period', { exact: true }), 4.1);
  await expect.poll(roughness).toBeGreaterThan(2 * right);
});

for (const [locale, colorScheme, size] of [
  ['en', 'light', 'laptop'],
  ['ar', 'dark', 'phone'],
] as const)
  test(`axe finds nothing in ${locale}, ${colorScheme}, on a ${size}`, async ({ startNode, openDevice }) => {
    const node = await startNode();
    const { page } = await openDevice({ size, colorScheme });
    for (const [unit, view] of [
      ['image', 'image'],
      ['light', 'fold'],
    ] as const) {
      await page.goto(`${node.origin}/courses/${course}/${unit}?lang=${locale}`);
      await expect(page.locator(`[data-explorer=${view}]`)).toBeVisible();
      await expect(page.locator('form[data-kind] fieldset:enabled').first()).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${unit} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      expect(await beyondScreen(page), unit).toBeLessThanOrEqual(0);
    }
  });
