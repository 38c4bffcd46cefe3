import type { Page } from '@playwright/test';
import { launch, median, newPhone, slow, untilOfflineReady, untilReadable } from './browser.ts';
import { serveFloor } from './floor.ts';
import { coursePath, lessonPath, readLesson } from './lesson.ts';
import { repeat, type Benchmark } from './measure.ts';
import { freePort } from '../scripts/node-process.ts';
import { startNode } from './node-process.ts';

const runs = 5;
const slowdown = 4;

async function install(page: Page): Promise<void> {
  const part = page.getByRole('region', { name: 'For offline use' });
  await part.getByRole('button', { name: 'Install' }).click();
  await part.getByText('On this device:').waitFor({ timeout: 60_000 });
}

/** Taps the way to the next unit in the page, and counts until the next unit's title stands there and was painted. */
const nextUnit = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const title = (): string | undefined => document.querySelector('h1')?.textContent;
    const before = title();
    const from = performance.now();
    document.querySelector<HTMLElement>('nav a[rel=next]')?.click();
    while (title() === before || document.querySelector('[data-block]') === null) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - from;
  });

/** The same lesson again without any network, on a slow phone, beside one static page that a worker kept. */
export const offline: Benchmark = {
  name: 'offline',
  async run() {
    const port = await freePort();
    const origin = `http://127.0.0.1:${String(port)}`;
    const node = await startNode({ port, origin });
    const { html, lastWords, structure } = await readLesson(origin);
    const floor = await serveFloor(html);
    const floorOrigin = `http://127.0.0.1:${String(floor.port)}`;
    const browser = await launch();
    const context = await newPhone(browser);

    const page = await context.newPage();
    await page.goto(`${floorOrigin}/`);
    await untilOfflineReady(page);
    await page.goto(`${origin}${coursePath}?lang=en`);
    await untilOfflineReady(page);
    await install(page);
    await page.close();
    await node.stop();
    await floor.close();
    await context.setOffline(true);

    const again = async (url: string): Promise<number> => {
      const fresh = await context.newPage();
      await slow(fresh, slowdown);
      const readable = await untilReadable(fresh, url, lastWords);
      await fresh.close();
      return readable;
    };
    const floors = await repeat(runs, () => again(`${floorOrigin}/`));
    const lessons = await repeat(runs, () => again(`${origin}${lessonPath}`));

    const reader = await context.newPage();
    const units = structure.modules.flatMap((module) => module.units);
    await reader.goto(`${origin}${coursePath}/${units[0]?.id ?? ''}`);
    await reader.waitForLoadState('networkidle');
    await reader.locator('nav a[rel=next]').waitFor();
    await slow(reader, slowdown);
    const taps = await repeat(units.length - 2, async () => {
      await reader.waitForTimeout(500);
      return nextUnit(reader);
    });

    await browser.close();
    await node.remove();
    const [floorReadable, lessonReadable] = [median(floors), median(lessons)];
    return [
      { name: 'static page from a worker, offline', value: floorReadable, unit: 'ms' },
      { name: 'installed lesson, offline, cold start', value: lessonReadable, unit: 'ms' },
      { name: 'lesson beside static page', value: lessonReadable / floorReadable, unit: '×', bound: 3 },
      {
        name: 'next unit readable after the tap',
        value: median(taps),
        unit: 'ms',
        bound: 150,
        note: `median of ${String(taps.length)} units`,
      },
    ];
  },
};
