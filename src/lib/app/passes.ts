/** What a page does with its centre, in a chunk of its own: a lesson is read and answered without it. */
import { version } from '$app/environment';
import { instantOf } from '#lib/domain/clock.ts';
import { createPersonId, type PersonId } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { exclusively } from '#lib/storage/exclusive.ts';
import { KeyStore } from '#lib/storage/keys.ts';
import type { PersonRow } from '#lib/storage/schema.ts';
import type { Store } from '#lib/storage/store.ts';
import { askReceipt, exchangeCode, type Beside } from '#lib/sync/client/centre.ts';
import { createOwnKey, showKey, type ShownKey } from '#lib/sync/client/device-key.ts';
import { runPass } from '#lib/sync/client/pass.ts';
import type { Outcome } from '#lib/sync/session.ts';
import type { Person, Queue, SyncFailure } from './contract.ts';
import { random } from './store.ts';

/** What a centre said that had too much under way; null where it said nothing of the kind in this pass. */
let queue: Queue | null = null;

async function request(input: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  const [place, seconds] = ['perigee-place', 'retry-after'].map((name) => Number(response.headers.get(name) ?? NaN));
  // What else is asked in the same pass may be answered.
  if (response.status === 503 && Number.isInteger(place) && Number.isInteger(seconds)) queue = { place: place ?? 0, seconds: seconds ?? 0 };
  return response;
}

/**
 * Joins the centre that this page came from, with an enrolment or a link code; the person that it leads to is current afterwards.
 *
 * @param before who is current; null for nobody
 */
export async function joinCentre(store: Store, before: Person | null, code: string): Promise<Result<PersonRow, SyncFailure>> {
  // A new pair at each joining: whose it is, the answer says.
  const own = await createOwnKey();
  const sent = {
    code,
    device: store.device,
    person: before?.id ?? createPersonId(random),
    name: before?.name ?? '',
    ...(own === null ? {} : { key: await showKey(own, store.device) }),
  };
  const known = (await store.people.current())?.centre;
  const shown = known?.origin === location.origin ? known.token : undefined;
  const session = await exchangeCode(request, location.origin, sent, shown);
  if (!session.ok) return err(session.error);
  const { token, expires, person, name, node, title, epoch, cohorts, binding } = session.value;
  const row = await store.people.adopt(person, name);
  await store.people.setCentre(person, { origin: location.origin, node, title, epoch, cohorts, token, expires });
  if (own !== null) await new KeyStore(store.database).replace({ person, ...own, binding });
  // The name that the centre knows, for somebody who had not said theirs.
  if (row.name === '' && name !== '') await store.people.rename(person, name);
  await store.people.makeCurrent(person);
  return ok(row);
}

/** The pair of somebody who has none on this device yet, or whose centre has not signed it; null where there is nothing to show. */
async function unboundKey(keys: KeyStore, { device }: Store, person: PersonId): Promise<ShownKey | null> {
  let row = await keys.get(person);
  if (row === null) {
    const own = await createOwnKey();
    if (own === null) return null;
    row = await keys.keepFirst({ person, ...own, binding: null });
  }
  return row.binding === null ? showKey(row, device) : null;
}

/** @param range the person's own id, or another one of the same human, whose range is only read */
async function rangePass(store: Store, person: PersonId, range: PersonId, token: string): Promise<Outcome> {
  const own = range === person;
  // PouchDB is not needed to join.
  const { openReplica } = await import('#lib/sync/client/browser-replica.ts');
  const keys = new KeyStore(store.database);
  const key = own ? await unboundKey(keys, store, person) : null;
  const beside: Beside = {
    renewed: (renewal) => store.people.renewToken(person, renewal),
    bound: (binding) => keys.bound(person, binding),
    aliases: (aliases) => store.people.setAliases(person, aliases),
  };
  return exclusively(`pass-${range}`, async () => {
    const replica = openReplica({ person: range, origin: location.origin, token, fetch: request, readOnly: !own });
    try {
      return await runPass(range, {
        journal: store.journal,
        replica,
        ask: (revisions) => {
          const said = { clock: instantOf(Date.now()), app: version };
          const asked = { person, device: store.device, revisions, said, ...(key === null ? {} : { key }) };
          return askReceipt(request, location.origin, token, asked, beside);
        },
      });
    } finally {
      await replica.close();
    }
  });
}

/**
 * One pass of a person, and of their other ids. Those that are at home on this device pass for themselves.
 *
 * @returns beside the outcome the place in the queue of a centre that put the pass off
 */
export async function passOf(
  store: Store,
  { id }: PersonRow,
  token: string,
): Promise<{ readonly outcome: Outcome; readonly queue: Queue | null }> {
  queue = null;
  const outcome = await rangePass(store, id, id, token);
  if (outcome.type === 'failed') return { outcome, queue: outcome.failure === 'busy' ? queue : null };
  const here = new Set((await store.people.all()).map((row) => row.id));
  for (const alias of (await store.people.get(id))?.aliases ?? []) if (!here.has(alias)) await rangePass(store, id, alias, token);
  return { outcome, queue: null };
}
