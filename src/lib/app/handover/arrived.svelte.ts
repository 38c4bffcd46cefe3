import type { Parcel } from '#lib/domain/parcel.ts';

class Arrived {
  /** Plain data, as it goes into the store. */
  parcel = $state.raw<Parcel | null>(null);
}

/** What came with an address. It is taken out of the address at once, for others read the history of a shared device; a way to another page and back must not lose it. */
export const arrived = new Arrived();
