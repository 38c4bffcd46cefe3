/**
 * Which file on this disk a database lies in. A copy that was put in its place is another file: it has an inode of its own, or was at least
 * born at another moment. (Bytes that are written over the old ones in place cannot be told apart from a database's own writes.)
 */
import { statSync } from 'node:fs';

export interface FileIdentity {
  readonly inode: string;
  /** Nanoseconds since 1970; `0` where the file system or the system's call does not say. */
  readonly born: string;
}

/** @param file one that was changed (its mode, say) a moment ago, so that the time of its last change is not still that of its birth */
export function identityOf(file: string): FileIdentity {
  // In 64 bits: a number of JavaScript does not hold every inode.
  const { ino, birthtimeNs, ctimeNs } = statSync(file, { bigint: true });
  // Where there is no time of birth, some systems put the time of the last change in its place.
  return { inode: String(ino), born: birthtimeNs === ctimeNs ? '0' : String(birthtimeNs) };
}

/** An identity as text, to be kept in the database; and back. */
export const identityText = ({ inode, born }: FileIdentity): string => `${inode} ${born}`;

export function isSameFile(kept: string, now: FileIdentity): boolean {
  const [inode, born] = kept.split(' ');
  return inode === now.inode && (born === now.born || born === '0' || now.born === '0');
}
