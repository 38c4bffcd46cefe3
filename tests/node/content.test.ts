/** What the node publishes, and what it refuses to. */
import { createHash, generateKeyPairSync, sign, verify, createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import type { CourseId } from '../../src/lib/domain/ids.ts';
import type { SignedManifest } from '../../src/lib/course/package.ts';
import { nextBatch, wantedPieces } from '../../src/lib/course/wanted.ts';
import type { CompiledPackage } from '../../src/lib/server/content/library.ts';
import { ask, startTestNode, type TestNode } from './kit.ts';
import { tinyCompiler, tinyPackage } from './tiny-course.ts';

const publisher = generateKeyPairSync('ed25519');
const publisherKey = publisher.publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('base64url');

/** Writes a package as `course build --key` does, after letting the caller spoil it. */
function writePackage(folder: string, given: CompiledPackage, spoil: (folder: string) => void = () => undefined, key = publisherKey): void {
  mkdirSync(join(folder, 'pieces'), { recursive: true });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(given.manifest));
  const value = sign(null, Buffer.from(canonicalJson(given.manifest)), publisher.privateKey).toString('base64url');
  writeFileSync(join(folder, 'manifest.sig'), JSON.stringify({ key, value }));
  for (const [sha256, bytes] of given.pieces) writeFileSync(join(folder, 'pieces', sha256), bytes);
  spoil(folder);
}

describe('content', () => {
  let node: TestNode;
  const courses = mkdtempSync(join(tmpdir(), 'perigee-courses-'));
  const source = (course: string, text: string): void => {
    mkdirSync(join(courses, course), { recursive: true });
    writeFileSync(join(courses, course, 'course.yaml'), text);
  };

  beforeAll(async () => {
    source('orbits', 'about orbits');
    source('broken-one', 'broken');
    source('+sketches', 'no course');
    node = await startTestNode({ courses, compiler: tinyCompiler });
  });
  afterAll(async () => {
    await node.close();
    rmSync(courses, { recursive: true });
  });

  it('publishes what compiles and says of the rest where it is wrong', async () => {
    const { body } = await ask(`${node.url}/content/manifests`);
    expect((body['courses'] as { course: string }[]).map(({ course }) => course)).toEqual(['orbits']);
    expect(node.lines.join('\n')).toMatch(/course\.yaml:1:1 error: It is broken/);
    expect(node.lines.join('\n')).toMatch(/broken-one has errors and was not published/);
    // The key lies in the database alone.
    expect(existsSync(join(node.data, 'publisher.pem'))).toBe(false);
  });

  it('signs with the key that it says is its own', async () => {
    const { body } = await ask(`${node.url}/content/manifests/orbits`);
    const { manifest, signature } = body as unknown as SignedManifest;
    expect(signature.key).toBe((await ask(`${node.url}/api/node`)).body['key']);
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: signature.key }, format: 'jwk' });
    expect(verify(null, Buffer.from(canonicalJson(manifest)), key, Buffer.from(signature.value, 'base64url'))).toBe(true);
    const { body: catalogue } = await ask(`${node.url}/content/manifests`);
    const digest = createHash('sha256').update(canonicalJson(manifest)).digest('hex');
    expect(catalogue['courses']).toMatchObject([{ course: 'orbits', manifest: digest, price: body['price'] as object }]);
  });

  it.each(['br', 'gzip', 'identity'] as const)('tells in advance to the byte what a course costs with %s', async (encoding) => {
    const fetchBytes = async (path: string, init: RequestInit = {}): Promise<number> => {
      // `fetch` unpacks; a length that the node states is what travels.
      const response = await fetch(`${node.url}${path}`, {
        ...init,
        headers: { 'accept-encoding': encoding, 'content-type': 'application/json' },
      });
      await response.arrayBuffer();
      return Number(response.headers.get('content-length'));
    };
    const { body } = await ask(`${node.url}/content/manifests/orbits`, { headers: { 'accept-encoding': encoding } });
    const { manifest, price } = body as unknown as SignedManifest & { price: { en: { text: number; media: number } } };
    for (const media of [false, true]) {
      let packs = 0;
      for (let rest = wantedPieces(manifest, ['en'], media); rest.length > 0;) {
        const batch = nextBatch(rest);
        rest = rest.slice(batch.length);
        packs += await fetchBytes('/content/pack', { method: 'POST', body: JSON.stringify({ pieces: batch.map(({ sha256 }) => sha256) }) });
      }
      const told = media ? price.en.media : price.en.text;
      const paid = packs + (await fetchBytes('/content/manifests/orbits'));
      // The manifest's answer holds the prices themselves.
      expect(paid - told).toBeGreaterThanOrEqual(0);
      expect(paid - told).toBeLessThan(60);
    }
    expect(price.en.media).toBeGreaterThan(price.en.text);
  });

  it('serves pieces for ever, by ranges, and harmless by themselves', async () => {
    const { body } = await ask(`${node.url}/content/manifests/orbits`);
    const { manifest } = body as unknown as SignedManifest;
    const piece = manifest.pieces.find(({ role }) => role === 'picture');
    const url = `${node.url}/content/pieces/${piece?.sha256 ?? ''}`;
    const whole = await fetch(url);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(piece?.sha256);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'image/svg+xml',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'content-disposition': 'attachment',
    });
    const etag = whole.headers.get('etag') ?? '';
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const part = await fetch(url, { headers: { range: 'bytes=4-9' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      `bytes 4-9/${String(bytes.length)}`,
      bytes.subarray(4, 10).toString(),
    ]);
    expect((await fetch(url, { headers: { range: 'bytes=999999-' } })).status).toBe(416);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    for (const name of ['0'.repeat(64), '..%2f..%2fpublisher.pem', 'x', ''])
      expect((await ask(`${node.url}/content/pieces/${name}`)).status).toBe(404);
  });

  it('packs what it has and leaves out what it lacks', async () => {
    const { body } = await ask(`${node.url}/content/manifests/orbits`);
    const { manifest } = body as unknown as SignedManifest;
    const [first, second] = manifest.pieces;
    const asked = [second?.sha256, '0'.repeat(64), first?.sha256, first?.sha256];
    const response = await fetch(`${node.url}/content/pack`, { method: 'POST', body: JSON.stringify({ pieces: asked }) });
    const pack = Buffer.from(await response.arrayBuffer());
    const found: string[] = [];
    for (let at = 0; at < pack.length;) {
      const length = pack.readUInt32BE(at + 32);
      const bytes = pack.subarray(at + 36, at + 36 + length);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(pack.subarray(at, at + 32).toString('hex'));
      found.push(pack.subarray(at, at + 32).toString('hex'));
      at += 36 + length;
    }
    expect(found).toEqual([second?.sha256, first?.sha256]);
    expect((await ask(`${node.url}/content/pack`, { body: { pieces: ['../../x'] } })).status).toBe(400);
  });

  it('compiles again only what changed', async () => {
    const before = tinyCompiler.asked.length;
    await node.restart();
    // The broken one is tried at each start: there is nothing to go on with.
    expect(tinyCompiler.asked.slice(before)).toEqual(['broken-one']);
    source('orbits', 'about orbits, more');
    await node.restart();
    expect(tinyCompiler.asked.slice(before)).toEqual(['broken-one', 'broken-one', 'orbits']);
    source('orbits', 'broken now');
    await node.restart();
    expect(node.lines.at(-1)).toMatch(/orbits has errors.*its last version stays/);
    expect((await ask(`${node.url}/content/manifests/orbits`)).status).toBe(200);
  });

  it('publishes another publisher’s package as it is, and refuses one that is damaged, forged or hostile', async () => {
    const packages = join(node.data, 'packages');
    const good = tinyPackage('guest' as CourseId);
    const [someSha = ''] = [...good.pieces.keys()];
    const hostile = (name: string, text: string, picture?: string): void =>
      writePackage(join(packages, name), tinyPackage(name as CourseId, text, picture));
    writePackage(join(packages, 'a-guest'), good);
    writePackage(join(packages, 'b-damaged'), tinyPackage('damaged' as CourseId), (folder) =>
      writeFileSync(join(folder, 'pieces', someSha), 'x'),
    );
    writePackage(join(packages, 'c-missing'), tinyPackage('missing' as CourseId), (folder) => rmSync(join(folder, 'pieces', someSha)));
    writePackage(join(packages, 'd-forged'), tinyPackage('forged' as CourseId), () => undefined, Buffer.alloc(32, 7).toString('base64url'));
    writePackage(join(packages, 'e-rubbish'), tinyPackage('rubbish' as CourseId), (folder) =>
      writeFileSync(join(folder, 'manifest.sig'), '{'),
    );
    hostile('f-script', '<script>alert(1)</script>');
    hostile('g-handler', '<img src="x" onerror="alert(1)">');
    hostile('h-link', '<a href="javascript:alert(1)">x</a>');
    hostile('i-picture', 'fine', '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>alert(1)</script></svg>');
    // Another publisher does not take over a course that is published here.
    writePackage(join(packages, 'j-taken'), tinyPackage('orbits' as CourseId));
    mkdirSync(join(packages, 'k-empty'));
    node.lines.length = 0;
    await node.restart();

    const { body } = await ask(`${node.url}/content/manifests`);
    expect((body['courses'] as { course: string }[]).map(({ course }) => course)).toEqual(['guest', 'orbits']);
    expect((await ask(`${node.url}/content/manifests/guest`)).body).toMatchObject({ signature: { key: publisherKey } });
    const log = node.lines.join('\n');
    for (const name of 'bcdefghijk') expect(log, name).toMatch(new RegExp(`${name}-\\w+ was refused`));
    expect(log).toMatch(/b-damaged was refused: the piece [0-9a-f]{64} is damaged/);
    expect(log).toMatch(/d-forged was refused: its signature is not right/);
    expect(log).toMatch(/f-script was refused: the piece [0-9a-f]{64} holds what a course may not hold/);
  });
});
