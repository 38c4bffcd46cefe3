import { describe, expect, it } from 'vitest';
import { encodeQR } from 'qr';
import { isObject, type JsonObject } from '#lib/domain/shape.ts';
import { knownContexts } from '#lib/certification/contexts.ts';
import { credentialOf } from '#lib/certification/credential.ts';
import { base58 } from '#lib/certification/encoding.ts';
import { methodOf } from '#lib/certification/keys.ts';
import { hashData, readProof } from '#lib/certification/proof.ts';
import { readPaper } from '#lib/certification/paper.ts';
import { verifyDocument, verifyPaper, type Answer, type Check } from '#lib/certification/verify.ts';
import { openTrust, type End, type Receipt } from '#lib/certification/trust.ts';
import { fixture, jsonFixture, nodeTools, signerOf, type TestSigner } from './kit.ts';
import {
  after,
  awardOf,
  certificate,
  centre,
  digestOfSignature,
  given,
  grantBody,
  master,
  otherCentre,
  paper,
  root,
  statusOf,
  thief,
  trustListOf,
  trustOf,
} from './world.ts';

const findingsOf = (answer: Answer): readonly string[] =>
  answer.checks.filter(({ result }) => result !== 'yes').map(({ name, finding }) => `${name}: ${finding}`);
const check = (answer: Answer, name: Check['name']): Check | undefined => answer.checks.find((one) => one.name === name);

/** A certificate whose proof says more than this house writes into one, or whose document does. */
async function signedWith(options: JsonObject, signer: TestSigner = centre, change: (document: JsonObject) => JsonObject = (one) => one) {
  const document = change(credentialOf(awardOf({ issuer: { did: signer.did, name: 'Centre' } })));
  const proof = { type: 'DataIntegrityProof', cryptosuite: 'eddsa-rdfc-2022', created: after(10), verificationMethod: methodOf(signer.did), proofPurpose: 'assertionMethod', ...options }; // prettier-ignore
  const hashed = await hashData(document, proof, knownContexts, nodeTools);
  if (!hashed.ok) throw new Error(hashed.error.message);
  return { ...document, proof: { ...proof, proofValue: `z${base58(await signer.sign(hashed.value.bytes))}` } };
}

describe('a certificate of a recognised centre', () => {
  it('is valid as of the lists, and says who stands behind it', async () => {
    const answer = await verifyDocument(await certificate(), await given());
    expect(findingsOf(answer)).toEqual([]);
    expect(answer).toMatchObject({
      verdict: 'valid',
      facts: { holder: 'Amina Diallo', achievement: { name: 'Trainer for space applications' }, until: after(10 + 3 * 365) },
      chain: [
        { role: 'root', name: 'Space Information and Training Centre' },
        { role: 'issuer', name: 'Regional Centre, Ile-Ife', country: 'NG' },
      ],
      lists: { trust: { made: after(18) }, status: { made: after(19) } },
    });
    expect(answer.facts?.evidence).toEqual([
      { genre: 'observation', name: 'Lina Haddad', narrative: 'Observed a session on 3 October 2026.' },
    ]);
    expect(answer.facts?.results).toEqual([{ name: 'Teaching practice', value: '3' }]);
  });

  it("is valid on paper too, with the verifier's own words for the achievement", async () => {
    const answer = await verifyPaper(await paper(), await given());
    expect(findingsOf(answer)).toEqual([]);
    expect(answer).toMatchObject({
      verdict: 'valid',
      kind: 'paper',
      facts: { holder: 'Amina Diallo', achievement: { titles: { zh: '培训师' } } },
    });
  });

  it.each([
    ['without a list of trust', { trust: null }, 'cannot-tell', 'authority: no-trust'],
    ['without a status list', { statusLists: [] }, 'cannot-tell', 'status: no-list'],
    ['when the status list is too old', { now: after(80) }, 'cannot-tell', 'status: list-old'],
    ['when the list of trust is too old', { now: after(109) }, 'cannot-tell', 'authority: trust-old'],
    ['when its time is over', { now: after(10 + 3 * 365) }, 'cannot-tell', 'period: over'],
    ['before its time', { now: after(9.5) }, 'cannot-tell', 'period: not-yet'],
  ] as const)('answers %s what is missing', async (_, change, verdict, finding) => {
    for (const answer of [
      await verifyDocument(await certificate(), await given(change)),
      await verifyPaper(await paper(), await given(change)),
    ]) {
      expect(answer.verdict).toBe(verdict);
      expect(findingsOf(answer)).toContain(finding);
    }
  });

  it('is not valid when its time is over, or has not come, and the lists are of that day', async () => {
    const late = after(10 + 3 * 365);
    const fresh = async (at: typeof late) => ({
      trust: await trustOf([grantBody({ until: after(5000) })], { made: at, until: after(5000) }),
      statusLists: [
        await statusOf('revocation', [], { made: at, until: after(5000) }),
        await statusOf('suspension', [], { made: at, until: after(5000) }),
      ],
      now: at,
    });
    expect(await verifyDocument(await certificate(), await given(await fresh(late)))).toMatchObject({ verdict: 'not-valid' });
    const early = await verifyDocument(await certificate({}, centre, after(8)), await given(await fresh(after(9))));
    expect(early.verdict).toBe('not-valid');
    expect(findingsOf(early)).toEqual(['period: not-yet']);
  });

  it('is not valid when revoked or suspended', async () => {
    for (const [purpose, finding] of [
      ['revocation', 'revoked'],
      ['suspension', 'suspended'],
    ] as const) {
      const other = purpose === 'revocation' ? 'suspension' : 'revocation';
      const lists = [await statusOf(purpose, [4711]), await statusOf(other)];
      for (const answer of [
        await verifyDocument(await certificate(), await given({ statusLists: lists })),
        await verifyPaper(await paper(), await given({ statusLists: lists })),
      ]) {
        expect(answer.verdict).toBe('not-valid');
        expect(findingsOf(answer)).toEqual([`status: ${finding}`]);
      }
    }
  });

  it('is found revoked from the newest list, whatever older or damaged ones lie beside it', async () => {
    const old = await statusOf('revocation', [], { made: after(11) });
    const newest = await statusOf('revocation', [4711], { made: after(18) });
    const { proof: _, ...unsigned } = await statusOf('revocation', [], { made: after(19) });
    const suspension = await statusOf('suspension');
    for (const lists of [
      [old, newest],
      [newest, old],
      [{ ...unsigned, proof: newest['proof'] }, old, newest],
    ])
      expect((await verifyDocument(await certificate(), await given({ statusLists: [...lists, suspension] }))).verdict).toBe('not-valid');
  });

  it('stays revoked when the list of trust has grown too old: what was taken back is not given again', async () => {
    const lists = { statusLists: [await statusOf('revocation', [4711]), await statusOf('suspension')], now: after(109) };
    for (const answer of [
      await verifyDocument(await certificate(), await given(lists)),
      await verifyPaper(await paper(), await given(lists)),
    ]) {
      expect(findingsOf(answer)).toContain('authority: trust-old');
      expect(answer.verdict).toBe('not-valid');
    }
    const suspended = { ...lists, statusLists: [await statusOf('revocation'), await statusOf('suspension', [4711])] };
    expect((await verifyDocument(await certificate(), await given(suspended))).verdict).toBe('cannot-tell');
  });

  it('ends with its proof, where the proof ends first', async () => {
    expect(await verifyDocument(await signedWith({ expires: after(30) }), await given())).toMatchObject({ verdict: 'valid' });
    const over = await verifyDocument(await signedWith({ expires: after(19) }), await given());
    expect(over.verdict).toBe('not-valid');
    expect(check(over, 'period')).toMatchObject({ finding: 'over', what: after(19) });
  });

  it('is not judged by a list that counts otherwise than one bit to a number', async () => {
    const wide = (document: JsonObject): JsonObject => ({
      ...document,
      credentialStatus: (document['credentialStatus'] as JsonObject[]).map((entry) => ({ ...entry, statusSize: 2 })),
    });
    const answer = await verifyDocument(await signedWith({}, centre, wide), await given());
    expect(answer.verdict).toBe('cannot-tell');
    expect(findingsOf(answer)).toEqual(['status: no-status']);
  });

  it('is not judged by a clock that is behind the lists', async () => {
    const answer = await verifyDocument(await certificate(), await given({ now: after(12) }));
    expect(answer.verdict).toBe('cannot-tell');
    expect(findingsOf(answer)).toContain('authority: clock');
  });
});

describe('authority', () => {
  const endOf = (change: Partial<End> = {}): End => ({
    format: 'perigee-end/1',
    by: root.did,
    key: centre.did,
    why: 'compromised',
    at: after(15),
    ...change,
  });
  const signatureOf = (document: JsonObject) => {
    const read = readProof(document['proof']);
    if (!read.ok) throw new Error(read.error.type);
    return read.value.signature;
  };

  it('ends with a compromised key, also for what is dated before, unless a node had received it', async () => {
    const document = await certificate();
    const refused = await verifyDocument(document, await given({ trust: await trustOf([grantBody(), endOf()]) }));
    expect(refused.verdict).toBe('not-valid');
    expect(findingsOf(refused)).toContain('authority: compromised');

    const receipt: Receipt = {
      format: 'perigee-receipt/1',
      by: root.did,
      of: [await digestOfSignature(signatureOf(document))],
      at: after(12),
    };
    const newKey = grantBody({ to: otherCentre.did, made: after(14), from: after(14) });
    const trust = await trustOf([grantBody(), newKey, endOf({ successor: otherCentre.did }), receipt]);
    // The stolen key's own lists are worth nothing; its successor speaks of them.
    const own = await verifyDocument(document, await given({ trust }));
    expect(own.verdict).toBe('cannot-tell');
    expect(findingsOf(own)).toEqual(['status: list-bad']);
    const lists = async (indices: readonly number[]) => [
      await statusOf('revocation', indices, { of: centre, signer: otherCentre }),
      await statusOf('suspension', [], { of: centre, signer: otherCentre }),
    ];
    expect((await verifyDocument(document, await given({ trust, statusLists: await lists([]) }))).verdict).toBe('valid');
    expect((await verifyDocument(document, await given({ trust, statusLists: await lists([4711]) }))).verdict).toBe('not-valid');
  });

  it('goes over to the key that a centre rotated to: what a node had received of the old one stays valid, the new one issues, the old one does not any more', async () => {
    const document = await certificate();
    const receipt: Receipt = {
      format: 'perigee-receipt/1',
      by: root.did,
      of: [await digestOfSignature(signatureOf(document))],
      at: after(12),
    };
    const rotated = endOf({ why: 'rotated', by: centre.did, successor: otherCentre.did });
    const newKey = grantBody({ to: otherCentre.did, made: after(14), from: after(14) });
    const trust = await trustOf([grantBody(), newKey, rotated, receipt]);
    const lists = [
      await statusOf('revocation', [], { of: centre, signer: otherCentre }),
      await statusOf('suspension', [], { of: centre, signer: otherCentre }),
    ];
    expect((await verifyDocument(document, await given({ trust, statusLists: lists }))).verdict).toBe('valid');
    const late = await verifyDocument(await certificate({}, centre, after(16)), await given({ trust, statusLists: lists }));
    expect(late.verdict).toBe('not-valid');
    expect(findingsOf(late)).toContain('authority: too-late');
    const own = [await statusOf('revocation', [], { signer: otherCentre }), await statusOf('suspension', [], { signer: otherCentre })];
    const byNew = { issuer: { did: otherCentre.did, name: 'Regional Centre, Ile-Ife' } };
    const issued = await verifyDocument(await certificate(byNew, otherCentre, after(16)), await given({ trust, statusLists: own }));
    expect([issued.verdict, findingsOf(issued)]).toEqual(['valid', []]);
  });

  it('goes over to another root that the pinned one named: what the old root granted stays, and a verifier that pinned it follows', async () => {
    const named: End = { format: 'perigee-end/1', by: root.did, key: root.did, why: 'rotated', at: after(15), successor: master.did };
    const list = await trustListOf([grantBody(), named], { by: master.did }, master);
    const opened = await openTrust(list, root.did, nodeTools);
    if (!opened.ok) throw new Error(opened.error);
    expect([opened.value.root, [...opened.value.roots].sort()]).toEqual([master.did, [root.did, master.did].sort()]);
    expect((await verifyDocument(await certificate(), await given({ trust: opened.value }))).verdict).toBe('valid');
    // Who pinned neither follows nobody, and without the word of the pinned root nobody follows at all.
    expect(await openTrust(list, thief.did, nodeTools)).toEqual({ ok: false, error: 'other-root' });
    const unnamed = await trustListOf([grantBody()], { by: master.did }, master);
    expect(await openTrust(unnamed, root.did, nodeTools)).toEqual({ ok: false, error: 'other-root' });
  });

  it('takes no receipt of the key itself, of a stranger, or from after the end', async () => {
    const document = await certificate();
    const of = [await digestOfSignature(signatureOf(document))];
    for (const receipt of [
      { format: 'perigee-receipt/1', by: centre.did, of, at: after(12) },
      { format: 'perigee-receipt/1', by: thief.did, of, at: after(12) },
      { format: 'perigee-receipt/1', by: root.did, of, at: after(16) },
    ] as const) {
      const answer = await verifyDocument(document, await given({ trust: await trustOf([grantBody(), endOf(), receipt]) }));
      expect(answer.verdict).toBe('not-valid');
    }
  });

  it('is not ended by a stranger, nor before the end has come', async () => {
    for (const end of [endOf({ by: thief.did }), endOf({ at: after(25) })]) {
      const answer = await verifyDocument(await certificate(), await given({ trust: await trustOf([grantBody(), end]) }));
      expect(answer.verdict).toBe('valid');
    }
  });

  it('covers its own programmes and time only', async () => {
    const refused = async (change: Parameters<typeof grantBody>[0]) => {
      const answer = await verifyDocument(await certificate(), await given({ trust: await trustOf([grantBody(change)]) }));
      expect(answer.verdict).toBe('not-valid');
      return check(answer, 'authority')?.finding;
    };
    expect(await refused({ programmes: ['course-author'] })).toBe('other-programme');
    expect(await refused({ rights: ['observe'] })).toBe('no-right');
    expect(await refused({ from: after(11) })).toBe('too-early');
    expect(await refused({ until: after(9) })).toBe('too-late');
    expect(await refused({ until: after(15) })).toBe('unproven');
  });

  it('is of the root alone to give: a centre makes no centre', async () => {
    const trust = await trustOf([grantBody(), grantBody({ by: centre.did, to: thief.did, made: after(5), from: after(5) })]);
    const answer = await verifyDocument(await certificate({ issuer: { did: thief.did, name: 'Thief' } }, thief), await given({ trust }));
    expect(answer.verdict).not.toBe('valid');
  });

  it('follows circles of grants nowhere', async () => {
    const a = grantBody({ by: thief.did, to: otherCentre.did, rights: ['observe'] });
    const b = grantBody({ by: otherCentre.did, to: thief.did, rights: ['observe'] });
    const answer = await verifyDocument(
      await certificate({ issuer: { did: thief.did, name: 'Thief' } }, thief),
      await given({ trust: await trustOf([a, b]) }),
    );
    expect(answer.verdict).not.toBe('valid');
  });
});

describe('badges of others', () => {
  const foreign = signerOf('a university');

  it('are authentic of an issuer that is not recognised, when they are right', async () => {
    const answer = await verifyDocument(await certificate({ issuer: { did: foreign.did, name: 'A university' } }, foreign), await given());
    expect(answer.verdict).toBe('cannot-tell');
    expect(check(answer, 'signature')?.result).toBe('yes');
    expect(check(answer, 'authority')).toMatchObject({ result: 'unknown', finding: 'issuer-unknown' });
    const expired = await verifyDocument(
      await certificate({ issuer: { did: foreign.did, name: 'A university' }, until: after(15) }, foreign),
      await given(),
    );
    expect(expired.verdict).toBe('cannot-tell');
    // Whose lists of revoked certificates nobody here has: a centre could not help with them.
    expect(check(answer, 'status')).toBeUndefined();
  });

  it('that stand in a chain of proofs, or whose proof has ended, are not called false', async () => {
    const chained = await verifyDocument(await signedWith({ id: 'urn:uuid:2', previousProof: 'urn:uuid:1' }, foreign), await given());
    expect(chained.verdict).toBe('cannot-tell');
    expect(check(chained, 'signature')).toMatchObject({ finding: 'unknown-proof', what: 'previousProof' });
    expect((await verifyDocument(await signedWith({ expires: after(12) }, foreign), await given())).verdict).toBe('cannot-tell');
  });

  it.each([
    ['simple', 'signature: unknown-key'],
    ['complete', 'signature: unknown-key'],
    ['simple-did-web-method', 'signature: unknown-key'],
    ['simple-multiple-proofs', 'signature: unknown-proof'],
    ['simple-context-version', 'signature: unknown-key'],
    ['simple-noproof', 'form: unknown-context'],
    ['simple-eddsa-2022', 'form: unknown-context'],
    ['bit-string-revoked', 'signature: unknown-key'],
  ])('%s: cannot tell, and which', async (name, finding) => {
    const answer = await verifyDocument(jsonFixture(`foreign/${name}.json`), await given());
    expect(answer.verdict).toBe('cannot-tell');
    expect(findingsOf(answer)).toContain(finding);
  });

  it('whose key is a did:key, though their issuer is named otherwise, are not called false', async () => {
    const answer = await verifyDocument(jsonFixture('foreign/simple-did-key-method.json'), await given());
    expect(answer.verdict).toBe('cannot-tell');
    // Nor called authentic: nobody has said that the key is its issuer's.
    expect(findingsOf(answer)).toEqual(['form: unusual-form', 'signature: foreign-key']);
  });

  it.each([
    ['text', 'hello'],
    ['a list', []],
    ['nothing', null],
    ['an object', {}],
    ['an Open Badge of version 2', { '@context': 'https://w3id.org/openbadges/v2', type: 'Assertion', id: 'https://example.org/1' }],
  ])('%s is no certificate', async (_, value) => {
    const answer = await verifyDocument(value, await given());
    expect(answer.verdict).toBe('cannot-tell');
    expect(['not-credential', 'unknown-context']).toContain(answer.checks[0]?.finding);
  });
});

describe('paper', () => {
  const names = {
    en: 'Bartholomew Featherstonehaugh-Cholmondeley of Middle Wallop',
    fr: 'Éléonore-Bérengère d’Aubigné-Châteauneuf de la Rochefoucault',
    es: 'María de los Ángeles Fernández-Villaverde y Núñez de Ibáñez',
    ar: 'عبد الرحمن بن محمد بن عبد العزيز الحسيني الهاشمي البغدادي ثم',
    zh: '欧阳娜娜司马相如诸葛孔明上官婉儿皇甫端木东方朔令狐冲慕容复独孤求败西门吹雪公孙离夏侯惇尉迟恭长孙无忌宇文化及轩辕黄帝南宫问天',
    ru: 'Константин-Александр Рождественский-Преображенский-Волконск.',
    rare: '𠮷'.repeat(60),
  };

  it.each(Object.entries(names))('in %s fits a code of version 17 at level M', async (_, name) => {
    const holder = [...name].slice(0, 60).join('');
    const text = await paper({ holder, achievement: 'master-trainer', status: [12, 131_071] });
    const modules = encodeQR(text, 'raw', { ecc: 'medium', encoding: 'alphanumeric', border: 1 });
    expect((modules.length - 2 - 17) / 4).toBeLessThanOrEqual(17);
    const read = await readPaper(text, nodeTools);
    expect(read).toMatchObject({ ok: true, value: { body: { holder } } });
  });

  it('is read as damaged, and no more, wherever a character is another', async () => {
    const text = await paper();
    const verdicts = new Set<string>();
    for (let i = 4; i < text.length; i += 3) {
      const answer = await verifyPaper(`${text.slice(0, i)}${text[i] === '0' ? '1' : '0'}${text.slice(i + 1)}`, await given());
      verdicts.add(answer.verdict);
    }
    expect([...verdicts].sort()).toEqual(['cannot-tell', 'not-valid']);
  });

  it('has a dictionary that never changes', async () => {
    expect(await readPaper(fixture('paper-1.txt').trim(), nodeTools)).toMatchObject({
      ok: true,
      value: { body: { holder: 'Amina Diallo' } },
    });
  });
});

it('has a form in which nothing hides', async () => {
  const document = await certificate();
  const subject = document['credentialSubject'];
  if (!isObject(subject)) throw new Error('The certificate has no subject');
  // The same statements in another form: the end of its time is moved to where a reader of the form does not look.
  const { validUntil, credentialStatus, ...rest } = document;
  const hidden = { ...rest, '@included': [{ id: document['id'], validUntil, credentialStatus }] };
  const answer = await verifyDocument(hidden, await given());
  expect(answer.verdict).not.toBe('valid');
  expect(check(answer, 'form')?.finding).toBe('unusual-form');
});
