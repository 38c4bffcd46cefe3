import { createRegister, updateRegister, type RegisterEvent } from '#lib/domain/progress.ts';
import { instantOf, type Clock } from '#lib/domain/clock.ts';
import type { CourseId, DeviceId, NodeId, PersonId } from '#lib/domain/ids.ts';
import { registerId, type PersonRecord, type RecordId, type RegisterRecord } from '#lib/domain/records.ts';
import type { Descent, Journal, Mark, Receipt, Relay, Revision, Revisions, Waiting } from '#lib/sync/session.ts';
import type { Database } from './database.ts';
import type { JournalRow, MirrorRow, PersonRow } from './schema.ts';

/** A document of the person, from this device or another. */
export interface KeptDocument {
  readonly body: PersonRecord;
  /** A receipt of the centre covers this body. */
  readonly atCentre: boolean;
  /** The place above the centre whose receipt covers this body; null where none does. */
  readonly above: NodeId | null;
}

/** The revision that this body has; null where it was not handed over. */
const revOf = (row: JournalRow | MirrorRow): Revision | null =>
  'rev' in row ? row.rev : row.handed !== null && row.handed.version === row.version ? row.handed.rev : null;

const aboveOf = (row: JournalRow | MirrorRow): NodeId | null =>
  row.relay !== null && row.relay.rev === revOf(row) ? row.relay.node : null;

const courseOf = (body: PersonRecord): CourseId | '' => ('course' in body ? body.course : '');

/**
 * The learner's work. One strict transaction commits what belongs together; nothing here deletes.
 */
export class JournalStore implements Journal {
  readonly #database: Database;
  readonly #device: DeviceId;
  readonly #now: Clock;

  constructor(database: Database, device: DeviceId, now: Clock) {
    this.#database = database;
    this.#device = device;
    this.#now = now;
  }

  /**
   * Commits documents of this device and, with them, what they mean for its register of a course. Resolves after the commit. The
   * register is read inside the transaction, so two tabs add to it and do not overwrite each other.
   */
  async commit(
    person: PersonId,
    documents: readonly PersonRecord[],
    progress?: { readonly course: CourseId; readonly events: readonly RegisterEvent[] },
  ): Promise<RegisterRecord | null> {
    return this.#database.transaction('rw', this.#database.journal, async () => {
      for (const body of documents) await this.#put(body);
      if (progress === undefined) return null;
      const before = await this.#database.journal.get(registerId(person, progress.course, this.#device));
      const register = progress.events.reduce(
        updateRegister,
        before?.body.kind === 'register' ? before.body : createRegister(person, progress.course, this.#device),
      );
      await this.#put(register, before);
      return register;
    });
  }

  async #put(body: PersonRecord, known?: JournalRow): Promise<void> {
    const before = known ?? (await this.#database.journal.get(body._id));
    const row: JournalRow = {
      id: body._id,
      person: body.person,
      kind: body.kind,
      course: courseOf(body),
      body,
      waits: 1,
      receipt: before?.receipt ?? null,
      relay: before?.relay ?? null,
      version: (before?.version ?? 0) + 1,
      handed: before?.handed ?? null,
    };
    await this.#database.journal.put(row);
  }

  /** Every document of the person about a course, from all their devices. */
  async ofCourse(person: PersonId, course: CourseId): Promise<readonly KeptDocument[]> {
    return this.#read(['[person+course]', [person, course]]);
  }

  /** Every document of a kind, from all the person's devices. */
  async ofKind(person: PersonId, kind: PersonRecord['kind']): Promise<readonly KeptDocument[]> {
    return this.#read(['[person+kind]', [person, kind]]);
  }

  async #read([index, key]: readonly [string, readonly [PersonId, string]]): Promise<readonly KeptDocument[]> {
    const { journal, mirror, people } = this.#database;
    const [person, rest] = key;
    const rows: readonly (JournalRow | MirrorRow)[] = await this.#database.transaction('r', journal, mirror, people, async () => {
      // Two ids of one human are read as one.
      const keys = [person, ...((await people.get(person))?.aliases ?? [])].map((id) => [id, rest]);
      return [...(await journal.where(index).anyOf(keys).toArray()), ...(await mirror.where(index).anyOf(keys).toArray())];
    });
    return rows.map((row) => ({ body: row.body, atCentre: row.waits === 0, above: aboveOf(row) }));
  }

  /** How many documents of the person no receipt covers. */
  async waitingCount(person: PersonId): Promise<number> {
    const { journal, mirror } = this.#database;
    const key = [person, 1];
    return (await journal.where('[person+waits]').equals(key).count()) + (await mirror.where('[person+waits]').equals(key).count());
  }

  async waiting(person: PersonId): Promise<readonly Waiting[]> {
    const rows = await this.#database.journal.where('[person+waits]').equals([person, 1]).toArray();
    return rows.map(({ id, version, body, handed }) => ({
      id,
      version,
      body,
      handed: handed === null ? null : { rev: handed.rev, before: handed.before ?? [], same: handed.version === version },
    }));
  }

  async handedOver(_person: PersonId, handed: readonly (Descent & { readonly id: RecordId; readonly version: number })[]): Promise<void> {
    const { journal } = this.#database;
    await this.#database.transaction('rw', journal, async () => {
      for (const { id, version, rev, before } of handed) {
        const row = await journal.get(id);
        if (row !== undefined && (row.handed?.version ?? 0) <= version) await journal.put({ ...row, handed: { version, rev, before } });
      }
    });
  }

  async mirror(person: PersonId, documents: readonly { readonly rev: Revision; readonly body: PersonRecord }[]): Promise<void> {
    const { journal, mirror } = this.#database;
    await this.#database.transaction('rw', journal, mirror, async () => {
      for (const { rev, body } of documents) {
        if (body.person !== person || (await journal.get(body._id)) !== undefined) continue;
        const before = await mirror.get(body._id);
        if (before?.rev === rev) continue;
        const row: MirrorRow = {
          id: body._id,
          person,
          kind: body.kind,
          course: courseOf(body),
          body,
          waits: 1,
          receipt: before?.receipt ?? null,
          relay: before?.relay ?? null,
          rev,
        };
        await mirror.put(row);
      }
    });
  }

  async unconfirmed(person: PersonId): Promise<Revisions> {
    const { journal, mirror } = this.#database;
    const key = [person, 1];
    const own = await journal.where('[person+waits]').equals(key).toArray();
    const foreign = await mirror.where('[person+waits]').equals(key).toArray();
    return new Map([
      ...own.flatMap(({ id, version, handed }) => (handed?.version === version ? [[id, handed.rev] as const] : [])),
      ...foreign.map(({ id, rev }) => [id, rev] as const),
    ]);
  }

  async receipted(person: PersonId, { node, epoch, revisions, relay }: Receipt): Promise<number> {
    const { journal, mirror, people } = this.#database;
    const lastPass = instantOf(this.#now());
    return this.#database.transaction('rw', journal, mirror, people, async () => {
      const withdrawn = await this.#withdraw(person, node, epoch);
      for (const [id, rev] of revisions) {
        const receipt = { node, epoch, rev };
        const own = await journal.get(id);
        if (own !== undefined) {
          const newest = own.handed !== null && own.handed.version === own.version && own.handed.rev === rev;
          if (newest) await journal.put({ ...own, receipt, waits: 0 });
          continue;
        }
        const foreign = await mirror.get(id);
        if (foreign?.rev === rev) await mirror.put({ ...foreign, receipt, waits: 0 });
      }
      const row = await people.get(person);
      if (row !== undefined) {
        const above = relay === undefined ? row.relay : await this.#relayed(person, row.relay, relay);
        await people.put({ ...row, lastPass, relay: above, centre: row.centre === null ? null : { ...row.centre, node, epoch } });
      }
      return withdrawn;
    });
  }

  /** Notes what the place above has, after taking back what another place, or this one in another epoch, was heard to have. */
  async #relayed(person: PersonId, before: PersonRow['relay'], relay: Relay | null): Promise<PersonRow['relay']> {
    const { journal, mirror } = this.#database;
    const isSame = relay !== null && before?.node === relay.node && before.epoch === relay.epoch;
    if (before !== null && !isSame)
      for (const waits of [0, 1]) {
        await journal.where('[person+waits]').equals([person, waits]).modify({ relay: null });
        await mirror.where('[person+waits]').equals([person, waits]).modify({ relay: null });
      }
    if (relay === null) return null;
    const { node, epoch } = relay;
    for (const [id, rev] of relay.revisions) {
      const own = await journal.get(id);
      if (own !== undefined) {
        if (revOf(own) === rev) await journal.put({ ...own, relay: { node, epoch, rev } });
        continue;
      }
      const foreign = await mirror.get(id);
      if (foreign?.rev === rev) await mirror.put({ ...foreign, relay: { node, epoch, rev } });
    }
    return { node, epoch, noted: isSame ? before.noted : null };
  }

  async unrelayed(person: PersonId): Promise<{ readonly noted: string | null; readonly revisions: Revisions }> {
    const { journal, mirror, people } = this.#database;
    const key = [person, 0];
    const rows: readonly (JournalRow | MirrorRow)[] = [
      ...(await journal.where('[person+waits]').equals(key).toArray()),
      ...(await mirror.where('[person+waits]').equals(key).toArray()),
    ];
    const revisions = rows.flatMap((row): [RecordId, Revision][] => {
      const rev = revOf(row);
      return rev === null || aboveOf(row) !== null ? [] : [[row.id, rev]];
    });
    return { noted: (await people.get(person))?.relay?.noted ?? null, revisions: new Map(revisions) };
  }

  async noteRelay(person: PersonId, key: string): Promise<void> {
    const { people } = this.#database;
    await this.#database.transaction('rw', people, async () => {
      const row = await people.get(person);
      if (row !== undefined && row.relay !== null) await people.put({ ...row, relay: { ...row.relay, noted: key } });
    });
  }

  /** Takes back the marks that another node or an older epoch gave. The work stays; only the claim about it goes. */
  async #withdraw(person: PersonId, node: Receipt['node'], epoch: string): Promise<number> {
    const stale = ({ receipt }: { readonly receipt: Mark | null }): boolean => receipt?.node !== node || receipt.epoch !== epoch;
    const { journal, mirror } = this.#database;
    const key = [person, 0];
    const own = await journal.where('[person+waits]').equals(key).and(stale).modify({ waits: 1 });
    return own + (await mirror.where('[person+waits]').equals(key).and(stale).modify({ waits: 1 }));
  }
}
