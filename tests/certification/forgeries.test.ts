/**
 * Certificates that are not true, by hundreds: whatever is changed, borrowed, overstepped or replayed, none answers «valid». Each kind
 * says what it expects, so that a forgery is not refused for a reason that has nothing to do with it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf } from '#lib/domain/clock.ts';
import { isObject, type JsonObject } from '#lib/domain/shape.ts';
import { knownContexts } from '#lib/certification/contexts.ts';
import { credentialOf } from '#lib/certification/credential.ts';
import { base45, base58, fromBase45, fromBase58 } from '#lib/certification/encoding.ts';
import { methodOf } from '#lib/certification/keys.ts';
import { paperPrefix } from '#lib/certification/paper.ts';
import { hashData, signDocument } from '#lib/certification/proof.ts';
import { signBody } from '#lib/certification/signed.ts';
import { openTrust } from '#lib/certification/trust.ts';
import { verifyDocument, verifyPaper, type Given, type Verdict } from '#lib/certification/verify.ts';
import { nodeTools, signerOf } from './kit.ts';
import { after, awardOf, certificate, centre, day, given, grantBody, otherCentre, paper, programmes, root, statusOf, thief, trustListOf, trustOf } from './world.ts'; // prettier-ignore

let tried = 0;
const verdictsSeen = new Map<Verdict, number>();

async function notValid(document: unknown, verifier: Given): Promise<Verdict> {
  const { verdict, checks } =
    typeof document === 'string' ? await verifyPaper(document, verifier) : await verifyDocument(document, verifier);
  tried += 1;
  verdictsSeen.set(verdict, (verdictsSeen.get(verdict) ?? 0) + 1);
  expect(verdict, JSON.stringify([document, checks])).not.toBe('valid');
  return verdict;
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (Array.isArray(value)) return value.flatMap((entry, i) => pathsOf(entry, [...path, i]));
  if (isObject(value)) return Object.entries(value).flatMap(([key, field]) => pathsOf(field, [...path, key]));
  return [path];
}

/** The document with what stands at the path replaced, or taken away. */
function changed(value: unknown, [step, ...rest]: Path, put: (old: unknown) => unknown): unknown {
  if (step === undefined) return put(value);
  if (Array.isArray(value))
    return value.flatMap((entry, i) => (i === step ? [changed(entry, rest, put)].filter((one) => one !== undefined) : [entry]));
  if (!isObject(value)) throw new Error('No such path');
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => {
      if (key !== step) return [[key, field]];
      const next = changed(field, rest, put);
      return next === undefined ? [] : [[key, next]];
    }),
  );
}

const other = (old: unknown): unknown => {
  if (typeof old === 'boolean') return !old;
  const text = String(old);
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return instantOf(Date.parse(text) + 30 * day);
  if (/^\d+$/.test(text)) return String(Number(text) + 1);
  return text.startsWith('did:key:') ? thief.did : `${text}x`;
};

describe('forgeries', () => {
  it('with a field altered', async () => {
    const document = await certificate();
    const verifier = await given();
    for (const path of pathsOf(document)) await notValid(changed(document, path, other), verifier);
  });

  it('with a field taken away', async () => {
    const document = await certificate();
    const verifier = await given();
    const paths = pathsOf(document);
    const whole = [
      'credentialStatus',
      'validUntil',
      'issuer',
      'evidence',
      'credentialSubject',
      'proof',
      '@context',
      'type',
      'validFrom',
      'id',
    ].map((key) => [key]);
    for (const path of [...paths, ...whole])
      await notValid(
        changed(document, path, () => undefined),
        verifier,
      );
  });

  it('with a field added', async () => {
    const document = await certificate();
    const verifier = await given();
    const additions = { name: 'Other', validUntil: after(9000), image: 'https://example.org/x.png', '@id': 'urn:x', '@type': 'Thing', role: 'Master trainer', 'https://schema.org/name': 'X' }; // prettier-ignore
    for (const [key, value] of Object.entries(additions))
      for (const where of [
        [],
        ['credentialSubject'],
        ['issuer'],
        ['proof'],
        ['credentialSubject', 'achievement'],
        ['evidence', 0],
        ['credentialStatus', 0],
      ] as const)
        await notValid(
          changed(document, where, (old) => ({ ...(old as JsonObject), [key]: `${String(value)} ` })),
          verifier,
        );
  });

  it('with texts altered at random places', async () => {
    const document = await certificate();
    const verifier = await given();
    const paths = pathsOf(document).filter((path) => path[0] !== '@context');
    await fc.assert(
      fc.asyncProperty(fc.nat(paths.length - 1), fc.string({ minLength: 1, unit: 'grapheme' }), async (i, text) => {
        let same = false;
        const forged = changed(document, paths[i] ?? [], (old) => ((same = old === text), text));
        if (!same) await notValid(forged, verifier);
      }),
      { numRuns: 120, seed: 1 },
    );
  });

  it('signed with a borrowed key, or in the name of another', async () => {
    const verifier = await given();
    for (let i = 0; i < 20; i++) {
      const stranger = signerOf(`stranger ${String(i)}`);
      // A stranger signs in the centre's name, with the method of either.
      const document = credentialOf(awardOf());
      const signed = await signDocument(document, stranger, after(10), knownContexts, nodeTools);
      expect(await notValid(signed, verifier)).toBe('not-valid');
      expect(await notValid({ ...signed, proof: { ...signed.proof, verificationMethod: methodOf(centre.did) } }, verifier)).toBe(
        'not-valid',
      );
      // A stranger signs rightly for themself.
      await notValid(await certificate({ issuer: { did: stranger.did, name: 'Regional Centre, Ile-Ife' } }, stranger), verifier);
      // The centre's proof of another certificate.
      const borrowed = await certificate({ uuid: `00000000-0000-4000-8000-0000000000${String(i).padStart(2, '0')}` });
      expect(await notValid({ ...document, proof: borrowed.proof }, verifier)).toBe('not-valid');
    }
  });

  it('with the subject, the achievement or the issuer of another certificate', async () => {
    const mine = await certificate();
    const theirs = await certificate({
      uuid: '00000000-0000-4000-8000-000000000077',
      holder: { person: '00000000000000000000000002' as never, name: 'Ivan Petrov' },
      programme: { ...awardOf().programme, id: 'master-trainer', title: 'Master trainer' },
      status: { list: 1, index: 9 },
    });
    const verifier = await given();
    for (const key of Object.keys(mine).filter((name) => JSON.stringify(mine[name]) !== JSON.stringify((theirs as JsonObject)[name]))) {
      expect(await notValid({ ...mine, [key]: (theirs as JsonObject)[key] }, verifier)).toBe('not-valid');
      expect(await notValid({ ...theirs, [key]: mine[key] }, verifier)).toBe('not-valid');
    }
  });

  it('whose time is over, or was stretched', async () => {
    for (let days = 1; days <= 20; days++) {
      const over = await certificate({ from: after(-40), until: after(20 - days) }, centre, after(-40));
      expect(await notValid(over, await given())).toBe('not-valid');
      expect(await notValid({ ...over, validUntil: after(400) }, await given())).toBe('not-valid');
      const { validUntil: _, ...endless } = over;
      expect(await notValid(endless, await given())).toBe('not-valid');
    }
  });

  it('beyond what the issuer may issue', async () => {
    const verifier = await given();
    for (const id of ['course-author', 'director', 'trainer-x', 'Trainer', 'trainer:1'])
      for (const signer of [centre, otherCentre]) {
        const issuer = { did: signer.did, name: 'Centre' };
        if (signer === otherCentre && id === 'course-author') continue;
        await notValid(await certificate({ issuer, programme: { ...awardOf().programme, id } }, signer), verifier);
      }
    // By rights of other kinds, outside their dates, and by rights that a centre made up.
    for (const rights of [['observe'], ['proctor'], ['witness'], []] as const)
      expect(await notValid(await certificate(), await given({ trust: await trustOf([grantBody({ rights })]) }))).toBe('not-valid');
    for (let days = 1; days <= 10; days++) {
      expect(await notValid(await certificate(), await given({ trust: await trustOf([grantBody({ from: after(10 + days) })]) }))).toBe(
        'not-valid',
      );
      expect(await notValid(await certificate(), await given({ trust: await trustOf([grantBody({ until: after(10 - days) })]) }))).toBe(
        'not-valid',
      );
      const made = grantBody({ by: otherCentre.did, programmes: ['*'] });
      await notValid(await certificate(), await given({ trust: await trustOf([grantBody({ to: otherCentre.did }), made]) }));
    }
  });

  it('by an issuer whose right was taken, or whose key was stolen', async () => {
    for (const why of ['compromised', 'revoked', 'retired', 'rotated'] as const)
      for (let days = -5; days <= 9; days += 2) {
        const end = { format: 'perigee-end/1', by: root.did, key: centre.did, why, at: after(10 + days) } as const;
        const trust = await trustOf([grantBody(), end]);
        // Dated before the end, as a thief would.
        expect(await notValid(await certificate(), await given({ trust }))).toBe('not-valid');
        expect(await notValid(await paper(), await given({ trust }))).toBe('not-valid');
      }
  });

  it('with another purpose than to assert', async () => {
    const verifier = await given();
    for (const purpose of ['authentication', 'keyAgreement', 'capabilityInvocation', 'capabilityDelegation', '']) {
      const document = credentialOf(awardOf());
      const options = { type: 'DataIntegrityProof', cryptosuite: 'eddsa-rdfc-2022', created: after(10), verificationMethod: methodOf(centre.did), proofPurpose: purpose }; // prettier-ignore
      const hashed = await hashData(document, options, knownContexts, nodeTools);
      if (!hashed.ok) continue;
      const proofValue = `z${base58(await centre.sign(hashed.value.bytes))}`;
      await notValid({ ...document, proof: { ...options, proofValue } }, verifier);
      await notValid({ ...document, proof: { ...options, proofPurpose: 'assertionMethod', proofValue } }, verifier);
    }
  });

  it('with tricks of contexts and of form', async () => {
    const document = await certificate();
    const verifier = await given();
    const contexts = document['@context'] as readonly string[];
    const inline = { holder: 'https://schema.org/name', name: { '@id': 'https://schema.org/alternateName' } };
    for (const context of [
      [...contexts, inline],
      [inline, ...contexts],
      [...contexts, 'https://example.org/context'],
      [...contexts].reverse(),
      contexts[0],
      contexts[1],
      [contexts[0]],
      [contexts[1]],
      [contexts[0], 'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json'],
      [...contexts, null],
      [null, ...contexts],
      [...contexts, {}],
      {},
      [],
      null,
    ])
      await notValid({ ...document, '@context': context }, verifier);
    for (const where of [
      ['credentialSubject'],
      ['issuer'],
      ['credentialSubject', 'achievement'],
      ['evidence', 0],
      ['credentialStatus', 0],
      ['credentialStatus', 1],
    ] as const)
      for (const nested of [inline, null, contexts, contexts[0], []])
        await notValid(
          changed(document, where, (old) => ({ ...(old as JsonObject), '@context': nested })),
          verifier,
        );
    // The same statements in another form: what ends or revokes it is moved to where a reader does not look.
    for (const keys of [
      ['validUntil'],
      ['credentialStatus'],
      ['validUntil', 'credentialStatus'],
      ['credentialSubject'],
      ['issuer'],
      ['validFrom'],
    ]) {
      const moved = Object.fromEntries(Object.entries(document).filter(([key]) => keys.includes(key)));
      const left = Object.fromEntries(Object.entries(document).filter(([key]) => !keys.includes(key)));
      for (const by of ['@included', '@graph', '@nest', 'evidence', 'relatedResource', 'termsOfUse'])
        await notValid(
          { ...left, [by]: [...(by === 'evidence' ? (document['evidence'] as unknown[]) : []), { id: document['id'], ...moved }] },
          verifier,
        );
    }
    // The same certificate as a graph, and named by full addresses.
    const { '@context': _, ...body } = document;
    await notValid({ '@context': contexts, '@graph': [body] }, verifier);
    await notValid({ ...document, validUntil: { type: 'http://www.w3.org/2001/XMLSchema#dateTime', '@value': after(9000) } }, verifier);
    await notValid({ ...document, validUntil: [document['validUntil'], after(9000)] }, verifier);
    await notValid({ ...document, issuer: [document['issuer'], { id: thief.did }] }, verifier);
    await notValid({ ...document, proof: [] }, verifier);
    await notValid({ ...document, proof: [{ ...document.proof, proofValue: 'z1' }] }, verifier);
  });

  it("with a status list that is old, another's, altered or for another purpose", async () => {
    const document = await certificate();
    const suspension = await statusOf('suspension');
    const revoked = await statusOf('revocation', [4711], { made: after(18) });
    for (let days = 1; days <= 17; days++) {
      // Replayed from before the revocation, beside the newest and alone when it is too old.
      const old = await statusOf('revocation', [], { made: after(18 - days) });
      expect(await notValid(document, await given({ statusLists: [old, revoked, suspension] }))).toBe('not-valid');
      const stale = await statusOf('revocation', [], { made: after(-days), until: after(19) });
      expect(await notValid(document, await given({ statusLists: [stale, suspension] }))).toBe('cannot-tell');
    }
    const clean = await statusOf('revocation');
    for (const signer of [thief, otherCentre]) {
      const theirs = await statusOf('revocation', [], { signer, of: centre });
      await notValid(document, await given({ statusLists: [theirs, suspension] }));
      expect(await notValid(document, await given({ statusLists: [theirs, revoked, suspension] }))).toBe('not-valid');
      await notValid(document, await given({ statusLists: [await statusOf('revocation', [], { signer, issuer: centre }), suspension] }));
    }
    for (const path of pathsOf(revoked))
      await notValid(document, await given({ statusLists: [changed(revoked, path, other), suspension] }));
    const swapped = { ...revoked, credentialSubject: clean['credentialSubject'] };
    await notValid(document, await given({ statusLists: [swapped, suspension] }));
    await notValid(document, await given({ statusLists: [{ ...clean, id: suspension['id'] }, suspension] }));
    await notValid(document, await given({ statusLists: [suspension, suspension] }));
    await notValid(document, await given({ statusLists: [clean] }));
    await notValid(document, await given({ statusLists: [await statusOf('revocation', [], { number: 2 }), suspension] }));
  });

  it('with a root that signed itself, or a list of trust that was altered', async () => {
    const document = await certificate({ issuer: { did: thief.did, name: 'Regional Centre, Ile-Ife' } }, thief);
    const grant = grantBody({ by: thief.did, to: thief.did, programmes: ['*'] });
    const own = await trustListOf([grant], {}, thief);
    expect(await openTrust(own, root.did, nodeTools)).toEqual({ ok: false, error: 'other-root' });
    // It names the true root as its predecessor, and signs that itself.
    const end = { format: 'perigee-end/1', by: thief.did, key: root.did, why: 'rotated', at: after(1), successor: thief.did } as const;
    expect(await openTrust(await trustListOf([grant, end], {}, thief), root.did, nodeTools)).toEqual({ ok: false, error: 'other-root' });
    const right = await trustListOf();
    for (const path of pathsOf(right)) {
      const opened = await openTrust(changed(right, path, other), root.did, nodeTools);
      expect(opened.ok, path.join('.')).toBe(false);
      tried += 1;
    }
    // Grants that the thief wrote in the root's name, within a list that the root signed.
    const forged = { body: grantBody({ to: thief.did }), signature: (await signBody(grant, thief)).signature };
    const list = await signBody({ ...right.body, programmes, statements: [...right.body.statements, forged] }, root);
    const opened = await openTrust(list, root.did, nodeTools);
    expect(opened.ok).toBe(true);
    await notValid(document, await given({ trust: opened.ok ? opened.value : null }));
  });

  it('on paper', async () => {
    const verifier = await given();
    const text = await paper();
    const bytes = fromBase45(text.slice(paperPrefix.length)) ?? new Uint8Array();
    for (let i = 0; i < bytes.length; i++)
      await notValid(paperPrefix + base45(bytes.map((byte, j) => (i === j ? byte ^ (1 << (i % 8)) : byte))), verifier);
    for (let length = 0; length < text.length; length += 9) await notValid(text.slice(0, length), verifier);
    for (const change of [
      { achievement: 'course-author' },
      { signed: after(400) },
      { until: after(15) },
      { status: [1, 4710] },
      { status: [2, 4711] },
    ] as const)
      await notValid(await paper(change), verifier);
    await notValid(await paper({}, thief), verifier);
    await notValid(await paper({}, otherCentre), verifier);
    // A signature over the same words for another thing.
    const theirs = await paper({ holder: 'Ivan Petrov' });
    const spliced = Uint8Array.from([...(fromBase45(theirs.slice(4)) ?? []).slice(0, 64), ...bytes.slice(64)]);
    await notValid(paperPrefix + base45(spliced), verifier);
  });

  it('by proofs that are damaged', async () => {
    const document = await certificate();
    const verifier = await given();
    const signature = fromBase58(document.proof.proofValue.slice(1)) ?? new Uint8Array();
    for (let i = 0; i < 64; i++)
      expect(await notValid({ ...document, proof: { ...document.proof, proofValue: `z${base58(signature.map((byte, j) => (i === j ? byte ^ 0x40 : byte)))}` } }, verifier)).toBe('not-valid'); // prettier-ignore
  });

  it('were more than nine hundred, and the true one stays true', async () => {
    expect(tried).toBeGreaterThanOrEqual(900);
    expect((await verifyDocument(await certificate(), await given())).verdict).toBe('valid');
    expect((await verifyPaper(await paper(), await given())).verdict).toBe('valid');
    expect(verdictsSeen.get('not-valid') ?? 0).toBeGreaterThan(300);
  });
});
