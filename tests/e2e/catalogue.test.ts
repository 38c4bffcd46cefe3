/** The catalogue on a bad line: what the device has does not wait for what the node has. */
import { existsSync, readdirSync } from 'node:fs';
import { expect, installCourse, test } from './perigee.ts';

test('courses of the device stand there at once, those of a slow node when they come', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page, context } = await openDevice({ size: 'phone' });
  await installCourse(page, node.origin, 'space-law');
  await page.goto(`${node.origin}/settings`);
  // The application is awake: the link below is its own way, not the server's.
  await expect(page.locator('.figures')).toBeVisible();
  const line = Promise.withResolvers<void>();
  let asked = 0;
  await context.route('**/content/manifests', async (route) => {
    asked += 1;
    await line.promise;
    await route.continue();
  });
  await page.getByRole('link', { name: 'Catalogue' }).first().click();
  const courses = page.getByRole('heading', { level: 3 });
  await expect(courses).toHaveText(['Space law for newcomers']);
  line.resolve();
  const published = readdirSync('courses').filter((name) => existsSync(`courses/${name}/course.yaml`));
  await expect(courses).toHaveCount(published.length);
  // What came late is what is shown: nothing is asked twice.
  expect(asked).toBe(1);
});
