import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * The name of this build: the package's version and the commit it was built from, so that the same source builds the
 * same bytes. Without a repository (an unpacked archive) the version alone.
 *
 * @returns {string}
 */
export function appVersion() {
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
