import { isWrittenKind, type WrittenKind } from '#lib/cooperation/fields.ts';
import { penOf, type Pen } from '#lib/domain/drafts.ts';

/** The kind that an address names, and the role that writes it; null where nobody writes such a kind. */
export function writtenKindOf(name: string): { readonly kind: WrittenKind; readonly pen: Pen } | null {
  const pen = isWrittenKind(name) ? penOf(name) : null;
  return isWrittenKind(name) && pen !== null ? { kind: name, pen } : null;
}
