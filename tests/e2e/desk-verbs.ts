/** What people do at the desk, as verbs. English pages. */
import { expect, type Locator, type Page } from '@playwright/test';

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
