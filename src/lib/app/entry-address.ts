/** Where an entry is read, for pages: they take nothing from the pure rooms but types. */
export { pathOf as addressOf } from '#lib/cooperation/address.ts';
