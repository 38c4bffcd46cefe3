/**
 * Makes the pictures of the README: starts a node of its own, learns a little, and photographs it.
 *
 *   npm run build && node scripts/screenshots.ts
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { chromiumArguments, findChromium } from './find-chromium.ts';
import { createNodeProcess, freePort } from './node-process.ts';

const pictures = join(import.meta.dirname, '../docs/pictures');
const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const laptop = { viewport: { width: 1366, height: 768 } };

const found = findChromium({ install: false });
if (!found.ok) throw new Error(found.error);
mkdirSync(pictures, { recursive: true });
const data = mkdtempSync(join(tmpdir(), 'perigee-pictures-'));
const node = createNodeProcess({ port: await freePort(), data, environment: { PERIGEE_NODE: 'nairobi' } });
await node.start();
const { origin } = node;

async function ask(path: string, body: unknown, token?: string): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

const staff = { name: 'Wanjiru Kamau', password: 'a long pass phrase' };
const { token } = await ask('/api/session', { code: node.firstRunCode, ...staff });
const learners = ['Amina Yusuf', 'Brian Otieno', 'Chipo Dube', 'Daniel Mensah'];
const cohort = await ask(
  '/api/cohorts',
  { title: 'Remote sensing staff, spring', courses: ['satellite-navigation', 'disaster-risk'] },
  String(token),
);
const made = await ask(`/api/cohorts/${String(cohort['id'])}/codes`, { names: learners }, String(token));
const codes = (made['lines'] as readonly { readonly code: string }[]).map((line) => line.code);

const browser = await chromium.launch({ executablePath: found.value, args: chromiumArguments() });

/** Settles: fonts, pictures, and what the page does after it woke up. */
async function photograph(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** Answers the first single choice of a unit with its n-th option. */
async function choose(page: Page, unit: string, n: number): Promise<void> {
  await page.goto(`${origin}${unit}`);
  const form = page.locator('form[data-kind=choice]').first();
  await form.locator('fieldset:enabled').waitFor();
  await form.locator('label').nth(n).click();
  await form.getByRole('button', { name: 'Check' }).click();
  await form.locator('[data-where]').waitFor();
}

const units = ['what-gnss-does', 'kepler-orbits', 'ranging-codes', 'navigation-message'].map(
  (unit) => `/courses/satellite-navigation/${unit}`,
);
for (const [i, name] of learners.entries()) {
  const context = await browser.newContext({ ...phone, locale: 'en' });
  const page = await context.newPage();
  await page.goto(`${origin}/people`);
  await page.getByRole('button', { name: 'Add a person' }).click();
  await page.getByLabel('Name').fill(name.split(' ')[0] ?? name);
  await page.getByRole('button', { name: 'Add and start' }).click();
  await page.getByText('is learning now.').first().waitFor();
  for (const unit of units.slice(0, 4 - i)) await choose(page, unit, (i + unit.length) % 3);
  await page.goto(`${origin}/settings`);
  await page.getByLabel('Code').fill(codes[i] ?? '');
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByText('All your work is at the centre too.').waitFor();
  if (i === 0) {
    await page.goto(`${origin}/`);
    await photograph(page, 'home-phone');
    await page.goto(`${origin}/courses/satellite-navigation/kepler-orbits`);
    await page.locator('[data-block] figure').first().scrollIntoViewIfNeeded();
    await photograph(page, 'lesson-phone');
    await choose(page, '/courses/satellite-navigation/pseudoranges', 1);
    // As text: this program is checked as one of Node's, where no page is.
    await page.evaluate("scrollTo(0, document.querySelector('form[data-kind=choice]').getBoundingClientRect().top + scrollY - 72)");
    await photograph(page, 'exercise-phone');
    await page.goto(`${origin}/courses/space-law/five-treaties?lang=ar`);
    await photograph(page, 'lesson-arabic-phone');
  }
  await context.close();
}

const desk = await browser.newContext({ ...laptop, locale: 'en' });
const page = await desk.newPage();
await page.goto(`${origin}/teach`);
await page.getByLabel('Name').fill(staff.name);
await page.getByLabel('Password', { exact: true }).fill(staff.password);
await page.getByRole('button', { name: 'Sign in', exact: true }).click();
await page.getByRole('link', { name: /Remote sensing staff/ }).click();
await page.getByRole('row').nth(2).waitFor();
await photograph(page, 'teach-laptop');

await browser.close();
await node.stop();
rmSync(data, { recursive: true, force: true });
process.stdout.write(`The pictures are in ${pictures}\n`);
