import { createRegister, updateRegister, type RegisterEvent } from '#lib/domain/progress.ts';
import type { CourseId, DeviceId, NodeId, PersonId } from '#lib/domain/ids.ts';
import { registerId, type PersonRecord, type RecordId, type RegisterRecord } from '#lib/domain/records.ts';
import type { Descent, Journal, Mark, Receipt, Relay, Revision, Revisions, Waiting } from '#lib/sync/session.ts';

interface Row {
  body: PersonRecord;
  version: number;
  handed: { version: number; rev: Revision; before: readonly Revision[] } | null;
  covered: Mark | null;
  above: Mark | null;
}

/** A journal in memory: what survives a crash of its device in the simulation. Held to the same suite as the one in Dexie. */
export class MemoryJournal implements Journal {
  readonly own = new Map<RecordId, Row>();
  readonly foreign = new Map<RecordId, { body: PersonRecord; rev: Revision; covered: Mark | null; above: Mark | null }>();
  readonly device: DeviceId;
  /** Of each person, whose receipt came last. */
  readonly heard = new Map<PersonId, { readonly node: NodeId; readonly epoch: string }>();
  /** The same of the node above, and what was last noted of how much it has. */
  readonly relay = new Map<PersonId, { readonly node: NodeId; readonly epoch: string; readonly noted: string | null }>();

  constructor(device: DeviceId) {
    this.device = device;
  }

  commit(document: PersonRecord): void {
    const before = this.own.get(document._id);
    this.own.set(document._id, {
      body: document,
      version: (before?.version ?? 0) + 1,
      handed: before?.handed ?? null,
      covered: null,
      above: null,
    });
  }

  learn(person: PersonId, course: CourseId, event: RegisterEvent): RegisterRecord {
    const before = this.own.get(registerId(person, course, this.device))?.body;
    const register = updateRegister(before?.kind === 'register' ? before : createRegister(person, course, this.device), event);
    this.commit(register);
    return register;
  }

  documents(): PersonRecord[] {
    return [...this.own.values(), ...this.foreign.values()].map(({ body }) => body);
  }

  /** What a page would show as being at the centre, with the revision that it is there in. */
  marked(): [RecordId, Mark, PersonRecord][] {
    return [...this.own, ...this.foreign].flatMap(([id, { covered, body }]): [RecordId, Mark, PersonRecord][] =>
      covered === null ? [] : [[id, covered, body]],
    );
  }

  /** Of the person's documents, those that no receipt covers. */
  waitingFor(person: PersonId): RecordId[] {
    return [...this.own, ...this.foreign].flatMap(([id, { body, covered }]) => (covered === null && body.person === person ? [id] : []));
  }

  async waiting(person: PersonId): Promise<readonly Waiting[]> {
    return [...this.own].flatMap(([id, { body, version, handed, covered }]) =>
      covered === null && body.person === person
        ? [
            {
              id,
              version,
              body,
              handed: handed === null ? null : { rev: handed.rev, before: handed.before, same: handed.version === version },
            },
          ]
        : [],
    );
  }

  async handedOver(_person: PersonId, handed: readonly (Descent & { id: RecordId; version: number })[]): Promise<void> {
    for (const { id, version, rev, before } of handed) {
      const row = this.own.get(id);
      if (row !== undefined && (row.handed?.version ?? 0) <= version) row.handed = { version, rev, before };
    }
  }

  async mirror(person: PersonId, documents: readonly { rev: Revision; body: PersonRecord }[]): Promise<void> {
    for (const { rev, body } of documents)
      if (body.person === person && !this.own.has(body._id) && this.foreign.get(body._id)?.rev !== rev)
        this.foreign.set(body._id, { body, rev, covered: null, above: null });
  }

  async unconfirmed(person: PersonId): Promise<Revisions> {
    const revisions = new Map<RecordId, Revision>();
    for (const [id, { body, version, handed, covered }] of this.own)
      if (covered === null && body.person === person && handed?.version === version) revisions.set(id, handed.rev);
    for (const [id, { body, rev, covered }] of this.foreign) if (covered === null && body.person === person) revisions.set(id, rev);
    return revisions;
  }

  async receipted(person: PersonId, { node, epoch, revisions, relay }: Receipt): Promise<number> {
    let withdrawn = 0;
    for (const row of [...this.own.values(), ...this.foreign.values()])
      if (row.body.person === person && row.covered !== null && (row.covered.node !== node || row.covered.epoch !== epoch)) {
        row.covered = null;
        withdrawn += 1;
      }
    for (const [id, rev] of revisions) {
      const own = this.own.get(id);
      if (own !== undefined) {
        if (own.body.person === person && own.handed?.version === own.version && own.handed.rev === rev) own.covered = { node, epoch, rev };
      } else {
        const foreign = this.foreign.get(id);
        if (foreign?.rev === rev) foreign.covered = { node, epoch, rev };
      }
    }
    this.heard.set(person, { node, epoch });
    if (relay !== undefined) this.#relayed(person, relay);
    return withdrawn;
  }

  #relayed(person: PersonId, relay: Relay | null): void {
    const before = this.relay.get(person);
    const isSame = relay !== null && before?.node === relay.node && before.epoch === relay.epoch;
    if (!isSame) for (const row of [...this.own.values(), ...this.foreign.values()]) if (row.body.person === person) row.above = null;
    if (relay === null) {
      this.relay.delete(person);
      return;
    }
    const { node, epoch } = relay;
    this.relay.set(person, { node, epoch, noted: isSame ? before.noted : null });
    for (const [id, rev] of relay.revisions) {
      const own = this.own.get(id);
      const foreign = this.foreign.get(id);
      if (own !== undefined) {
        if (own.handed?.version === own.version && own.handed.rev === rev) own.above = { node, epoch, rev };
      } else if (foreign?.rev === rev) foreign.above = { node, epoch, rev };
    }
  }

  /** What a page would show as being at the place above the centre. */
  above(): [RecordId, Mark, PersonRecord][] {
    return [...this.own, ...this.foreign].flatMap(([id, { above, body }]): [RecordId, Mark, PersonRecord][] =>
      above === null ? [] : [[id, above, body]],
    );
  }

  async unrelayed(person: PersonId): Promise<{ noted: string | null; revisions: Revisions }> {
    const revisions = new Map<RecordId, Revision>();
    for (const [id, { body, covered, above }] of [...this.own, ...this.foreign])
      if (covered !== null && above === null && body.person === person) revisions.set(id, covered.rev);
    return { noted: this.relay.get(person)?.noted ?? null, revisions };
  }

  async noteRelay(person: PersonId, key: string): Promise<void> {
    const relay = this.relay.get(person);
    if (relay !== undefined) this.relay.set(person, { ...relay, noted: key });
  }
}
