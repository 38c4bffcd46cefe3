/** What a person asks of their centre about themselves. Paths and shapes: docs/http.md. */
import { isInstant, type Instant } from '#lib/domain/clock.ts';
import { isDeviceId, isPersonId, type DeviceId, type PersonId } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { isListOf, isObject } from '#lib/domain/shape.ts';
import type { PassFailure } from '#lib/sync/session.ts';
import { ask, type Fetch } from './centre.ts';

export interface OwnDevice {
  readonly person: PersonId;
  readonly device: DeviceId;
  readonly lastContact: Instant | null;
  /** The centre signed a key of its own. */
  readonly key: boolean;
  /** Its sign-in was ended. */
  readonly ended: boolean;
}

export interface OwnAccount {
  readonly devices: readonly OwnDevice[];
  readonly aliases: readonly PersonId[];
  readonly asksErasure: Instant | null;
}

const isPeople = isListOf(isPersonId);

function parseDevice(value: unknown): readonly OwnDevice[] {
  if (!isObject(value)) return [];
  const { person, device, lastContact, key, revoked } = value;
  if (!isPersonId(person) || !isDeviceId(device)) return [];
  return [{ person, device, lastContact: isInstant(lastContact) ? lastContact : null, key: key === true, ended: revoked !== undefined }];
}

export function parseAccount(answer: unknown): Result<OwnAccount, 'nonsense'> {
  if (!isObject(answer)) return err('nonsense');
  const { devices, aliases, asksErasure } = answer;
  if (!Array.isArray(devices) || !isPeople(aliases)) return err('nonsense');
  return ok({ devices: devices.flatMap(parseDevice), aliases, asksErasure: isInstant(asksErasure) ? asksErasure : null });
}

export async function readAccount(fetch: Fetch, origin: string, token: string): Promise<Result<OwnAccount, PassFailure>> {
  const answer = await ask(fetch, 'GET', `${origin}/api/me`, undefined, token);
  return answer.ok ? parseAccount(answer.value) : answer;
}

export type OwnAct =
  /** Ends the sign-in of another device of the person. */
  | { readonly do: 'revoke'; readonly device: DeviceId; readonly reason: 'lost' }
  /** Asks for erasure, or no longer does. */
  | { readonly do: 'erasure'; readonly asks: boolean }
  /** Says that whoever holds the other token on this device is the same person. */
  | { readonly do: 'alias'; readonly token: string }
  | { readonly do: 'part'; readonly person: PersonId };

export function actForOneself(
  fetch: Fetch,
  origin: string,
  token: string,
  { do: path, ...body }: OwnAct,
): Promise<Result<unknown, PassFailure>> {
  return ask(fetch, 'POST', `${origin}/api/me/${path}`, body, token);
}
