/**
 * What this node holds of people's work, as certification reads it: kept in memory, and brought up to date from each database's changes when it is asked, so that
 * a question costs what is new and not what there is.
 */
import type { NodeId, PersonId } from '../../domain/ids.ts';
import { parseRecord } from '../../domain/parse-record.ts';
import type {
  BindingRecord,
  CredentialRecord,
  EnrolmentRecord,
  EvidenceRecord,
  FeedbackRecord,
  ProfileRecord,
  RecordId,
  RegisterRecord,
  SittingRecord,
} from '../../domain/records.ts';
import { createBreath } from '../breathing.ts';
import type { Engine } from '../engine/engine.ts';

type Kept =
  RegisterRecord | FeedbackRecord | EvidenceRecord | BindingRecord | CredentialRecord | EnrolmentRecord | ProfileRecord | SittingRecord;
const kinds: readonly string[] = ['register', 'feedback', 'evidence', 'binding', 'credential', 'enrolment', 'profile', 'sitting'];

/** What one person's range holds. */
export interface Held {
  /** The node whose person it is. */
  readonly node: NodeId;
  readonly records: ReadonlyMap<RecordId, Kept>;
  /** The language in which the person answered last; null where they answered nothing. */
  readonly language: string | null;
}

export interface Gathering {
  /** Everybody's, of this node and of those below it. */
  read(): Promise<ReadonlyMap<PersonId, Held>>;
}

/** Documents that are read at once, and told apart without a break. */
const page = 250;

export function createGathering(engine: Engine): Gathering {
  const people = new Map<PersonId, { node: NodeId; records: Map<RecordId, Kept>; language: string | null; answered: string }>();
  const sinceByDatabase = new Map<string, string>();
  let reading: Promise<void> = Promise.resolve();

  async function catchUp(name: string): Promise<void> {
    const breathe = createBreath();
    const database = engine.database(name);
    const node = name.slice('records-'.length) as NodeId;
    for (;;) {
      const since = sinceByDatabase.get(name) ?? '0';
      const { results, last, pending } = await database.changes({ partition: null, since, style: 'main_only', bodies: true, limit: page });
      for (const { document } of results) {
        const parsed = parseRecord(document);
        if (!parsed.ok) continue;
        const { value: record } = parsed;
        const isAttempt = record.kind === 'attempt';
        if (!isAttempt && !kinds.includes(record.kind)) continue;
        const held = people.get(record.person) ?? { node, records: new Map<RecordId, Kept>(), language: null, answered: '' };
        people.set(record.person, held);
        if (!isAttempt) held.records.set(record._id, record as Kept);
        else if (record.at > held.answered) [held.answered, held.language] = [record.at, record.language];
      }
      sinceByDatabase.set(name, last);
      await breathe();
      if (pending === 0 || results.length === 0) return;
    }
  }

  return {
    async read() {
      // One after the other: two that read at once would tell the same changes twice, and in any order.
      reading = reading
        .catch(() => undefined)
        .then(async () => {
          for (const name of await engine.databases()) if (name.startsWith('records-')) await catchUp(name);
        });
      await reading;
      return people;
    },
  };
}
