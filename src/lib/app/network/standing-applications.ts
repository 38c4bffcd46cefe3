/** Which of a person's applications stand, of all that their devices wrote: pure. */
import type { ApplicationRecord } from '#lib/domain/records.ts';
import type { Where } from '../contract.ts';
import type { Kept } from '../work.ts';

export type Application = ApplicationRecord & { readonly where: Where };

/** Applications that nobody took back and that no later one stands in place of, the last changed first. */
export function standingApplications(documents: readonly Kept[]): readonly Application[] {
  const all = documents.flatMap(({ body, above, atCentre }) =>
    body.kind === 'application'
      ? [{ ...body, where: above !== null ? ({ above } as const) : atCentre ? ('centre' as const) : ('device' as const) }]
      : [],
  );
  const replaced = new Set(all.flatMap(({ replaces }) => replaces ?? []));
  return all
    .filter(({ ulid, withdrawn }) => withdrawn === undefined && !replaced.has(ulid))
    .sort((a, b) => (a.changed < b.changed ? 1 : a.changed > b.changed ? -1 : a.ulid < b.ulid ? 1 : -1));
}

/** The application as a text that can be sent by any means: title, then each question with its answer. */
export const applicationText = ({ title, answers }: Pick<ApplicationRecord, 'title' | 'answers'>, head: readonly string[]): string =>
  [title, ...head, '', ...answers.flatMap(({ ask, text }) => [ask, '', text.trim(), ''])].join('\n');
