/**
 * `/content/compendium/coordination/people`: the figures that this node and those below it closed and published, for the view that coordinates. Open to all, as published
 * figures are; which events they count stays here.
 */
import type { Clock } from '../../domain/clock.ts';
import { dayOf } from '../../cooperation/day.ts';
import { csvOfPeople, peopleReach, type CentreFigures } from '../../cooperation/people-reach.ts';
import { isInterfaceLanguage } from '../../i18n/languages.ts';
import { readNodeDatabase } from '../../sync/document-rules.ts';
import type { CommonsLibrary } from '../commons/library.ts';
import type { Engine } from '../engine/engine.ts';
import { json, notFound } from '../http/answer.ts';
import type { Asked, Route } from '../http/organ.ts';
import { openLedger } from './ledger.ts';

export function reachRoutes({
  engine,
  commons,
  clock,
}: {
  readonly engine: Engine;
  readonly commons: Pick<CommonsLibrary, 'read'>;
  readonly clock: Clock;
}): readonly Route[] {
  async function centres(): Promise<readonly CentreFigures[]> {
    const desks = (await engine.databases()).flatMap((name) => {
      const read = readNodeDatabase(name);
      return read?.use === 'desk' ? [{ node: read.owner, desk: engine.database(name) }] : [];
    });
    return Promise.all(
      desks.map(async ({ node, desk }) => ({
        node,
        years: (await openLedger({ node, desk }).years()).map(({ year, figures }) => ({ year, figures })),
      })),
    );
  }
  const answer =
    (make: (...given: Parameters<typeof peopleReach>) => Response): Route['answer'] =>
    async ({ url }: Asked) => {
      const wanted = url.searchParams.get('lang');
      const language = isInterfaceLanguage(wanted) ? wanted : 'en';
      const read = await commons.read(language);
      return read === null ? notFound() : make(read, await centres(), language, dayOf(clock()));
    };
  return [
    {
      method: 'GET',
      path: '/content/compendium/coordination/people',
      answer: answer((...given) => json(peopleReach(...given), 200, { 'cache-control': 'no-cache' })),
    },
    {
      method: 'GET',
      path: '/content/compendium/coordination/people.csv',
      answer: answer(
        (...given) =>
          new Response(csvOfPeople(...given), {
            headers: {
              'cache-control': 'no-cache',
              'content-type': 'text/csv; charset=utf-8',
              'content-disposition': 'attachment; filename="people.csv"',
            },
          }),
      ),
    },
  ];
}
