/** The entries of Vite's manifest that matter here. */
export type Manifest = Readonly<
  Record<string, { readonly file: string; readonly name?: string; readonly imports?: string[]; readonly css?: string[] }>
>;

export interface AppFiles {
  readonly install: string[];
  readonly words: Record<string, string[]>;
  readonly lesson: string[];
}

export function appFiles(manifest: Manifest, read: (path: string) => string): AppFiles;
export function writeAppFiles(client: string): void;
