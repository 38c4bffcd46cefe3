/** Bringing a course onto a device over a line that is slow, dies, lies or sends damage, and onto a disk that is full. */
import type { Locator, Page } from '@playwright/test';
import { answer, exerciseOf, readCourse } from './exercises.ts';
import { gate, test, type Line, type Meddling } from './line.ts';
import { expect, installCourse } from './perigee.ts';

const course = 'satellite-navigation';
/** What a browser says of lines that die and of answers that are refusals. */
const deadLine = /net::ERR_|Failed to load resource/;

const part = (page: Page): Locator => page.getByRole('region', { name: 'For offline use' });
const button = (page: Page, name: string): Locator => part(page).getByRole('button', { name });

/** Hashes of the pieces that the device holds, each checked against its bytes. What lies there for a moment to try the room is no piece. */
const heldPieces = (page: Page): Promise<readonly string[]> =>
  page.evaluate(
    () =>
      new Promise<readonly string[]>((resolve, reject) => {
        const opening = indexedDB.open('perigee');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const reading = opening.result.transaction('pieces').objectStore('pieces').getAll();
          reading.onerror = () => reject(reading.error);
          reading.onsuccess = () => {
            opening.result.close();
            const rows = reading.result as readonly { readonly sha256: string; readonly bytes: Uint8Array<ArrayBuffer> }[];
            const check = async ({ sha256, bytes }: (typeof rows)[number]): Promise<string> => {
              const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
              const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
              if (found !== sha256) throw new Error(`Kept as ${sha256}, but it is ${found}`);
              return sha256;
            };
            Promise.all(rows.filter(({ sha256 }) => sha256 !== 'ballast').map(check)).then(resolve, reject);
          };
        };
      }),
  );

/** Packs and single pieces that were asked for since the request with this number. */
const askedSince = (line: Line, from: number): readonly string[] => line.asked.slice(from).flatMap(({ pieces }) => pieces);

const packs = (line: Line): number => line.asked.filter(({ path }) => path === '/content/pack').length;

/** Bytes that installing has brought to the browser. */
const transferred = (line: Line, from: number): number =>
  line.asked
    .slice(from)
    .filter(({ path }) => path.startsWith('/content/'))
    .reduce((total, { sent }) => total + sent, 0);

/** Kilobytes that the page says the transfer cost. */
async function costShown(page: Page): Promise<number> {
  const text = await part(page)
    .getByText(/Downloaded:/)
    .innerText();
  return Number(/Downloaded: (\d+)\s?kB/.exec(text)?.[1]);
}

/** Lets the first pack pass and holds the second in its middle until the gate opens. */
function holdSecondPack(line: Line): ReturnType<typeof gate> {
  const hold = gate();
  line.meddle = ({ path }) => (path === '/content/pack' && packs(line) === 2 ? { hold: { after: 0.5, until: hold.opened } } : {});
  return hold;
}

async function untilMiddle(page: Page): Promise<void> {
  const progress = part(page).getByRole('progressbar', { name: 'Installing' });
  await expect(progress).toHaveAttribute('aria-valuetext', /^[1-9]\d*\skB of [1-9]\d*\skB$/);
  await expect(part(page).getByText(/^[1-9]\d*\skB of [1-9]\d*\skB$/)).toBeVisible();
  const [value, max] = await progress.evaluate((meter: HTMLProgressElement) => [meter.value, meter.max] as const);
  expect(value).toBeLessThan(max);
}

test('progress in bytes; paused, continued, nothing fetched twice, and the true cost after', async ({
  startNode,
  openLine,
  openDevice,
}) => {
  const line = await openLine(await startNode());
  const { page } = await openDevice({ size: 'phone' });
  await page.goto(`${line.origin}/courses/${course}`);
  const hold = holdSecondPack(line);
  await expect(button(page, 'Install')).toBeVisible();
  const began = line.asked.length;
  await button(page, 'Install').click();
  await untilMiddle(page);
  await expect.poll(() => packs(line)).toBe(2);
  // The page has read what came of the second: what it had not read when it was paused it could not know of.
  const first = line.asked.find(({ path }) => path === '/content/pack')?.pieces.length ?? 0;
  await expect.poll(async () => (await heldPieces(page)).length).toBeGreaterThan(first);
  await button(page, 'Pause').click();
  await expect(part(page).getByText('Paused. What was downloaded is kept.')).toBeVisible();
  const held = await heldPieces(page);
  expect(held.length).toBeGreaterThan(10);

  // Paused is paused, whatever the page does.
  await page.reload();
  await expect(part(page).getByText('Paused. What was downloaded is kept.')).toBeVisible();
  expect(packs(line)).toBe(2);

  const continued = line.asked.length;
  await button(page, 'Continue').click();
  await expect(part(page).getByText('On this device:')).toBeVisible();
  // Before the held answer is let go: what it still writes then reaches nobody.
  const cost = transferred(line, began) / 1000;
  hold.open();
  const after = askedSince(line, continued);
  expect(after.filter((sha256) => held.includes(sha256))).toEqual([]);
  expect(new Set(after).size).toBe(after.length);
  expect(await costShown(page)).toBeGreaterThan(cost - 8);
  expect(await costShown(page)).toBeLessThan(cost + 8);
});

test('cancelled: what had come is given back, and the course can be installed again', async ({ startNode, openLine, openDevice }) => {
  const line = await openLine(await startNode());
  const { page } = await openDevice({ size: 'phone' });
  await page.goto(`${line.origin}/courses/${course}`);
  holdSecondPack(line);
  await button(page, 'Install').click();
  await untilMiddle(page);
  await button(page, 'Cancel').click();
  await expect(button(page, 'Install')).toBeVisible();
  expect(await heldPieces(page)).toEqual([]);
  await button(page, 'Install').click();
  await expect(part(page).getByText('On this device:')).toBeVisible();
});

test('the connection dies: once, and the rest is asked for by itself; for good, and it says so and goes on later', async ({
  startNode,
  openLine,
  openDevice,
}) => {
  const line = await openLine(await startNode());
  const device = await openDevice({ size: 'phone' });
  device.expectConsole(deadLine);
  const { page } = device;
  await page.goto(`${line.origin}/courses/${course}`);
  await expect(button(page, 'Install')).toBeVisible();
  // The first pack dies in its middle, the next one with the whole line.
  const [once, forGood] = [gate(), gate()];
  line.meddle = ({ path }) => {
    if (packs(line) > 2) return { dead: true };
    return path === '/content/pack' ? { hold: { after: 0.6, until: (packs(line) === 1 ? once : forGood).opened, dies: true } } : {};
  };
  await button(page, 'Install').click();
  await untilMiddle(page);
  const first = await heldPieces(page);
  once.open();
  await expect.poll(() => packs(line)).toBe(2);
  expect(line.asked.at(-1)?.pieces.filter((sha256) => first.includes(sha256))).toEqual([]);
  await expect.poll(async () => (await heldPieces(page)).length).toBeGreaterThan(first.length);
  forGood.open();
  await expect(part(page).getByText('The centre cannot be reached now. What was downloaded is kept')).toBeVisible();
  await untilMiddle(page);
  const held = await heldPieces(page);

  line.meddle = () => ({});
  const continued = line.asked.length;
  await button(page, 'Continue').click();
  await expect(part(page).getByText('On this device:')).toBeVisible();
  expect(askedSince(line, continued).filter((sha256) => held.includes(sha256))).toEqual([]);
});

test('the tab dies: the next one goes on where it was', async ({ startNode, openLine, openDevice }) => {
  const line = await openLine(await startNode());
  const device = await openDevice({ size: 'phone' });
  await device.page.goto(`${line.origin}/courses/${course}`);
  await expect(button(device.page, 'Install')).toBeVisible();
  const began = line.asked.length;
  holdSecondPack(line);
  await button(device.page, 'Install').click();
  await untilMiddle(device.page);
  await expect.poll(() => packs(line)).toBe(2);
  const held = await heldPieces(device.page);
  await device.close();
  const reopened = line.asked.length;
  await device.open();
  // Any page will do.
  await device.page.goto(`${line.origin}/people`);
  await expect.poll(async () => (await heldPieces(device.page)).length).toBeGreaterThan(held.length);
  await device.page.goto(`${line.origin}/courses/${course}`);
  await expect(part(device.page).getByText('On this device:')).toBeVisible();
  expect(askedSince(line, reopened).filter((sha256) => held.includes(sha256))).toEqual([]);
  // What the first tab cost is in the sum.
  expect(await costShown(device.page)).toBeGreaterThan(transferred(line, began) / 1000 - 12);
});

test('a damaged piece is refused and fetched again by itself', async ({ startNode, openLine, openDevice }) => {
  const line = await openLine(await startNode());
  const { page } = await openDevice({ size: 'phone' });
  await page.goto(`${line.origin}/courses/${course}`);
  line.meddle = ({ path }) =>
    path === '/content/pack' && packs(line) === 1
      ? {
          change: (body) => {
            // In the bytes of the first piece, behind its hash and length.
            body[40] = (body[40] ?? 0) ^ 1;
            return body;
          },
        }
      : {};
  await button(page, 'Install').click();
  await expect(part(page).getByText('On this device:')).toBeVisible();
  const [damaged] = line.asked.find(({ path }) => path === '/content/pack')?.pieces ?? [];
  expect(line.asked.filter(({ pieces }) => pieces.includes(damaged ?? '')).map(({ path }) => path)).toEqual([
    '/content/pack',
    `/content/pieces/${damaged ?? ''}`,
  ]);
  expect(await heldPieces(page)).toContain(damaged);
});

const portal = { answer: { type: 'text/html', body: '<!doctype html><title>Wi-Fi</title><p>Please log in to go on.</p>' } } as const;

test('a node that answers rubbish, half an answer or a page: a sentence, a way on, nothing lost', async ({
  startNode,
  openLine,
  openDevice,
}) => {
  const line = await openLine(await startNode());
  const device = await openDevice({ size: 'phone' });
  device.expectConsole(deadLine);
  const { page } = device;

  // The price: asked for again on the reader's word.
  line.meddle = ({ path }) => (path.startsWith('/content/') ? portal : {});
  await page.goto(`${line.origin}/courses/${course}`);
  await expect(part(page).getByText('The centre’s answer was not a course.')).toBeVisible();
  line.meddle = ({ path }) => (path.startsWith('/content/') ? { answer: { status: 500, type: 'text/plain', body: 'oops' } } : {});
  await button(page, 'Try again').click();
  await expect(part(page).getByText('The size is known once a centre can be reached.')).toBeVisible();
  line.meddle = () => ({});
  await button(page, 'Try again').click();
  await expect(button(page, 'Install')).toBeVisible();

  // The transfer: each kind of rubbish ends in words, other words than the one before, which still stand for a moment; what is good stays.
  let held: readonly string[] = [];
  const spoiled = async (press: string, meddle: Line['meddle'], sentence: string): Promise<void> => {
    line.meddle = meddle;
    await button(page, press).click();
    await expect(part(page).getByText(sentence)).toBeVisible();
    await expect(button(page, 'Continue')).toBeVisible();
    const now = await heldPieces(page);
    expect(held.filter((sha256) => !now.includes(sha256))).toEqual([]);
    held = now;
  };
  const onPack =
    (meddling: Meddling): Line['meddle'] =>
    ({ pieces }) =>
      pieces.length > 0 ? meddling : {};
  const half = gate();
  void expect
    .poll(async () => (await heldPieces(page)).length)
    .toBeGreaterThan(0)
    .finally(half.open);
  await spoiled('Install', onPack({ hold: { after: 0.6, until: half.opened, dies: true } }), 'The centre cannot be reached now.');
  expect(held.length).toBeGreaterThan(0);
  await spoiled('Continue', onPack(portal), 'A part arrived damaged and was not stored.');
  await spoiled('Continue', onPack({ answer: { status: 502, type: 'text/html', body: 'Bad gateway' } }), 'cannot be reached now.');
  await spoiled('Continue', ({ path }) => (path.startsWith('/content/manifests/') ? portal : {}), 'was not a course');
  await spoiled('Continue', onPack({ answer: { type: 'application/json', body: '{"pieces":[]}' } }), 'cannot be reached now.');
  await spoiled(
    'Continue',
    ({ path }) =>
      path.startsWith('/content/manifests/') ? { change: (body) => body.toString().replace('"minutes":', '"minutes":1') } : {},
    'The course’s signature is not valid.',
  );
  line.meddle = () => ({});
  const continued = line.asked.length;
  await button(page, 'Continue').click();
  await expect(part(page).getByText('On this device:')).toBeVisible();
  expect(askedSince(line, continued).filter((sha256) => held.includes(sha256))).toEqual([]);
});

test('who presses Continue the moment it appears is heard', async ({ startNode, openLine, openDevice }) => {
  const line = await openLine(await startNode());
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  // A slow device: what failed takes a while to be over.
  await page.addInitScript(() => {
    const { locks } = navigator;
    const request = locks.request.bind(locks) as (name: string, work: () => Promise<unknown>) => Promise<unknown>;
    Object.defineProperty(locks, 'request', {
      value: async (name: string, work: () => Promise<unknown>) => {
        const outcome = await request(name, work);
        await new Promise((resolve) => setTimeout(resolve, 500));
        return outcome;
      },
    });
  });
  await page.goto(`${line.origin}/courses/${course}`);
  await expect(button(page, 'Install')).toBeVisible();
  let spoiled = 0;
  line.meddle = ({ path }) => (path.startsWith('/content/manifests/') && spoiled++ === 0 ? portal : {});
  await page.evaluate(() => {
    const press = new MutationObserver(() => {
      const [found] = [...document.querySelectorAll('button')].filter((one) => one.textContent.trim() === 'Continue');
      if (found === undefined) return;
      press.disconnect();
      found.click();
    });
    press.observe(document.body, { childList: true, subtree: true });
  });
  await button(page, 'Install').click();
  // Nobody presses again: a press that is passed over leaves the failure standing.
  await expect(part(page).getByText('On this device:')).toBeVisible();
  expect(spoiled).toBe(2);
});

test('a full disk is refused before anything is fetched, with what would free enough', async ({ startNode, openLine, openDevice }) => {
  const line = await openLine(await startNode());
  const device = await openDevice({ size: 'phone' });
  // Dexie's word on a transaction that the browser refused.
  device.expectConsole(/^console\.trace/);
  let { page } = device;
  await installCourse(page, line.origin, 'space-law', { media: true });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  // Chromium remembers for a while how much room there was.
  await device.close();
  await device.open();
  const browser = await device.context.newCDPSession(device.page);
  const { usage } = await browser.send('Storage.getUsageAndQuota', { origin: line.origin });
  await browser.send('Storage.overrideQuotaForOrigin', { origin: line.origin, quotaSize: usage + 100_000 });
  const began = packs(line);
  ({ page } = device);
  await page.goto(`${line.origin}/courses/${course}`);
  await button(page, 'Install').click();
  await expect(part(page).getByText('There is not enough room for this course on this device.')).toBeVisible();
  await expect(
    part(page)
      .getByRole('listitem')
      .filter({ hasText: /Space law for newcomers: \d+\skB/ }),
  ).toBeVisible();
  expect(packs(line)).toBe(began);
  // The course that is here still reads, and the way on stands beside the refusal.
  await expect(button(page, 'Install')).toBeVisible();

  // What is used and free stands in the settings.
  await page.goto(`${line.origin}/settings`);
  const figure = (name: string): Locator => page.locator('dl.figures > div').filter({ hasText: name }).locator('dd');
  await expect(figure('Used by Perigee')).toHaveText(/^[1-9]\d*\skB$|^\d\.\d\sMB$/);
  // Chromium tells every page about 10 GB more than it uses, whatever the disk; hence the try before the transfer.
  await expect(figure('Free')).toHaveText(/^\d+(\.\d)?\s[kMG]B$/);
});

test('a course that is removed takes no work with it', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  const { itemsByUnit } = await readCourse(node.origin, course, 'en');
  const [unit, [item]] = [...itemsByUnit].find(([, items]) => items.length > 0) ?? ['', []];
  if (item === undefined) throw new Error('The course has no exercise');
  await installCourse(page, node.origin, course);
  await page.goto(`${node.origin}/courses/${course}/${unit}`);
  await answer(page, item);
  await page.goto(`${node.origin}/courses/${course}`);
  await button(page, 'Remove from this device').click();
  await expect(part(page).getByText('Your answers and notes stay')).toBeVisible();
  await button(page, 'Remove').click();
  await expect(button(page, 'Install')).toBeVisible();
  expect(await heldPieces(page)).toEqual([]);
  await page.goto(`${node.origin}/record`);
  await expect(page.locator('.entries > li').filter({ hasText: 'Exercise' }).getByText('100%')).toBeVisible();
  await page.goto(`${node.origin}/courses/${course}/${unit}`);
  await expect(exerciseOf(page, item).locator('.verdict')).toContainText('Right');
});
