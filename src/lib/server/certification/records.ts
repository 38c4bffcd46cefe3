/**
 * What the records of this node say of who trained whom, who was certified and what it cost: read together for the cascade and the evaluation. Of the nodes
 * below it is what they handed up; of their people's names, countries and genders nothing is known here.
 */
import { createHash } from 'node:crypto';
import type { Instant } from '../../domain/clock.ts';
import type { About } from '../../domain/about.ts';
import { isListOf, isObject } from '../../domain/shape.ts';
import { isDeviceId, isNodeId, isPersonId, type DeviceId, type NodeId, type PersonId } from '../../domain/ids.ts';
import { deviceKey, type OrderStanding } from '../../domain/orders.ts';
import type { EnrolmentRecord, ProfileRecord } from '../../domain/records.ts';
import type { Countable } from '../../domain/suppression.ts';
import { cascadeOf, linksOf, passMarksOf, type Cascade, type Enrolled, type Link, type Observed } from '../../certification/cascade.ts';
import type { Activity, Certified } from '../../certification/evaluation.ts';
import type { Programme } from '../../certification/programme.ts';
import type { Digest } from '../../certification/signed.ts';
import type { AccountStore, Staff } from '../accounts/store.ts';
import type { Engine } from '../engine/engine.ts';
import { openBook, type Issued } from './book.ts';
import type { Gathering, Held } from './gathering.ts';
import type { Everybody } from './standings.ts';

/** How complete figures are: the devices that may hold work of these people, and one for each code that is out. */
export interface Coverage {
  readonly expected: number;
  readonly heard: number;
  readonly oldest: Instant | null;
  /** Other nodes whose people are among them; of their devices nothing is known here. */
  readonly nodes: number;
}

export interface CentreRecords {
  readonly links: readonly Link[];
  readonly cascade: Cascade;
  readonly certified: readonly Certified[];
  readonly activities: readonly Activity[];
  /** Events of this node's own people, for figures that are published. Every node counts its own, so that no two count the same. */
  readonly countable: readonly Countable[];
  /** Name of somebody as this node knows them; `''` where it does not. */
  nameOf(person: string): string;
  /** @param of everybody where it is null. A trainer's cohorts, where codes are out for them */
  coverageOf(of: ReadonlySet<string> | null, cohorts: ReadonlySet<string> | null): Coverage;
}

/** Stands before the name of an award whose holder is not known here any more. */
const erased = 'award ';
export const isErased = (person: string): boolean => person.startsWith(erased);

const hashOf = (...parts: readonly string[]): string => createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 16);

const yearOf = (at: Instant): number => Number(at.slice(0, 4));

export async function readRecords(given: {
  readonly node: NodeId;
  readonly engine: Engine;
  readonly store: AccountStore;
  readonly gathering: Gathering;
  readonly everybody: Everybody;
  readonly orders: OrderStanding;
  readonly programmes: readonly Programme[];
  readonly now: Instant;
}): Promise<CentreRecords> {
  const { node, engine, store, gathering, everybody, orders, programmes, now } = given;
  const oneOf = (person: PersonId): PersonId => orders.sameAs(person)[0] ?? person;
  const held = new Map([...(await gathering.read())].filter(([person]) => !orders.erased.has(person)));
  const [staff, learners, devices, codes] = await Promise.all([store.list('staff'), store.list('learner'), store.list('device'), store.list('code')]); // prettier-ignore

  const desks = (await engine.databases()).filter((name) => name.startsWith('desk-'));
  const trainersByCohort = new Map<string, readonly PersonId[]>();
  const issued = new Map<string, Issued>();
  for (const name of desks) {
    const at = name.slice('desk-'.length);
    if (!isNodeId(at)) continue;
    const desk = engine.database(name);
    const { rows } = await desk.list({ partition: at, start: `${at}:cohort:`, end: `${at}:cohort;`, inclusiveEnd: false, bodies: true });
    for (const { id, document } of rows)
      if (isObject(document) && isListOf(isPersonId)(document['trainers']))
        trainersByCohort.set(`${at} ${id.slice(`${at}:cohort:`.length)}`, document['trainers']);
    for (const entry of await openBook({ node: at, desk }).all()) issued.set(entry.uuid, entry);
  }

  const enrolled: Enrolled[] = [];
  const holderByUuid = new Map<string, PersonId>();
  const isOwn = new Set<PersonId>();
  for (const [person, { node: at, records }] of held) {
    if (at === node) isOwn.add(oneOf(person));
    for (const record of records.values())
      if (record.kind === 'enrolment') enrolled.push(enrolmentOf(record, oneOf, trainersByCohort));
      else if (record.kind === 'credential') holderByUuid.set(record.uuid, oneOf(person));
  }
  const { known, statementsById } = everybody;
  const observed: Observed[] = [];
  for (const piece of known)
    if (piece.type === 'observation') {
      const said = statementsById.get(piece.id as Digest);
      if (said !== undefined) observed.push({ observer: oneOf(said.person), trainer: piece.trainer, at: piece.at });
    }
  const links = linksOf({ evidence: known, observed, enrolled, passMark: passMarksOf(programmes) });
  const cascade = cascadeOf(links);

  // Whoever was erased was certified all the same: the book says so, and of whom it does not.
  const certified = [...issued.values()].map(
    ({ uuid, award, programme, at, until, state }): Certified => ({ person: holderByUuid.get(uuid) ?? `${erased}${award}`, programme, at, until, state }), // prettier-ignore
  );
  const activities: Activity[] = [
    ...known.flatMap((piece) => (piece.type === 'session' ? [{ person: piece.trainer, at: piece.at }] : [])),
    ...observed.map(({ observer, at }) => ({ person: observer, at })),
    ...links.map(({ trainer, at }) => ({ person: trainer, at })),
  ];

  const staffByPerson = new Map(staff.map((one): [PersonId, Staff] => [oneOf(one.person), one]));
  for (const { person } of [...staff, ...learners]) isOwn.add(oneOf(person));
  const names = new Map<string, string>();
  for (const { person, name } of [...staff, ...learners]) if (name !== '') names.set(oneOf(person), name);

  const idsOf = new Map<string, PersonId[]>();
  for (const person of held.keys()) idsOf.set(oneOf(person), [...(idsOf.get(oneOf(person)) ?? []), person]);
  const aboutOf = (person: string): About => aboutIn((idsOf.get(person) ?? []).flatMap((id) => held.get(id) ?? []), staffByPerson.get(person as PersonId)); // prettier-ignore

  const countable: Countable[] = [];
  const count = (person: string, what: string, at: Instant, of: { readonly programme?: string; readonly course?: string }): void => {
    const { country, gender } = aboutOf(person);
    countable.push({
      key: hashOf(person, what),
      person,
      year: yearOf(at),
      attributes: {
        ...(country === undefined ? {} : { country }),
        ...(gender === undefined ? {} : { gender }),
        ...of,
      },
    });
  };
  for (const { person, first } of cascade.people)
    if (first !== null && isOwn.has(person as PersonId))
      count(person, 'trained', first.at, first.course === undefined ? {} : { course: first.course });
  for (const { person, programme, at, state } of certified)
    if (state !== 'revoked' && isOwn.has(person as PersonId)) count(person, `certified ${programme}`, at, { programme });

  return {
    links,
    cascade,
    certified,
    activities,
    countable: earliestOf(countable),
    nameOf: (person) => names.get(person) ?? '',
    coverageOf(of, cohorts) {
      const contacts = new Map<string, Instant | null>();
      const counts = (person: PersonId): boolean => !orders.erased.has(person) && (of === null || of.has(oneOf(person)));
      const note = (person: PersonId, device: DeviceId, contact: Instant | null): void => {
        const name = deviceKey(person, device);
        if (!orders.devices.has(name)) contacts.set(name, contact ?? contacts.get(name) ?? null);
      };
      const others = new Set<NodeId>();
      for (const { person, device, lastContact } of devices) if (counts(person)) note(person, device, lastContact);
      for (const [person, { node: at, records }] of held) {
        if (!counts(person)) continue;
        if (at !== node) others.add(at);
        // A device that the node was restored without, or that came by another road, shows in what it wrote.
        else for (const { kind, writer } of records.values()) if (kind === 'register' && isDeviceId(writer)) note(person, writer, null);
      }
      const out = codes.filter(({ use, cohort, used, expires }) => use === 'enrolment' && used === undefined && expires > now && (cohorts === null || (cohort !== undefined && cohorts.has(cohort)))); // prettier-ignore
      const heard = [...contacts.values()].filter((contact) => contact !== null).sort();
      return { expected: contacts.size + out.length, heard: heard.length, oldest: heard[0] ?? null, nodes: others.size };
    },
  };
}

/** Of one event that is known with several dates the earliest. */
function earliestOf(events: readonly Countable[]): readonly Countable[] {
  const first = new Map<string, Countable>();
  for (const event of events) {
    const known = first.get(event.key);
    if (known === undefined || event.year < known.year) first.set(event.key, event);
  }
  return [...first.values()];
}

function enrolmentOf(
  { person, cohort, writer, courses, at }: EnrolmentRecord,
  oneOf: (person: PersonId) => PersonId,
  trainersByCohort: ReadonlyMap<string, readonly PersonId[]>,
): Enrolled {
  const trainers = trainersByCohort.get(`${writer} ${cohort}`) ?? [];
  return { person: oneOf(person), at, trainers: trainers.map(oneOf), courses };
}

/** What somebody said last of themselves; where they said nothing, what the newest roster said. */
function aboutIn(ranges: readonly Held[], staff: Staff | undefined): About {
  let profile: ProfileRecord | null = null;
  let enrolment: EnrolmentRecord | null = null;
  for (const { records } of ranges)
    for (const record of records.values())
      if (record.kind === 'profile') {
        if (record.about !== undefined && (profile === null || record.changed > profile.changed)) profile = record;
      } else if (record.kind === 'enrolment' && record.about !== undefined && (enrolment === null || record.at > enrolment.at))
        enrolment = record;
  return profile?.about ?? staff?.about ?? enrolment?.about ?? {};
}
