/**
 * The centre's own certificate authority, and the certificates that it gives to the node (RFC 5280; decision 48).
 *
 * What makes it harmless to trust this authority on one's own phone is in its certificate: it speaks for servers alone (`serverAuth`), signs nothing below its leaves (`pathlen:0`), and only for its names and addresses
 * (name constraints, critical). Its key, stolen, could speak for the centre, and for no bank.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  NameConstraints,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { plainAddress, type Scope } from './scope.ts';

/** A certificate and its private key, both PEM. */
export interface Credential {
  readonly certificate: string;
  readonly key: string;
}

const day = 24 * 60 * 60_000;
/** A phone's clock may be behind: certificates count from before they were made. */
const before = 30 * day;
const authorityLife = 3650 * day;
/** Apple's systems refuse a server's certificate of more than 825 days, also of an authority that somebody added. */
const leafLife = 365 * day;
/** Milliseconds that must be left of a leaf; before they begin it is renewed. */
export const renewBefore = 90 * day;

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonNameId = '2.5.4.3';

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${(
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n')}\n-----END ${label}-----\n`;

const nameOf = (commonName: string): Name =>
  new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type: commonNameId, value: new AttributeValue({ utf8String: commonName }) }),
    ]),
  ]);

const publicInfo = (key: KeyObject): SubjectPublicKeyInfo =>
  AsnConvert.parse(createPublicKey(key).export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);

/** Method 1 of RFC 5280, 4.2.1.2. */
const keyIdentifier = (info: SubjectPublicKeyInfo): ArrayBuffer =>
  Uint8Array.from(createHash('sha1').update(Buffer.from(info.subjectPublicKey)).digest()).buffer;

const extension = (extnID: string, critical: boolean, value: object): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

/** Positive and of 16 bytes at most 20: the first bit is not set. */
function newSerial(): ArrayBuffer {
  const bytes = Uint8Array.from(randomBytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.buffer;
}

function signed(given: {
  readonly subject: Name;
  readonly issuer: Name;
  readonly key: SubjectPublicKeyInfo;
  readonly by: KeyObject;
  readonly from: number;
  readonly until: number;
  readonly extensions: readonly Extension[];
}): string {
  const algorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: newSerial(),
    signature: algorithm,
    issuer: given.issuer,
    subject: given.subject,
    validity: new Validity({ notBefore: new Date(given.from), notAfter: new Date(given.until) }),
    subjectPublicKeyInfo: given.key,
    extensions: new Extensions([...given.extensions]),
  });
  const signatureValue = Uint8Array.from(sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), given.by)).buffer;
  return pem(
    'CERTIFICATE',
    new Uint8Array(AsnConvert.serialize(new Certificate({ tbsCertificate, signatureAlgorithm: algorithm, signatureValue }))),
  );
}

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const keyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** All of an address: one machine. */
const alone = (address: string): string => `${address}/${address.includes(':') ? '128' : '32'}`;

/**
 * A new authority.
 *
 * @param title stands in lists of what a phone trusts; at most 64 characters
 * @param scope at least one name and one address: a kind that is not named is not constrained
 * @param now milliseconds since 1970
 */
export function makeAuthority(title: string, { names, addresses }: Scope, now: number): Credential {
  if (names.length === 0 || addresses.length === 0)
    throw new RangeError('An authority is constrained to at least one name and one address.');
  const privateKey = newKey();
  const key = publicInfo(privateKey);
  const permitted = [
    ...names.map((dNSName) => new GeneralName({ dNSName })),
    ...addresses.map((address) => new GeneralName({ iPAddress: alone(address) })),
  ];
  const certificate = signed({
    subject: nameOf(title),
    issuer: nameOf(title),
    key,
    by: privateKey,
    from: now - before,
    until: now + authorityLife,
    extensions: [
      extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
      extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign)),
      extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(
        id_ce_nameConstraints,
        true,
        new NameConstraints({ permittedSubtrees: new GeneralSubtrees(permitted.map((base) => new GeneralSubtree({ base }))) }),
      ),
      extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdentifier(key))),
    ],
  });
  return { certificate, key: keyPem(privateKey) };
}

const parsed = (certificate: string): Certificate => AsnConvert.parse(new X509Certificate(certificate).raw, Certificate);

/** What an authority may speak for; null where its certificate does not say so in the way of this file. */
export function scopeOf(certificate: string): Scope | null {
  const found = parsed(certificate).tbsCertificate.extensions?.find(({ extnID }) => extnID === id_ce_nameConstraints);
  if (found === undefined) return null;
  const subtrees = [...(AsnConvert.parse(found.extnValue.buffer, NameConstraints).permittedSubtrees ?? [])];
  const names = subtrees.flatMap(({ base }) => base.dNSName ?? []);
  const addresses = subtrees.flatMap(({ base }) => plainAddress(base.iPAddress?.replace(/\/(?:32|128)$/, '') ?? '') ?? []);
  return names.length === 0 || addresses.length === 0 || names.length + addresses.length !== subtrees.length ? null : { names, addresses };
}

/**
 * A certificate for the node, signed by the authority. That the scope lies within the authority's is the caller's to see; every browser looks as well.
 *
 * @param now milliseconds since 1970
 */
export function makeLeaf(authority: Credential, { names, addresses }: Scope, now: number): Credential {
  const issuer = parsed(authority.certificate).tbsCertificate;
  const privateKey = newKey();
  const key = publicInfo(privateKey);
  const alternatives = [
    ...names.map((dNSName) => new GeneralName({ dNSName })),
    ...addresses.map((iPAddress) => new GeneralName({ iPAddress })),
  ];
  const certificate = signed({
    subject: nameOf(names[0] ?? addresses[0] ?? ''),
    issuer: issuer.subject,
    key,
    by: createPrivateKey(authority.key),
    from: now - before,
    until: Math.min(now + leafLife, issuer.validity.notAfter.getTime().getTime()),
    extensions: [
      extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: false })),
      extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.digitalSignature)),
      extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_subjectAltName, false, new SubjectAlternativeName(alternatives)),
      extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdentifier(key))),
      extension(
        id_ce_authorityKeyIdentifier,
        false,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdentifier(issuer.subjectPublicKeyInfo)) }),
      ),
    ],
  });
  return { certificate, key: keyPem(privateKey) };
}

/** Names and addresses of a node's certificate. */
export function namesOf(certificate: string): Scope {
  const parts = (new X509Certificate(certificate).subjectAltName ?? '').split(', ');
  const after = (prefix: string): string[] => parts.flatMap((part) => (part.startsWith(prefix) ? [part.slice(prefix.length)] : []));
  return { names: after('DNS:'), addresses: after('IP Address:').flatMap((address) => plainAddress(address) ?? []) };
}
