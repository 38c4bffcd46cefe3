import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * The name of this build: the package's version and the commit it was built from, so that the same source builds the
 * same bytes. Without a repository (an unpacked archive) the version alone.
 *
 * @returns {string}
 */
export function appVersion() {
  // An update says which version it is; a repository around its folder is another one's.
  const release = new URL('../release.json', import.meta.url);
  if (existsSync(release)) return JSON.parse(readFileSync(release, 'utf8')).version;
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  try {
    const commit = execFileSync('git', ['rev-parse', '--short=10', 'HEAD'], {
      cwd: new URL('..', import.meta.url),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return `${version}+${commit}`;
  } catch {
    return version;
  }
}
