import { readFileSync } from 'node:fs';
import { claim, expect, joinCentre, makeCohort, makePerson, test, type OpenDevice } from './perigee.ts';

/** Answers one exercise, writes a note and sets a bookmark in the first unit. */
async function learn({ page }: OpenDevice, origin: string): Promise<void> {
  await page.goto(`${origin}/courses/satellite-navigation/what-gnss-does`);
  const exercise = page.locator('#item-why-passive');
  await exercise.getByText('No, the receivers only listen').click();
  await exercise.getByRole('button', { name: 'Check' }).click();
  await expect(exercise.getByText('On this device')).toBeVisible();
  await page.getByLabel('A note on this unit').fill('Light: 30 cm in a nanosecond');
  await page.getByRole('button', { name: 'Keep the note' }).click();
  await expect(page.getByText('Note kept on this device.')).toBeVisible();
  await page.getByRole('button', { name: 'Bookmark' }).click();
  await expect(page.getByText('Bookmark kept on this device.')).toBeVisible();
}

test('somebody who just began to learn finds it all in the record, gives it a name and takes it along', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await learn(device, node.origin);

  await page.goto(`${node.origin}/people`);
  await expect(page.getByText('Learning began without a name.')).toBeVisible();
  await page.getByRole('button', { name: 'Give a name' }).click();
  await page.getByLabel('Name').fill('Binta');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The name is now Binta.')).toBeVisible();

  await page.goto(`${node.origin}/record`);
  await expect(page.getByText('What Binta did.')).toBeVisible();
  const entries = page.locator('.entries > li');
  await expect(entries.filter({ hasText: 'Exercise' }).getByText('100%')).toBeVisible();
  await expect(entries.filter({ hasText: 'Bookmark in' })).toHaveCount(1);
  const note = entries.filter({ hasText: '30 cm in a nanosecond' });
  await expect(note.getByText('On this device')).toBeVisible();

  await note.getByRole('button', { name: 'Change' }).click();
  await page.getByLabel('Change the note').fill('Light: 29.98 cm in a nanosecond');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('29.98 cm')).toBeVisible();
  const bookmark = entries.filter({ hasText: 'Bookmark in' });
  await bookmark.getByRole('button', { name: 'Take back' }).click();
  await bookmark.getByRole('alert').getByRole('button', { name: 'Take back' }).click();
  await expect(bookmark).toHaveCount(0);

  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the file' }).click();
  const file = JSON.parse(readFileSync(await (await downloading).path(), 'utf8')) as {
    format: string;
    person: { name: string };
    documents: { kind: string; response?: unknown; type?: string; withdrawn?: string }[];
  };
  expect(file).toMatchObject({ format: 'perigee-record/1', person: { name: 'Binta' } });
  expect(file.documents.filter(({ kind }) => kind === 'attempt')).toMatchObject([{ response: expect.anything() }]);
  // What was taken back is in the file too: nothing is ever deleted.
  expect(file.documents.filter(({ type }) => type === 'bookmark')).toMatchObject([{ withdrawn: expect.any(String) }]);

  // A second person sees none of it.
  await makePerson(page, node.origin, 'Amadou');
  await page.goto(`${node.origin}/record`);
  await expect(page.getByText('Nothing here yet.')).toBeVisible();
});

test('each entry says where it is, and says "at the centre" only after the receipt', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const staff = await claim(node);
  const { codes } = await makeCohort(node, staff, 'Dakar, spring', ['satellite-navigation'], ['Binta']);
  const device = await openDevice();
  const { page } = device;
  await makePerson(page, node.origin, 'Binta');
  await learn(device, node.origin);
  await page.goto(`${node.origin}/record`);
  const entries = page.locator('.entries > li');
  await expect(entries.first()).toBeVisible();
  await expect(entries.getByText('At the centre')).toHaveCount(0);
  await expect(page.getByText('Everything is safely kept here')).toBeVisible();

  await joinCentre(page, node.origin, codes[0] ?? '');
  await expect(page.getByText('All your work is at the centre too.')).toBeVisible();
  await page.goto(`${node.origin}/record`);
  await expect(entries.first()).toBeVisible();
  await expect(entries.getByText('On this device')).toHaveCount(0);
  await expect(page.getByText('Everything is at the centre too.')).toBeVisible();

  await page.getByRole('combobox', { name: 'Course' }).selectOption({ label: 'Satellite navigation: from orbit to position' });
  await expect(entries.first()).toBeVisible();

  // What another tab does shows on the open page: the note, and the mark when its receipt comes.
  const other = await device.context.newPage();
  await other.goto(`${node.origin}/courses/satellite-navigation/what-gnss-does`);
  await other.getByLabel('A note on this unit').fill('Clocks, not distances');
  await other.getByRole('button', { name: 'Keep the note' }).click();
  const note = entries.filter({ hasText: 'Clocks, not distances' });
  await expect(note.getByText('On this device')).toBeVisible();
  await other.goto(`${node.origin}/settings`);
  await other.getByRole('button', { name: 'Sync now' }).click();
  await expect(note.getByText('At the centre')).toBeVisible();
});
