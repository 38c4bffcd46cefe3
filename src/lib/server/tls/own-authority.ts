/**
 * `serve --lan`: the authority of this node in the folder `authority` of its data folder, made at the first start; and the leaf, renewed before it ends and when the machine's names and addresses are others.
 *
 * The authority's certificate and what it may speak for never change by themselves: each phone that trusts it was walked through that by a person. Its key must lie where the node can renew its leaf on its own, at night, after a
 * power cut; so it lies in a file that the node's user alone can read, and its constraints bound what it is worth to a thief.
 */
import { X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../domain/clock.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { makeFolder, syncFolder } from '../engine/sync-folder.ts';
import type { Log } from '../log.ts';
import { makeAuthority, makeLeaf, namesOf, renewBefore, scopeOf, type Credential } from './authority.ts';
import { authorityFolder, files } from './authority-files.ts';
import { isInScope, isSameScope, within, type Scope } from './scope.ts';
import type { Tls } from './tls.ts';

/** Milliseconds between two looks at the clock and at the machine's addresses. */
const lookEvery = 60 * 60_000;

/** Whole or not at all, and for the node's user alone. */
function keep(folder: string, name: string, text: string): void {
  const path = join(folder, name);
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  syncFolder(folder);
}

function readPair(folder: string, certificate: string, key: string): Credential | null {
  const [one, other] = [join(folder, certificate), join(folder, key)];
  return existsSync(one) && existsSync(other) ? { certificate: readFileSync(one, 'utf8'), key: readFileSync(other, 'utf8') } : null;
}

/**
 * Opens the node's own authority, and makes it where there is none.
 *
 * @param chosen host of the canonical address that the administrator chose; null for the authority's first name
 * @param wanted the names and addresses under which the machine is reached now
 * @returns or the sentence that says why the authority cannot speak for the canonical address
 */
export function openOwnAuthority(given: {
  readonly data: string;
  readonly title: string;
  readonly chosen: string | null;
  readonly wanted: () => Scope;
  readonly clock: Clock;
  readonly log: Log;
}): Result<Tls, string> {
  const { data, title, chosen, wanted, clock, log } = given;
  const folder = join(data, authorityFolder);
  makeFolder(folder, 0o700);
  if (process.platform !== 'win32' && (statSync(folder).mode & 0o077) !== 0) {
    chmodSync(folder, 0o700);
    log(`Others on this machine could read ${folder}, where the key of the authority lies. Now its owner alone can.`);
  }
  let authority = readPair(folder, files.authority, files.authorityKey);
  if (authority === null) {
    if (existsSync(join(folder, files.authority)) && existsSync(join(folder, files.leaf)))
      log(
        `The key of the authority in ${folder} is missing, so a new authority is made. Devices that trusted the old one are asked again at /trust.`,
      );
    authority = makeAuthority(title, wanted(), clock());
    // The key first: a certificate without its key would be an authority that nobody can use.
    keep(folder, files.authorityKey, authority.key);
    keep(folder, files.authority, authority.certificate);
  }
  const ca = authority;
  const scope = scopeOf(ca.certificate);
  if (scope === null)
    return err(`${join(folder, files.authority)} is not an authority of a node. Move the folder away: the next start makes a new one.`);
  if (chosen !== null && !isInScope(scope, chosen))
    return err(
      `The authority of this node speaks for ${[...scope.names, ...scope.addresses].join(', ')} and not for ${chosen}. Set PERIGEE_ORIGIN to one of those, or move ${folder} away: the next start makes a new authority, which each device has to trust anew.`,
    );
  const permitted = scope;
  const authorityEnds = Date.parse(new X509Certificate(ca.certificate).validTo);

  const isGood = (leaf: Credential | null, scopeNow: Scope): leaf is Credential => {
    if (leaf === null) return false;
    const certificate = new X509Certificate(leaf.certificate);
    return (
      certificate.verify(new X509Certificate(ca.certificate).publicKey) &&
      isSameScope(namesOf(leaf.certificate), scopeNow) &&
      // Of an authority that itself ends soon no longer one can be had.
      (Date.parse(certificate.validTo) - clock() > renewBefore || Date.parse(certificate.validTo) >= authorityEnds) &&
      Date.parse(certificate.validFrom) <= clock()
    );
  };
  const listeners: ((now: Credential) => void)[] = [];
  let leaf = readPair(folder, files.leaf, files.leafKey);

  function look(): Credential {
    // The canonical name stays in the leaf also where the machine was renamed: learners' work lies under it.
    const now = wanted();
    const asked = within({ names: [...new Set([...now.names, ...permitted.names])], addresses: now.addresses }, permitted);
    if (isGood(leaf, asked)) return leaf;
    const next = makeLeaf(ca, asked, clock());
    keep(folder, files.leafKey, next.key);
    keep(folder, files.leaf, next.certificate);
    const isRenewed = leaf !== null;
    leaf = next;
    if (isRenewed) log(`The certificate was renewed for ${[...asked.names, ...asked.addresses].join(', ')}.`);
    for (const changed of listeners) changed(next);
    return next;
  }
  let current = look();
  let isTold = false;
  /** What is in use stays so where a new one cannot be written: a full disk must not end the node. */
  const lookAgain = (): void => {
    try {
      current = look();
      isTold = false;
    } catch (error) {
      if (!isTold) log(`The certificate could not be looked after: ${error instanceof Error ? error.message : String(error)}`);
      isTold = true;
    }
  };
  const timer = setInterval(lookAgain, lookEvery).unref();

  return ok({
    kind: 'own',
    current: () => current,
    authority: { certificate: ca.certificate, scope },
    onChange: (changed) => void listeners.push(changed),
    look() {
      current = look();
    },
    close: () => {
      clearInterval(timer);
    },
  });
}
