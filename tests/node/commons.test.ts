/** The commons at the node: published from YAML, as pieces for devices, and as pages show it. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import { isSha256, type Sha256 } from '../../src/lib/domain/ids.ts';
import { applyChange, parseSignedCommons, piecesFor, type SignedCommons } from '../../src/lib/cooperation/package.ts';
import type { CompareView, EntryView, GapsView, ListView } from '../../src/lib/cooperation/views.ts';
import { nextBatch } from '../../src/lib/course/wanted.ts';
import { packOf } from '../../src/lib/server/content/pack.ts';
import { compress } from '../../src/lib/server/http/compression.ts';
import { copyEntries } from './desk-kit.ts';
import { ask, startTestNode, type TestNode } from './kit.ts';

describe('commons', () => {
  let node: TestNode;
  const courses = copyEntries();
  const solution = join(courses, '+compendium/solutions/flood-mapping-radar.yaml');

  async function offer(): Promise<SignedCommons & { readonly price: Record<string, number>; readonly digest: string }> {
    const { body } = await ask(`${node.url}/content/commons`, { headers: { 'accept-encoding': 'br' } });
    const parsed = parseSignedCommons(body);
    if (!parsed.ok) throw new Error('no commons');
    return { ...parsed.value, price: body['price'] as Record<string, number>, digest: String(body['digest']) };
  }
  const view = async <View>(path: string): Promise<View> => (await ask(`${node.url}/content/compendium/${path}`)).body as unknown as View;

  beforeAll(async () => {
    node = await startTestNode({ courses });
  });
  afterAll(async () => {
    await node.close();
    rmSync(courses, { recursive: true });
  });

  it('is signed with the key of the node, and its pieces have their hashes', async () => {
    const { manifest, signature } = await offer();
    expect(signature.key).toBe((await ask(`${node.url}/api/node`)).body['key']);
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: signature.key }, format: 'jwk' });
    expect(verify(null, Buffer.from(canonicalJson(manifest)), key, Buffer.from(signature.value, 'base64url'))).toBe(true);
    for (const { sha256, bytes } of piecesFor(manifest, 'ar')) {
      const piece = new Uint8Array(await (await fetch(`${node.url}/content/pieces/${sha256}`)).arrayBuffer());
      expect(piece.byteLength).toBe(bytes);
      expect(createHash('sha256').update(piece).digest('hex')).toBe(sha256);
    }
  });

  it('costs a device at most 400 kB, and exactly the price', async () => {
    const { manifest, signature, price } = await offer();
    for (const language of manifest.languages) {
      let rest = piecesFor(manifest, language);
      let cost = (await compress(Buffer.from(JSON.stringify({ manifest, signature })), 'br', 5)).byteLength;
      while (rest.length > 0) {
        const batch = nextBatch(rest);
        rest = rest.slice(batch.length);
        const pieces = await Promise.all(
          batch.map(async ({ sha256 }) => ({
            sha256,
            bytes: new Uint8Array(await (await fetch(`${node.url}/content/pieces/${sha256}`)).arrayBuffer()),
          })),
        );
        cost += (await compress(packOf(pieces), 'br', 9)).byteLength;
      }
      expect(cost).toBe(price[language]);
      expect(cost).toBeLessThanOrEqual(400_000);
    }
  });

  it('is what the same answers say again with 304', async () => {
    const first = await fetch(`${node.url}/content/compendium/gaps`);
    const again = await fetch(`${node.url}/content/compendium/gaps`, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
  });

  it('lists, finds and narrows down, in the language asked for', async () => {
    const all = await view<ListView>('list?lang=en');
    expect(all.total).toBeGreaterThan(150);
    expect(all.pages).toBe(Math.ceil(all.total / 18));
    const floods = await view<ListView>('list?lang=fr&q=inondation&kind=solution');
    expect(floods.cards[0]).toMatchObject({ kind: 'solution', title: { language: 'fr' } });
    const narrowed = await view<ListView>('list?lang=en&theme=theme-floods&level=level-introductory&page=99');
    expect(narrowed.page).toBe(narrowed.pages);
    for (const nonsense of ['?kind=goal', '?page=-1', '?lang=xx', '?q=%00', `?q=${'a'.repeat(5000)}`, '?theme=nowhere'])
      expect((await fetch(`${node.url}/content/compendium/list${nonsense}`)).status).toBe(200);
  });

  it('shows an entry with what it leads to, as schema.org knows it too', async () => {
    const entry = await view<EntryView & { jsonLd: Record<string, unknown> }>('entries/flood-mapping-radar?lang=en');
    expect(entry.from.map(({ id }) => id)).toContain('course-disaster-risk');
    expect(entry.linked['target-11-5']).toMatchObject({ number: '11.5' });
    expect(entry.jsonLd).toMatchObject({ '@type': 'HowTo', '@id': 'http://centre.test/compendium/flood-mapping-radar' });
    const course = await view<{ jsonLd: unknown }>('entries/fao-sepal-2023');
    expect(course.jsonLd).toMatchObject({ '@type': 'Course', hasCourseInstance: { endDate: '2023-05-07' } });
    expect((await ask(`${node.url}/content/compendium/entries/nothing`)).status).toBe(404);
  });

  it('marks a course that has ended, and counts it with those that teach no more', async () => {
    const ended = await view<EntryView>('entries/fao-sepal-2023');
    expect(ended.card.state).toEqual({ name: 'ended', since: '2023-05-07' });
    const gaps = await view<GapsView>('gaps');
    expect(gaps.gaps.courses.length).toBe(gaps.gaps.totals.solutions - gaps.gaps.totals.taught);
    const weights = gaps.gaps.courses.map(({ weight }) => weight);
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
  });

  it('lays solutions side by side, and nothing else', async () => {
    const { entries } = await view<CompareView>('compare?entries=flood-mapping-radar,nasa,urban-growth,urban-growth,nowhere');
    expect(entries.map(({ entry }) => entry.id)).toEqual(['flood-mapping-radar', 'urban-growth']);
  });

  it('goes out as a table and as a catalogue', async () => {
    const csv = await (await fetch(`${node.url}/content/compendium/entries.csv?lang=fr`)).text();
    expect(csv.trim().split('\n').length).toBeGreaterThan(150);
    expect(csv).toContain('http://centre.test/compendium/flood-mapping-radar');
    const dcat = await (await fetch(`${node.url}/content/compendium/catalogue.jsonld`)).json();
    expect(dcat).toMatchObject({ '@type': 'dcat:Catalog' });
  });

  it('keeps what was published when the source is spoilt, says where, and costs what changed when it is mended', async () => {
    const before = await offer();
    const text = readFileSync(solution, 'utf8');
    writeFileSync(solution, text.replace('theme-floods', 'theme-flood'));
    await node.restart();
    expect(node.lines.join('\n')).toMatch(
      /flood-mapping-radar\.yaml:\d+ error: There is no entry «theme-flood»\. Did you mean «theme-floods»\?/,
    );
    expect((await offer()).digest).toBe(before.digest);

    writeFileSync(solution, text.replace('Radar sees little water', 'Radar does not see all water'));
    await node.restart();
    const after = await offer();
    expect(after.digest).not.toBe(before.digest);
    const had = new Set<Sha256>(piecesFor(before.manifest, 'en').map(({ sha256 }) => sha256));
    const fetched = piecesFor(after.manifest, 'en').filter(({ sha256 }) => isSha256(sha256) && !had.has(sha256));
    expect(fetched.length).toBe(1);
    const whole = piecesFor(after.manifest, 'en').reduce((sum, { bytes }) => sum + bytes, 0);
    expect(fetched.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(whole / 4);
  });

  it('tells a device that has an earlier version what is new since, in a few hundred bytes, and whoever has another the whole', async () => {
    const before = await offer();
    const text = readFileSync(solution, 'utf8');
    writeFileSync(solution, text.replace('Radar does not see all water', 'Radar sees most water'));
    await node.restart();
    const after = await offer();
    const since = await ask(`${node.url}/content/commons?since=${before.digest}`, { headers: { 'accept-encoding': 'br' } });
    const told = applyChange(before.manifest, since.body);
    expect(told).toEqual({ ok: true, value: after.manifest });
    const size = async (body: unknown) => (await compress(Buffer.from(JSON.stringify(body)), 'br', 5)).byteLength;
    expect(await size(since.body)).toBeLessThan(1000);
    const same = await ask(`${node.url}/content/commons?since=${after.digest}`);
    expect(await size(same.body)).toBeLessThan(600);
    for (const unknown of ['0'.repeat(64), '../../commons', ''])
      expect((await ask(`${node.url}/content/commons?since=${encodeURIComponent(unknown)}`)).body['manifest']).toEqual(after.manifest);
    // A folder of an earlier version remembers no manifest: the present one is known all the same.
    rmSync(join(node.data, 'commons-before'), { recursive: true });
    expect((await ask(`${node.url}/content/commons?since=${after.digest}`)).body).toEqual(same.body);
  });

  it('has nothing to do at a start without a change', async () => {
    const lines = node.lines.length;
    await node.restart();
    expect(node.lines.slice(lines).join('\n')).not.toMatch(/Published the compendium/);
    expect((await view<ListView>('list')).total).toBeGreaterThan(150);
  });
});

it('a node without entries says that there are none', async () => {
  const node = await startTestNode();
  expect((await ask(`${node.url}/content/commons`)).status).toBe(404);
  expect((await ask(`${node.url}/content/compendium/list`)).status).toBe(404);
  await node.close();
});
