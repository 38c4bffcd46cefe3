/** The files of this build, written here by scripts/app-files.mjs when the client is built. */
interface AppFiles {
  /** Fetched when the worker is installed: the code and styles of every route. */
  readonly install: readonly string[];
  /** Kept once the worker is installed: verifying certificates, reading codes. */
  readonly after: readonly string[];
  /** What a browser lacks whose WebCrypto has no Ed25519. */
  readonly fallback: readonly string[];
  /** The interface's words by language: kept once a language is chosen. */
  readonly words: Readonly<Record<string, readonly string[]>>;
  /** What a lesson's text needs to look right before any script has run. */
  readonly lesson: readonly string[];
}

// This house's own build wrote it; it is no input.
export const appFiles = JSON.parse('__PERIGEE_APP_FILES__') as AppFiles;

export const shellPath = '/shell.html';
