/** What the person on this device says of themselves, if they like: a field of their own profile, kept here first and taken along by the next pass. */
import type { About } from '#lib/domain/about.ts';
import { instantOf } from '#lib/domain/clock.ts';
import { profileId, type ProfileRecord } from '#lib/domain/records.ts';
import { now, storage } from './store.ts';

async function ownProfile() {
  const { store } = await storage();
  const person = await store.people.current();
  if (person === null) return null;
  const id = profileId(person.id, store.device);
  const before = (await store.journal.ofKind(person.id, 'profile')).map(({ body }) => body).find(({ _id }) => _id === id);
  return { store, person, id, before: before?.kind === 'profile' ? before : null };
}

/** Null where nobody learns on this device. */
export async function ownAbout(): Promise<About | null> {
  const own = await ownProfile();
  return own === null ? null : (own.before?.about ?? {});
}

export async function sayAbout(about: About): Promise<void> {
  const own = await ownProfile();
  if (own === null) return;
  const { store, person, id, before } = own;
  const profile: ProfileRecord = {
    _id: id,
    kind: 'profile',
    person: person.id,
    writer: store.device,
    name: before?.name ?? person.name,
    changed: instantOf(now()),
    about,
  };
  await store.journal.commit(person.id, [profile]);
}
