/**
 * Makes the pictures of the README: starts a node of its own, lets a cohort learn for a while, and photographs it.
 *
 *   npm run build && node scripts/screenshots.ts
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Locator, type Page } from '@playwright/test';
import type { CourseStructure, SignedManifest } from '#lib/course/package.ts';
import type { Item } from '#lib/exercise/item.ts';
import { shuffle } from '#lib/exercise/shuffle.ts';
import { chromiumArguments, findChromium } from './find-chromium.ts';
import { createNodeProcess, freePort } from './node-process.ts';

const pictures = join(import.meta.dirname, '../docs/pictures');
const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const laptop = { viewport: { width: 1366, height: 880 } };

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

const course = 'satellite-navigation';
const staff = { name: 'Wanjiru Kamau', password: 'a long pass phrase' };
/** Who learns, and how far each of them has come: units, and of ten answers those that are right. */
const learners = [
  { name: 'Amina Yusuf', units: 4, right: 9 },
  { name: 'Brian Otieno', units: 5, right: 7 },
  { name: 'Chipo Dube', units: 3, right: 8 },
  { name: 'Daniel Mensah', units: 5, right: 10 },
  { name: 'Esi Owusu', units: 2, right: 6 },
  { name: 'Fatou Diop', units: 4, right: 5 },
  { name: 'Grace Nakato', units: 1, right: 9 },
] as const;
/** Enrolled, and not heard from: the report says so. */
const silent = 'Hassan Abdi';

const { token } = await ask('/api/session', { code: node.firstRunCode, ...staff });
const cohort = await ask('/api/cohorts', { title: 'Remote sensing staff, spring', courses: [course, 'disaster-risk'] }, String(token));
const names = [...learners.map(({ name }) => name), silent];
const made = await ask(`/api/cohorts/${String(cohort['id'])}/codes`, { names }, String(token));
const codes = (made['lines'] as readonly { readonly code: string }[]).map((line) => line.code);

async function read(path: string): Promise<unknown> {
  const response = await fetch(`${origin}${path}`);
  if (!response.ok) throw new Error(`${path}: ${String(response.status)}`);
  return response.json();
}
// The node is this program's own: what it sends has the shapes that it was written with.
const { manifest } = (await read(`/content/manifests/${course}`)) as SignedManifest;
const structure = (await read(`/content/pieces/${manifest.structure}`)) as CourseStructure;
const units = structure.modules.flatMap((module) => module.units);

const browser = await chromium.launch({ executablePath: found.value, args: chromiumArguments() });

/** Settles: fonts, pictures, and what the page does after it woke up. */
async function photograph(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** Brings an element to a place under the top edge. As text: this program is checked as one of Node's, where no page is. */
const scrollUnder = (page: Page, selector: string, top: number): Promise<unknown> =>
  page.evaluate(
    `scrollTo({ top: document.querySelector('${selector}').getBoundingClientRect().top + scrollY - ${String(top)}, behavior: 'instant' })`,
  );

async function fillIn(form: Locator, item: Item, right: boolean): Promise<void> {
  switch (item.kind) {
    case 'choice': {
      const shown = item.keepOrder ? item.options : shuffle(item.options, item.id);
      return form
        .locator('label')
        .nth(shown.findIndex(({ key }) => (key === item.right) === right))
        .click();
    }
    case 'multiple': {
      const shown = item.keepOrder ? item.options : shuffle(item.options, item.id);
      for (const [i, { key }] of shown.entries()) if (item.right.includes(key) === right) await form.locator('label').nth(i).click();
      return;
    }
    case 'number': {
      const [answer] = item.answers;
      await form.locator('input').fill(String(right ? answer?.value : 1));
      if (item.units.length > 1) await form.locator('select').selectOption(answer?.unit ?? '');
      return;
    }
    case 'order': {
      if (!right) return form.locator('li').first().locator('[data-by="1"]').click();
      for (const [place, { key }] of item.entries.entries())
        while ((await form.locator('li').nth(place).getAttribute('data-key')) !== key)
          await form.locator(`li[data-key="${key}"] [data-by="-1"]`).click();
      return;
    }
    case 'match': {
      for (const { key } of item.left) {
        const other = right ? item.pairs[key] : item.right[0]?.key;
        await form.locator(`select[id="${item.id}-${key}"]`).selectOption(other ?? '');
      }
      return;
    }
    case 'gap': {
      for (const [i, gap] of item.gaps.entries()) {
        const field = form.locator('.gap').nth(i).locator('input, select');
        if (gap.type === 'typed') await field.fill(right ? (gap.answers[0] ?? '') : '?');
        else await field.selectOption((right ? gap.right : gap.choices.find((choice) => choice !== gap.right)) ?? '');
      }
    }
  }
}

/** Answers every exercise of a unit, `right` of ten rightly, and reads to the end. */
async function learn(page: Page, { id, pieces }: (typeof units)[number], right: number): Promise<void> {
  const items = (await read(`/content/pieces/${pieces['en']?.items ?? ''}`)) as readonly Item[];
  await page.goto(`${origin}/courses/${course}/${id}`);
  for (const [i, item] of items.entries()) {
    const form = page.locator(`form[data-item="${item.id}"]`);
    await form.locator('fieldset:enabled').waitFor();
    await fillIn(form, item, (i * 3 + id.length) % 10 < right);
    await form.locator('.foot button').click();
    await form.locator('[data-where]').waitFor();
  }
  await page.evaluate('scrollTo(0, document.body.scrollHeight)');
  await page.getByText('Unit completed.').waitFor();
}

for (const [i, { name, units: count, right }] of learners.entries()) {
  const context = await browser.newContext({ ...phone, locale: 'en', reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(`${origin}/people`);
  await page.getByRole('button', { name: 'Add a person' }).click();
  await page.getByLabel('Name').fill(name.split(' ')[0] ?? name);
  await page.getByRole('button', { name: 'Add and start' }).click();
  await page.getByText('is learning now.').first().waitFor();
  for (const unit of units.slice(0, count)) await learn(page, unit, right);
  await page.goto(`${origin}/settings`);
  await page.getByLabel('Code').fill(codes[i] ?? '');
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByText('All your work is at the centre too.').waitFor();
  if (i === 0) {
    await page.goto(`${origin}/courses/${course}`);
    await page.getByRole('button', { name: 'Install' }).click();
    await page.getByText('On this device:').waitFor();
    await page.goto(`${origin}/`);
    await page.getByRole('link', { name: 'Continue' }).waitFor();
    await photograph(page, 'home-phone');
    await page.goto(`${origin}/courses/${course}/kepler-orbits`);
    await page.waitForLoadState('networkidle');
    await scrollUnder(page, '[data-block] .formula', 150);
    await photograph(page, 'lesson-phone');
    await page.goto(`${origin}/courses/${course}/kepler-orbits`);
    await page.locator('form[data-kind=choice] [data-where]').waitFor();
    await scrollUnder(page, 'form[data-kind=choice]', 24);
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
