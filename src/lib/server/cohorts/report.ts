/**
 * What a trainer sees of a cohort. Every figure is computed from the documents that are on this node at this moment; the line of
 * completeness says what may be missing:
 *
 *   expected   devices that may hold work of these people: each device that joined as one of them or wrote one of the documents here, and one for
 *              each code that is out and was not used yet
 *   heard      those of them whose pass ended here at least once
 *   oldest     when the one of those that has been silent longest was last heard; null where none was heard
 */
import type { Instant } from '../../domain/clock.ts';
import { isDeviceId, type CohortId, type CourseId, type DeviceId, type PersonId, type UnitId } from '../../domain/ids.ts';
import { parseRecord } from '../../domain/parse-record.ts';
import { courseProgress, joinRecords, type UnitStanding } from '../../domain/progress.ts';
import type { FeedbackRecord, RegisterRecord } from '../../domain/records.ts';
import type { CourseStructure, Localized } from '../../course/package.ts';
import type { Device, Member } from '../accounts/store.ts';
import type { Database } from '../engine/engine.ts';
import type { Cohort } from './cohorts.ts';

export interface Report {
  readonly cohort: { readonly id: CohortId; readonly title: string; readonly courses: readonly CourseId[]; readonly made: Instant };
  readonly courses: readonly {
    readonly course: CourseId;
    readonly title: Localized;
    readonly units: readonly { readonly id: UnitId; readonly title: Localized; readonly items: number; readonly points: number }[];
  }[];
  readonly people: readonly {
    readonly person: PersonId;
    readonly name: string;
    readonly joined: Instant;
    readonly lastContact: Instant | null;
    readonly devices: readonly { readonly device: DeviceId; readonly lastContact: Instant | null }[];
    readonly units: Readonly<Record<CourseId, Readonly<Record<UnitId, UnitStanding>>>>;
    readonly seconds: number;
    /** Points earned over the points of all courses, 0 to 1; null where nothing was answered. */
    readonly score: number | null;
  }[];
  readonly completeness: { readonly expected: number; readonly heard: number; readonly oldest: Instant | null };
  readonly at: Instant;
}

export interface PersonWork {
  readonly member: Member;
  /** What their devices counted, and what was said of it. */
  readonly records: readonly (RegisterRecord | FeedbackRecord)[];
  readonly devices: readonly Device[];
}

const latest = (moments: readonly (Instant | null)[]): Instant | null =>
  moments.reduce((last, at) => (at !== null && (last === null || at > last) ? at : last), null);

/** The report of a cohort from what its people's registers say. Pure. A course whose package is not here has no units. */
export function createReport(given: {
  readonly cohort: Cohort;
  readonly structures: ReadonlyMap<CourseId, CourseStructure>;
  readonly people: readonly PersonWork[];
  /** Codes that are out and unused. */
  readonly codesOut: number;
  readonly at: Instant;
}): Report {
  const { cohort, structures, people, codesOut, at } = given;
  const courses = cohort.courses.flatMap((course) => {
    const structure = structures.get(course);
    return structure === undefined ? [] : [structure];
  });

  const rows = people.map(({ member, records, devices }) => {
    let earned = 0;
    let possible = 0;
    let seconds = 0;
    let answered = false;
    const units: Record<CourseId, Record<UnitId, UnitStanding>> = {};
    for (const structure of courses) {
      const standing = courseProgress(structure, joinRecords(records.filter(({ course }) => course === structure.course)));
      const points = structure.modules.flatMap((module) => module.units.flatMap((unit) => unit.items.map((item) => item.points)));
      const total = points.reduce((sum, value) => sum + value, 0);
      earned += standing.score * total;
      possible += total;
      for (const unit of standing.units.values()) {
        seconds += unit.seconds;
        answered ||= unit.score !== null;
      }
      units[structure.course] = Object.fromEntries(standing.units) as Record<UnitId, UnitStanding>;
    }

    // A device that the node was restored without, or that came by another road, shows in what it wrote.
    const contacts = new Map<DeviceId, Instant | null>(devices.map(({ device, lastContact }) => [device, lastContact]));
    for (const { kind, writer } of records)
      if (kind === 'register' && isDeviceId(writer) && !contacts.has(writer)) contacts.set(writer, null);
    return {
      person: member.person,
      name: member.name,
      joined: member.joined,
      lastContact: latest([...contacts.values()]),
      devices: [...contacts].map(([device, lastContact]) => ({ device, lastContact })),
      units,
      seconds,
      score: answered && possible > 0 ? Math.min(1, earned / possible) : null,
    };
  });

  const contacts = rows.flatMap(({ devices }) => devices.map(({ lastContact }) => lastContact));
  const heard = contacts.filter((contact) => contact !== null).sort();
  return {
    cohort: { id: cohort.id, title: cohort.title, courses: cohort.courses, made: cohort.made },
    courses: courses.map((structure) => ({
      course: structure.course,
      title: structure.title,
      units: structure.modules.flatMap((module) =>
        module.units.map(({ id, title, items }) => ({
          id,
          title,
          items: items.length,
          points: items.reduce((sum, item) => sum + item.points, 0),
        })),
      ),
    })),
    people: rows,
    completeness: { expected: contacts.length + codesOut, heard: heard.length, oldest: heard[0] ?? null },
    at,
  };
}

/** A person's registers, and the feedback they were given, on this node. Documents that no road would have let in are left out. */
export async function workOf(records: Database, person: PersonId): Promise<readonly (RegisterRecord | FeedbackRecord)[]> {
  const listed = await Promise.all(
    (['register', 'feedback'] as const).map((kind) =>
      records.list({ partition: person, start: `${person}:${kind}:`, end: `${person}:${kind};`, inclusiveEnd: false, bodies: true }),
    ),
  );
  return listed
    .flatMap(({ rows }) => rows)
    .flatMap(({ document }) => {
      const parsed = parseRecord(document);
      return parsed.ok && (parsed.value.kind === 'register' || parsed.value.kind === 'feedback') ? [parsed.value] : [];
    });
}
