/** A learner's device without a browser: the journal, the replica and the pass as they are shipped, on databases in memory. */
import 'fake-indexeddb/auto';
import memory from 'pouchdb-adapter-memory';
import PouchDB from 'pouchdb-core';
import type { CourseId, PersonId, UnitId } from '../../src/lib/domain/ids.ts';
import { instantOf } from '../../src/lib/domain/clock.ts';
import { parseRecord } from '../../src/lib/domain/parse-record.ts';
import { joinRegisters, secondsOf } from '../../src/lib/domain/progress.ts';
import { KeyStore } from '../../src/lib/storage/keys.ts';
import { openStore, type Store } from '../../src/lib/storage/store.ts';
import { askLinkCode, askReceipt, exchangeCode, type Fetch, type Session } from '../../src/lib/sync/client/centre.ts';
import type { ShownKey } from '../../src/lib/sync/client/device-key.ts';
import { runPass } from '../../src/lib/sync/client/pass.ts';
import { PouchReplica } from '../../src/lib/sync/client/pouch-replica.ts';
import type { Receipt } from '../../src/lib/sync/session.ts';
import { attempt } from '../conformance/journal.ts';
import { random, type TestNode } from './kit.ts';

PouchDB.plugin(memory);

export const course = 'space-law' as CourseId;
let counter = 0;

export interface TestDevice {
  readonly store: Store;
  readonly session: Session;
  /** `range` is another id of the same human, which is only read; `receipted` is told of every receipt before the device marks anything. */
  readonly pass: (change?: {
    fetch?: Fetch;
    token?: string;
    range?: PersonId;
    key?: ShownKey;
    receipted?: (receipt: Receipt) => void;
  }) => ReturnType<typeof runPass>;
  /** The browser drops PouchDB's database. */
  readonly loseReplica: () => Promise<void>;
}

/** Joins by a code. */
export async function createDevice(node: Pick<TestNode, 'url'>, code: string): Promise<TestDevice> {
  const name = `device-${String(counter++)}`;
  const store = await openStore(() => Date.now(), random, name);
  const person = await store.people.create('Amina');
  const joined = await exchangeCode(fetch, node.url, { code, device: store.device, person: person.id, name: person.name });
  if (!joined.ok) throw new Error(joined.error);
  const session = joined.value;
  await store.people.adopt(session.person, session.name);
  const { token, expires, cohorts } = session;
  await store.people.setCentre(session.person, { node: session.node, epoch: session.epoch, origin: node.url, cohorts, token, expires });
  const pass: TestDevice['pass'] = async (change = {}) => {
    const kept = (await store.people.get(session.person))?.centre?.token ?? '';
    const replica = new PouchReplica({
      person: change.range ?? session.person,
      readOnly: change.range !== undefined,
      prefix: name,
      adapter: 'memory',
      origin: node.url,
      token: change.token ?? kept,
      fetch: change.fetch ?? fetch,
      parse: (document) => {
        const record = parseRecord(document);
        return record.ok ? record.value : null;
      },
    });
    const ask = async (revisions: Parameters<typeof askReceipt>[3]['revisions']) => {
      const answered = await askReceipt(
        change.fetch ?? fetch,
        node.url,
        change.token ?? kept,
        { person: session.person, device: store.device, revisions, ...(change.key === undefined ? {} : { key: change.key }) },
        {
          renewed: (renewal) => store.people.renewToken(session.person, renewal),
          bound: (binding) => new KeyStore(store.database).bound(session.person, binding),
          aliases: (aliases) => store.people.setAliases(session.person, aliases),
        },
      );
      if (answered.ok) change.receipted?.(answered.value);
      return answered;
    };
    try {
      return await runPass(change.range ?? session.person, { journal: store.journal, replica, ask });
    } finally {
      await replica.close();
    }
  };
  const loseReplica = () => new PouchDB(`${name}-perigee-${session.person}`, { adapter: 'memory' }).destroy();
  return { store, session, pass, loseReplica };
}

export const answer = (device: TestDevice, n: number, seconds: number) =>
  device.store.journal.commit(device.session.person, [attempt(n, device.session.person, device.store.device)], {
    course,
    events: [{ type: 'visit', unit: 'treaty' as UnitId, offset: 0, seconds, at: instantOf(1_700_000_000_000) }],
  });

export const waiting = (device: TestDevice) => device.store.journal.waitingCount(device.session.person);

export async function shown(device: TestDevice) {
  const kept = await device.store.journal.ofCourse(device.session.person, course);
  const joined = joinRegisters(kept.flatMap(({ body }) => (body.kind === 'register' ? [body] : [])));
  const unit = joined.units.get('treaty' as UnitId);
  return { attempts: kept.filter(({ body }) => body.kind === 'attempt').length, seconds: unit === undefined ? 0 : secondsOf(unit) };
}

/** Another device of the same person. */
export async function linkDevice(node: Pick<TestNode, 'url'>, to: TestDevice): Promise<TestDevice> {
  const link = await askLinkCode(fetch, node.url, to.session.token);
  if (!link.ok) throw new Error(link.error);
  return createDevice(node, link.value.code);
}
