/** Training materials: found in the compendium, installed for a price like courses, read without a network, apart from courses in the catalogue. */
import { expect, installCourse, test } from './perigee.ts';

test('a teacher’s guide is found beside its course, installed, and read without a network', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await page.goto(`${node.origin}/compendium?kind=material&lang=en`);
  await expect(page.locator('main .cards h3')).toHaveText(['Checklist: a flood map within a day', 'Teacher’s guide: satellite navigation']);
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
