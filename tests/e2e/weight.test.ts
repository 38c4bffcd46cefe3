/** What reaches a learner's phone, in bytes as transferred (brotli). Times are the benchmarks' business; bytes can be held to. */
import type { Page } from '@playwright/test';
import { exerciseOf, fillIn, readCourse } from './exercises.ts';
import { expect, test } from './perigee.ts';

const course = 'satellite-navigation';

/** Notes in the page the moment at which the selector first finds something. */
const noteMoment = (page: Page, name: string, selector: string): Promise<unknown> =>
  page.addInitScript(
    ([key, wanted]) => {
      // At the change itself and not at the next frame: what the page fetches because of it is not counted.
      const observer = new MutationObserver(() => {
        if (document.querySelector(wanted) === null) return;
        observer.disconnect();
        Reflect.set(window, key, performance.now());
      });
      observer.observe(document, { subtree: true, childList: true, attributes: true });
    },
    [name, selector] as const,
  );

/** Address and bytes of each script that the page had fetched by that moment; what the worker installs has a budget of its own. */
const scriptsUntil = (page: Page, name: string): Promise<readonly (readonly [path: string, bytes: number])[]> =>
  page.evaluate(
    (key) =>
      performance
        .getEntriesByType('resource')
        .map((entry) => entry as PerformanceResourceTiming)
        .filter((entry) => new URL(entry.name).pathname.endsWith('.js') && entry.responseEnd <= (Reflect.get(window, key) as number))
        .map((entry) => [new URL(entry.name).pathname, entry.encodedBodySize] as const),
    name,
  );

const sum = (scripts: readonly (readonly [string, number])[]): number => scripts.reduce((total, [, bytes]) => total + bytes, 0);

test('script until an answer can be given, and until it is kept', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { structure, itemsByUnit } = await readCourse(node.origin, course, 'en');
  const unit = structure.modules[0]?.units[0];
  const item = itemsByUnit.get(unit?.id ?? '')?.find(({ kind }) => kind === 'choice');
  if (unit === undefined || item === undefined) throw new Error('The first unit has no choice');
  const { page } = await openDevice({ size: 'phone' });
  await noteMoment(page, 'answerable', 'form.exercise fieldset:enabled');
  await noteMoment(page, 'kept', 'form.exercise [data-where=device]');
  await page.goto(`${node.origin}/courses/${course}/${unit.id}`, { waitUntil: 'commit' });
  await expect(exerciseOf(page, item).locator('input').first()).toBeEnabled();
  const untilAnswer = await scriptsUntil(page, 'answerable');
  expect(sum(untilAnswer)).toBeGreaterThan(20_000);
  expect(sum(untilAnswer), untilAnswer.join('\n')).toBeLessThanOrEqual(60_000);

  await fillIn(page, item);
  await exerciseOf(page, item).getByRole('button', { name: 'Check' }).click();
  await expect(exerciseOf(page, item).locator('[data-where="device"]')).toBeVisible();
  const untilKept = await scriptsUntil(page, 'kept');
  expect(sum(untilKept), untilKept.join('\n')).toBeLessThanOrEqual(95_000);
  expect(untilKept.length).toBeGreaterThan(untilAnswer.length);
});

test('nothing comes from another origin, and nothing is fetched that nobody asked for', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  const foreign: string[] = [];
  page.context().on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== node.origin) foreign.push(request.url());
    if (request.resourceType() === 'font') foreign.push(`a font: ${request.url()}`);
  });
  for (const path of [
    '/',
    '/catalogue',
    `/courses/${course}`,
    `/courses/${course}/kepler-orbits`,
    '/people',
    '/settings',
    '/record',
    '/teach',
  ]) {
    await page.goto(`${node.origin}${path}`);
    await page.waitForLoadState('networkidle');
  }
  expect(foreign).toEqual([]);
});

test('what can be tapped is large enough to be tapped', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  const small: string[] = [];
  for (const path of [
    '/',
    '/catalogue',
    `/courses/${course}`,
    `/courses/${course}/kepler-orbits`,
    '/people',
    '/settings',
    '/record',
    '/teach',
  ]) {
    await page.goto(`${node.origin}${path}`);
    await page.waitForLoadState('networkidle');
    small.push(
      ...(await page.evaluate((where) => {
        const found: string[] = [];
        for (const element of document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary')) {
          const box = (element.closest('label') ?? element).getBoundingClientRect();
          const visible = box.width > 1 && box.height > 1 && getComputedStyle(element).visibility !== 'hidden';
          // The way past the frame is out of sight until it has the focus, and large then.
          const hidden = element.classList.contains('out-of-sight');
          // A link inside a sentence is as tall as its line, which WCAG 2.2 (2.5.8) excepts.
          const inText = element.tagName === 'A' && getComputedStyle(element).display === 'inline';
          if (visible && !hidden && !inText && (box.height < 43.5 || box.width < 43.5))
            found.push(`${where} ${element.outerHTML.slice(0, 90)} ${box.width.toFixed(0)} × ${box.height.toFixed(0)}`);
        }
        return found;
      }, path)),
    );
  }
  expect(small).toEqual([]);
});
