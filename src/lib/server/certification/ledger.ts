/**
 * What an administrator enters and closes, in the desk of this node:
 *
 *   <node>:cost:<ulid>      what was spent: entered once, taken back by a field
 *   <node>:figures:<year>   the figures of a year as they were published, and hashes of the events that they count: written once, never computed again
 */
import type { Instant } from '../../domain/clock.ts';
import { isInstant } from '../../domain/clock.ts';
import type { NodeId, PersonId, Ulid } from '../../domain/ids.ts';
import { isListOf, isObject, isString } from '../../domain/shape.ts';
import { closeYear, type ClosedYear, type Countable, type FiguresPlan } from '../../domain/suppression.ts';
import { parseCost, type Cost, type NewCost } from '../../certification/cost.ts';
import type { Database } from '../engine/engine.ts';

export interface PublishedYear extends ClosedYear {
  readonly at: Instant;
}

export interface Ledger {
  costs(): Promise<readonly Cost[]>;
  enter(cost: NewCost, id: Ulid, at: Instant, by: PersonId): Promise<Cost>;
  /** Null where there is none of this id. */
  withdraw(id: string, at: Instant): Promise<Cost | null>;
  /** The newest first. */
  years(): Promise<readonly PublishedYear[]>;
  /** Null where the year, or a later one, is closed already. */
  close(year: number, events: readonly Countable[], at: Instant): Promise<PublishedYear | null>;
}

/** People are crossed with their gender, and by nothing else: see suppression.ts for why the tables share one division. */
export const figuresPlan: FiguresPlan = {
  across: { division: 'gender', groups: ['woman', 'man'] },
  tables: ['country', 'programme', 'course'],
};

export function openLedger({ node, desk }: { readonly node: NodeId; readonly desk: Database }): Ledger {
  const listed = async (kind: string) =>
    (await desk.list({ partition: node, start: `${node}:${kind}:`, end: `${node}:${kind};`, inclusiveEnd: false, bodies: true })).rows;

  async function years(): Promise<readonly PublishedYear[]> {
    const found = (await listed('figures')).flatMap(({ document }): PublishedYear[] => {
      if (!isObject(document)) return [];
      const { year, at, counted, figures } = document;
      // This node alone writes its desk: that the figures are as it wrote them is not asked again.
      return typeof year === 'number' && isInstant(at) && isListOf(isString)(counted) && isObject(figures)
        ? [{ year, at, counted, figures: figures as unknown as ClosedYear['figures'] }]
        : [];
    });
    return found.sort((a, b) => b.year - a.year);
  }

  return {
    async costs() {
      const found = (await listed('cost')).flatMap(({ document }) => parseCost(document) ?? []);
      return found.sort((a, b) => b.year - a.year || (a.id < b.id ? 1 : -1));
    },

    async enter(cost, id, at, by) {
      const [written] = await desk.bulk([{ _id: `${node}:cost:${id}`, kind: 'cost', writer: by, id, at, ...cost }], { newEdits: true });
      if (written?.ok !== true) throw new Error(`A cost could not be written: ${written?.reason ?? ''}`);
      return { id, at, ...cost };
    },

    async withdraw(id, at) {
      for (;;) {
        const document = await desk.get(`${node}:cost:${id}`);
        const cost = parseCost(document);
        if (document === null || cost === null) return null;
        if (cost.withdrawn !== undefined) return cost;
        const [written] = await desk.bulk([{ ...document, withdrawn: at }], { newEdits: true });
        if (written?.ok === true) return { ...cost, withdrawn: at };
        if (written?.error !== 'conflict') throw new Error(`A cost could not be taken back: ${written?.reason ?? ''}`);
      }
    },

    years,

    async close(year, events, at) {
      const closed = closeYear(await years(), events, year, figuresPlan);
      if (closed === null) return null;
      const [written] = await desk.bulk([{ _id: `${node}:figures:${String(year)}`, kind: 'figures', writer: node, at, ...closed }], {
        newEdits: true,
      });
      if (written?.ok === true) return { at, ...closed };
      // Whoever was first closed it.
      if (written?.error === 'conflict') return null;
      throw new Error(`The figures of a year could not be written: ${written?.reason ?? ''}`);
    },
  };
}
