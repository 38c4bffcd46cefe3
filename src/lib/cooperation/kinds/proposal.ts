/** A State proposes a new regional centre; the Committee approves it or not. Each step has its day and, where something was published of it, its address. */
import type { Day } from '../day.ts';
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { languagePattern, readWritten } from './written.ts';

/** In this order; `declined` ends it at any point. */
export const proposalSteps = ['proposed', 'evaluated', 'recommended', 'approved', 'declined'] as const;
export type ProposalStep = (typeof proposalSteps)[number];

export interface Step {
  readonly type: ProposalStep;
  readonly day: Day;
  readonly text: Text;
  /** Of what was published about it; needed for what the Committee decided. */
  readonly url: string | null;
}

export interface Proposal extends Written {
  readonly kind: 'proposal';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  readonly country: EntryId;
  /** The institution that would host it. */
  readonly host: Text;
  /** Whom it would serve. */
  readonly serves: Text;
  /** What the State gives: premises, staff, money for how long. */
  readonly gives: Text;
  readonly languages: readonly string[];
  readonly themes: readonly EntryId[];
  /** By their days. */
  readonly steps: readonly Step[];
}

export function readProposal(id: EntryId, reader: Reader): Proposal {
  const steps = reader.parts('steps', 1, (part): Step => ({
    type: part.oneOf('type', proposalSteps),
    day: part.day('day'),
    text: part.localized('text'),
    url: part.optionalAddress('url'),
  }));
  for (const { type, url } of steps)
    if ((type === 'approved' || type === 'declined') && url === null) reader.fault('decision-without-source', 'steps', { type });
  const order = [...steps].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  const places = order.map(({ type }) => proposalSteps.indexOf(type));
  if (places.some((place, i) => i > 0 && place <= (places[i - 1] ?? -1))) reader.fault('steps-out-of-order', 'steps');
  return {
    kind: 'proposal',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    country: reader.neededLink('country', ['country']),
    host: reader.localized('host'),
    serves: reader.localized('serves'),
    gives: reader.localized('gives'),
    languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
    themes: reader.links('themes', ['term']),
    steps: order,
    ...readWritten(reader, 0),
  };
}

/** How far it is: its last step. */
export const stepOf = ({ steps }: Pick<Proposal, 'steps'>): ProposalStep => steps.at(-1)?.type ?? 'proposed';
