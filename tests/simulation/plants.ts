/**
 * Faults that are planted on purpose, at least one in each component. Each is a mistake that somebody could make; the simulation has to notice it
 * within a stated number of seeds (simulation.test.ts), or it would not notice the real one either.
 */
import { isObject } from '#lib/domain/shape.ts';
import { advanceSession, type Receipt, type Waiting } from '#lib/sync/session.ts';
import type { PersonId } from '#lib/domain/ids.ts';
import type { Place } from '#lib/sync/visit.ts';
import type { RecordId } from '#lib/domain/records.ts';
import type { Database } from '../../src/lib/server/engine/engine.ts';
import { MemoryJournal } from './memory-journal.ts';
import type { Parts } from './parts.ts';

export type Component =
  | 'session'
  | 'journal'
  | 'access'
  | 'engine'
  | 'road'
  | 'receipts'
  | 'restore'
  | 'orders'
  | 'upstream'
  // And one in what takes each kind of trouble of what is simulated.
  | 'line'
  | 'clock'
  | 'disk'
  | 'eviction';

export interface Plant {
  /** Which component is wrong. */
  readonly component: Component;
  readonly what: string;
  /** Made anew for each run. */
  readonly parts: () => Partial<Parts>;
}

/** Answers requests whose path ends so otherwise. */
const answering =
  (path: string, answer: (request: Request, respond: () => Promise<Response>) => Promise<Response>): Parts['answer'] =>
  (request, respond) =>
    new URL(request.url).pathname.endsWith(path) ? answer(request, respond) : respond();

/** What of a gate's refusals a plant lets through. */
const lenient =
  (letsThrough: (reason: string) => boolean): Parts['database'] =>
  (database) => ({
    ...database,
    bulk: (documents, { gate, ...options }) =>
      database.bulk(documents, {
        ...options,
        ...(gate === undefined
          ? {}
          : {
              gate: (document, previous) => {
                const reason = gate(document, previous);
                return reason !== null && letsThrough(reason) ? null : reason;
              },
            }),
      }),
  });

/** A database with some of its verbs replaced. */
const changed =
  (change: (database: Database) => Partial<Database>): Parts['database'] =>
  (database) => ({ ...database, ...change(database) });

class MarksForEver extends MemoryJournal {
  override async receipted(person: PersonId, receipt: Receipt): Promise<number> {
    const before = this.marked();
    await super.receipted(person, receipt);
    for (const [id, mark] of before) {
      const row = this.own.get(id) ?? this.foreign.get(id);
      if (row?.covered === null) row.covered = mark;
    }
    return 0;
  }
}

class MarksTheNewest extends MemoryJournal {
  override async receipted(person: PersonId, receipt: Receipt): Promise<number> {
    const withdrawn = await super.receipted(person, receipt);
    const { node, epoch } = receipt;
    for (const [id, rev] of receipt.revisions) {
      const row = this.own.get(id);
      // Whatever the learner wrote since it was asked about.
      if (row !== undefined && row.covered === null) row.covered = { node, epoch, rev };
    }
    return withdrawn;
  }
}

class Forgetful extends MemoryJournal {
  override async unconfirmed(person: PersonId): Promise<ReadonlyMap<RecordId, string>> {
    const revisions = await super.unconfirmed(person);
    // What was asked about once is taken for settled.
    for (const id of [...revisions.keys()]) if (this.own.get(id)?.version === 1) this.own.delete(id);
    return revisions;
  }
}

class GoesByTheClock extends MemoryJournal {
  readonly #last = new Map<PersonId, string>();

  override async receipted(person: PersonId, receipt: Receipt): Promise<number> {
    const withdrawn = await super.receipted(person, receipt);
    for (const id of receipt.revisions.keys()) {
      const body = this.own.get(id)?.body;
      if (body?.kind === 'attempt' && body.at > (this.#last.get(person) ?? '')) this.#last.set(person, body.at);
    }
    return withdrawn;
  }

  override async waiting(person: PersonId): Promise<readonly Waiting[]> {
    return (await super.waiting(person)).filter(
      ({ body, handed }) => handed !== null || body.kind !== 'attempt' || body.at >= (this.#last.get(person) ?? ''),
    );
  }
}

export const plants: Readonly<Record<string, Plant>> = {
  'marks-what-was-sent': {
    component: 'session',
    what: 'What was asked about is marked, whatever the node answered',
    parts: () => ({
      advance: (state, event) => {
        const step = advanceSession(state, event);
        return step.command.do === 'mark' && event.type === 'answered'
          ? { state: step.state, command: { do: 'mark', receipt: { ...step.command.receipt, revisions: state.asked } } }
          : step;
      },
    }),
  },
  'goes-on-after-a-failure': {
    component: 'session',
    what: 'A refused upload (413, 500 …) counts as one that went through, and nothing of it is sent again',
    parts: () => ({
      advance: (state, event) =>
        event.type === 'failed' && state.step === 'replicating'
          ? advanceSession(state, { type: 'replicated' })
          : event.type === 'failed' && state.step === 'confirming'
            ? { state, command: { do: 'stop', outcome: { type: 'done', unconfirmed: 0 } } }
            : advanceSession(state, event),
      fetchOfDevice: (fetch) => async (url, init) => {
        const answer = await fetch(url, init);
        return answer.status === 413 ? Response.json(url.endsWith('_bulk_docs') ? [] : { ok: true }) : answer;
      },
    }),
  },
  'marks-outlive-the-epoch': {
    component: 'journal',
    what: 'Marks of an older epoch are kept',
    parts: () => ({ createJournal: (device) => new MarksForEver(device) }),
  },
  'marks-the-newest-body': {
    component: 'journal',
    what: 'A receipt for an older body covers what was written since',
    parts: () => ({ createJournal: (device) => new MarksTheNewest(device) }),
  },
  'drops-what-was-handed-over': {
    component: 'journal',
    what: 'What was handed over leaves the journal before its receipt',
    parts: () => ({ createJournal: (device) => new Forgetful(device) }),
  },
  'other-writers-write': {
    component: 'access',
    what: 'A document may be written by another device than its writer',
    parts: () => ({ database: lenient((reason) => reason.includes('own writer')) }),
  },
  'rewrites-what-is-written-once': {
    component: 'access',
    what: 'What is written once may be written again by its writer',
    parts: () => ({ database: lenient((reason) => reason.includes('written once')) }),
  },
  'lets-delete': {
    component: 'access',
    what: 'A document may be deleted',
    parts: () => ({ database: lenient((reason) => reason.startsWith('Nothing is deleted')) }),
  },
  'reads-anybody': {
    component: 'access',
    what: 'Whoever is signed in may write into the range of anybody of the centre',
    parts: () => ({
      answer: async (request, respond) => {
        const person = new URL(request.url).pathname.split('/')[3];
        const answer = await respond();
        if (answer.status !== 403 || !request.url.endsWith('/_bulk_docs') || person === undefined) return answer;
        return Response.json([], { status: 201 });
      },
      database: changed((database) => ({
        bulk: (documents, options) => database.bulk(documents, { newEdits: options.newEdits }),
      })),
    }),
  },
  'commits-without-a-sync': {
    component: 'disk',
    what: 'SQLite is asked for less than a sync at every commit',
    parts: () => ({ sql: (sql) => sql.replace('synchronous=FULL', 'synchronous=OFF') }),
  },
  'answers-before-the-commit': {
    component: 'engine',
    what: 'What is to be written is answered as written, and readable, before its commit',
    parts: () => ({
      database: changed((database) => {
        const promised = new Map<string, string>();
        return {
          bulk: (documents, options) => {
            if (options.newEdits || options.gate === undefined) return database.bulk(documents, options);
            const written = documents.filter(isObject).map(({ _id, _rev }) => ({ ok: true as const, id: String(_id), rev: String(_rev) }));
            for (const { id, rev } of written) promised.set(id, rev);
            database.bulk(documents, options).catch(() => undefined);
            return Promise.resolve(written);
          },
          held: async (revisions) => ({
            ...(await database.held(revisions)),
            ...Object.fromEntries(Object.entries(revisions).filter(([id, rev]) => promised.get(id) === rev)),
          }),
        };
      }),
    }),
  },
  'forgets-what-does-not-follow': {
    component: 'engine',
    what: 'A revision that does not follow what stands is answered as written, and is not',
    parts: () => ({
      database: changed((database) => ({
        async bulk(documents, options) {
          if (options.newEdits) return database.bulk(documents, options);
          const written = await Promise.all(
            documents.map(async (document) => {
              if (!isObject(document)) return database.bulk([document], options);
              const id = String(document['_id']);
              const before = await database.get(id);
              const history = isObject(document['_revisions']) ? document['_revisions']['ids'] : [];
              const follows = before === null || (Array.isArray(history) && history[1] === before._rev.slice(before._rev.indexOf('-') + 1));
              return follows ? database.bulk([document], options) : [{ ok: true as const, id, rev: String(document['_rev']) }];
            }),
          );
          return written.flat();
        },
      })),
    }),
  },
  'knows-a-name-and-thinks-it-knows-all': {
    component: 'engine',
    what: 'Of a document that is known, no revision is missing',
    parts: () => ({
      database: changed((database) => ({
        async missing(revs) {
          const answer = new Map(await database.missing(revs));
          for (const id of answer.keys()) if ((await database.get(id)) !== null) answer.delete(id);
          return answer;
        },
      })),
    }),
  },
  'stores-the-first-alone': {
    component: 'road',
    what: 'Of a large batch only the first document is stored, and the others are answered as if they were',
    parts: () => ({
      answer: answering('/_bulk_docs', async (request, respond) => {
        const { docs } = (await request
          .clone()
          .json()
          .catch(() => ({}))) as { docs?: unknown[] };
        return (docs?.length ?? 0) > 2 ? Response.json([], { status: 201 }) : respond();
      }),
    }),
  },
  'leaves-one-out-of-the-feed': {
    component: 'road',
    what: 'The feed of changes leaves one out, and goes on behind it',
    parts: () => ({
      answer: answering('/_changes', async (_request, respond) => {
        const answer = await respond();
        if (!answer.ok) return answer;
        const feed = (await answer.json()) as { results: unknown[] };
        return Response.json({ ...feed, results: feed.results.length > 1 ? feed.results.slice(1) : feed.results });
      }),
    }),
  },
  'receipts-for-everything': {
    component: 'receipts',
    what: 'A receipt names whatever was asked about',
    parts: () => ({
      answer: answering('/sync', async (request, respond) => {
        const asked: unknown = await request
          .clone()
          .json()
          .catch(() => null);
        const answer = await respond();
        if (!answer.ok || !isObject(asked)) return answer;
        const { receipt, ...rest } = (await answer.json()) as { receipt: object };
        return Response.json({ ...rest, receipt: { ...receipt, revisions: asked['revisions'] } });
      }),
    }),
  },
  'receipts-of-an-older-epoch': {
    component: 'receipts',
    what: 'The epoch in the receipts is the one that the node had first',
    parts: () => {
      const first = new Map<string, unknown>();
      return {
        answer: answering('/sync', async (request, respond) => {
          const answer = await respond();
          if (!answer.ok) return answer;
          const { receipt, ...rest } = (await answer.json()) as { receipt: { epoch: unknown } };
          const { host } = new URL(request.url);
          if (!first.has(host)) first.set(host, receipt.epoch);
          return Response.json({ ...rest, receipt: { ...receipt, epoch: first.get(host) } });
        }),
      };
    },
  },
  'a-restore-keeps-its-epoch': {
    component: 'restore',
    what: 'A copy that was put back is taken for the same file',
    parts: () => ({ identity: (identity) => ({ ...identity, inode: '1' }) }),
  },
  'a-restore-forgets-orders': {
    component: 'orders',
    what: 'After a backup was put back, whoever was revoked since is let in',
    parts: () => ({ keepsake: (keepsake) => ({ ...keepsake, read: () => [] }) }),
  },
  'a-refusal-is-final': {
    component: 'line',
    what: 'What was refused (403, 408, 409, 413, 429) counts as done with: they have it already, or will never take it',
    parts: () => {
      const taken = new Map<string, string>();
      return {
        fetchOfDevice: (fetch) => async (url, init) => {
          const answer = await fetch(url, init);
          const asked: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : null;
          if (!isObject(asked)) return answer;
          if (url.endsWith('/_bulk_docs') && [403, 408, 409, 413, 429].includes(answer.status) && Array.isArray(asked['docs'])) {
            for (const document of asked['docs'].filter(isObject)) taken.set(String(document['_id']), String(document['_rev']));
            return Response.json([], { status: 201 });
          }
          const { revisions } = asked;
          if (!url.endsWith('/sync') || !answer.ok || !isObject(revisions)) return answer;
          const told: unknown = await answer
            .clone()
            .json()
            .catch(() => null);
          if (!isObject(told) || !isObject(told['receipt'])) return answer;
          const { receipt } = told;
          const known = Object.fromEntries(Object.entries(revisions).filter(([id, rev]) => taken.get(id) === rev));
          return Response.json({ ...told, receipt: { ...receipt, revisions: { ...(receipt['revisions'] as object), ...known } } });
        },
      };
    },
  },
  'hands-over-what-the-clock-calls-new': {
    component: 'clock',
    what: 'What the clock calls older than the last receipt is not handed over',
    parts: () => ({ createJournal: (device) => new GoesByTheClock(device) }),
  },
  'evicted-and-goes-on-as-before': {
    component: 'eviction',
    what: 'A device whose whole store was evicted keeps its name, and begins its documents anew under the same names',
    parts: () => ({ evicted: (before) => before }),
  },
  'keeps-the-place-before-the-page': {
    component: 'upstream',
    what: 'The place in a feed is kept before what stands before it was handed over',
    parts: () => ({
      own: (own) => {
        let place: Place | null = null;
        return {
          ...own,
          met: (met) => {
            place = met;
            return own.met(met);
          },
          async changes(database, since, limit) {
            const page = await own.changes(database, since, limit);
            if (place !== null && page.changes.length > 0)
              await own.keepPosition(`up:${database}`, { place, own: own.epoch, since: page.last });
            return page;
          },
        };
      },
    }),
  },
  'relays-what-an-older-epoch-had': {
    component: 'upstream',
    what: 'What the parent confirmed before it was restored is relayed as if it had it still',
    parts: () => ({
      relayed: (relayed) => {
        const confirmed = new Map<string, string>();
        return {
          ...relayed,
          confirm: (place, revs) => {
            for (const [id, [rev]] of Object.entries(revs)) if (rev !== undefined) confirmed.set(id, rev);
            return relayed.confirm(place, revs);
          },
          of: async (person, revisions) =>
            (await relayed.of(person, revisions)).map((receipt) => ({
              ...receipt,
              state: `${receipt.state}+${String(confirmed.size)}`,
              revisions: Object.fromEntries(Object.entries(revisions).filter(([id, rev]) => confirmed.get(id) === rev)),
            })),
        };
      },
    }),
  },
  'stays-where-the-parent-was': {
    component: 'upstream',
    what: 'A parent that was restored is taken for the one it was, and nothing is handed over again',
    parts: () => {
      const first = new Map<string, string>();
      return {
        own: (own) => ({
          ...own,
          async position(name) {
            const position = await own.position(name);
            if (position === null) return null;
            // Whatever epoch it was walked under.
            return first.has(own.node) ? { ...position, place: { ...position.place, epoch: first.get(own.node) ?? '' } } : position;
          },
          met: (place) => {
            first.set(own.node, place.epoch);
            return own.met(place);
          },
        }),
      };
    },
  },
};
