/**
 * One course all the way round, as one learner, their second device and their trainer live it. The steps are one story on
 * one node; each stands on what the one before left.
 */
import { answer, exerciseOf, readCourse } from './exercises.ts';
import { claim, expect, installCourse, joinCentre, makeCohort, makePerson, signIn, test, type OpenDevice } from './perigee.ts';

const course = 'satellite-navigation';
/** What a browser says of a network that this story takes away. */
const noNetwork = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to fetch/;

const untilWorker = (device: OpenDevice): Promise<void> =>
  device.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });

test('install, learn without a network, come back, and the centre sees it', async ({ startNode, openDevice }) => {
  test.setTimeout(300_000);
  const node = await startNode();
  const staff = await claim(node);
  const cohort = await makeCohort(node, staff, 'Accra, autumn', [course], ['Esi Owusu']);
  const { structure, itemsByUnit } = await readCourse(node.origin, course, 'en');
  const units = structure.modules.flatMap((module) => module.units);
  const [first, second] = units;
  if (first === undefined || second === undefined) throw new Error('The course is too short for this story');
  const url = (unit: { readonly id: string }): string => `${node.origin}/courses/${course}/${unit.id}`;

  const phone = await openDevice({ size: 'phone' });
  phone.expectConsole(noNetwork);

  await test.step('a person is made and a course installed, its price first', async () => {
    await makePerson(phone.page, node.origin, 'Esi');
    await phone.page.goto(`${node.origin}/courses/${course}`);
    const part = phone.page.getByRole('region', { name: 'For offline use' });
    await expect(part.getByText(/Text and exercises: \d+\s?kB/)).toBeVisible();
    await expect(part.getByText(/With pictures and data.*\d+\s?kB/)).toBeVisible();
    await installCourse(phone.page, node.origin, course, { media: true });
    await untilWorker(phone);
  });

  await test.step('node stopped, browser offline: a cold start on a deep link, every unit, every picture', async () => {
    await node.stop();
    await phone.close();
    await phone.open();
    await phone.offline(true);
    await phone.page.goto(url(second));
    await expect(phone.page.getByRole('heading', { level: 1 })).toHaveText(second.title['en'] ?? '');
    for (const unit of units) {
      await phone.page.goto(url(unit));
      await expect(phone.page.getByRole('heading', { level: 1 })).toHaveText(unit.title['en'] ?? '');
      await expect(phone.page.locator('form.exercise')).toHaveCount(itemsByUnit.get(unit.id)?.length ?? 0);
      for (const picture of await phone.page.locator('[data-block] img').all()) {
        await picture.scrollIntoViewIfNeeded();
        await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0);
      }
    }
  });

  await test.step('exercises of every kind are marked with feedback, kept, and complete the units and the course', async () => {
    const kinds = new Set<string>();
    for (const unit of units) {
      await phone.page.goto(url(unit));
      for (const item of itemsByUnit.get(unit.id) ?? []) {
        const exercise = exerciseOf(phone.page, item);
        if (!kinds.has(item.kind)) {
          // The first of each kind: wrong, then again and right.
          kinds.add(item.kind);
          await answer(phone.page, item, { wrong: true });
          await expect(exercise.locator('.verdict')).not.toContainText('Right');
          await exercise.getByRole('button', { name: 'Try again' }).click();
        }
        await answer(phone.page, item);
        await expect(exercise.locator('.verdict')).toContainText('Right');
        await expect(exercise.locator('[data-where]')).toHaveAttribute('data-where', 'device');
      }
      await phone.page.locator('nav.ways').scrollIntoViewIfNeeded();
      await expect(phone.page.getByText('Unit completed')).toBeVisible();
    }
    expect([...kinds].sort()).toEqual(['choice', 'gap', 'match', 'multiple', 'number', 'order']);
  });

  await test.step('notes and bookmarks', async () => {
    await phone.page.goto(url(first));
    await phone.page.getByRole('button', { name: 'Bookmark' }).click();
    await phone.page.getByLabel('A note on this unit').fill('Ask about the ionosphere');
    await phone.page.getByRole('button', { name: 'Keep the note' }).click();
    await expect(phone.page.getByText('Ask about the ionosphere')).toBeVisible();
  });

  await test.step('search inside the installed course', async () => {
    await phone.page.goto(`${node.origin}/catalogue`);
    await phone.page.getByRole('searchbox').fill('ionosphere');
    await expect(phone.page.locator('mark').first()).toBeVisible();
  });

  await test.step('closed and opened again, still offline: everything is there', async () => {
    await phone.close();
    await phone.open();
    await phone.offline(true);
    await phone.page.goto(url(first));
    await expect(phone.page.getByText('Ask about the ionosphere')).toBeVisible();
    await expect(phone.page.getByText('Unit completed')).toBeVisible();
    for (const item of itemsByUnit.get(first.id) ?? [])
      await expect(exerciseOf(phone.page, item).locator('.verdict')).toContainText('Right');
    await phone.page.goto(`${node.origin}/record`);
    await expect(phone.page.getByText(`${String(units.length)} of ${String(units.length)} units`)).toBeVisible();
  });

  await test.step('the node returns; the person joins with a code, and the receipt turns the marks', async () => {
    await node.start();
    await phone.offline(false);
    await phone.page.goto(`${node.origin}/record`);
    await expect(phone.page.locator('[data-where="device"]').first()).toBeVisible();
    await expect(phone.page.locator('[data-where="centre"]')).toHaveCount(0);
    await joinCentre(phone.page, node.origin, cohort.codes[0] ?? '');
    await expect(phone.page.getByText('All your work is at the centre too.')).toBeVisible({ timeout: 60_000 });
    await phone.page.goto(`${node.origin}/record`);
    await expect(phone.page.locator('[data-where="centre"]').first()).toBeVisible();
    await expect(phone.page.locator('[data-where="device"]')).toHaveCount(0);
  });

  const laptop = await openDevice();
  laptop.expectConsole(noNetwork);

  await test.step('a second device, linked by a code from the first, gets the progress', async () => {
    await phone.page.goto(`${node.origin}/settings`);
    await phone.page.getByRole('button', { name: 'Make a code' }).click();
    const code = await phone.page.getByText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/).innerText();
    await joinCentre(laptop.page, node.origin, code);
    await expect(laptop.page.getByText('All your work is at the centre too.')).toBeVisible({ timeout: 60_000 });
    // The page is left in the middle of the first pass: what it did not bring comes with the next page.
    await installCourse(laptop.page, node.origin, course);
    await laptop.page.goto(url(first));
    await expect(laptop.page.getByText('Unit completed')).toBeVisible();
    await expect(laptop.page.getByText('Ask about the ionosphere')).toBeVisible();
  });

  await test.step('both go offline, do different and overlapping things, and come back', async () => {
    await untilWorker(laptop);
    await phone.offline(true);
    await laptop.offline(true);
    const [shared] = itemsByUnit.get(first.id) ?? [];
    if (shared === undefined) throw new Error('The first unit has no exercise');
    for (const device of [phone, laptop]) {
      await device.page.goto(url(first));
      await exerciseOf(device.page, shared).getByRole('button', { name: 'Try again' }).click();
      await answer(device.page, shared, { wrong: device === laptop });
      await expect(exerciseOf(device.page, shared).locator('[data-where]')).toHaveAttribute('data-where', 'device');
    }
    const note = async (device: OpenDevice, unit: { readonly id: string }, text: string): Promise<void> => {
      await device.page.goto(url(unit));
      await device.page.getByLabel('A note on this unit').fill(text);
      await device.page.getByRole('button', { name: 'Keep the note' }).click();
      await expect(device.page.getByText(text)).toBeVisible();
    };
    await note(phone, first, 'From the phone');
    await note(laptop, second, 'From the laptop');

    await phone.offline(false);
    await laptop.offline(false);
    const pass = async (device: OpenDevice): Promise<void> => {
      await device.page.goto(`${node.origin}/settings`);
      await device.page.getByRole('button', { name: 'Sync now' }).click();
      await expect(device.page.getByText('All your work is at the centre too.')).toBeVisible({ timeout: 60_000 });
    };
    await pass(phone);
    await pass(laptop);
    for (const device of [phone, laptop]) {
      await expect(async () => {
        await pass(device);
        await device.page.goto(url(first));
        // The phone answered wrongly, rightly and once more; the laptop once: the join counts them all and keeps the best.
        await expect(exerciseOf(device.page, shared).locator('.head').first()).toContainText('4 attempts', { timeout: 3_000 });
      }).toPass({ timeout: 60_000 });
      await expect(device.page.getByText('From the phone')).toBeVisible();
      await device.page.goto(url(second));
      await expect(device.page.getByText('From the laptop')).toBeVisible();
      await expect(device.page.getByText('Unit completed')).toBeVisible();
      await device.page.goto(`${node.origin}/record`);
      await expect(device.page.locator('[data-where="centre"]').first()).toBeVisible();
      await expect(device.page.locator('[data-where="device"]')).toHaveCount(0);
    }
  });

  await test.step('the trainer sees the learner, the units, the score, and how complete the figures are', async () => {
    const desk = await openDevice();
    await signIn(desk.page, node.origin, staff);
    await desk.page.getByRole('link', { name: /^Accra, autumn/ }).click();
    await expect(desk.page.getByText(/2 of 2 devices/)).toBeVisible();
    const row = desk.page.getByRole('row').filter({ hasText: 'Esi' });
    await expect(row.locator('td.status.completed')).toHaveCount(units.length);
    await expect(row.locator('td.figure')).toHaveText(/100/);
  });
});
