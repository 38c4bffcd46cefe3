/** A person's key on this device, as certification signs with it. */
import type { PersonId } from '#lib/domain/ids.ts';
import { didOfKey } from '#lib/certification/evidence-record.ts';
import type { Signer } from '#lib/certification/keys.ts';
import type { KeyStore } from '#lib/storage/keys.ts';
import type { KeyRow } from '#lib/storage/schema.ts';
import { createOwnKey, type OwnKey } from '#lib/sync/client/device-key.ts';

/** The key that is here, or a new one; null where this browser makes none. */
export async function keyOn(keys: KeyStore, person: PersonId): Promise<KeyRow | null> {
  const known = await keys.get(person);
  if (known !== null) return known;
  const own = await createOwnKey();
  return own === null ? null : keys.keepFirst({ person, ...own, binding: null });
}

export function signerWith(own: OwnKey | null): Signer | null {
  const did = own === null ? null : didOfKey(own.key);
  if (own === null || did === null) return null;
  return {
    did,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', own.pair.privateKey, message)),
  };
}
