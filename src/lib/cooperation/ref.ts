/** A link to another page: where it leads is for the page to know. */
import type { EntryId, Text } from './entry.ts';
import { shown, type Shown } from './views.ts';

export interface Ref {
  readonly id: EntryId;
  readonly title: Shown;
}

export const refOf = ({ id, title }: { readonly id: EntryId; readonly title: Text }, language: string): Ref => ({
  id,
  title: shown(title, language),
});
