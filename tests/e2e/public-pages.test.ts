/** Every public page reads without a script, and says what it is about; which pages those are is asked of the folder of routes, so that a new one is not forgotten. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beyondScreen, expect, test } from './perigee.ts';

/** Pages of one's own or of staff: they show what lies on the device, or behind a sign-in. */
const ownPages = [
  '/centre', '/centre/cascade', '/centre/evaluation', '/centre/import', '/centre/month', '/centre/start', '/certificates', '/desk', '/desk/[kind]',
  '/exams/[course]/[unit]', '/handover', '/network/applications', '/people', '/profiles/[country]/values', '/record', '/settings', '/teach', '/teach/cascade',
  '/teach/exams', '/teach/sessions',
]; // prettier-ignore

/** Of each public page an address, and something of it that a reader came for. */
const publicPages: Readonly<Record<string, readonly (readonly [path: string, text: RegExp])[]>> = {
  '/': [['/', /Perigee|course/]],
  '/catalogue': [['/catalogue', /Space law/]],
  '/courses/[course]': [['/courses/space-law', /Space law/]],
  '/courses/[course]/[unit]': [['/courses/space-law/five-treaties', /The five treaties at a glance/]],
  '/compendium': [['/compendium', /entries/]],
  '/compendium/[entry]': [
    ['/compendium/flood-mapping-radar', /How to begin|radar/],
    ['/compendium/un-spider', /UN-SPIDER/],
    ['/compendium/offer-law-clinic', /Gives:/],
    ['/compendium/islemara-2024-2028', /At a glance/],
  ],
  '/compendium/compare': [['/compendium/compare?entries=flood-mapping-radar,urban-growth', /radar/]],
  '/compendium/gaps': [['/compendium/gaps', /./]],
  '/profiles': [['/profiles', /Islemara/]],
  '/profiles/[country]': [['/profiles/islemara', /All indicators/]],
  '/plans/[plan]': [['/plans/islemara-2024-2028', /At a glance/]],
  '/calls': [['/calls', /What partners offer/]],
  '/calls/[call]': [['/calls/oruvana-call-2025', /What became of it|What it is about/]],
  '/calls/offers/[offer]': [['/calls/offers/offer-law-clinic', /Gives:/]],
  '/network': [['/network', /organisations/]],
  '/network/coordination': [['/network/coordination', /Who helps whom/]],
  '/network/help': [['/network/help', /Requests for help/]],
  '/network/help/[entry]': [
    ['/network/help/islemara-mission-2024', /Recommendations/],
    ['/network/help/altavar-centre', /Steps so far/],
    ['/network/help/contribution-schools', /What it is for/],
    ['/network/help/islemara-request-law', /What is there already|What it is about/],
  ],
  '/network/mentoring': [['/network/mentoring', /Pairs at this centre/]],
  '/network/opportunities': [['/network/opportunities', /to apply for/]],
  '/network/resources': [['/network/resources', /shared resources/]],
  '/trust': [['/trust', /./]],
  '/verify': [['/verify', /./]],
};

const routes = join(import.meta.dirname, '..', '..', 'src', 'routes');

test('every public page reads without a script and within the width of a phone, and what is about one thing says so to other programs', async ({
  startNode,
  openDevice,
}) => {
  test.setTimeout(180_000);
  const found = readdirSync(routes, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('+page.svelte'))
    .map((name) => (dirname(name) === '.' ? '/' : `/${dirname(name)}`));
  expect(found.sort()).toEqual([...ownPages, ...Object.keys(publicPages)].sort());

  const node = await startNode();
  const { page } = await openDevice({ javaScript: false, size: 'phone' });
  for (const [route, samples] of Object.entries(publicPages))
    for (const [path, text] of samples) {
      const answer = await page.goto(`${node.origin}${path}${path.includes('?') ? '&' : '?'}lang=en`);
      expect(answer?.status(), path).toBe(200);
      await expect(page.getByRole('heading', { level: 1 }), path).toBeVisible();
      await expect(page.getByRole('main'), path).toContainText(text);
      // A phone zooms out of a page that is too wide: its inner width grows with the page, its screen does not.
      expect(await beyondScreen(page), path).toBeLessThanOrEqual(0);
      // Nothing waits for a script that does not come.
      await expect(page.getByRole('main').locator('progress, [aria-busy=true]'), path).toHaveCount(0);
      if (/\[(entry|country|plan|call|offer)\]$/.test(route)) {
        const json = JSON.parse((await page.locator('script[type="application/ld+json"]').textContent()) ?? '') as Record<string, unknown>;
        expect(json['@context'], path).toBe('https://schema.org');
        // An id leads to the entry wherever it is read, and the page says which address is its own.
        expect(new URL(String(json['@id'])).pathname, path).toBe(new URL(page.url()).pathname);
      }
    }
});
