/**
 * Work that comes from another address of the same centre, and work that leaves for it. Apart from the store: whoever stays at one address never needs it.
 */
import { absorb, laterRegister, withoutAbsorbed } from '#lib/domain/absorb.ts';
import { instantOf, type Clock, type RandomBytes } from '#lib/domain/clock.ts';
import { createPersonId, type CourseId, type PersonId } from '#lib/domain/ids.ts';
import { isCarried, replaces, rewritten, type Carried, type Parcel } from '#lib/domain/parcel.ts';
import { createRegister } from '#lib/domain/progress.ts';
import { registerId, type PersonRecord, type RecordId, type RegisterRecord } from '#lib/domain/records.ts';
import type { PersonRow } from './schema.ts';
import type { Store } from './store.ts';

const arrivalsKey = 'arrivals';

/** What was taken in here, in one row of the settings. */
interface Arrivals {
  /** Who somebody of another address is at this one. */
  readonly people: Readonly<Record<PersonId, PersonId>>;
  /** Each register that was taken in, as far as it was, by its own name. */
  readonly registers: Readonly<Record<RecordId, { readonly target: PersonId; readonly register: RegisterRecord }>>;
}

export interface TakenOver {
  /** Documents that are new here, or say more than before. */
  readonly fresh: number;
}

type Desk = Pick<Store, 'database' | 'device' | 'journal'>;

const readArrivals = async ({ database }: Desk): Promise<Arrivals> =>
  ((await database.settings.get(arrivalsKey))?.value as Arrivals | undefined) ?? { people: {}, registers: {} };

const ofPerson = ({ database }: Desk, person: PersonId) => database.journal.where('id').between(`${person}:`, `${person};`);

/** Who this person of another address is here, since an earlier parcel; null where none came, or they are not on this device any more. */
export async function knownTarget(desk: Desk, source: PersonId): Promise<PersonRow | null> {
  const target = (await readArrivals(desk)).people[source];
  return target === undefined ? null : ((await desk.database.people.get(target)) ?? null);
}

/**
 * Takes a parcel in, as this person's work of this device: all of it in one strict transaction, or nothing. The same parcel again, an older or a later one of the same person, or one that reached here by a third address,
 * adds what is not here yet and counts nothing twice. Resolves after the commit.
 */
export async function takeOver(desk: Desk, parcel: Parcel, target: PersonId): Promise<TakenOver> {
  const { database, device, journal } = desk;
  const { mirror, settings } = database;
  return database.transaction('rw', database.journal, mirror, settings, database.people, async () => {
    const arrivals = await readArrivals(desk);
    const fresh: PersonRecord[] = [];
    const registers: Record<RecordId, Arrivals['registers'][RecordId]> = { ...arrivals.registers };
    const raised = new Map<CourseId, RegisterRecord>();
    for (const body of parcel.documents) {
      if (body.kind !== 'register') {
        const mine = rewritten(body, { person: target, writer: device });
        if ((await mirror.get(mine._id)) !== undefined) continue;
        const next = replaces((await database.journal.get(mine._id))?.body, mine);
        if (next !== null) fresh.push(next);
        continue;
      }
      const seen = registers[body._id];
      // What was taken in for somebody else is counted there, as long as they are on this device.
      const elsewhere = seen !== undefined && seen.target !== target;
      if (elsewhere && (await database.people.get(seen.target)) !== undefined) continue;
      const before = raised.get(body.course) ?? (await ownRegister(desk, target, body.course));
      raised.set(body.course, absorb(before, body, seen === undefined || elsewhere ? null : seen.register));
      registers[body._id] = { target, register: seen === undefined || elsewhere ? body : laterRegister(seen.register, body) };
    }
    for (const [course, register] of raised)
      if (JSON.stringify(register) !== JSON.stringify(await ownRegister(desk, target, course))) fresh.push(register);
    await journal.commit(target, fresh);
    await settings.put({
      key: arrivalsKey,
      value: { people: { ...arrivals.people, [parcel.person]: target }, registers } satisfies Arrivals,
    });
    return { fresh: fresh.length };
  });
}

async function ownRegister({ database, device }: Desk, person: PersonId, course: CourseId): Promise<RegisterRecord> {
  const body = (await database.journal.get(registerId(person, course, device)))?.body;
  return body?.kind === 'register' ? body : createRegister(person, course, device);
}

/** What of this person's work can be taken along. */
export async function carriedOf(desk: Desk, person: PersonId): Promise<{ readonly documents: readonly Carried[]; readonly stays: number }> {
  const { registers } = await readArrivals(desk);
  const bodies = (await ofPerson(desk, person).toArray()).map(({ body }) => body);
  const absorbed = Object.values(registers).flatMap(({ target, register }) => (target === person ? [register] : []));
  const documents = bodies.filter(isCarried).map((body) =>
    body.kind === 'register'
      ? withoutAbsorbed(
          body,
          absorbed.filter(({ course }) => course === body.course),
        )
      : body,
  );
  return { documents: [...documents, ...absorbed], stays: bodies.length - documents.length };
}

/** Packs it, and notes that it was. Nothing of it leaves this device's store. */
export async function pack(
  desk: Desk,
  { id, name, moved }: PersonRow,
  { from, to, now, random }: { readonly from: string; readonly to: string; readonly now: Clock; readonly random: RandomBytes },
): Promise<Parcel> {
  const made = instantOf(now());
  // One ticket for all parcels to one place: whichever of them is taken in is told here.
  const ticket = moved?.to === to ? moved.ticket : createPersonId(random);
  const { documents, stays } = await carriedOf(desk, id);
  await desk.database.people.update(id, { moved: { to, ticket, packed: made, taken: moved?.to === to ? moved.taken : null } });
  return { parcel: 1, ticket, from, made, person: id, name, documents, stays };
}

/** Notes that the other address took in what was packed here. Null where nothing was packed under this ticket. */
export async function noteTaken({ database }: Desk, ticket: string, now: Clock): Promise<PersonRow | null> {
  return database.transaction('rw', database.people, async () => {
    const row = (await database.people.toArray()).find(({ moved }) => moved?.ticket === ticket);
    if (row?.moved === undefined) return null;
    const taken = { ...row, moved: { ...row.moved, taken: instantOf(now()) } };
    await database.people.put(taken);
    return taken;
  });
}

/** What was packed did not arrive: this person goes on here as if it had not been. Nothing where it was taken in. */
export async function unpack({ database }: Desk, person: PersonId): Promise<void> {
  await database.transaction('rw', database.people, async () => {
    const row = await database.people.get(person);
    if (row?.moved?.taken !== null) return;
    const { moved: _moved, ...rest } = row;
    await database.people.put(rest);
  });
}
