/** How each system learns to trust the centre: what is downloaded, the steps, and whether somebody tried them with this version. */
import type { Key } from '#lib/i18n/translate.ts';

export interface System {
  readonly id: 'android' | 'ios' | 'windows' | 'macos' | 'linux';
  readonly title: Key;
  /** File of /api/trust. */
  readonly file: string;
  readonly steps: readonly Key[];
  readonly tried: boolean;
}

export const systems: readonly System[] = [
  {
    id: 'android',
    title: 'trust.android',
    file: 'authority.crt',
    steps: ['trust.android.1', 'trust.android.2', 'trust.android.3'],
    tried: false,
  },
  { id: 'ios', title: 'trust.ios', file: 'authority.mobileconfig', steps: ['trust.ios.1', 'trust.ios.2', 'trust.ios.3'], tried: false },
  { id: 'windows', title: 'trust.windows', file: 'authority.crt', steps: ['trust.windows.1', 'trust.windows.2'], tried: false },
  { id: 'macos', title: 'trust.macos', file: 'authority.crt', steps: ['trust.macos.1', 'trust.macos.2'], tried: false },
  { id: 'linux', title: 'trust.linux', file: 'authority.crt', steps: ['trust.linux.1', 'trust.linux.2'], tried: true },
];

/** Which of them the browser says that it runs on; an iPad may say that it is a Mac. */
export function systemOf(agent: string): System['id'] | null {
  if (/Android/.test(agent)) return 'android';
  if (/iPhone|iPad|iPod/.test(agent)) return 'ios';
  if (/Windows/.test(agent)) return 'windows';
  if (/Macintosh/.test(agent)) return 'macos';
  return /Linux|X11/.test(agent) ? 'linux' : null;
}
