/**
 * What the tests in a browser stand on. Fixtures are verbs: `startNode`, `claim`, `openDevice`, `makePerson`, `installCourse`.
 *
 *   test('…', async ({ startNode, openDevice }) => {
 *     const node = await startNode();          // a node of its own, on a free port, with an empty data folder
 *     const device = await openDevice();       // a browser profile of its own: what it keeps outlives `close` and `open`
 *     await device.page.goto(`${node.origin}/people`);
 *   });
 *
 * Whatever a page writes to its console fails the test, unless the test said `device.expectConsole(/…/)`: an answer 401 that is
 * asked for, the network that is taken away. Everything that was started is ended with the test.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, chromium, expect, type BrowserContext, type Page } from '@playwright/test';
import { chromiumArguments, findChromium } from '../../scripts/find-chromium.ts';
import { createNodeProcess, freePort, type NodeProcess } from '../../scripts/node-process.ts';

/** The variable that names the data folder in which the courses are published already (publish-courses.ts). */
export const publishedFolder = 'PERIGEE_TEST_PUBLISHED';

export interface Staff {
  readonly name: string;
  readonly password: string;
  readonly token: string;
}

export interface OpenDevice {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Takes away the network of this browser, or gives it back. The node is stopped by itself. */
  offline(off: boolean): Promise<void>;
  /** Closes the browser as a person does in the evening. */
  close(): Promise<void>;
  /** Opens it again with everything it kept; `page` is a new one. */
  open(): Promise<void>;
  /** From now on lines of the console that match are meant. */
  expectConsole(pattern: RegExp): void;
}

export interface DeviceOptions {
  /** 360 × 740 with touch, or 1280 × 800. */
  readonly size?: 'phone' | 'laptop';
  readonly locale?: string;
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScript?: boolean;
  /** Further arguments of the browser. */
  readonly args?: readonly string[];
  /** The home folder of whoever uses the browser: what their system trusts lies there. */
  readonly home?: string;
  /** The folder that the browser takes for `/etc/chromium`, where whoever owns the machine puts its policies. */
  readonly policies?: string;
}

const policyMount = 'mount --bind "$0" /etc/chromium';

/** Whether the browser can be shown another `/etc/chromium`: a mount that nobody else sees, which only root may make. */
export const canGivePolicies = (folder: string): boolean =>
  existsSync('/etc/chromium') && spawnSync('unshare', ['-m', 'sh', '-c', policyMount, folder]).status === 0;

function withPolicies(chromium: string, policies: string, profile: string): string {
  const path = join(profile, 'browser.sh');
  writeFileSync(path, `#!/bin/sh\nexec unshare -m sh -c '${policyMount} && exec "$@"' '${policies}' '${chromium}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

async function createDevice(profile: string, options: DeviceOptions, complaints: string[]): Promise<OpenDevice> {
  const found = findChromium({ install: false });
  if (!found.ok) throw new Error(found.error);
  // A replication protocol that asks for a checkpoint which is not there yet, and PouchDB that explains it: also a request (of no status) that
  // ended because the page was left in the middle of a pass.
  const expected: RegExp[] = [/ 404 .*\/replica\/person\/\w+\/_local\//, /The above (404|undefined) is totally normal\. PouchDB/];
  const phone = options.size === 'phone';
  const executable = options.policies === undefined ? found.value : withPolicies(found.value, options.policies, profile);
  let context: BrowserContext | null = null;

  const watch = (page: Page): void => {
    const complain = (text: string): void => {
      if (!expected.some((pattern) => pattern.test(text))) complaints.push(`${page.url()}: ${text}`);
    };
    page.on('console', (message) => complain(`console.${message.type()}: ${message.text()} ${message.location().url}`));
    page.on('pageerror', (error) => complain(`uncaught: ${error.name} ${error.message} ${error.stack ?? ''}`));
  };

  const opened = (): BrowserContext => {
    if (context === null) throw new Error('The browser is closed.');
    return context;
  };
  const device: OpenDevice = {
    get context() {
      return opened();
    },
    get page() {
      const [page] = opened().pages();
      if (page === undefined) throw new Error('The browser has no page.');
      return page;
    },
    offline: (off) => opened().setOffline(off),
    async close() {
      await context?.close();
      context = null;
    },
    async open() {
      context = await chromium.launchPersistentContext(profile, {
        executablePath: executable,
        args: [...chromiumArguments(), ...(options.args ?? [])],
        ...(options.home === undefined ? {} : { env: { ...process.env, HOME: options.home } }),
        viewport: phone ? { width: 360, height: 740 } : { width: 1280, height: 800 },
        hasTouch: phone,
        isMobile: phone,
        locale: options.locale ?? 'en',
        colorScheme: options.colorScheme ?? 'light',
        javaScriptEnabled: options.javaScript ?? true,
        reducedMotion: 'reduce',
      });
      for (const page of context.pages()) watch(page);
      context.on('page', watch);
    },
    expectConsole: (pattern) => void expected.push(pattern),
  };
  await device.open();
  return device;
}

/** Asks the node as a program does; throws where it refuses. */
async function ask(origin: string, path: string, body: unknown, token?: string): Promise<unknown> {
  const response = await fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${String(response.status)} ${await response.text()}`);
  return response.json();
}

/** Makes the node's first administrator. */
export async function claim(node: NodeProcess, name = 'Amina Diallo', password = 'perigee apogee orbit'): Promise<Staff> {
  const { token } = (await ask(node.origin, '/api/session', { code: node.firstRunCode, name, password })) as { token: string };
  return { name, password, token };
}

/** Makes a cohort and a code for each name. */
export async function makeCohort(
  node: NodeProcess,
  staff: Staff,
  title: string,
  courses: readonly string[],
  names: readonly string[],
): Promise<{ readonly id: string; readonly codes: readonly string[] }> {
  const { id } = (await ask(node.origin, '/api/cohorts', { title, courses }, staff.token)) as { id: string };
  const { lines } = (await ask(node.origin, `/api/cohorts/${id}/codes`, { names }, staff.token)) as { lines: { code: string }[] };
  return { id, codes: lines.map(({ code }) => code) };
}

/** Adds a person on /people and makes them current. English pages. */
export async function makePerson(page: Page, origin: string, name: string, pin?: string): Promise<void> {
  await page.goto(`${origin}/people`);
  await page.getByRole('button', { name: 'Add a person' }).click();
  await page.getByLabel('Name').fill(name);
  if (pin !== undefined) {
    await page.getByRole('radio', { name: 'A PIN' }).check();
    await page.getByLabel('New PIN').fill(pin);
  }
  await page.getByRole('button', { name: 'Add and start' }).click();
  await expect(page.getByText(`${name} is learning now.`)).toBeVisible();
}

/** Installs a course from its page, text alone or with its media, and waits until it is whole. English pages. */
export async function installCourse(page: Page, origin: string, course: string, options: { readonly media?: boolean } = {}): Promise<void> {
  await page.goto(`${origin}/courses/${course}`);
  const part = page.getByRole('region', { name: 'For offline use' });
  if (options.media === true) await part.getByRole('radio', { name: 'With pictures and data' }).check();
  await part.getByRole('button', { name: 'Install' }).click();
  await expect(part.getByText('On this device:')).toBeVisible({ timeout: 60_000 });
}

/** Types a code under "Centre" in the settings. English pages. */
export async function joinCentre(page: Page, origin: string, code: string): Promise<void> {
  await page.goto(`${origin}/settings`);
  await page.getByLabel('Code').fill(code);
  await page.getByRole('button', { name: 'Join' }).click();
  await expect(page.getByText('You belong to the centre')).toBeVisible();
}

/** CSS pixels by which a page is wider than the screen. A phone's `innerWidth` would not show it: it grows with a page that is too wide. */
export function beyondScreen(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - Math.min(window.innerWidth, screen.width));
}

/** Signs in on /teach. English pages. */
export async function signIn(page: Page, origin: string, staff: Pick<Staff, 'name' | 'password'>): Promise<void> {
  await page.goto(`${origin}/teach`);
  await page.getByLabel('Name').fill(staff.name);
  await page.getByLabel('Password', { exact: true }).fill(staff.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText(`Signed in as ${staff.name}`)).toBeVisible();
}

export const test = base.extend<{
  /** `supervised`: as `npm start` starts it, so that it changes over to another version. */
  startNode: (environment?: Readonly<Record<string, string>>, options?: readonly string[], supervised?: boolean) => Promise<NodeProcess>;
  openDevice: (options?: DeviceOptions) => Promise<OpenDevice>;
}>({
  startNode: async ({}, use) => {
    const nodes: NodeProcess[] = [];
    await use(async (environment = {}, options = [], supervised = false) => {
      const data = mkdtempSync(join(tmpdir(), 'perigee-node-'));
      const published = process.env[publishedFolder];
      if (published !== undefined)
        for (const part of ['pieces', 'published', 'commons.json', 'publisher.pem'])
          cpSync(join(published, part), join(data, part), { recursive: true });
      const node = createNodeProcess({ port: await freePort(), data, environment, options, supervised });
      nodes.push(node);
      await node.start();
      return node;
    });
    for (const node of nodes) {
      await node.stop();
      rmSync(node.data, { recursive: true, force: true });
    }
  },

  openDevice: async ({}, use) => {
    const devices: OpenDevice[] = [];
    const profiles: string[] = [];
    const complaints: string[] = [];
    await use(async (options = {}) => {
      const profile = mkdtempSync(join(tmpdir(), 'perigee-device-'));
      profiles.push(profile);
      const device = await createDevice(profile, options, complaints);
      devices.push(device);
      return device;
    });
    for (const device of devices) await device.close();
    for (const profile of profiles) rmSync(profile, { recursive: true, force: true });
    expect(complaints, 'what pages wrote to their console').toEqual([]);
  },
});

export { expect };
