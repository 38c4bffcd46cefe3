/** Packages that mean harm: the node does not publish them, devices do not install them, and what got through anyway runs nothing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { packOf, packType } from '../../src/lib/server/content/pack.ts';
import { dropPackage, makePackage, makePublisher } from './foreign-package.ts';
import { readCourse } from './exercises.ts';
import { test } from './line.ts';
import { expect, installCourse } from './perigee.ts';

const act = "Reflect.set(window, 'pwned', true)";

/** Each by itself is reason enough. */
const hostileFragments: Readonly<Record<string, string>> = {
  script: `<p>Text</p>\n<script>${act}</script>`,
  handler: `<p><img src="/icon.svg" alt="" onerror="${act}" onload="${act}"></p>`,
  link: `<p><a href="javascript:${act}">Read on</a></p>`,
  'disguised-link': `<p><a href="java&#10;script:${act}">Read on</a></p>`,
  refresh: '<meta http-equiv="refresh" content="0;url=https://example.org/">\n<p>Text</p>',
  form: '<form action="https://example.org/"><input name="pin"><button>Sign in</button></form>',
  style: '<style>body { display: none }</style>\n<p>Text</p>',
  'style-attribute': '<p style="position:fixed;inset:0">Text</p>',
  iframe: `<iframe srcdoc="&lt;script&gt;parent.${act}&lt;/script&gt;"></iframe>`,
  base: '<base href="https://example.org/">\n<p>Text</p>',
  svg: `<svg><script>${act}</script></svg>`,
  template: `<template shadowrootmode="open"><script>${act}</script></template>`,
  unclosed: `<p>Text <img src="/icon.svg" onerror="${act}" `,
};

test('the node refuses each hostile package in a line of its log and publishes nothing of it', async ({ startNode }) => {
  const node = await startNode();
  await node.stop();
  const publisher = makePublisher();
  const refused: string[] = [];
  for (const [name, fragment] of Object.entries(hostileFragments)) {
    dropPackage(node.data, name, makePackage(publisher, `hostile-${name}`, { fragment }));
    refused.push(name);
  }
  const drop = (name: string, made: ReturnType<typeof makePackage>): void => {
    dropPackage(node.data, name, made);
    refused.push(name);
  };
  drop('picture', makePackage(publisher, 'hostile-picture', { picture: `<script>${act}</script>` }));
  drop(
    'picture-handler',
    makePackage(publisher, 'hostile-picture-handler', { picture: `<rect width="4" height="4" onclick="${act}"></rect>` }),
  );
  drop('other-publisher', makePackage(publisher, 'space-law'));
  const forged = makePackage(publisher, 'hostile-forged');
  drop('forged', {
    ...forged,
    signed: { ...forged.signed, signature: makePublisher().sign(makePackage(publisher, 'x').signed.manifest).signature },
  });
  const damaged = makePackage(publisher, 'hostile-damaged');
  drop('damaged', {
    ...damaged,
    bytesByPiece: new Map([...damaged.bytesByPiece].map(([sha256, bytes]) => [sha256, Buffer.from([...bytes].reverse())])),
  });
  // What the others are measured by: the same without the harm.
  dropPackage(node.data, 'harmless', makePackage(publisher, 'harmless'));
  await node.start();

  // What was put there while the node was down is looked at behind its first answers.
  for (const name of refused)
    await expect.poll(() => node.printed).toMatch(new RegExp(`The package \\S+/packages/${name} was refused: .+\\.`));
  await expect.poll(() => node.printed).toContain('Published harmless from the package harmless.');
  const { courses } = (await (await fetch(`${node.origin}/content/manifests`)).json()) as {
    readonly courses: readonly { readonly course: string }[];
  };
  expect(courses.map(({ course }) => course)).toEqual([
    'checklist-flood-map',
    'disaster-risk',
    'guide-teaching-navigation',
    'guide-writing-a-solution',
    'harmless',
    'open-universe',
    'satellite-navigation',
    'slides-first-meeting',
    'space-law',
    'talk-from-need-to-course',
  ]);
  for (const name of Object.keys(hostileFragments)) {
    const { signed, lesson } = makePackage(publisher, `hostile-${name}`, { fragment: hostileFragments[name] ?? '' });
    expect((await fetch(`${node.origin}/content/pieces/${lesson}`)).status, name).toBe(404);
    expect(existsSync(join(node.data, 'published', `${signed.manifest.course}.json`)), name).toBe(false);
  }
});

/** Everything that a browser would still run or follow on a page without a policy, but for what leads away by itself. */
const everything = ['script', 'handler', 'link', 'iframe', 'base', 'svg', 'form'].map((name) => hostileFragments[name] ?? '').join('\n');

/** Notes what the policy blocks, from the first moment of each page. */
const watchPolicy = (page: Page): Promise<void> =>
  page
    .addInitScript(() => {
      const blocked: string[] = [];
      Reflect.set(window, 'blocked', blocked);
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => blocked.push(effectiveDirective));
    })
    .then(() => undefined);

/** The hostile lesson stands in the page; its handler was blocked, its link and its form do nothing, and nothing of it ran. */
async function expectTamed(page: Page, directives: readonly string[]): Promise<void> {
  await expect(page.getByRole('link', { name: 'Read on' })).toBeVisible();
  const at = page.url();
  // In one go: after a form that the policy stops, the browser's driver waits for a page that never comes.
  const { blocked, pwned, base } = await page.evaluate(async (wanted) => {
    const blocked = Reflect.get(window, 'blocked') as readonly string[];
    const until = async (is: () => boolean): Promise<void> => {
      for (let frame = 0; frame < 300 && !is(); frame += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
    };
    await until(() => wanted.every((directive) => blocked.includes(directive)));
    const before = blocked.length;
    document.querySelector<HTMLElement>('a[href^="javascript:"]')?.click();
    await until(() => blocked.length > before);
    document.querySelector<HTMLElement>('form[action^="https://example.org"] button')?.click();
    await until(() => blocked.includes('form-action'));
    return { blocked, pwned: 'pwned' in window, base: document.baseURI };
  }, directives);
  expect(blocked).toEqual(expect.arrayContaining([...directives, 'form-action']));
  expect(pwned).toBe(false);
  expect(base).toBe(at);
}

test('a hostile package that got past its node is not installed, and on a page it runs nothing', async ({
  startNode,
  openLine,
  openDevice,
}) => {
  const node = await startNode();
  await node.stop();
  const publisher = makePublisher();
  dropPackage(node.data, 'harmless', makePackage(publisher, 'harmless'));
  await node.start();
  const line = await openLine(node);
  const device = await openDevice({ size: 'phone' });
  device.expectConsole(/Content Security Policy|Failed to load resource|net::ERR_/);
  const { page } = device;
  await watchPolicy(page);

  await test.step('the device refuses it', async () => {
    const hostile = makePackage(publisher, 'harmless', { fragment: hostileFragments['handler'] ?? '' });
    const price = { en: { text: 1000, media: 1000 } };
    line.meddle = ({ path, pieces }) => {
      if (path === '/content/manifests/harmless')
        return { answer: { type: 'application/json', body: JSON.stringify({ ...hostile.signed, price }) } };
      const known = [...hostile.bytesByPiece].filter(([sha256]) => pieces.includes(sha256)).map(([sha256, bytes]) => ({ sha256, bytes }));
      if (path === '/content/pack') return { answer: { type: packType, body: Buffer.from(packOf(known)) } };
      return {};
    };
    await page.goto(`${line.origin}/courses/harmless`);
    const part = page.getByRole('region', { name: 'For offline use' });
    await part.getByRole('button', { name: 'Install' }).click();
    await expect(part.getByText('The course holds something that could do harm. It was not installed')).toBeVisible();
    await part.getByRole('button', { name: 'Cancel' }).click();
    await expect(part.getByRole('button', { name: 'Install' })).toBeVisible();
    await expect(part.getByText('On this device:')).toHaveCount(0);
    line.meddle = () => ({});
  });

  await test.step('a page that the node rendered with it runs nothing', async () => {
    line.meddle = ({ path }) =>
      path === '/courses/harmless/reading'
        ? {
            change: (body) => {
              const html = body.toString();
              if (!html.includes('<p>Nothing but text.</p>')) throw new Error('The lesson is not in the page');
              return html.replace('<p>Nothing but text.</p>', () => everything);
            },
          }
        : {};
    await page.goto(`${line.origin}/courses/harmless/reading`);
    await expectTamed(page, ['script-src-elem', 'script-src-attr', 'base-uri']);
    line.meddle = () => ({});
  });

  await test.step('nor does one that is composed on the device, nor one that the app renders', async () => {
    await installCourse(page, line.origin, 'harmless');
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    // Past every check: written into the store itself.
    const { lesson } = makePackage(publisher, 'harmless');
    await page.evaluate(
      ([sha256, html]) =>
        new Promise<void>((resolve, reject) => {
          const opening = indexedDB.open('perigee');
          opening.onsuccess = () => {
            const writing = opening.result.transaction('pieces', 'readwrite');
            writing.objectStore('pieces').put({ sha256, type: 'text/html', bytes: new TextEncoder().encode(html) });
            writing.oncomplete = () => {
              opening.result.close();
              resolve();
            };
            writing.onabort = () => reject(writing.error);
          };
        }),
      [lesson, everything] as const,
    );
    await device.offline(true);
    await page.goto(`${line.origin}/courses/harmless/reading`);
    await expectTamed(page, ['script-src-elem', 'script-src-attr', 'base-uri']);
    await page.goto(`${line.origin}/courses/harmless`);
    await page.getByRole('link', { name: 'Reading' }).click();
    await expectTamed(page, ['script-src-attr']);
  });
});

test('a new version by another publisher is refused in words, and the installed one still reads', async ({
  startNode,
  openLine,
  openDevice,
}) => {
  const line = await openLine(await startNode());
  const { page } = await openDevice({ size: 'phone' });
  await installCourse(page, line.origin, 'space-law', { media: true });
  // From now on the page itself asks for the catalogue; the node's own rendering would not pass the line.
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  const { signed } = makePackage(makePublisher(), 'space-law');
  line.meddle = ({ path }) => {
    if (path === '/content/manifests/space-law') return { answer: { type: 'application/json', body: JSON.stringify(signed) } };
    return path === '/content/manifests'
      ? {
          change: (body) => {
            const { courses } = JSON.parse(body.toString()) as { readonly courses: readonly { readonly course: string }[] };
            return JSON.stringify({
              courses: courses.map((one) => (one.course === 'space-law' ? { ...one, manifest: 'f'.repeat(64) } : one)),
            });
          },
        }
      : {};
  };
  await page.goto(`${line.origin}/catalogue`);
  await expect(page.getByText('New version')).toBeVisible();
  const asked = line.asked.length;
  await page.getByRole('link', { name: 'Space law for newcomers' }).click();
  const part = page.getByRole('region', { name: 'For offline use' });
  await expect(part.getByText('This course comes from a different publisher than before.')).toBeVisible();
  await expect(part.getByRole('button', { name: 'Download the new version' })).toHaveCount(0);
  await expect(part.getByText('On this device:')).toBeVisible();
  await page.goto(`${line.origin}/courses/space-law/five-treaties`);
  await expect(page.locator('[data-block] p').first()).toBeVisible();
  expect(line.asked.slice(asked).flatMap(({ pieces }) => pieces)).toEqual([]);
});

test('a lesson that arrives damaged is not shown but asked for again', async ({ startNode, openLine, openDevice }) => {
  const line = await openLine(await startNode());
  const { page } = await openDevice({ size: 'phone' });
  const { structure } = await readCourse(line.origin, 'space-law', 'en');
  const unit = structure.modules[0]?.units[1];
  const lesson = unit?.pieces['en']?.lesson ?? '';
  const asked = (): number => line.asked.filter(({ pieces }) => pieces.includes(lesson)).length;
  await page.goto(`${line.origin}/courses/space-law`);
  // The app stands: it fetches the lesson itself.
  await expect(page.getByRole('button', { name: 'Install' })).toBeVisible();
  line.meddle = ({ pieces }) => (pieces.includes(lesson) && asked() === 1 ? { change: () => '<p>Wi-Fi: please log in to go on.</p>' } : {});
  await page
    .locator(`a[href="/courses/space-law/${unit?.id ?? ''}"]`)
    .last()
    .click();
  await expect(page.locator('form.exercise').first()).toBeVisible();
  expect(asked()).toBe(2);
  await expect(page.getByText('Wi-Fi: please log in')).toHaveCount(0);
});
