/**
 * A certificate that the administrator got elsewhere (PERIGEE_TLS_CERT, PERIGEE_TLS_KEY). The files are read again when they change: programs such as certbot renew them every few weeks, and nobody starts the node again for that.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { rootCertificates } from 'node:tls';
import type { Clock } from '../../domain/clock.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Log } from '../log.ts';
import type { Credential } from './authority.ts';
import { plainAddress } from './scope.ts';
import type { Tls } from './tls.ts';

/** Milliseconds: a file that changed is read within this. By polling, because renewing replaces a link or a folder as often as the file. */
const pollEvery = 5000;

const certificatesIn = (pem: string): readonly string[] => pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];

/** Does the chain end at an authority that browsers know? */
export function isPublic(pem: string, roots: readonly string[] = rootCertificates): boolean {
  const chain = certificatesIn(pem).map((one) => new X509Certificate(one));
  const [leaf] = chain;
  if (leaf === undefined) return false;
  let top = leaf;
  for (const next of chain.slice(1)) {
    if (!top.checkIssued(next) || !top.verify(next.publicKey)) return false;
    top = next;
  }
  return roots.some((root) => {
    const known = new X509Certificate(root);
    return top.fingerprint256 === known.fingerprint256 || (top.checkIssued(known) && top.verify(known.publicKey));
  });
}

/** The pair, or the sentence that says what is wrong with it. */
function readPair(certificateFile: string, keyFile: string, now: number): Result<Credential, string> {
  const read = (file: string): Result<string, string> => {
    try {
      return ok(readFileSync(file, 'utf8'));
    } catch (error) {
      return err(`${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
    }
  };
  const certificate = read(certificateFile);
  if (!certificate.ok) return certificate;
  const key = read(keyFile);
  if (!key.ok) return key;
  let leaf: X509Certificate;
  try {
    const [first] = certificatesIn(certificate.value).map((one) => new X509Certificate(one));
    if (first === undefined)
      return err(
        `${certificateFile} holds no certificate. It is a text that begins with -----BEGIN CERTIFICATE-----, the node's own first.`,
      );
    leaf = first;
  } catch {
    return err(`${certificateFile} holds a certificate that is not whole.`);
  }
  try {
    if (!leaf.checkPrivateKey(createPrivateKey(key.value)))
      return err(
        `The key in ${keyFile} is not the key of the first certificate in ${certificateFile}. Name the pair that belongs together.`,
      );
  } catch {
    return err(
      `${keyFile} holds no private key that can be read without a passphrase. It is a text that begins with -----BEGIN PRIVATE KEY-----.`,
    );
  }
  if (Date.parse(leaf.validTo) < now) return err(`The certificate in ${certificateFile} ended on ${leaf.validTo}. Renew it.`);
  return ok({ certificate: certificate.value, key: key.value });
}

/**
 * Reads the pair and keeps an eye on it. A pair that is bad when it changes leaves the one that was good, and says so.
 *
 * @returns or the sentence that says why it cannot be used at all
 */
export function openGivenCertificate(given: {
  readonly certificate: string;
  readonly key: string;
  /** Host of the canonical address that the administrator chose; null for the certificate's first name. */
  readonly chosen: string | null;
  readonly clock: Clock;
  readonly log: Log;
}): Result<Tls, string> {
  const { certificate, key, chosen, clock, log } = given;
  const first = readPair(certificate, key, clock());
  if (!first.ok) return first;
  let current = first.value;
  const names = new X509Certificate(current.certificate);
  const address = chosen === null ? null : plainAddress(chosen);
  if (chosen !== null && names.checkHost(chosen) === undefined && !(address !== null && names.checkIP(address) !== undefined))
    return err(
      `The certificate in ${certificate} is for ${names.subjectAltName ?? 'nothing'}, and not for ${chosen}. Set PERIGEE_ORIGIN to the address that it is for.`,
    );
  const listeners: ((now: Credential) => void)[] = [];
  let told = '';

  function look(): void {
    const next = readPair(certificate, key, clock());
    if (!next.ok) {
      // The certificate and its key are never replaced in the same moment.
      if (next.error !== told) log(`${next.error} Until then the certificate that was read before stays in use.`);
      told = next.error;
      return;
    }
    told = '';
    if (next.value.certificate === current.certificate && next.value.key === current.key) return;
    current = next.value;
    log(`The certificate was read again; it is good until ${new X509Certificate(current.certificate).validTo}.`);
    for (const changed of listeners) changed(current);
  }
  for (const file of [certificate, key]) watchFile(file, { interval: pollEvery, persistent: false }, look);

  return ok({
    kind: isPublic(current.certificate) ? 'public' : 'other',
    current: () => current,
    authority: null,
    onChange: (changed) => void listeners.push(changed),
    look,
    close() {
      for (const file of [certificate, key]) unwatchFile(file, look);
    },
  });
}
