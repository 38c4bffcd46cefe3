/** What a verifier carries, as a node hands it out at `/content/trust` and a file holds it: the list of trust and the status lists beside it. */
import { isObject, type JsonObject } from '../domain/shape.ts';
import { parseTrustList, type TrustList } from './trust.ts';

export interface TrustSet {
  readonly list: TrustList;
  /** Each signed by itself; read when it is asked. */
  readonly statusLists: readonly JsonObject[];
}

/** Reads the set, or a list of trust alone; null where it is neither. No signature is looked at. */
export function parseTrustSet(value: unknown): TrustSet | null {
  const alone = parseTrustList(value);
  if (alone !== null) return { list: alone, statusLists: [] };
  if (!isObject(value)) return null;
  const list = parseTrustList(value['list']);
  const { statusLists } = value;
  return list !== null && Array.isArray(statusLists) && statusLists.every(isObject) ? { list, statusLists } : null;
}
