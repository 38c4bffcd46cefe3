/** Where an entry is read: the one address of each kind. */
const places: Readonly<Record<string, string>> = {
  country: '/profiles',
  plan: '/plans',
  call: '/calls',
  mission: '/network/help',
  request: '/network/help',
  contribution: '/network/help',
  proposal: '/network/help',
};

export function addressOf({ id, kind }: { readonly id: string; readonly kind: string }): string {
  // Offers stand in one list.
  if (kind === 'offer') return '/calls';
  return `${places[kind] ?? '/compendium'}/${id}`;
}
