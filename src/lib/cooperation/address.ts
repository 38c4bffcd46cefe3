/**
 * Where an entry is read. `/compendium/<id>` leads there whatever its kind (a page that was moved answers so), so an id alone is a link that holds; this is the
 * address without the detour.
 */
import type { Kind } from './entry.ts';

const places: Readonly<Partial<Record<Kind, string>>> = {
  country: '/profiles',
  plan: '/plans',
  call: '/calls',
  offer: '/calls/offers',
  mission: '/network/help',
  request: '/network/help',
  contribution: '/network/help',
  proposal: '/network/help',
};

const isPlaced = (kind: string): kind is keyof typeof places => Object.hasOwn(places, kind);

/** @returns a path; values of a year are read on their country's profile */
export function pathOf({ id, kind }: { readonly id: string; readonly kind: string }): string {
  if (kind === 'assessment') return `/profiles/${id.replace(/-\d{4}$/, '')}`;
  return `${isPlaced(kind) ? (places[kind] ?? '/compendium') : '/compendium'}/${id}`;
}
