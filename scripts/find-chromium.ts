import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { err, ok, type Result } from '../src/lib/domain/result.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const fixedPlaces = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function installed(): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return [...onPath, ...fixedPlaces].find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * The browser that tests and benchmarks use: `PERIGEE_CHROMIUM`, or the first one on the machine, or, on Debian as root and
 * where `install` is wished, the one that apt brings. The error is a sentence that says what to do.
 */
export function findChromium({ install }: { install: boolean }): Result<string, string> {
  const chosen = process.env['PERIGEE_CHROMIUM'];
  if (chosen !== undefined) return existsSync(chosen) ? ok(chosen) : err(`PERIGEE_CHROMIUM names ${chosen}, and there is no such file.`);
  const found = installed();
  if (found !== undefined) return ok(found);
  if (install && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write('Installing Chromium with apt-get …\n');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-noto-core', 'fonts-noto-cjk'], {
      stdio: 'ignore',
      env,
    });
    const brought = installed();
    if (brought !== undefined) return ok(brought);
  }
  return err(
    'The tests in a browser need Chromium or Chrome. Install one (on Debian: apt-get install chromium) or name it in PERIGEE_CHROMIUM.',
  );
}

/** What every browser here is started with: nothing of its own on the network. */
export const chromiumArguments = (): string[] => [
  // Chromium refuses its sandbox to root, as whom containers run.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
