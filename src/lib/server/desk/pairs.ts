/**
 * `/content/compendium/pairs`: how many mentoring pairs are kept at this desk. The pairs themselves name people, lie in `private` and are read by their writer
 * alone; a number below five is not told, and neither is one from which such a number could be worked out: of the running pairs, with a woman as mentee or not.
 */
import type { NodeId } from '../../domain/ids.ts';
import { parseDraft } from '../../domain/drafts.ts';
import { parsePair, type Pair } from '../../cooperation/pair.ts';
import type { Engine } from '../engine/engine.ts';
import { json } from '../http/answer.ts';
import type { Route } from '../http/organ.ts';

const leastTold = 5;

/** Null: fewer than five. */
export interface PairFigures {
  readonly running: number | null;
  readonly women: number | null;
  readonly ended: number | null;
}

const told = (n: number): number | null => (n > 0 && n < leastTold ? null : n);

export function figuresOf(pairs: readonly Pick<Pair, 'state' | 'menteeGender'>[]): PairFigures {
  const running = pairs.filter(({ state }) => state === 'running');
  const women = running.filter(({ menteeGender }) => menteeGender === 'woman').length;
  // Either part below five would tell the other's people.
  const isTold = told(women) !== null && told(running.length - women) !== null;
  return {
    running: told(running.length),
    women: isTold ? women : null,
    ended: told(pairs.filter(({ state }) => state === 'ended').length),
  };
}

export function pairRoutes({ node, engine }: { readonly node: NodeId; readonly engine: Engine }): readonly Route[] {
  const secret = engine.database('private');
  return [
    {
      method: 'GET',
      path: '/content/compendium/pairs',
      async answer() {
        const { rows } = await secret.list({ partition: node, start: `${node}:draft:`, end: `${node}:draft;`, bodies: true });
        const pairs = rows.flatMap(({ document }) => {
          const draft = parseDraft(document);
          if (!draft.ok || draft.value.of !== 'pair' || draft.value.withdrawn !== null) return [];
          const pair = parsePair(draft.value.fields);
          return pair.ok ? [pair.value] : [];
        });
        return json(figuresOf(pairs), 200, { 'cache-control': 'no-cache' });
      },
    },
  ];
}
