/** A root, two centres and the lists of a Tuesday: what tests of certificates are about. */
import { deflateRawSync, gzipSync } from 'node:zlib';
import { instantOf, type Instant } from '#lib/domain/clock.ts';
import type { PersonId } from '#lib/domain/ids.ts';
import type { JsonObject } from '#lib/domain/shape.ts';
import { knownContexts } from '#lib/certification/contexts.ts';
import { credentialOf, uuidOf, type Award } from '#lib/certification/credential.ts';
import type { Bytes } from '#lib/certification/encoding.ts';
import { paperText, type PaperBody } from '#lib/certification/paper.ts';
import { signDocument } from '#lib/certification/proof.ts';
import { digestOf, signBody, type Digest, type Signed } from '#lib/certification/signed.ts';
import { bitsOf, statusListDocument, type StatusPurpose } from '#lib/certification/status-list.ts';
import { openTrust, type End, type Grant, type Receipt, type Trust, type TrustBody } from '#lib/certification/trust.ts';
import type { Given } from '#lib/certification/verify.ts';
import { nodeTools, signerOf, type TestSigner } from './kit.ts';

export const root = signerOf('root');
export const centre = signerOf('centre');
export const otherCentre = signerOf('other centre');
export const thief = signerOf('thief');
export const master = signerOf('master');

export const day = 24 * 60 * 60 * 1000;
export const start = Date.parse('2026-11-01T00:00:00.000Z');
export const after = (days: number): Instant => instantOf(start + days * day);
export const now = after(20);

export const grantBody = (change: Partial<Grant> = {}): Grant => ({
  format: 'perigee-grant/1',
  by: root.did,
  made: after(-400),
  to: centre.did,
  name: 'Regional Centre, Ile-Ife',
  country: 'NG',
  rights: ['issue'],
  programmes: ['trainer', 'master-trainer'],
  from: after(-365),
  until: after(3 * 365),
  ...change,
});

const byDid = new Map([root, centre, otherCentre, thief, master].map((signer) => [signer.did, signer]));
export const signFor = async <Body extends Grant | End | Receipt>(body: Body): Promise<Signed<Body>> => {
  const signer = byDid.get(body.by);
  if (signer === undefined) throw new Error('Nobody signs for this key');
  return signBody(body, signer);
};

export const programmes = [
  { id: 'trainer', version: 1, title: { en: 'Trainer', fr: 'Formateur', es: 'Formador', ar: 'مدرّب', zh: '培训师', ru: 'Преподаватель' } },
];

/** Each name is the centre's, as the root wrote it. */
export async function trustListOf(
  statements: readonly (Grant | End | Receipt)[] = [
    grantBody(),
    grantBody({ to: otherCentre.did, name: 'Other centre', programmes: ['course-author'] }),
  ],
  change: Partial<TrustBody> = {},
  signer: TestSigner = root,
): Promise<Signed<TrustBody>> {
  const signed = [];
  for (const statement of statements) signed.push(await signFor(statement));
  const body: TrustBody = {
    format: 'perigee-trust/1',
    by: signer.did,
    name: 'Space Information and Training Centre',
    sequence: 7,
    made: after(18),
    until: after(108),
    programmes,
    statements: signed,
    ...change,
  };
  return signBody(body, signer);
}

export async function trustOf(...given: Parameters<typeof trustListOf>): Promise<Trust> {
  const opened = await openTrust(await trustListOf(...given), root.did, nodeTools);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

export async function statusOf(
  purpose: StatusPurpose,
  indices: readonly number[] = [],
  change: {
    readonly made?: Instant;
    readonly until?: Instant;
    readonly signer?: TestSigner;
    readonly issuer?: TestSigner;
    readonly of?: TestSigner;
    readonly number?: number;
  } = {},
): Promise<JsonObject> {
  const { made = after(19), until = after(79), signer = centre, issuer = signer, of = issuer, number = 1 } = change;
  const compressed = gzipSync(bitsOf(indices));
  const document = statusListDocument({ issuer: issuer.did, of: of.did, purpose, number, made, until, compressed });
  return signDocument(document, signer, made, knownContexts, nodeTools);
}

export const awardOf = (change: Partial<Award> = {}): Award => ({
  uuid: uuidOf(Uint8Array.from({ length: 16 }, (_, i) => i * 7)),
  issuer: { did: centre.did, name: 'Regional Centre, Ile-Ife' },
  holder: { person: '00000000000000000000000001' as PersonId, name: 'Amina Diallo' },
  programme: {
    id: 'trainer',
    version: 1,
    title: 'Trainer for space applications',
    summary: 'Trains others to use space-based information.',
    criteria: 'Two courses passed, three sessions observed.',
  },
  language: 'en',
  from: after(10),
  until: after(10 + 3 * 365),
  awarded: after(10),
  results: [{ requirement: 'teaching', name: 'Teaching practice', type: 'RawScore', value: '3' }],
  evidence: [
    {
      digest: 'a'.repeat(52).replaceAll('a', '0') as Digest,
      genre: 'observation',
      name: 'Lina Haddad',
      narrative: 'Observed a session on 3 October 2026.',
    },
  ],
  alignment: [{ code: '4.c', name: 'Qualified teachers', url: 'https://sdgs.un.org/goals/goal4' }],
  status: { list: 1, index: 4711 },
  ...change,
});

export const certificate = (change: Partial<Award> = {}, signer: TestSigner = centre, signed: Instant = after(10)) =>
  signDocument(credentialOf(awardOf(change)), signer, signed, knownContexts, nodeTools);

export const deflate = (bytes: Bytes, dictionary: Bytes): Bytes => new Uint8Array(deflateRawSync(bytes, { dictionary, level: 9 }));

export const paperBody = (change: Partial<PaperBody> = {}): PaperBody => ({
  achievement: 'trainer',
  version: 1,
  credential: uuidOf(Uint8Array.from({ length: 16 }, (_, i) => i * 7)),
  from: after(10),
  until: after(10 + 3 * 365),
  holder: 'Amina Diallo',
  signed: after(10),
  status: [1, 4711],
  ...change,
});

export const paper = (change: Partial<PaperBody> = {}, signer: TestSigner = centre): Promise<string> =>
  paperText(paperBody(change), signer, deflate);

let usual: Promise<[Trust, JsonObject, JsonObject]> | undefined;

/** A verifier who has everything; change what is to be missing. */
export async function given(change: Partial<Given> = {}): Promise<Given> {
  usual ??= Promise.all([trustOf(), statusOf('revocation', [1, 4710, 4712]), statusOf('suspension', [3])]);
  const [trust, ...statusLists] = await usual;
  return {
    trust,
    statusLists,
    contexts: knownContexts,
    now,
    tools: nodeTools,
    ...change,
  };
}

/** Of a signature as a receipt names it. */
export const digestOfSignature = (signature: Bytes): Promise<Digest> => digestOf(signature, nodeTools);
