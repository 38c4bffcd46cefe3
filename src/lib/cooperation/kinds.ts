/** Every kind of entry: what reads it, and where authors keep it. Adding a kind is a file in kinds/ and a line in each table here. */
import { err, ok, type Result } from '../domain/result.ts';
import { isObject } from '../domain/shape.ts';
import { reservedIds, type EntryId, type Kind } from './entry.ts';
import { isError, sayFault } from './faults.ts';
import { readDataset, type Dataset } from './kinds/dataset.ts';
import { readGoal, type Goal } from './kinds/goal.ts';
import { readIndicator, type Indicator } from './kinds/indicator.ts';
import { readListing, type Listing } from './kinds/listing.ts';
import { readMaterial, type Material } from './kinds/material.ts';
import { readOpportunity, type Opportunity } from './kinds/opportunity.ts';
import { readAssessment, type Assessment } from './kinds/assessment.ts';
import { readCall, type Call } from './kinds/call.ts';
import { readContribution, type Contribution } from './kinds/contribution.ts';
import { readCountry, type Country } from './kinds/country.ts';
import { readMission, type Mission } from './kinds/mission.ts';
import { readOffer, type Offer } from './kinds/offer.ts';
import { readOrganisation, type Organisation } from './kinds/organisation.ts';
import { readPlan, type Plan } from './kinds/plan.ts';
import { readPractice, type Practice } from './kinds/practice.ts';
import { readProposal, type Proposal } from './kinds/proposal.ts';
import { readRequest, type Request } from './kinds/request.ts';
import { readResource, type Resource } from './kinds/resource.ts';
import { readSolution, type Solution } from './kinds/solution.ts';
import { readTarget, type Target } from './kinds/target.ts';
import { readTerm, type Term } from './kinds/term.ts';
import { createReader, type Fault, type Link, type Reader } from './reader.ts';

export interface EntryByKind {
  readonly term: Term;
  readonly goal: Goal;
  readonly target: Target;
  readonly organisation: Organisation;
  readonly solution: Solution;
  readonly practice: Practice;
  readonly listing: Listing;
  readonly indicator: Indicator;
  readonly opportunity: Opportunity;
  readonly resource: Resource;
  readonly dataset: Dataset;
  readonly material: Material;
  readonly country: Country;
  readonly assessment: Assessment;
  readonly plan: Plan;
  readonly call: Call;
  readonly offer: Offer;
  readonly mission: Mission;
  readonly request: Request;
  readonly contribution: Contribution;
  readonly proposal: Proposal;
}
export type Entry = EntryByKind[Kind];

const readers: { readonly [K in Kind]: (id: EntryId, reader: Reader) => EntryByKind[K] } = {
  term: readTerm,
  goal: readGoal,
  target: readTarget,
  organisation: readOrganisation,
  solution: readSolution,
  practice: readPractice,
  listing: readListing,
  indicator: readIndicator,
  opportunity: readOpportunity,
  resource: readResource,
  dataset: readDataset,
  material: readMaterial,
  country: readCountry,
  assessment: readAssessment,
  plan: readPlan,
  call: readCall,
  offer: readOffer,
  mission: readMission,
  request: readRequest,
  contribution: readContribution,
  proposal: readProposal,
};
export const kinds = Object.keys(readers) as Kind[];

/** Folder or file in the folder of courses, without its ending, and what it holds. */
const places: readonly (readonly [place: string, kind: Kind])[] = [
  ['+goals/goals', 'goal'],
  ['+goals/targets', 'target'],
  ['+compendium/terms', 'term'],
  ['+compendium/solutions', 'solution'],
  ['+compendium/practices', 'practice'],
  ['+compendium/listings', 'listing'],
  ['+compendium/organisations', 'organisation'],
  ['+compendium/opportunities', 'opportunity'],
  ['+compendium/resources', 'resource'],
  ['+compendium/datasets', 'dataset'],
  ['+compendium/materials', 'material'],
  ['+indicators', 'indicator'],
  ['+profiles/countries', 'country'],
  ['+profiles/indicators', 'indicator'],
  ['+profiles/assessments', 'assessment'],
  ['+plans', 'plan'],
  ['+calls/calls', 'call'],
  ['+calls/offers', 'offer'],
  ['+calls/requests', 'request'],
  ['+calls/missions', 'mission'],
  ['+calls/contributions', 'contribution'],
  ['+calls/proposals', 'proposal'],
];

/** The kind of the entries in a file; null where its place says none. */
export const kindOfFile = (path: string): Kind | null =>
  places.find(([place]) => path === `${place}.yaml` || path.startsWith(`${place}/`))?.[1] ?? null;

/** Where entries of a kind lie. */
export const placeOf = (kind: Kind): string => places.find(([, one]) => one === kind)?.[0] ?? '';

/** Folders in the folder of courses that hold entries. */
export const entryFolders: readonly string[] = [...new Set(places.map(([place]) => place.split('/')[0] ?? ''))];

/** Reads one entry; null where it has no id that could be used. Every other fault is reported and something stands in its place. */
export function readEntry(kind: Kind, value: unknown, fault: Fault): { readonly entry: Entry; readonly links: readonly Link[] } | null {
  const { reader, id: readId, end } = createReader(value, fault);
  const id = readId();
  if (id === null) return null;
  if (reservedIds.includes(id)) reader.fault('reserved-id', 'id', { id });
  const entry = readers[kind](id, reader);
  return { entry, links: end() };
}

/**
 * An entry as a piece holds it: the fields as authors write them, and `kind` beside them. Whoever wrote it, it is read by the same rules.
 *
 * @returns the entry and where it leads, or the first fault as a sentence
 */
export function parseEntry(value: unknown): Result<{ readonly entry: Entry; readonly links: readonly Link[] }, string> {
  if (!isObject(value)) return err('An entry is a set of fields.');
  const { kind, ...fields } = value;
  const known = kinds.find((one) => one === kind);
  if (known === undefined) return err('The kind of the entry is unknown.');
  const faults: string[] = [];
  const read = readEntry(known, fields, (code, path, values) => {
    if (isError(code)) faults.push(`${path.join('.')}: ${sayFault(code, values)}`);
  });
  const [first] = faults;
  if (read === null || first !== undefined) return err(first ?? 'The entry has no id.');
  return ok(read);
}

/** The country for which an entry speaks; null where it speaks for none, or where it leads to what is not there. */
export function countryOf({ byId }: { readonly byId: ReadonlyMap<EntryId, Entry> }, entry: Entry): EntryId | null {
  switch (entry.kind) {
    case 'assessment':
    case 'plan':
    case 'indicator':
    case 'mission':
    case 'request':
    case 'proposal':
      return entry.country;
    case 'call': {
      const plan = byId.get(entry.plan);
      return plan?.kind === 'plan' ? plan.country : null;
    }
    default:
      return null;
  }
}
