export function findNode(): string | null;
export const serveFlags: readonly string[];
