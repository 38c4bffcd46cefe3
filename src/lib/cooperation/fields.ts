/**
 * What somebody fills in who writes an entry through pages: for each kind its fields, in the order of a form, each with what it takes. Forms, and the pages that show
 * an entry whole to a reviewer, are drawn from this. Whether an entry is right is the reader's to say (kinds/): what stands here only has to name the same
 * fields, which tests hold it to.
 */
import { genders } from '../domain/about.ts';
import type { Kind } from './entry.ts';
import { contributionStates, contributionTypes } from './kinds/contribution.ts';
import { directions, methods } from './kinds/indicator.ts';
import { accesses } from './kinds/listing.ts';
import { recommendationStates } from './kinds/mission.ts';
import { opportunityTypes } from './kinds/opportunity.ts';
import { organisationTypes, roles } from './kinds/organisation.ts';
import { activityStates, activityTypes } from './kinds/plan.ts';
import { proposalSteps } from './kinds/proposal.ts';
import { requestTypes } from './kinds/request.ts';
import { resourceTypes } from './kinds/resource.ts';
import { costs, openness } from './kinds/solution.ts';
import { disciplines, levels } from './kinds/written.ts';
import { pairStates } from './pair.ts';
import type { Facet } from './kinds/term.ts';

/** Kinds that are written through pages. A pair is no entry: it names people and is never published (pair.ts). */
export const writtenKinds = [
  'plan',
  'call',
  'request',
  'mission',
  'indicator',
  'proposal',
  'solution',
  'practice',
  'listing',
  'organisation',
  'opportunity',
  'resource',
  'offer',
  'contribution',
  'pair',
] as const satisfies readonly (Kind | 'pair')[];
export type WrittenKind = (typeof writtenKinds)[number];
export const isWrittenKind = (value: unknown): value is WrittenKind => writtenKinds.some((kind) => kind === value);

/** Where the names of the values of a short list are: terms of a facet (`cost-low`), or words of the page. */
export type ValueNames = Facet | 'activity' | 'activity-state' | 'direction' | 'method' | 'recommendation' | 'request' | 'contribution' | 'contribution-state' | 'step' | 'pair-state' | 'gender'; // prettier-ignore

export type Takes =
  /** A text by language; so many lines of it are shown at first. */
  | { readonly type: 'words'; readonly lines: number }
  /** A list of texts by language. */
  | { readonly type: 'wordsList' }
  /** The same in every language: a name, a licence. */
  | { readonly type: 'text' | 'address' | 'day' | 'year' | 'number' }
  | { readonly type: 'one' | 'some'; readonly of: readonly string[]; readonly names: ValueNames }
  /** An entry, or entries, of these kinds; of terms those of a facet. */
  | { readonly type: 'link' | 'links'; readonly kinds: readonly Kind[]; readonly facet?: Facet }
  | { readonly type: 'languages' }
  | { readonly type: 'country' }
  /** Ids of objectives of the plan that the field `plan` names, or of this plan itself. */
  | { readonly type: 'objective' | 'objectives' }
  | {
      readonly type: 'part' | 'parts';
      readonly fields: readonly Field[];
      /** Each part has an id of its own, which the form makes. */ readonly named?: true;
    };

/** What a field is called; the same name may mean the same in several kinds. */
export const labels = [
  'title', 'summary', 'problem', 'users', 'steps', 'limits', 'data', 'software', 'evidence', 'name', 'url', 'open', 'cost', 'level', 'disciplines',
  'themes', 'targets', 'sendai', 'paris', 'indicators', 'indicator', 'provider', 'languages', 'licence', 'sources', 'solutions', 'course', 'access',
  'opens', 'closes', 'teaches', 'organisationType', 'roles', 'country', 'seat', 'place', 'latitude', 'longitude', 'opportunityType', 'who', 'covers', 'deadline', 'asks',
  'resourceType', 'origin', 'terms', 'by', 'gives', 'countries', 'answers', 'until', 'responsible', 'objectives', 'start', 'aim', 'activities',
  'objective', 'activityType', 'budget', 'state', 'courses', 'reviews', 'year', 'day', 'text', 'plan', 'seeks', 'agreements', 'offer', 'outcome',
  'definition', 'unit', 'direction', 'method', 'how', 'weak', 'strong', 'group', 'findings', 'recommendations', 'entries', 'requestType', 'has',
  'contributionType', 'amount', 'currency', 'serves', 'host', 'servesRegion', 'stateGives', 'proposalSteps', 'step', 'mentor', 'mentee',
  'mentorGender', 'menteeGender', 'meetings', 'note', 'mentoring', 'firstDay', 'lastDay', 'firstYear', 'lastYear', 'agreementText', 'decisionUrl',
] as const; // prettier-ignore
export type Label = (typeof labels)[number];

export type Field = Takes & {
  /** As the entry has it. */
  readonly name: string;
  readonly label: Label;
  readonly needed: boolean;
};

type Extra = { readonly needed?: boolean; readonly label?: Label };
const make = (takes: Takes, name: string, label: Label, { needed = false }: Extra): Field => ({ ...takes, name, label, needed });
const needed = { needed: true } as const;

const words = (name: Label, lines: number, extra: Extra = needed): Field =>
  make({ type: 'words', lines }, name, extra.label ?? name, extra);
const plain = (type: 'text' | 'address' | 'day' | 'year' | 'number', name: string, extra: Extra = {}): Field =>
  make({ type }, name, extra.label ?? (name as Label), extra);
const one = (name: string, of: readonly string[], names: ValueNames, label: Label = name as Label): Field =>
  make({ type: 'one', of, names }, name, label, needed);
const some = (name: Label, of: readonly string[], names: ValueNames, extra: Extra = needed): Field =>
  make({ type: 'some', of, names }, name, name, extra);
const link = (name: string, kinds: readonly Kind[], extra: Extra = {}): Field =>
  make({ type: 'link', kinds }, name, extra.label ?? (name as Label), extra);
const links = (name: Label, kinds: readonly Kind[], extra: Extra = {}): Field => make({ type: 'links', kinds }, name, name, extra);
const terms = (name: Label, facet: Facet, extra: Extra = {}): Field => make({ type: 'links', kinds: ['term'], facet }, name, name, extra);
const parts = (name: string, fields: readonly Field[], extra: Extra & { readonly named?: true } = {}): Field =>
  make({ type: 'parts', fields, ...(extra.named === undefined ? {} : { named: true }) }, name, extra.label ?? (name as Label), extra);

const title = words('title', 1);
const summary = words('summary', 2);
const languages: Field = { type: 'languages', name: 'languages', label: 'languages', needed: false };
const provider = link('provider', ['organisation']);
const solutions = links('solutions', ['solution']);
const level = one('level', levels, 'level');
const themes = terms('themes', 'theme', needed);
const country = link('country', ['country'], needed);
const seat: Field = { type: 'country', name: 'country', label: 'seat', needed: false };
const sourcesOf = (extra: Extra): Field => parts('sources', [plain('text', 'title', needed), plain('address', 'url', needed)], extra);
const sources = sourcesOf(needed);
const used = (name: Label): Field =>
  parts(name, [plain('text', 'name', needed), plain('address', 'url', needed), one('open', openness, 'openness')]);
const agreements = parts('agreements', [link('offer', ['offer'], needed), plain('day', 'day', needed), words('text', 3, { needed: true, label: 'agreementText' })]); // prettier-ignore
const outcome: Field = {
  type: 'part',
  fields: [plain('day', 'day', needed), words('text', 3)],
  name: 'outcome',
  label: 'outcome',
  needed: false,
};

/** What is written of each kind. The title comes first: an entry has its address from it. */
export const fieldsByKind: Readonly<Record<WrittenKind, readonly Field[]>> = {
  solution: [
    title,
    summary,
    words('problem', 3),
    words('users', 2),
    make({ type: 'wordsList' }, 'steps', 'steps', needed),
    words('limits', 3),
    used('data'),
    used('software'),
    parts('evidence', [seat, words('text', 2), plain('address', 'url', needed)]),
    one('cost', costs, 'cost'),
    level,
    some('disciplines', disciplines, 'discipline'),
    themes,
    links('targets', ['target'], needed),
    terms('sendai', 'sendai'),
    terms('paris', 'paris'),
    links('indicators', ['indicator']),
    provider,
    languages,
    plain('text', 'licence', needed),
    sources,
  ],
  practice: [title, summary, provider, plain('address', 'url', needed), languages, level, themes, solutions, sources],
  listing: [
    title,
    summary,
    plain('address', 'url'),
    plain('text', 'course'),
    provider,
    languages,
    level,
    some('disciplines', disciplines, 'discipline'),
    themes,
    one('access', accesses, 'access'),
    plain('day', 'opens'),
    plain('day', 'closes'),
    links('teaches', ['solution']),
    sourcesOf({}),
  ],
  organisation: [
    title,
    summary,
    one('type', organisationTypes, 'provider', 'organisationType'),
    some('roles', roles, 'role', {}),
    seat,
    { type: 'part', fields: [plain('text', 'name', needed), plain('number', 'latitude', needed), plain('number', 'longitude', needed)], name: 'place', label: 'place', needed: false }, // prettier-ignore
    plain('address', 'url'),
    languages,
    sources,
  ],
  opportunity: [
    title,
    summary,
    one('type', opportunityTypes, 'opportunity', 'opportunityType'),
    provider,
    words('who', 2, {}),
    words('covers', 2, {}),
    seat,
    plain('address', 'url'),
    plain('day', 'opens'),
    plain('day', 'deadline'),
    languages,
    terms('themes', 'theme'),
    make({ type: 'wordsList' }, 'asks', 'asks', {}),
    sourcesOf({}),
  ],
  resource: [
    title,
    summary,
    one('type', resourceTypes, 'resource', 'resourceType'),
    link('origin', ['organisation']),
    plain('text', 'licence'),
    words('terms', 2),
    plain('address', 'url'),
    plain('text', 'course'),
    seat,
    languages,
    terms('themes', 'theme'),
    sourcesOf({}),
  ],
  offer: [
    title,
    summary,
    words('by', 1),
    provider,
    link('call', ['call', 'request'], { label: 'answers' }),
    some('gives', activityTypes, 'activity'),
    links('indicators', ['indicator']),
    solutions,
    languages,
    links('countries', ['country']),
    plain('day', 'until'),
    sourcesOf({}),
  ],
  contribution: [
    title,
    summary,
    words('by', 1),
    provider,
    one('type', contributionTypes, 'contribution', 'contributionType'),
    plain('number', 'amount'),
    plain('text', 'currency'),
    plain('year', 'year', needed),
    one('state', contributionStates, 'contribution-state'),
    links('serves', ['plan', 'call', 'request', 'mission', 'proposal']),
    sources,
  ],
  plan: [
    title,
    summary,
    country,
    plain('year', 'from', { needed: true, label: 'firstYear' }),
    plain('year', 'until', { needed: true, label: 'lastYear' }),
    words('responsible', 1),
    parts('objectives', [title, link('indicator', ['indicator'], needed), plain('number', 'start', needed), plain('number', 'aim', needed), solutions], { needed: true, named: true }), // prettier-ignore
    parts(
      'activities',
      [
        title,
        make({ type: 'objective' }, 'objective', 'objective', needed),
        one('type', activityTypes, 'activity', 'activityType'),
        plain('year', 'from', { needed: true, label: 'firstYear' }),
        plain('year', 'until', { needed: true, label: 'lastYear' }),
        words('responsible', 1),
        one('budget', costs, 'cost'),
        one('state', activityStates, 'activity-state'),
        links('courses', ['listing']),
      ],
      { named: true },
    ),
    parts('reviews', [plain('year', 'year', needed), plain('day', 'day', needed), words('text', 4)]),
  ],
  call: [
    title,
    summary,
    link('plan', ['plan'], needed),
    make({ type: 'objectives' }, 'objectives', 'objectives', {}),
    some('seeks', activityTypes, 'activity'),
    plain('day', 'opens', needed),
    plain('day', 'closes', needed),
    languages,
    agreements,
    outcome,
  ],
  request: [
    title,
    summary,
    country,
    one('type', requestTypes, 'request', 'requestType'),
    link('plan', ['plan']),
    words('has', 3, {}),
    links('indicators', ['indicator'], needed),
    languages,
    plain('day', 'opens', needed),
    plain('day', 'closes', needed),
    agreements,
    outcome,
  ],
  mission: [
    title,
    summary,
    country,
    link('plan', ['plan'], needed),
    words('by', 1),
    provider,
    plain('day', 'from', { needed: true, label: 'firstDay' }),
    plain('day', 'until', { needed: true, label: 'lastDay' }),
    words('findings', 4),
    parts('recommendations', [words('text', 2), one('state', recommendationStates, 'recommendation'), links('entries', ['solution', 'practice'])]), // prettier-ignore
    sourcesOf({}),
  ],
  indicator: [
    title,
    country,
    words('definition', 2),
    words('unit', 1),
    one('direction', directions, 'direction'),
    one('method', methods, 'method'),
    words('how', 3),
    plain('number', 'weak'),
    plain('number', 'strong'),
    make({ type: 'link', kinds: ['term'], facet: 'group' }, 'group', 'group', {}),
    links('targets', ['target']),
  ],
  proposal: [
    title,
    summary,
    country,
    words('host', 2),
    words('serves', 2, { needed: true, label: 'servesRegion' }),
    words('gives', 3, { needed: true, label: 'stateGives' }),
    languages,
    terms('themes', 'theme'),
    parts('steps', [one('type', proposalSteps, 'step', 'step'), plain('day', 'day', needed), words('text', 2), plain('address', 'url', { label: 'decisionUrl' })], { needed: true, label: 'proposalSteps' }), // prettier-ignore
    sourcesOf({}),
  ],
  pair: [
    make({ type: 'link', kinds: ['opportunity'] }, 'offer', 'mentoring', {}),
    plain('text', 'mentor', needed),
    { type: 'one', of: genders, names: 'gender', name: 'mentorGender', label: 'mentorGender', needed: false },
    plain('text', 'mentee', needed),
    { type: 'one', of: genders, names: 'gender', name: 'menteeGender', label: 'menteeGender', needed: false },
    plain('day', 'from', { needed: true, label: 'firstDay' }),
    plain('day', 'until', { label: 'lastDay' }),
    one('state', pairStates, 'pair-state'),
    parts('meetings', [plain('day', 'day', needed), plain('text', 'note')]),
  ],
};

/** Every field of a kind, those of its parts too. */
export const everyField = (fields: readonly Field[]): readonly Field[] =>
  fields.flatMap((field) => [field, ...('fields' in field ? everyField(field.fields) : [])]);
