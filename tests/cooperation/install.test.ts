/** Installing the commons on a device, from a node that breaks off, lies and moves on. */
import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateKeyPairSync } from 'node:crypto';
import type { Sha256 } from '../../src/lib/domain/ids.ts';
import { readCommons } from '../../src/lib/cooperation/commons.ts';
import { changeSince, piecesFor, type CommonsChange, type CommonsManifest, type SignedCommons } from '../../src/lib/cooperation/package.ts';
import { signerOf, type Signer } from '../../src/lib/server/accounts/node-key.ts';
import { packOf } from '../../src/lib/server/content/pack.ts';
import { openStore, type Store } from '../../src/lib/storage/store.ts';
import { commonsCost, fetchCommonsOffer, installCommons, shelfTexts } from '../../src/lib/sync/client/install-commons.ts';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import { compile, sha256, solution } from './kit.ts';

const random = (n: number): Uint8Array => new Uint8Array(n).fill(7);
const solutions = '+compendium/solutions/a.yaml';
const many = (count: number, last = 'Much'): string =>
  Array.from({ length: count }, (_, n) => solution(`s-${String(n)}`, n === 0 ? { limits: `{ en: ${last} }` } : {})).join('');

const newSigner = (): Signer => signerOf(generateKeyPairSync('ed25519').privateKey);

interface Offered {
  readonly signed: SignedCommons;
  readonly pieces: ReadonlyMap<Sha256, Uint8Array>;
}
function offered(signer: Signer, source: string): Offered {
  const { commons } = compile({ [solutions]: source });
  if (commons === null) throw new Error('no commons');
  return { signed: { manifest: commons.manifest, signature: signer.sign(commons.manifest) }, pieces: commons.pieces };
}

describe('installing the commons', () => {
  let store: Store;
  let now = 0;
  const signer = newSigner();
  let node: Offered;
  let asked: Sha256[];
  /** Manifests that the node remembers, and lengths of its answers about them. */
  let known: Map<Sha256, CommonsManifest>;
  let heard: number[];
  let spoilChange: (change: CommonsChange) => object;
  let spoil: (body: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
  let name = 0;

  const fetch: typeof globalThis.fetch = (input, init) => {
    const path = String(input);
    if (path.startsWith('/content/commons')) {
      const since = new URL(path, 'http://centre.test').searchParams.get('since') as Sha256 | null;
      const earlier = since === null ? undefined : known.get(since);
      const { manifest, signature } = node.signed;
      const body = JSON.stringify({
        ...(since === null || earlier === undefined ? { manifest } : spoilChange(changeSince(since, earlier, manifest))),
        signature,
        price: { en: 5000 },
      });
      heard.push(body.length);
      return Promise.resolve(new Response(body, { headers: { 'content-type': 'application/json' } }));
    }
    if (path === '/content/pack') {
      const { pieces } = JSON.parse(String(init?.body)) as { pieces: Sha256[] };
      asked.push(...pieces);
      const found = pieces.flatMap((sha256) => {
        const bytes = node.pieces.get(sha256);
        return bytes === undefined ? [] : [{ sha256, bytes }];
      });
      return Promise.resolve(new Response(spoil(new Uint8Array(packOf(found)))));
    }
    const sha256 = path.slice('/content/pieces/'.length) as Sha256;
    asked.push(sha256);
    const bytes = node.pieces.get(sha256);
    return Promise.resolve(bytes === undefined ? new Response(null, { status: 404 }) : new Response(spoil(new Uint8Array(bytes))));
  };
  const install = () =>
    installCommons('en', { fetch, store: store.commons, transferred: () => 123 }, new AbortController().signal, () => undefined);

  beforeEach(async () => {
    store = await openStore(() => (now += 1000), random, `commons-${String(name++)}`);
    node = offered(signer, many(120));
    asked = [];
    known = new Map();
    heard = [];
    spoilChange = (change) => change;
    spoil = (body) => body;
  });
  afterEach(() => {
    store.database.close();
  });

  it('brings everything of one language, once, and it reads', async () => {
    expect(await install()).toEqual({ type: 'done', transferred: 123 });
    expect(new Set(asked).size).toBe(asked.length);
    const installed = await store.commons.installed();
    const texts = await shelfTexts(node.signed, 'en', store.commons);
    expect(readCommons(texts)).toMatchObject({ ok: true });
    expect(installed?.bytes).toBe(piecesFor(node.signed.manifest, 'en').reduce((sum, { bytes }) => sum + bytes, 0));
    asked = [];
    await install();
    expect(asked).toEqual([]);
  });

  it('goes on where it broke off', async () => {
    spoil = (body) => body.slice(0, Math.floor(body.length / 2));
    expect(await install()).toMatchObject({ type: 'failed' });
    expect(await store.commons.installed()).toBeNull();
    // Courses come and go meanwhile: what has arrived stays.
    await store.library.sweep();
    const before = asked.length;
    spoil = (body) => body;
    asked = [];
    expect(await install()).toMatchObject({ type: 'done' });
    expect(asked.length).toBeLessThan(before);
  });

  it('fetches of an update what changed, and tells that price', async () => {
    await install();
    node = offered(signer, many(120, 'More than was thought'));
    const offer = await fetchCommonsOffer({ fetch, store: store.commons });
    if (!offer.ok) throw new Error(offer.error);
    expect(await commonsCost(offer.value, 'en', store.commons)).toBeLessThan(1500);
    asked = [];
    await install();
    // What limits it is not searched in, so the index stays.
    expect(asked.length).toBe(1);
    const read = readCommons(await shelfTexts(node.signed, 'en', store.commons));
    if (!read.ok) throw new Error(read.error);
    expect(read.value.entries.find(({ id }) => id === 's-0')).toMatchObject({ limits: { en: 'More than was thought' } });
  });

  it.each([
    ['tells what is new since', (change: CommonsChange) => change, 1],
    ['tells it wrong', (change: CommonsChange) => ({ ...change, shelves: change.shelves.slice(1) }), 2],
    ['tells nonsense', (change: CommonsChange) => ({ ...change, shelves: [[0, 1e9], 'x'] }), 2],
  ])('comes to the same where the node %s', async (_, how, answers) => {
    await install();
    const whole = heard[0] ?? 0;
    known.set(sha256(new TextEncoder().encode(canonicalJson(node.signed.manifest))), node.signed.manifest);
    node = offered(signer, many(120, 'Another'));
    [heard, spoilChange] = [[], how];
    expect(await install()).toMatchObject({ type: 'done' });
    expect((await store.commons.installed())?.signed).toEqual(node.signed);
    expect(heard.length).toBe(answers);
    expect(heard[0]).toBeLessThan(whole / 5);
  });

  it.each([
    ['a byte of a piece is another', () => (body: Uint8Array<ArrayBuffer>) => body.map((byte, i) => (i === 200 ? byte ^ 1 : byte))],
    ['nothing comes', () => () => new Uint8Array()],
  ])('keeps what it has where %s', async (_, how) => {
    await install();
    const before = await store.commons.installed();
    node = offered(signer, many(120, 'Other').replaceAll('What is wrong', 'What is not right'));
    spoil = how();
    expect(await install()).toMatchObject({ type: 'failed' });
    expect(await store.commons.installed()).toEqual(before);
    expect(readCommons(await shelfTexts(before?.signed ?? node.signed, 'en', store.commons)).ok).toBe(true);
  });

  it('takes nothing from another publisher, nor with a signature that is not right, nor entries that are none', async () => {
    await install();
    node = offered(newSigner(), many(3));
    expect(await install()).toEqual({ type: 'failed', reason: 'other-publisher' });
    const right = offered(signer, many(3));
    node = { ...right, signed: { ...right.signed, manifest: { ...right.signed.manifest, counts: { solution: 4 } } } };
    expect(await install()).toEqual({ type: 'failed', reason: 'bad-signature' });
    const bytes = new TextEncoder().encode('[{"kind":"solution","id":"x"}]');
    const hash = createHash('sha256').update(bytes).digest('hex') as Sha256;
    const [shelf] = right.signed.manifest.shelves;
    if (shelf === undefined) throw new Error('no shelf');
    const piece = { sha256: hash, bytes: bytes.byteLength };
    const manifest = { ...right.signed.manifest, shelves: [{ ...shelf, entries: piece, index: { ...shelf.index, en: piece } }] };
    node = { signed: { manifest, signature: signer.sign(manifest) }, pieces: new Map([[hash, bytes]]) };
    expect(await install()).toEqual({ type: 'failed', reason: 'nonsense' });
  });

  it('is taken off, and its pieces with it', async () => {
    await install();
    await store.commons.remove();
    expect(await store.commons.installed()).toBeNull();
    expect(await store.database.pieces.count()).toBe(0);
  });
});
