/** What the node remembers of its parent between visits and starts: one document in the database `private`, the same for every process of the node. */
import { isInstant, type Instant } from '../../domain/clock.ts';
import { isCourseId, type CourseId } from '../../domain/ids.ts';
import { isCount, isListOf, isObject, isString } from '../../domain/shape.ts';
import type { LinkFailure } from '../../sync/link.ts';
import type { Database } from '../engine/engine.ts';

/** A document that the parent refused. */
export interface RefusedDocument {
  readonly database: string;
  readonly id: string;
  readonly reason: string;
  readonly at: Instant;
}

export interface Notes {
  /** When a visit last got an answer. */
  readonly lastContact: Instant | null;
  /** Why the last visit failed, and since when visits do; null where the last one went well. */
  readonly failure: { readonly code: LinkFailure; readonly since: Instant } | null;
  /** Since when something waits to go up; null where nothing does. */
  readonly waitingSince: Instant | null;
  /** The newest of what the parent refused, and how many there were. */
  readonly refused: { readonly count: number; readonly newest: readonly RefusedDocument[] };
  /** Courses that this node carries of the parent's; null for all of them. */
  readonly courses: readonly CourseId[] | null;
  /** Which process of the node talks to the parent, until when (ms since 1970). */
  readonly lease: { readonly holder: string; readonly until: number } | null;
}

export interface NoteBook {
  read(): Promise<Notes>;
  /** Writes what `make` says, or nothing where it answers null. Whoever writes at the same moment is waited for. Answers what stands then. */
  change(make: (before: Notes) => Notes | null): Promise<Notes>;
}

const name = 'upstream:notes';
const nothing: Notes = {
  lastContact: null,
  failure: null,
  waitingSince: null,
  refused: { count: 0, newest: [] },
  courses: null,
  lease: null,
};

const isRefused = (value: unknown): value is RefusedDocument =>
  isObject(value) && [value['database'], value['id'], value['reason']].every(isString) && isInstant(value['at']);

function parseNotes(document: Readonly<Record<string, unknown>>): Notes {
  const { lastContact, failure, waitingSince, refused, courses, lease } = document;
  const instant = (value: unknown): Instant | null => (isInstant(value) ? value : null);
  return {
    lastContact: instant(lastContact),
    // Nobody but this file writes here.
    failure: isObject(failure) && isInstant(failure['since']) ? { code: failure['code'] as LinkFailure, since: failure['since'] } : null,
    waitingSince: instant(waitingSince),
    refused:
      isObject(refused) && isCount(refused['count']) && isListOf(isRefused)(refused['newest'])
        ? { count: refused['count'], newest: refused['newest'] }
        : nothing.refused,
    courses: isListOf(isCourseId)(courses) ? courses : null,
    lease:
      isObject(lease) && isString(lease['holder']) && typeof lease['until'] === 'number'
        ? { holder: lease['holder'], until: lease['until'] }
        : null,
  };
}

export function openNotes(database: Database): NoteBook {
  const standing = async (): Promise<{ readonly notes: Notes; readonly rev: string | undefined }> => {
    const found = await database.get(name);
    return { notes: found === null ? nothing : parseNotes(found), rev: found?._rev };
  };
  return {
    read: async () => (await standing()).notes,
    async change(make) {
      for (;;) {
        const { notes, rev } = await standing();
        const after = make(notes);
        if (after === null) return notes;
        const [written] = await database.bulk([{ ...after, _id: name, ...(rev === undefined ? {} : { _rev: rev }) }], { newEdits: true });
        if (written?.ok === true) return after;
        if (written?.error !== 'conflict') throw new Error(`private: ${written?.reason ?? ''}`);
      }
    },
  };
}
