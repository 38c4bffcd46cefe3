/** What people do at the desk, as verbs. English pages. */
import { expect, type Locator, type Page } from '@playwright/test';
import { signIn, type OpenDevice } from './perigee.ts';

const password = 'perigee apogee orbit';

/** Somebody with this role, who may sign in; a focal point for these countries. */
export async function join(
  origin: string,
  admin: string,
  name: string,
  role: string,
  countries: readonly string[] = [],
): Promise<{ readonly name: string; readonly password: string }> {
  const post = async (path: string, body: object, token?: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    expect(response.ok, await response.clone().text()).toBe(true);
    return (await response.json()) as Record<string, unknown>;
  };
  const { code } = await post('/api/people', { name, role, ...(countries.length === 0 ? {} : { countries }) }, admin);
  await post('/api/session', { code, name, password });
  return { name, password };
}

/** Types into a field of a page or of a part of it, and leaves it: what is left is kept. */
export const fill = async (page: Page | Locator, label: string, text: string): Promise<void> => {
  await page.getByLabel(label, { exact: true }).first().fill(text);
  await page.getByLabel(label, { exact: true }).first().blur();
};
/** Takes one of many in a list that opens. */
export async function pick(page: Page, group: string, letters: string, name: string | RegExp): Promise<void> {
  const part = page.getByRole('group', { name: new RegExp(`^${group}`) });
  if (!(await part.getByRole('list').last().isVisible())) await part.locator('summary').click();
  const find = part.getByRole('searchbox');
  if ((await find.count()) > 0) await find.fill(letters);
  await part.getByRole('checkbox', { name }).first().check();
}
export async function addSource(page: Page, title: string, url: string): Promise<void> {
  const part = page.getByRole('group', { name: /^Sources/ });
  await part.getByRole('button', { name: /^Add.*Sources/ }).click();
  await part.getByLabel('Title', { exact: true }).fill(title);
  await part.getByLabel('Title', { exact: true }).blur();
  await part.getByLabel('Address on the web', { exact: true }).fill(url);
  await part.getByLabel('Address on the web', { exact: true }).blur();
}

/** The node answers when all entries are compiled, signed and priced anew: on a busy machine that takes its time. */
export const publishing = { timeout: 60_000 };
/** What a browser says of a network that was taken away. */
export const offlineLines = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to fetch/;

/** Everything that the desk needs is on the device before the network goes: the compendium, and the pages that are named. */
export async function getReady(
  device: OpenDevice,
  origin: string,
  staff: { readonly name: string; readonly password: string },
  pages: readonly string[] = ['/desk/plan', '/plans/islemara-2024-2028', '/calls', '/network/help'],
): Promise<void> {
  const { page } = device;
  await page.goto(`${origin}/compendium?lang=en`);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.getByRole('button', { name: /^Install \(/ }).click();
  await expect(page.locator('[data-kept=yes]')).toBeVisible();
  await signIn(page, origin, staff);
  for (const path of ['/desk', ...pages]) {
    await page.goto(`${origin}${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  }
  await page.waitForLoadState('networkidle');
}
export const atCentre = (page: Page, title: string) => page.locator('li.card', { hasText: title }).locator('[data-where=centre]');
export const onDevice = (page: Page, title: string) => page.locator('li.card', { hasText: title }).locator('[data-where=device]');

/** A reviewer accepts an entry, and the centre has the decision. */
export async function accept(page: Page, origin: string, title: string): Promise<void> {
  await page.goto(`${origin}/desk`);
  const entry = page.getByRole('article').filter({ hasText: title });
  await entry.getByRole('checkbox', { name: /^I have no interest/ }).check();
  await entry.getByRole('button', { name: 'Accept' }).click();
  await page.getByText(/^Decided: \d/).click();
  await expect(page.locator('details li', { hasText: title }).locator('[data-where=centre]')).toBeVisible(publishing);
}

/** On the page of a new plan: a focal point releases one with an objective, and a call from it, before anybody has seen either. */
export async function releasePlanAndCall(
  page: Page,
  given: { readonly years: readonly [string, string]; readonly reached: string; readonly opens: string; readonly closes: string },
): Promise<void> {
  const [first, last] = given.years;
  await fill(page, 'Title', `Reefs and boats, ${first} to ${last}`);
  await fill(page, 'In short', 'Who fishes where, and what the reefs are doing.');
  await fill(page, 'First year', first);
  await fill(page, 'Last year', last);
  await fill(page, 'Responsible', 'Fisheries Office');
  await page.getByRole('button', { name: /^Add.*Objectives/ }).click();
  const objective = page.getByRole('group', { name: 'Objectives' });
  await fill(objective, 'Title', 'Reefs watched every month');
  await objective.getByLabel('Indicator', { exact: true }).selectOption('ocean-monitoring');
  await fill(objective, 'Value at the start', '0');
  await fill(objective, 'Value to be reached', given.reached);
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  await expect(onDevice(page, 'Reefs and boats')).toBeVisible();
  await page.getByRole('link', { name: 'Call for support', exact: true }).click();
  await fill(page, 'Title', 'Somebody to begin the watch of our reefs');
  await fill(page, 'In short', 'One season beside our two people.');
  await page.getByLabel('Plan', { exact: true }).selectOption({ label: `Reefs and boats, ${first} to ${last}` });
  await pick(page, 'Objectives', '', 'Reefs watched every month');
  await page.getByRole('checkbox', { name: 'Workshop' }).check();
  await fill(page, 'Opens on', given.opens);
  await fill(page, 'Closes on', given.closes);
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  await expect(onDevice(page, 'Somebody to begin the watch')).toBeVisible();
}
