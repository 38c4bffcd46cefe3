/**
 * When each device was last heard from. A pass must not pay for a sync of its own to note that it happened, so contacts are
 * gathered and written together every other second. What a crash forgets makes a report say *longer ago* than it was, never *more recent*.
 */
import { instantOf, type Clock, type Instant } from '../../domain/clock.ts';
import type { DeviceId, PersonId } from '../../domain/ids.ts';
import type { AccountStore, Device } from './store.ts';

export interface Contacts {
  heard(person: PersonId, device: DeviceId): void;
  devicesOf(person: PersonId): Promise<readonly Device[]>;
  /** Drops what is gathered of somebody who was erased. */
  forget(person: PersonId): void;
  /** Writes what is gathered, and stops. */
  close(): Promise<void>;
}

interface Contact {
  readonly person: PersonId;
  readonly device: DeviceId;
  readonly at: Instant;
}

const every = 2000;

export function createContacts(store: AccountStore, clock: Clock): Contacts {
  const gathered = new Map<string, Contact>();
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const one = async (name: string, { person, device, at }: Contact): Promise<void> => {
      const known = await store.get('device', person, device);
      const value: Device = { ...known, person, device, since: known?.since ?? at, lastContact: at };
      const kept = await store.put('device', [person, device], value, known?._rev);
      // Another process was first: it stays gathered and is written at the next turn.
      if (kept && gathered.get(name)?.at === at) gathered.delete(name);
    };
    await Promise.all([...gathered].map(([name, contact]) => one(name, contact)));
  }
  const flush = (): Promise<void> => (writing = writing.then(write, write));
  const timer = setInterval(() => {
    // A full disk is told by /health and by every refused write; a contact that is not written is tried again.
    if (gathered.size > 0) flush().catch(() => undefined);
  }, every);
  timer.unref();

  return {
    heard(person, device) {
      gathered.set(`${person}:${device}`, { person, device, at: instantOf(clock()) });
    },
    async devicesOf(person) {
      const devices = new Map<string, Device>((await store.devicesOf(person)).map((device) => [device.device, device]));
      for (const contact of gathered.values()) {
        if (contact.person !== person) continue;
        const { device, at } = contact;
        const known = devices.get(device);
        devices.set(device, { ...known, person, device, since: known?.since ?? at, lastContact: at });
      }
      return [...devices.values()];
    },
    forget(person) {
      for (const [name, contact] of gathered) if (contact.person === person) gathered.delete(name);
    },
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
