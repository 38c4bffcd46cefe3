import { isWrittenKind, writtenKinds, type WrittenKind } from '#lib/cooperation/fields.ts';
import { pensOf } from '#lib/domain/drafts.ts';

/** The kind that an address names, and the roles that write it; null where nobody writes such a kind. */
export function writtenKindOf(name: string): { readonly kind: WrittenKind; readonly pens: readonly string[] } | null {
  const pens = pensOf(name);
  return isWrittenKind(name) && pens.length > 0 ? { kind: name, pens } : null;
}

/** Everybody who writes anything. */
export const allPens: readonly string[] = [...new Set(writtenKinds.flatMap(pensOf))];
