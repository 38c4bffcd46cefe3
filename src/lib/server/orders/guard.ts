/** Keeps what was erased out: on every road, also on those where a child node or a trainer brings documents of somebody whose sign-in is not asked. */
import type { PersonId } from '../../domain/ids.ts';
import { bearerSentences } from '../accounts/bearer.ts';
import type { Database, Engine } from '../engine/engine.ts';

function guardDatabase(database: Database, erased: () => ReadonlySet<PersonId>): Database {
  const isErased = (id: unknown): boolean => typeof id === 'string' && erased().has(id.slice(0, Math.max(0, id.indexOf(':'))) as PersonId);
  return {
    ...database,
    bulk: (documents, options) =>
      database.bulk(documents, {
        ...options,
        gate: (document, previous) => (isErased(document['_id']) ? bearerSentences.erased : (options.gate?.(document, previous) ?? null)),
      }),
  };
}

/**
 * The same engine, whose databases of records take nothing about people who were erased.
 *
 * @param erased who was, as of now; asked for each document
 */
export function guardErased(engine: Engine, erased: () => ReadonlySet<PersonId>): Engine {
  const guarded = new Map<string, Database>();
  return {
    ...engine,
    database(name) {
      if (!name.startsWith('records-')) return engine.database(name);
      const known = guarded.get(name) ?? guardDatabase(engine.database(name), erased);
      guarded.set(name, known);
      return known;
    },
  };
}
