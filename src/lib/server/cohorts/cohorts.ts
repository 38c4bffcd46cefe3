/** Cohorts: who learns together, which courses, with whom. */
import type { About } from '../../domain/about.ts';
import { instantOf, type Clock, type Instant, type RandomBytes } from '../../domain/clock.ts';
import { base32, type CohortId, type CourseId, type NodeId, type PersonId } from '../../domain/ids.ts';
import { enrolmentId, type EnrolmentRecord } from '../../domain/records.ts';
import { mayWrite, type Who } from '../../sync/access.ts';
import type { AccountStore, Member } from '../accounts/store.ts';
import type { CouchDocument, Database } from '../engine/engine.ts';

export interface Cohort {
  readonly id: CohortId;
  readonly title: string;
  readonly courses: readonly CourseId[];
  /** The country for whose plan its people count, by its id in the compendium; absent where nobody said one. */
  readonly country?: string;
  readonly made: Instant;
  /** Staff whose cohort it is. */
  readonly trainers: readonly PersonId[];
}

export interface Cohorts {
  /** Those of a trainer, or all of them; the newest first. */
  list(trainer: PersonId | null): Promise<readonly Cohort[]>;
  get(id: CohortId): Promise<Cohort | null>;
  create(title: string, courses: readonly CourseId[], trainer: PersonId, country?: string): Promise<Cohort>;
  /** Says for whose plan its people count from now on; null: for nobody's. Null is answered where there is no such cohort. */
  setCountry(id: CohortId, country: string | null): Promise<Cohort | null>;
  members(id: CohortId): Promise<readonly Member[]>;
  /** Writes the person's enrolment and remembers them as a member. Safe to repeat. */
  enrol(person: PersonId, cohort: CohortId, name: string, about?: About): Promise<void>;
  /** The cohorts that a person is enrolled in. */
  of(person: PersonId): Promise<readonly { readonly id: CohortId; readonly title: string }[]>;
  /** Is the person in a cohort of this trainer? */
  teaches(trainer: PersonId, person: PersonId): Promise<boolean>;
  /** Is the person a trainer of this centre, whose sessions its master trainers observe? */
  isTrainer(person: PersonId): Promise<boolean>;
}

export function createCohorts(given: {
  readonly node: NodeId;
  readonly desk: Database;
  readonly records: Database;
  readonly store: AccountStore;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Every id of the same human, the asked one among them. */
  readonly sameAs: (person: PersonId) => Promise<readonly PersonId[]>;
}): Cohorts {
  const { node, desk, records, store, clock, random, sameAs } = given;
  const self: Who = { type: 'node', node };
  const nameOf = (id: CohortId): string => `${node}:cohort:${id}`;
  // This node alone writes its desk's cohorts.
  const kept = (document: CouchDocument): Cohort => document as unknown as Cohort;

  const get = async (id: CohortId): Promise<Cohort | null> => {
    const document = await desk.get(nameOf(id));
    return document === null ? null : kept(document);
  };

  async function enrolments(person: PersonId): Promise<readonly EnrolmentRecord[]> {
    const start = `${person}:enrolment:`;
    const { rows } = await records.list({ partition: person, start, end: `${person}:enrolment;`, bodies: true });
    return rows.flatMap(({ document }) => (document === undefined ? [] : [document as unknown as EnrolmentRecord]));
  }

  return {
    async list(trainer) {
      const { rows } = await desk.list({ partition: node, start: nameOf('' as CohortId), end: `${node}:cohort;`, bodies: true });
      return rows
        .flatMap(({ document }) => (document === undefined ? [] : [kept(document)]))
        .filter(({ trainers }) => trainer === null || trainers.includes(trainer))
        .sort((a, b) => (a.made < b.made ? 1 : -1));
    },

    get,

    async create(title, courses, trainer, country) {
      const cohort: Cohort = {
        id: base32(random(10)) as CohortId,
        title,
        courses,
        ...(country === undefined ? {} : { country }),
        made: instantOf(clock()),
        trainers: [trainer],
      };
      const [written] = await desk.bulk([{ _id: nameOf(cohort.id), kind: 'cohort', writer: node, ...cohort }], { newEdits: true });
      if (written?.ok !== true) throw new Error(`A cohort could not be written: ${written?.reason ?? ''}`);
      return cohort;
    },

    async setCountry(id, country) {
      for (;;) {
        const document = await desk.get(nameOf(id));
        if (document === null) return null;
        const { country: _before, ...rest } = document;
        const changed = { ...rest, ...(country === null ? {} : { country }) };
        const [written] = await desk.bulk([changed], { newEdits: true });
        if (written?.ok === true) return kept(changed as CouchDocument);
        if (written?.error !== 'conflict') throw new Error(`A cohort could not be written: ${written?.reason ?? ''}`);
      }
    },

    members: (id) => store.list('member', id),

    async enrol(person, id, name, about) {
      const cohort = await get(id);
      if (cohort === null) return;
      const at = instantOf(clock());
      await store.put('member', [id, person], { cohort: id, person, name, joined: at });
      const enrolment: EnrolmentRecord = {
        _id: enrolmentId(person, id),
        kind: 'enrolment',
        person,
        cohort: id,
        writer: node,
        title: cohort.title,
        courses: cohort.courses,
        at,
        ...(about === undefined ? {} : { about }),
      };
      const [written] = await records.bulk([enrolment], {
        newEdits: true,
        gate: (document, previous) => {
          const decision = mayWrite(self, { type: 'person', person }, document, previous);
          return decision.allow ? null : decision.reason;
        },
      });
      if (written?.ok === false && written.error !== 'conflict') throw new Error(`An enrolment could not be written: ${written.reason}`);
    },

    async of(person) {
      return (await enrolments(person)).map(({ cohort, title }) => ({ id: cohort, title }));
    },

    async teaches(trainer, person) {
      const all = (await Promise.all((await sameAs(person)).map(enrolments))).flat();
      const cohorts = await Promise.all(all.map(({ cohort }) => get(cohort)));
      return cohorts.some((cohort) => cohort?.trainers.includes(trainer) === true);
    },

    async isTrainer(person) {
      const staff = await store.get('staff', person);
      return staff !== null && staff.revoked === undefined && staff.roles.some((role) => role === 'trainer' || role === 'master');
    },
  };
}
