/**
 * A command of `npx perigee` is one file in this folder that exports a `Command`, and a line in `scripts/perigee.ts`. What is
 * heavy to load is loaded inside `run`, so that `--help` answers at once.
 */

/** 0 done or *yes*, 1 *no* or the input has errors, 2 *cannot tell*, 64 wrong usage, 75 a node that another version takes over from. */
export type ExitCode = 0 | 1 | 2 | 64 | 75;

/** The world as a command sees it. */
export interface Io {
  /** Standard output: what was asked for, and nothing else; with `--json` exactly one JSON document. */
  readonly out: (text: string) => void;
  /** Standard error: messages, a line each. */
  readonly say: (text: string) => void;
  readonly readStdin: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Command {
  /** One or two words: `serve`, `course check`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints: the line of usage first, then every option. */
  readonly usage: string;
  readonly run: (args: readonly string[], io: Io) => Promise<ExitCode>;
}

/** Thrown for arguments that make no sense: the dispatcher prints the sentence and the usage, and exits with 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
