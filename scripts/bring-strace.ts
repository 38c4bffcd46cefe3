import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * Brings `strace`, with which a test records what the node does to its disk, where the system is Debian and the user root. Elsewhere that test says
 * what is to be installed.
 */
export function bringStrace(): void {
  if (spawnSync('strace', ['-V'], { stdio: 'ignore' }).status === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  process.stderr.write('Installing strace with apt-get …\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'strace'], { stdio: 'ignore', env });
}
