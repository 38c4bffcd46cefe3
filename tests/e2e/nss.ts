/** What a person's system trusts, where Chromium on Linux looks for it: the NSS database in their home folder. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const isThere = (): boolean => spawnSync('certutil', ['-H'], { stdio: 'ignore' }).error === undefined;

/** Is there `certutil`? On Debian, as root, it is brought. */
export function findCertutil(): boolean {
  if (isThere()) return true;
  if (process.getuid?.() !== 0) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env }).error !== undefined) return false;
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'libnss3-tools'], { stdio: 'ignore', env });
  return isThere();
}

/** Does what /trust asks for on Linux: the authority becomes one that may name servers. */
export function trustAuthority(home: string, pem: string): void {
  const database = join(home, '.pki', 'nssdb');
  mkdirSync(database, { recursive: true });
  const file = join(home, 'authority.pem');
  writeFileSync(file, pem);
  for (const args of [
    ['-N', '--empty-password'],
    ['-A', '-t', 'C,,', '-n', 'Perigee', '-i', file],
  ]) {
    const { status, stderr } = spawnSync('certutil', ['-d', `sql:${database}`, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`certutil ${args.join(' ')}: ${stderr}`);
  }
}
