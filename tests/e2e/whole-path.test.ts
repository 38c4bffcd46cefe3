/**
 * The whole way to a certificate with two phones and a laptop that have no network: a session is held, observed and co-signed, and the standing is reached on the trainer's
 * own phone. With the next exchange the centre has it and an administrator confirms; with the one after that the phone has the certificate; and the laptop, which
 * has met the network once before all this, says whether it is true.
 */
import { readFileSync } from 'node:fs';
import { createDeviceId, type DeviceId, type PersonId, type UnitId } from '../../src/lib/domain/ids.ts';
import { registerId, type RegisterRecord } from '../../src/lib/domain/records.ts';
import type { CourseStructure } from '../../src/lib/course/package.ts';
import { heldInFile } from '../../src/lib/certification/container.ts';
import { idOf } from '../../src/lib/certification/signed.ts';
import type { Observation, TeachingSession } from '../../src/lib/certification/statement.ts';
import { nodeTools } from '../certification/kit.ts';
import { random } from '../node/kit.ts';
import { ask, at, bindKey, codeText, giveCode, invite, keysOf, publishTrust, say, untilKept, type Member } from './certification.ts';
import { readCourse } from './exercises.ts';
import { claim, expect, joinCentre, makeCohort, makePerson, signIn, test } from './perigee.ts';

interface Learner {
  readonly person: PersonId;
  readonly device: DeviceId;
  readonly token: string;
}

/** Joins by a code, as a device does. */
async function join(origin: string, code: string): Promise<Learner> {
  const device = createDeviceId(random);
  const { person, token } = await ask(origin, '/api/session', undefined, { code, device, person: createDeviceId(random), name: '' });
  return { person: person as PersonId, device, token: String(token) };
}

/** Everything in the course answered rightly, so many days ago. */
async function pass(origin: string, { person, device, token }: Learner, structure: CourseStructure, days: number): Promise<void> {
  const moment = at(days);
  const units = structure.modules.flatMap((module) => module.units);
  const seen = { first: moment, last: moment, seconds: 60, completed: moment };
  const answered = { best: 1, attempts: 1, first: moment, last: moment };
  const register: RegisterRecord = {
    _id: registerId(person, structure.course, device),
    kind: 'register',
    person,
    course: structure.course,
    writer: device,
    units: Object.fromEntries(units.map(({ id }) => [id, seen])) as Record<UnitId, typeof seen>,
    items: Object.fromEntries(units.flatMap(({ items }) => items.map(({ id, v }) => [id, { v, ...answered }]))),
    completed: moment,
  };
  const answer = await ask(origin, `/replica/person/${person}/_bulk_docs`, token, { docs: [register] });
  expect(answer).toMatchObject([{ ok: true }]);
}

test('from a session without a network to a certificate that verifies without one', async ({ startNode, openDevice }) => {
  test.setTimeout(240_000);
  const node = await startNode();
  const { origin } = node;
  const admin = await claim(node);
  const [kwame, lina] = [await invite(origin, admin, 'Kwame Mensah', 'trainer'), await invite(origin, admin, 'Lina Haddad', 'master')];
  const names = Array.from({ length: 10 }, (_, i) => `Learner ${String(i + 1)}`);
  const cohort = await makeCohort(node, kwame, 'Kumasi, autumn', ['disaster-risk'], names);
  const own = await makeCohort(node, lina, 'Trainers to be', ['disaster-risk', 'space-law'], ['Kwame Mensah']);
  const [risk, law] = [await readCourse(origin, 'disaster-risk', 'en'), await readCourse(origin, 'space-law', 'en')];

  // What came before the day: Kwame passed two courses, taught two sessions that were observed, and his ten learners passed.
  const learners = await Promise.all(cohort.codes.map((code) => join(origin, code)));
  const himself = await join(origin, own.codes[0] ?? '');
  for (const { structure } of [risk, law]) await pass(origin, himself, structure, -20);
  await ask(origin, `/api/people/${kwame.person}/alias`, admin.token, { person: himself.person });
  const keys = {
    kwame: await bindKey(origin, kwame.token, createDeviceId(random)),
    lina: await bindKey(origin, lina.token, createDeviceId(random)),
  };
  for (const days of [-15, -12]) {
    const people = learners.map(({ person }) => person);
    const base = (who: Member, by: typeof keys.kwame) =>
      ({ format: 'perigee-evidence/1', by: by.did, person: who.person, at: at(days) }) as const;
    const session: TeachingSession = {
      ...base(kwame, keys.kwame),
      type: 'teaching-session',
      title: days === -15 ? 'Reading a radar image' : 'A confusion matrix by hand',
      course: 'disaster-risk',
      place: 'Kumasi, hall 1',
      starts: at(days - 0.2),
      ends: at(days - 0.1),
      roster: people,
      attended: people,
      guests: 0,
    };
    await say(origin, kwame, kwame.person, session, keys.kwame);
    const observation: Observation = {
      ...base(lina, keys.lina),
      type: 'observation',
      session: await idOf(session, nodeTools),
      trainer: kwame.person,
      programme: 'trainer',
      version: 1,
      rubric: 'teaching',
      place: 'Kumasi, hall 1',
      levels: { subject: 2, doing: 3, feedback: 2, everyone: 2 },
      words: '',
    };
    await say(origin, lina, kwame.person, observation, keys.lina);
  }
  for (const learner of learners) await pass(origin, learner, risk.structure, -5);

  // The two phones and the laptop meet the network once.
  const trainer = await openDevice({ size: 'phone' });
  const master = await openDevice({ size: 'phone' });
  const laptop = await openDevice({ size: 'laptop' });
  for (const device of [trainer, master, laptop]) device.expectConsole(/Failed to load resource|net::ERR/);
  await makePerson(trainer.page, origin, 'Kwame Mensah');
  const { code: link } = await ask(origin, '/api/link', himself.token, {});
  await joinCentre(trainer.page, origin, String(link));
  for (const [device, member] of [
    [trainer, kwame],
    [master, lina],
  ] as const) {
    await signIn(device.page, origin, member);
    await device.page.goto(`${origin}/teach/sessions`);
    await expect.poll(async () => (await keysOf(origin, member)).length).toBe(2);
  }
  const [, lina2] = await keysOf(origin, lina);
  if (lina2 === undefined) throw new Error('No key');
  await publishTrust(node, admin, [
    { to: keys.lina.did, name: 'Lina Haddad', rights: ['observe'] },
    { to: lina2, name: 'Lina Haddad', rights: ['observe'] },
  ]);
  await trainer.page.goto(`${origin}/teach?cohort=${cohort.id}`);
  await expect(trainer.page.getByRole('rowheader', { name: /Learner 10/ })).toBeVisible();
  for (const { page } of [trainer, master]) {
    await page.goto(`${origin}/teach/sessions`);
    await expect(page.getByRole('heading', { name: 'Trainer for space applications', exact: true })).toBeVisible();
  }
  const standing = trainer.page.locator('[data-programme="trainer"]');
  await expect(standing.getByText(/Observed sessions .*: 2 of 3 not yet/)).toBeVisible();
  await expect(standing.getByText(/: 10 of 10 met/).first()).toBeVisible();
  // An administrator has looked that the centre is recognised: from then on there are lists of what is revoked.
  await ask(origin, '/api/certificates', admin.token);
  expect(((await ask(origin, '/content/trust')) as { statusLists: unknown[] }).statusLists).toHaveLength(2);
  await laptop.page.goto(`${origin}/verify`);
  await expect(laptop.page.getByRole('heading', { name: 'Is this certificate true?' })).toBeVisible();

  for (const device of [trainer, master, laptop]) {
    await untilKept(device.page);
    await device.offline(true);
    await device.page.reload();
  }
  const { page } = trainer;
  await expect(standing).toHaveAttribute('data-state', 'not-yet');
  await page.getByRole('button', { name: 'Record a session I taught' }).click();
  await page.getByLabel('What it was about').fill('Reading a flood map');
  await page.getByLabel('Place: town, building, room').fill('Kumasi, hall 2');
  await page.getByLabel('Cohort', { exact: true }).selectOption({ label: 'Kumasi, autumn' });
  await page.getByRole('button', { name: 'Everybody came' }).click();
  await page.getByRole('button', { name: 'Sign and keep' }).click();
  const session = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Reading a flood map', exact: true }) });
  await expect(session).toContainText('not confirmed yet');
  await session.getByRole('button', { name: 'Show the code' }).click();
  const shown = await codeText(page);
  await session.getByRole('button', { name: 'Close' }).click();

  await master.page.getByRole('button', { name: 'Take a code from another phone' }).click();
  await giveCode(master.page, shown);
  await master.page
    .getByLabel('Certificate and what is looked at')
    .selectOption({ label: 'Trainer for space applications: A taught session' });
  for (const group of await master.page.getByRole('group').all()) await group.getByRole('radio').nth(1).check();
  await master.page.getByRole('button', { name: 'Sign and keep' }).click();
  await expect(master.page.getByText('Signed and kept on this device.')).toBeVisible();
  await master.page.getByRole('button', { name: 'Show the code' }).click();
  const signed = await codeText(master.page);

  await page.getByRole('button', { name: 'Take a code from another phone' }).click();
  await giveCode(page, signed);
  await expect(session).toContainText('counts');
  // Reached, on the phone, without a network; and still there after it was switched off.
  await expect(standing).toHaveAttribute('data-state', 'in-force');
  await page.goto(`${origin}/certificates`);
  await expect(page.getByText('There is no certificate here yet.')).toBeVisible();
  await page.goto(`${origin}/teach/sessions`);
  await expect(standing).toHaveAttribute('data-state', 'in-force');

  // The next exchange: the centre sees the same, and a person confirms.
  await trainer.offline(false);
  await page.getByRole('button', { name: 'Ask the centre' }).click();
  await expect(session).toContainText('At the centre');
  const { waiting } = (await ask(origin, '/api/certificates', admin.token)) as { waiting: { person: string; programme: string }[] };
  expect(waiting).toMatchObject([{ programme: 'trainer' }]);
  const office = await openDevice();
  await signIn(office.page, origin, admin);
  await office.page.goto(`${origin}/centre`);
  const certificates = office.page.getByRole('region', { name: 'Certificates' });
  await certificates.getByLabel('Name on the certificate').fill('Kwame Mensah');
  await certificates.getByRole('button', { name: 'Issue', exact: true }).click();
  await expect(office.page.getByText('Issued to Kwame Mensah.')).toBeVisible();
  await office.close();

  // The one after: the phone has it.
  const card = page.locator('article[data-verdict]');
  await expect(async () => {
    await page.goto(`${origin}/settings`);
    const passed = page.waitForResponse((response) => response.url().endsWith('/sync'), { timeout: 10_000 });
    await page.getByRole('button', { name: 'Sync now' }).click({ timeout: 5000 });
    await passed;
    await expect(page.getByText('Sending and receiving…')).toBeHidden({ timeout: 10_000 });
    await page.goto(`${origin}/certificates`);
    await expect(card).toHaveAttribute('data-verdict', 'valid', { timeout: 5000 });
  }).toPass({ timeout: 60_000 });
  await expect(card).toContainText('Kwame Mensah');
  // With what the centre knows: the learners' passes are in no range that this phone reads.
  await expect(page.locator('[data-programme="trainer"]')).toHaveAttribute('data-state', 'in-force');
  await trainer.offline(true);
  await page.reload();
  await expect(card).toHaveAttribute('data-verdict', 'valid');
  await expect(page.locator('[data-programme="trainer"]')).toHaveAttribute('data-state', 'in-force');
  await page.screenshot({ path: 'test-results/whole-path-phone.png', fullPage: true });
  const downloading = page.waitForEvent('download');
  await card.getByRole('button', { name: 'PNG' }).click();
  const file = await (await downloading).path();
  expect(heldInFile(new Uint8Array(readFileSync(file))).type).toBe('document');

  // The laptop has met no network since before the session. It has the picture on a stick.
  await laptop.page
    .getByLabel('Certificate as a file')
    .setInputFiles({ name: 'kwame.png', mimeType: 'image/png', buffer: readFileSync(file) });
  await expect(laptop.page.getByText(/^Valid, by the list of /)).toBeVisible();
  await expect(laptop.page.getByText('Kwame Mensah')).toBeVisible();
  await expect(laptop.page.getByText(/Space Information and Training Centre keeps the list of recognised centres/)).toBeVisible();
  await expect(laptop.page.getByText(/Regional Centre, Kumasi issued it/)).toBeVisible();
  await expect(laptop.page.getByText('Lina Haddad').first()).toBeVisible();
  await laptop.page.screenshot({ path: 'test-results/whole-path-laptop.png', fullPage: true });
});
