/**
 * Tries a parent before it is kept: who answers at the address, whether it takes the credential, and what it has to offer. What is asked is what a visit asks first; nothing is written on either side but that this node came by.
 */
import type { Clock } from '../../domain/clock.ts';
import type { NodeId } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isNodeId } from '../../domain/ids.ts';
import { isObject, isString, type JsonObject } from '../../domain/shape.ts';
import type { CourseSummary } from '../../course/package.ts';
import { parseCatalogue } from '../../course/parse-package.ts';
import { nodeOfCredential } from '../accounts/peers.ts';
import { createLine, type Line } from './line.ts';
import { askJson } from './parent-end.ts';

/**
 * - `own`: this very node answers
 * - `no-node`: something answers, and it is no node
 * - `other-node`: the credential is another node's
 * - `not-credential`: the text is none
 */
export type TrialFailure = 'unreachable' | 'busy' | 'no-node' | 'own' | 'not-accepted' | 'revoked' | 'other-node' | 'not-credential';

export interface Trial {
  /** The name of the parent. */
  readonly node: NodeId;
  /** What it calls itself, where it says so. */
  readonly title: string | null;
  readonly courses: readonly CourseSummary[];
  /** Bytes that this node would fetch for a course, by its name: every language, with all media; a course that it has already costs nothing. */
  readonly bytes: Readonly<Record<string, number>>;
}

/** Milliseconds for all of it: somebody waits before the page. A satellite line answers a question in one second. */
const patience = 25_000;

async function ask(line: Line, node: NodeId): Promise<Result<Trial, TrialFailure>> {
  const facts = await askJson(line, '/api/node');
  if (!facts.ok) return err(facts.error === 'unreachable' || facts.error === 'busy' ? facts.error : 'no-node');
  const { node: parent, centre } = isObject(facts.value.body) ? facts.value.body : ({} as JsonObject);
  if (!isNodeId(parent)) return err('no-node');
  if (parent === node) return err('own');
  const greeted = await askJson(line, '/api/greeting', { courses: {}, sizes: true });
  if (!greeted.ok)
    return err(greeted.error === 'not-accepted' || greeted.error === 'revoked' || greeted.error === 'unreachable' ? greeted.error : 'busy');
  const { child, sizes } = isObject(greeted.value.body) ? greeted.value.body : ({} as JsonObject);
  if (child !== node) return err('other-node');
  const listed = await askJson(line, '/content/manifests');
  if (!listed.ok) return err(listed.error === 'unreachable' ? 'unreachable' : 'busy');
  const courses = parseCatalogue(listed.value.body);
  const title = isObject(centre) && isString(centre['title']) ? centre['title'].slice(0, 200) : null;
  const bytes = Object.fromEntries(
    Object.entries(isObject(sizes) ? sizes : {}).flatMap(([course, size]): [string, number][] =>
      typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? [[course, size]] : [],
    ),
  );
  return ok({ node: parent, title, courses: courses.ok ? courses.value : [], bytes });
}

/** @param url the parent's origin */
export async function tryParent(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
}): Promise<Result<Trial, TrialFailure>> {
  const { node, version, url, token, clock, sleep } = given;
  const holder = nodeOfCredential(token);
  if (holder === null) return err('not-credential');
  // Known before anybody is asked, and worth its own sentence: two centres' letters are easily mixed up.
  if (holder !== node) return err('other-node');
  const line = createLine({ url, token, version, rate: null, clock, sleep });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Result<Trial, TrialFailure>>((resolve) => {
    timer = setTimeout(() => resolve(err('unreachable')), patience);
  });
  try {
    return await Promise.race([ask(line, node), late]);
  } finally {
    clearTimeout(timer);
    line.close();
  }
}
