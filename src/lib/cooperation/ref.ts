/** A link to another page: where it leads is for the page to know. */
import type { EntryId, Kind, Text } from './entry.ts';
import { shown, type Shown } from './views.ts';

export interface Ref {
  readonly id: EntryId;
  readonly title: Shown;
}

/** A link to an entry of any kind: its kind says where it is read (address.ts). */
export interface Lead extends Ref {
  readonly kind: Kind;
}

interface Named {
  readonly id: EntryId;
  readonly title: Text;
}

export const refOf = ({ id, title }: Named, language: string): Ref => ({ id, title: shown(title, language) });

export const leadOf = (entry: Named & { readonly kind: Kind }, language: string): Lead => ({ ...refOf(entry, language), kind: entry.kind });
