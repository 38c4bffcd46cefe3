/** Training materials: found in the compendium, installed for a price like courses, read without a network, apart from courses in the catalogue. */
import { expect, installCourse, test } from './perigee.ts';

test('a teacher’s guide is found beside its course, installed, and read without a network', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await page.goto(`${node.origin}/compendium?kind=material&lang=en`);
  await expect(page.locator('main .cards h3')).toHaveText([
    'Checklist: a flood map within a day',
    'Slides: space for a ministry, a first meeting',
    'Recording: from a need to a course',
    'Teacher’s guide: satellite navigation',
    'Guide: writing a solution for the compendium',
  ]);
  // Whoever looks at the course or the solution finds what goes with it.
  await page.goto(`${node.origin}/compendium/course-satellite-navigation?lang=en`);
  await page.getByRole('link', { name: 'Teacher’s guide: satellite navigation' }).click();
  await expect(page.getByText('CC-BY-4.0')).toBeVisible();
  const data = JSON.parse((await page.locator('script[type="application/ld+json"]').textContent()) ?? '{}') as Record<string, unknown>;
  expect(data).toMatchObject({ '@type': 'LearningResource', learningResourceType: 'teachers-guide', license: 'CC-BY-4.0' });
  await page.goto(`${node.origin}/compendium/flood-mapping-radar?lang=en`);
  await expect(page.getByRole('link', { name: 'Checklist: a flood map within a day' })).toBeVisible();

  await installCourse(page, node.origin, 'guide-teaching-navigation');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.goto(`${node.origin}/catalogue?lang=en`);
  await expect(page.getByRole('heading', { level: 2 })).toHaveText(['Courses', 'Training materials']);
  await device.offline(true);
  await node.stop();
  device.expectConsole(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to fetch/);
  await page.goto(`${node.origin}/courses/guide-teaching-navigation/sessions`);
  await expect(page.getByRole('heading', { name: 'The outdoor measurement' })).toBeVisible();
});

test('a recording is heard without a network, from any time of its transcript; slides are read beside their notes', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const reader = await openDevice({ javaScript: false });
  await reader.page.goto(`${node.origin}/courses/talk-from-need-to-course/listen?lang=es`);
  await expect(reader.page.locator('audio[controls]')).toHaveCount(1);
  await expect(reader.page.getByText('0:00')).toBeVisible();

  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await page.goto(`${node.origin}/compendium/material-talk-from-need?lang=en`);
  await expect(page.getByText('CC-BY-4.0')).toBeVisible();
  // Its price with the sound stands on its page before anything is fetched.
  await page.goto(`${node.origin}/courses/talk-from-need-to-course?lang=en`);
  await expect(page.getByText(/^With pictures and data: [89]\d.kB/)).toBeVisible();
  await installCourse(page, node.origin, 'talk-from-need-to-course', { media: true });
  await installCourse(page, node.origin, 'slides-first-meeting', { media: true });
  await page.goto(`${node.origin}/courses/talk-from-need-to-course/listen`);
  await expect(page.getByRole('button', { name: 'Play from 0:00' })).toBeVisible();
  await device.offline(true);
  await node.stop();
  device.expectConsole(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to fetch/);
  await page.goto(`${node.origin}/courses/talk-from-need-to-course/listen`);
  const last = page.getByRole('button', { name: /^Play from/ }).last();
  const text = (await last.textContent()) ?? '';
  await last.click();
  const [minutes = 0, seconds = 0] = text.split(':').map(Number);
  await expect
    .poll(() => page.evaluate(() => document.querySelector('audio')?.currentTime ?? 0))
    .toBeGreaterThan(minutes * 60 + seconds + 0.5);
  await expect(page.locator('p[data-heard]')).toContainText('Measure, look, learn');
  await page.goto(`${node.origin}/courses/slides-first-meeting/cost`);
  await expect(page.getByRole('img', { name: /Four bars/ })).toBeVisible();
  await expect(page.getByText('For whoever speaks')).toBeVisible();
});
