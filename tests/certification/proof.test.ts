/** `eddsa-rdfc-2022` against the vectors of W3C, byte for byte, and the contexts against what their publishers say of them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { canonize } from '#lib/certification/canonize.ts';
import { fromBase58, hex } from '#lib/certification/encoding.ts';
import { keyOf, type Tools } from '#lib/certification/keys.ts';
import { knownContexts } from '#lib/certification/contexts.ts';
import { checkProof, hashData, readProof, signDocument, type ReadProof } from '#lib/certification/proof.ts';
import type { JsonObject } from '#lib/domain/shape.ts';
import { fixture, jsonFixture, nodeTools, signerOf } from './kit.ts';
import { awardOf, certificate, statusOf } from './world.ts';

const contexts = new Map([
  ...knownContexts,
  ['https://www.w3.org/ns/credentials/examples/v2', jsonFixture('examples-v2.context.json')],
  ['https://w3id.org/citizenship/v4rc1', jsonFixture('citizenship-v4rc1.context.json')],
]);

const proofOf = (document: JsonObject): ReadProof => {
  const read = readProof(document['proof']);
  if (!read.ok) throw new Error(read.error.type);
  return read.value;
};

const keyPair = jsonFixture('eddsa-rdfc-2022/keyPair.json') as { publicKeyMultibase: string; privateKeyMultibase: string };

describe.each(['alumni', 'employ'])('the vector %s', (name) => {
  const of = (part: string): string => fixture(`eddsa-rdfc-2022/${name}.${part}`);
  const signed = jsonFixture(`eddsa-rdfc-2022/${name}.signedDataInt.json`);
  const unsigned = jsonFixture(`eddsa-rdfc-2022/${name}.unsigned.json`);

  it('has its canonical forms and hashes', async () => {
    const { options, signature } = proofOf(signed);
    const hashed = await hashData(unsigned, options, contexts, nodeTools);
    if (!hashed.ok) throw new Error(hashed.error.message);
    expect(hashed.value.document).toBe(of('canonDocDataInt.txt'));
    expect(hashed.value.proof).toBe(of('proofCanonDataInt.txt'));
    expect(hex(hashed.value.bytes)).toBe(of('combinedHashDataInt.txt'));
    expect(hex(hashed.value.bytes)).toBe(of('proofHashDataInt.txt') + of('docHashDataInt.txt'));
    expect(hex(signature)).toBe(of('sigHexDataInt.txt'));
    expect(`z${of('sigBTC58DataInt.txt').replace(/^z/, '')}`).toBe((signed['proof'] as { proofValue: string }).proofValue);
  });

  it('is made again, and found right', async () => {
    const seed = fromBase58(keyPair.privateKeyMultibase.slice(1));
    const signer = signerOf(seed?.slice(2) ?? new Uint8Array());
    expect(signer.did).toBe(`did:key:${keyPair.publicKeyMultibase}`);
    expect(await signDocument(unsigned, signer, proofOf(signed).created ?? '', contexts, nodeTools)).toEqual(signed);
    expect(await checkProof(signed, proofOf(signed), contexts, nodeTools)).toEqual({ ok: true, value: 'right' });
  });

  it('is found altered when a field, an option or the signature is another', async () => {
    const proof = proofOf(signed);
    const check = async (document: JsonObject, other: ReadProof = proof) => checkProof(document, other, contexts, nodeTools);
    expect(await check({ ...signed, name: 'Another' })).toEqual({ ok: true, value: 'altered' });
    expect(await check(signed, { ...proof, options: { ...proof.options, created: '2024-01-01T00:00:00Z' } })).toEqual({ ok: true, value: 'altered' }); // prettier-ignore
    expect(await check(signed, { ...proof, signature: proof.signature.map((byte, i) => (i === 3 ? byte ^ 1 : byte)) })).toEqual({ ok: true, value: 'altered' }); // prettier-ignore
  });
});

it('checks each proof of a set by itself', async () => {
  const document = jsonFixture('eddsa-rdfc-2022/signedProofSet2.json');
  for (const proof of document['proof'] as unknown[]) {
    const read = readProof(proof);
    if (!read.ok) throw new Error(read.error.type);
    expect(await checkProof(document, read.value, contexts, nodeTools)).toEqual({ ok: true, value: 'right' });
  }
});

describe('a canonical form', () => {
  /** The library whole, as it is published, in a copy of its own: nothing that this house changed of it is in there. */
  function untouched(): { canonize(document: JsonObject, options: object): Promise<string> } {
    const require = createRequire(import.meta.url);
    for (const path of Object.keys(require.cache)) if (/\/(jsonld|rdf-canonize)\//.test(path)) Reflect.deleteProperty(require.cache, path);
    return require('jsonld') as ReturnType<typeof untouched>;
  }
  const library = untouched();
  const documentLoader = (url: string) => Promise.resolve({ contextUrl: null, document: contexts.get(url), documentUrl: url });

  it('is that of the library, though contexts are not copied as deeply here', async () => {
    const documents = [
      ...['alumni', 'employ'].map((name) => jsonFixture(`eddsa-rdfc-2022/${name}.unsigned.json`)),
      await certificate(),
      // Another one after it, by contexts that were processed already, and with more in it than one.
      await certificate({ results: [], evidence: [], alignment: [] }),
      await certificate({ language: 'ar', holder: { ...awardOf().holder, name: 'أمينة ديالو' } }),
      await statusOf('revocation', [3]),
      // Terms that mean one thing in one type and another in the next, within each other.
      {
        '@context': [...knownContexts.keys()].filter((url) => url.endsWith('credentials/v2') || url.endsWith('context-3.0.3.json')),
        type: ['VerifiableCredential', 'AchievementCredential'],
        id: 'urn:x:1',
        name: 'Outer',
        issuer: { id: 'urn:x:2', type: ['Profile'], name: 'Issuer', parentOrg: { id: 'urn:x:3', type: ['Profile'], name: 'Above' } },
        credentialSubject: {
          type: ['AchievementSubject'],
          achievement: { id: 'urn:x:4', type: ['Achievement'], name: 'Inner', description: 'D', criteria: { narrative: 'N' }, creator: { id: 'urn:x:5', type: ['Profile'], name: 'Who' } }, // prettier-ignore
        },
        evidence: [{ type: ['Evidence'], name: 'E', narrative: 'N' }],
      },
    ];
    for (const document of documents) {
      const { proof: _, ...unsigned } = document as JsonObject;
      const ours = await canonize(unsigned, contexts, nodeTools);
      expect(ours).toEqual({ ok: true, value: await library.canonize(unsigned, { algorithm: 'RDFC-1.0', safe: true, documentLoader }) });
    }
  });
});

describe('safe mode', () => {
  const signed = jsonFixture('eddsa-rdfc-2022/alumni.signedDataInt.json');

  it('refuses a term that no context defines, in place of leaving it unsigned', async () => {
    // The examples' context defines every term.
    const document = { ...signed, '@context': ['https://www.w3.org/ns/credentials/v2'], type: 'VerifiableCredential', credentialSubject: { id: 'urn:x:y' } }; // prettier-ignore
    expect(await checkProof(document, proofOf(signed), contexts, nodeTools)).toEqual({ ok: true, value: 'altered' });
    const refused = await checkProof({ ...document, undefinedTerm: 'x' }, proofOf(signed), contexts, nodeTools);
    expect(refused).toMatchObject({ ok: false, error: { type: 'not-canonizable' } });
  });

  it('asks nobody for a context that is not here', async () => {
    const refused = await checkProof(signed, proofOf(signed), knownContexts, nodeTools);
    expect(refused).toMatchObject({ ok: false, error: { type: 'not-canonizable' } });
  });

  it('gives up on a graph that is made to cost', async () => {
    // Blank nodes that all look alike: telling them apart takes factorial time.
    const ring = Array.from({ length: 14 }, (_, i) => ({ '@id': `_:n${String(i)}`, 'https://example.org/next': Array.from({ length: 14 }, (_, j) => ({ '@id': `_:n${String(j)}` })) })); // prettier-ignore
    const refused = await hashData({ '@graph': ring }, {}, contexts, nodeTools);
    expect(refused.ok).toBe(false);
  });
});

it('reads no other suite, key or purpose than it knows', () => {
  const proof = jsonFixture('eddsa-rdfc-2022/alumni.signedDataInt.json')['proof'] as JsonObject;
  expect(readProof({ ...proof, cryptosuite: 'ecdsa-rdfc-2019' })).toEqual({
    ok: false,
    error: { type: 'unknown-proof', name: 'ecdsa-rdfc-2019' },
  });
  expect(readProof({ ...proof, type: 'Ed25519Signature2020' })).toMatchObject({ error: { type: 'unknown-proof' } });
  expect(readProof({ ...proof, verificationMethod: 'did:web:example.org#key-1' })).toMatchObject({ error: { type: 'unknown-key' } });
  // A P-256 key as did:key.
  expect(readProof({ ...proof, verificationMethod: 'did:key:zDnaegE6RR3atJtHKwTRTWHsJ3kNHqFwv7n9YjTgmU7TyfU76' })).toMatchObject({ error: { type: 'unknown-key' } }); // prettier-ignore
  expect(readProof({ ...proof, verificationMethod: `did:key:${keyPair.publicKeyMultibase}#other` })).toMatchObject({ error: { type: 'malformed-proof' } }); // prettier-ignore
  expect(readProof({ ...proof, proofValue: 'z11' })).toMatchObject({ error: { type: 'malformed-proof' } });
  expect(keyOf(`did:key:${keyPair.publicKeyMultibase}`)).toHaveLength(32);
});

it('keeps the contexts as their publishers serve them', () => {
  const hashOf = (file: string): string =>
    createHash('sha256').update(readFileSync(new URL(`../../src/lib/certification/contexts/${file}`, import.meta.url))).digest('hex'); // prettier-ignore
  // W3C, Verifiable Credentials Data Model 2.0, appendix B.1, gives this hash.
  expect(hashOf('credentials-v2.json')).toBe('59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734');
  expect(hashOf('ob-3.0.json')).toBe('b077fa134d909d92c1dcd1c153f2af1b244aeb415967fdc1467d7fc5dd48ac10');
  expect(hashOf('ob-3.0.1.json')).toBe('cfc147db5fd5e3575b06bd471fe04784e92de69296f64a351b8dff0ec3372e9c');
  expect(hashOf('ob-3.0.2.json')).toBe('bba433989e1e700ca60838a3c22378e7d8381aeb0c9590f9ddf84d1714f10296');
  expect(hashOf('ob-3.0.3.json')).toBe('3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84');
  expect(hashOf('ob-extensions.json')).toBe('146f85aa16effd7ca1da8056eb443f53ce1eca8a34186cb062832c0a97d889c3');
});

it('works with tools that count what they are asked', async () => {
  let hashes = 0;
  const counting: Tools = { ...nodeTools, sha256: (bytes) => (hashes++, nodeTools.sha256(bytes)) };
  const signed = jsonFixture('eddsa-rdfc-2022/alumni.signedDataInt.json');
  await checkProof(signed, proofOf(signed), contexts, counting);
  expect(hashes).toBeGreaterThanOrEqual(2);
});
