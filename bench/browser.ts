/** A Chromium whose clock is slowed as a cheap phone's is, and the moment at which a text can be read in it. */
import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { chromiumArguments, findChromium } from '../scripts/find-chromium.ts';

export async function launch(): Promise<Browser> {
  const found = findChromium({ install: false });
  if (!found.ok) throw new Error(found.error);
  return chromium.launch({
    executablePath: found.value,
    args: chromiumArguments(),
  });
}

/** Slows the page's processor by this factor. */
export async function slow(page: Page, factor: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: factor });
}

/**
 * Opens an address and resolves with the milliseconds from the navigation's start until every sentence stands in the page and
 * a frame that holds them was painted.
 */
export async function untilReadable(page: Page, url: string, ...sentences: readonly string[]): Promise<number> {
  await page.addInitScript((all) => {
    const look = (): void => {
      const text = document.body?.textContent ?? '';
      if (all.every((words) => text.includes(words))) {
        requestAnimationFrame(() => requestAnimationFrame(() => Reflect.set(window, 'readableAt', performance.now())));
      } else requestAnimationFrame(look);
    };
    look();
  }, sentences);
  await page.goto(url, { waitUntil: 'commit', timeout: 120_000 });
  const at = await page.waitForFunction(() => Reflect.get(window, 'readableAt') as number | undefined, undefined, {
    timeout: 120_000,
    polling: 50,
  });
  return (await at.jsonValue()) ?? Number.NaN;
}

export const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, locale: 'en' } as const;

/** Resolves when a worker controls or will control this origin, with the milliseconds since the page's navigation. */
export async function untilOfflineReady(page: Page): Promise<number> {
  return page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    return performance.now();
  });
}

export const newPhone = (browser: Browser): Promise<BrowserContext> => browser.newContext(phone);

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return sorted.length % 2 === 1 ? middle : (middle + (sorted[sorted.length / 2 - 1] ?? Number.NaN)) / 2;
};
