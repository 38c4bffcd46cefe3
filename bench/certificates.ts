/** How long a certificate takes to be told true, and ten thousand standings to be computed. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { instantOf } from '#lib/domain/clock.ts';
import { parseProgrammes } from '#lib/certification/programme-file.ts';
import { standing, type Evidence } from '#lib/certification/standing.ts';
import { languages } from '#lib/i18n/languages.ts';
import { freePort } from '../scripts/node-process.ts';
import { ordinary, photographed } from '../tests/certification/photograph.ts';
import { around } from '../tests/certification/today.ts';
import { jpegOf } from '../tests/e2e/pictures.ts';
import { launch, median, newPhone, slow, untilOfflineReady } from './browser.ts';
import { repeat, type Benchmark } from './measure.ts';
import { startNode } from './node-process.ts';

const runs = 5;
const slowdown = 4;

/** Milliseconds from the choice of the file until the verdict stands in the page and was painted. */
async function untilVerdict(page: Page, file: { name: string; mimeType: string; buffer: Buffer }): Promise<number> {
  await page.evaluate(() => {
    const input = document.querySelector('input[type=file]');
    input?.addEventListener('change', () => {
      const from = performance.now();
      const look = (): void => {
        if (document.querySelector('[data-verdict]') === null) requestAnimationFrame(look);
        else requestAnimationFrame(() => Reflect.set(window, 'verdictAfter', performance.now() - from));
      };
      look();
    });
  });
  await page.locator('input[type=file]').setInputFiles(file);
  const after = await page.waitForFunction(() => Reflect.get(window, 'verdictAfter') as number | undefined, undefined, { polling: 50 });
  const verdict = page.locator('[data-verdict]');
  if ((await verdict.getAttribute('data-verdict')) !== 'valid')
    throw new Error(`The certificate was not found valid: ${(await verdict.textContent()) ?? ''}`);
  return (await after.jsonValue()) ?? Number.NaN;
}

/** On a slow phone without any network, by lists that came before; the first certificate of each page. */
export const verifying: Benchmark = {
  name: 'verifying',
  async run() {
    const port = await freePort();
    const origin = `http://127.0.0.1:${String(port)}`;
    const node = await startNode({ port, origin });
    const { set, badge, photo, page: printedPage } = around(Date.now());
    const published = join(node.data, 'trust-set.json');
    writeFileSync(published, JSON.stringify(await set()));
    execFileSync(process.execPath, ['scripts/perigee.ts', 'trust', 'publish', published, '--data', node.data], { stdio: 'pipe' });
    const browser = await launch();
    const context = await newPhone(browser);
    const first = await context.newPage();
    await first.goto(`${origin}/verify?lang=en`);
    await first.getByText('Recognised centres: list of').waitFor();
    await untilOfflineReady(first);
    // What verifies and what reads codes is kept a while after the worker is installed: all of it, or the photo is not read.
    const worker = readFileSync(join('build', 'client', 'service-worker.js'), 'utf8').replaceAll('\\"', '"');
    const later = JSON.parse(/"after":(\[[^\]]*\])/.exec(worker)?.[1] ?? '[]') as readonly string[];
    const lacking = (): Promise<number> =>
      first.evaluate(async (paths) => {
        const found = await Promise.all(paths.map((path) => caches.match(path)));
        return found.filter((one) => one === undefined).length;
      }, later);
    while ((await lacking()) > 0) await first.waitForTimeout(500);
    await first.close();
    await node.stop();
    await context.setOffline(true);

    const verified = (file: { name: string; mimeType: string; buffer: Buffer }): Promise<readonly number[]> =>
      repeat(runs, async () => {
        const page = await context.newPage();
        await page.goto(`${origin}/verify`);
        await page.getByText('Recognised centres: list of').waitFor();
        await slow(page, slowdown);
        const milliseconds = await untilVerdict(page, file);
        await page.close();
        return milliseconds;
      });
    const file = { name: 'certificate.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(await badge())) };
    const files = await verified(file);
    const photos = await verified({ name: 'photo.gif', mimeType: 'image/gif', buffer: await photo('Amina Diallo') });
    // Of the longest name that is printed, by a camera of twelve million dots held with a little care.
    const sheet = await printedPage('Константин-Александр Рождественский-Преображенский-Волконск.');
    const whole = await jpegOf(context, photographed(sheet, ordinary), ordinary.quality);
    const pages = await verified({ name: 'page.jpg', mimeType: 'image/jpeg', buffer: whole });
    await browser.close();
    await node.remove();
    const note = `4× slowed, offline, first of its page, median of ${String(runs)}`;
    return [
      { name: 'certificate file told valid', value: median(files), unit: 'ms', bound: 1000, note },
      { name: 'picture of a printed code told valid', value: median(photos), unit: 'ms', bound: 1000, note },
      { name: 'photo of a whole printed page told valid', value: median(pages), unit: 'ms', bound: 1000, note },
    ];
  },
};

const people = 10_000;
const start = Date.parse('2024-01-01T00:00:00.000Z');
const hour = 60 * 60 * 1000;

/** 200 pieces about one trainer: 20 sessions, each observed, with learners who passed, and their own courses. */
function evidenceOf(person: string): readonly Evidence[] {
  const evidence: Evidence[] = [];
  const at = (days: number) => instantOf(start + days * 24 * hour);
  for (let i = 0; i < 20; i++) {
    const attended = Array.from({ length: 8 }, (_, j) => `${person}-${String(i * 8 + j)}`);
    const session = `s-${person}-${String(i)}`;
    evidence.push({ type: 'session', id: session, at: at(i * 45), trainer: person, attended });
    evidence.push({ type: 'observation', id: `o-${session}`, at: at(i * 45), session, trainer: person, programme: 'trainer', rubric: 'teaching', levels: { subject: 2, doing: 2, feedback: 3, everyone: i % 4 === 0 ? 1 : 2 } }); // prettier-ignore
    for (const learner of attended.slice(0, 7))
      evidence.push({
        type: 'pass',
        id: `p-${learner}`,
        at: at(i * 45 + 20),
        person: learner,
        course: 'space-law',
        score: 0.5 + (i % 5) / 10,
      });
  }
  for (const [i, course] of ['disaster-risk', 'satellite-navigation', 'space-law'].entries())
    for (let j = 0; j < 7; j++)
      evidence.push({ type: 'pass', id: `c-${course}-${String(j)}`, at: at(i * 60 + j * 30), person, course, score: 0.6 + j / 20 });
  return evidence.slice(0, 200);
}

/** What a centre computes when it shows where everybody stands. */
export const standings: Benchmark = {
  name: 'standings',
  run() {
    const files = new Map(
      readdirSync('courses/+programmes').map((name) => [
        name.replace(/\.yaml$/, ''),
        readFileSync(join('courses/+programmes', name), 'utf8'),
      ]),
    );
    const courses = new Map(['disaster-risk', 'satellite-navigation', 'space-law'].map((course) => [course, new Set(['exam'])]));
    const trainer = parseProgrammes(files, { languages, courses }).programmes?.find(({ id }) => id === 'trainer');
    if (trainer === undefined) throw new Error('There is no programme «trainer»');
    const now = instantOf(start + 900 * 24 * hour);
    let [pieces, computing, reading] = [0, 0, 0];
    for (let i = 0; i < people; i++) {
      const person = `t${String(i)}`;
      const text = JSON.stringify(evidenceOf(person));
      const began = performance.now();
      const evidence = JSON.parse(text) as readonly Evidence[];
      const read = performance.now();
      const { state } = standing(trainer, person, evidence, now);
      computing += performance.now() - read;
      reading += read - began;
      pieces = evidence.length;
      if (state !== 'in-force') throw new Error(`${person} is ${state}`);
    }
    return Promise.resolve([
      { name: `standing of ${String(people)} people, ${String(pieces)} pieces of evidence each`, value: computing / 1000, unit: 's' },
      { name: 'standing of 1000 people', value: (computing / people) * 1000, unit: 'ms' },
      { name: 'computing a standing beside reading its evidence from JSON', value: computing / reading, unit: '×', bound: 10 },
    ]);
  },
};
