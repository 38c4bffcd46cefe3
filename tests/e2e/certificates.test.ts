/** The holder's side of certificates in a browser: it comes with a pass, is there without a network, is handed on as files and printed. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { instantOf } from '../../src/lib/domain/clock.ts';
import type { PersonId } from '../../src/lib/domain/ids.ts';
import { credentialId, type CredentialRecord } from '../../src/lib/domain/records.ts';
import { heldInFile } from '../../src/lib/certification/container.ts';
import { openAccounts } from '../../src/server/main.ts';
import { readNodeName } from '../../src/server/identity.ts';
import { languages } from '../../src/lib/i18n/languages.ts';
import { ordinary, photographed } from '../certification/photograph.ts';
import { paper } from '../certification/world.ts';
import { around } from '../certification/today.ts';
import { claim, expect, joinCentre, makeCohort, makePerson, signIn, test } from './perigee.ts';
import { jpegOf, tonesOfPng } from './pictures.ts';

const { on, set, badge } = around(Date.now());

test('comes with a pass, and is shown, shared and printed without a network', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const file = join(node.data, 'trust-set.json');
  writeFileSync(file, JSON.stringify(await set()));
  execFileSync(process.execPath, ['scripts/perigee.ts', 'trust', 'publish', file, '--data', node.data], { stdio: 'pipe' });
  const staff = await claim(node);
  const { codes } = await makeCohort(node, staff, 'Dakar, spring', ['satellite-navigation'], ['Amina Diallo']);
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await makePerson(page, node.origin, 'Amina Diallo');
  await joinCentre(page, node.origin, codes[0] ?? '');
  await page.goto(`${node.origin}/certificates`);
  await expect(page.getByText('There is no certificate here yet.')).toBeVisible();

  // The node writes it, as it does when an administrator confirms.
  const name = readNodeName(node.data);
  if (name === null) throw new Error('The node has no name');
  const accounts = await openAccounts({ node: name, data: node.data, couchdb: null });
  const [learner] = await accounts.store.list('learner');
  const person = learner?.person as PersonId;
  const credential = await badge();
  const uuid = String(credential['id']).slice('urn:uuid:'.length);
  const record: CredentialRecord = {
    _id: credentialId(person, uuid),
    kind: 'credential',
    person,
    writer: name,
    uuid,
    at: instantOf(Date.now()),
    programme: 'trainer',
    version: 1,
    language: 'en',
    from: on(-10),
    until: on(900),
    credential: JSON.stringify(credential),
    paper: await paper({ from: on(-10), until: on(900), signed: on(-10), holder: 'Amina Diallo' }),
  };
  await accounts.records.bulk([record], { newEdits: true });
  await accounts.engine.close();
  const card = page.locator('article[data-verdict]');
  await expect(async () => {
    // Whether the pass of joining was over before the certificate was written is chance.
    await page.goto(`${node.origin}/settings`);
    await page.getByRole('button', { name: 'Sync now' }).click({ timeout: 5000 });
    await expect(page.getByText('Last reached')).toBeVisible({ timeout: 5000 });
    await page.goto(`${node.origin}/certificates`);
    await expect(card).toHaveAttribute('data-verdict', 'valid', { timeout: 3000 });
  }).toPass({ timeout: 60_000 });

  await page.evaluate(() => navigator.serviceWorker.ready);
  await expect.poll(() => page.evaluate(async () => (await caches.match('/certificates', { ignoreSearch: true })) !== undefined || navigator.serviceWorker.controller !== null)).toBe(true); // prettier-ignore
  device.expectConsole(/ERR_INTERNET_DISCONNECTED/);
  await device.offline(true);
  await page.goto(`${node.origin}/certificates`);
  await expect(card).toHaveAttribute('data-verdict', 'valid');
  await expect(card).toContainText('Amina Diallo');
  for (const form of ['JSON', 'SVG', 'PNG']) {
    const downloading = page.waitForEvent('download');
    await card.getByRole('button', { name: form }).click();
    const bytes = readFileSync(await (await downloading).path());
    expect(heldInFile(new Uint8Array(bytes))).toEqual({ type: 'document', value: credential });
  }
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  await page.evaluate(() => {
    window.print = () => undefined;
  });
  await card.getByRole('button', { name: 'Print, or save as PDF' }).click();
  await page.emulateMedia({ media: 'print' });
  const sheet = page.locator('.paper.printed');
  await expect(sheet.getByRole('img', { name: 'Code of this certificate' })).toBeVisible();
  await expect(sheet).toContainText('Trainer');
  const modules = await sheet.locator('svg.qr').evaluate((svg) => Number(svg.getAttribute('viewBox')?.split(' ')[2]) - 8);
  // Version 17 has 85 modules.
  expect(modules).toBeLessThanOrEqual(85);
  // As it comes out of a printer, and before a phone: the page itself, photographed whole.
  await page.setViewportSize({ width: 794, height: 1123 });
  const session = await device.context.newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', {
    format: 'png',
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width: 794, height: 1123, scale: 2.6 },
  });
  const sheetOfPaper = await tonesOfPng(device.context, Buffer.from(data, 'base64'));
  expect(sheetOfPaper.width).toBeGreaterThan(2000);
  const photograph = await jpegOf(device.context, photographed(sheetOfPaper, ordinary), ordinary.quality);
  await page.setViewportSize({ width: 360, height: 740 });
  await page.emulateMedia({ media: 'screen' });
  await page.goto(`${node.origin}/verify`);
  await page.getByLabel('Certificate as a file').setInputFiles({ name: 'page.jpg', mimeType: 'image/jpeg', buffer: photograph });
  await expect(page.locator('[data-verdict]')).toHaveAttribute('data-verdict', 'valid');
  await expect(page.locator('[data-verdict]')).toContainText('Amina Diallo');

  // One sheet of A4 in each language, whose words come over the network.
  await device.offline(false);
  for (const language of languages) {
    await page.goto(`${node.origin}/certificates?lang=${language}`);
    await expect(card).toHaveAttribute('data-verdict', 'valid');
    await page.evaluate(() => {
      window.print = () => undefined;
    });
    await card.getByRole('button').first().click();
    await expect(sheet.locator('svg.qr')).toBeAttached();
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 794, height: 1123 });
    await expect(sheet).toBeVisible();
    await page.screenshot({ path: `test-results/certificates-print-${language}.png` });
    // Last: when a printer has it, the page is as it was before.
    const pdf = await page.pdf({ format: 'A4', path: `test-results/certificates-print-${language}.pdf` });
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g), language).toHaveLength(1);
    await page.emulateMedia({ media: 'screen' });
    await page.setViewportSize({ width: 360, height: 740 });
  }
  for (const [language, size] of [
    ['en', 'phone'],
    ['ar', 'phone'],
    ['zh', 'phone'],
  ] as const) {
    await device.offline(false);
    await page.goto(`${node.origin}/certificates?lang=${language}`);
    await expect(card).toHaveAttribute('data-verdict', 'valid');
    await page.screenshot({ path: `test-results/certificates-${language}-${size}.png`, fullPage: true });
  }
});

test('the centre sees that it is not recognised yet, with the key to send', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const staff = await claim(node);
  const { page } = await openDevice();
  await signIn(page, node.origin, staff);
  await page.goto(`${node.origin}/centre`);
  const section = page.getByRole('region', { name: 'Certificates' });
  await expect(section).toContainText('did:key:z6Mk');
  await expect(section).toContainText('Nobody waits for a certificate.');
  await section.screenshot({ path: 'test-results/centre-certificates.png' });
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
});
