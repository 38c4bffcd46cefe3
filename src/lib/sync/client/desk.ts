/** Drafts and reviews between a member of staff's device and the centre. Paths and shapes: docs/http.md. */
import { isNodeId, isPersonId, type NodeId, type PersonId } from '#lib/domain/ids.ts';
import { parseDraft, parseReview, type Draft, type Review } from '#lib/domain/drafts.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { isCount, isObject, isString } from '#lib/domain/shape.ts';
import type { Mark, PassFailure } from '#lib/sync/session.ts';
import { failureOf } from './centre.ts';
import type { Line } from './statements.ts';

/** A request that hangs longer is given up: milliseconds. */
const patience = 60_000;

type Place = Pick<Mark, 'node' | 'epoch'>;

export interface OpenDesk {
  readonly drafts: readonly Draft[];
  readonly reviews: readonly Review[];
  readonly published: Readonly<Record<string, { readonly author: PersonId; readonly edition: number }>>;
  /** Of drafts that came up from a centre below, by `<entry> <writer>`: that centre. */
  readonly from: Readonly<Record<string, NodeId>>;
}

async function ask(
  { fetch, origin, token }: Line,
  body?: unknown,
): Promise<Result<{ readonly value: unknown; readonly place: Place }, PassFailure>> {
  let response: Response;
  try {
    response = await fetch(`${origin}/api/desk`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patience),
    });
  } catch {
    return err('unreachable');
  }
  const value: unknown = await response.json().catch(() => null);
  if (!response.ok) return err(failureOf(response.status, isObject(value) ? value['error'] : undefined));
  const [node, epoch] = [response.headers.get('perigee-node'), response.headers.get('perigee-epoch')];
  return isNodeId(node) && epoch !== null && epoch !== '' ? ok({ value, place: { node, epoch } }) : err('nonsense');
}

/** What is open to whoever is signed in. */
export async function readDesk(line: Line): Promise<Result<{ readonly desk: OpenDesk; readonly place: Place }, PassFailure>> {
  const answer = await ask(line);
  if (!answer.ok) return answer;
  const { value, place } = answer.value;
  if (!isObject(value) || !Array.isArray(value['drafts']) || !Array.isArray(value['reviews']) || !isObject(value['published']))
    return err('nonsense');
  const published = Object.entries(value['published']).flatMap(([entry, one]) =>
    isObject(one) && isPersonId(one['author']) && isCount(one['edition'])
      ? [[entry, { author: one['author'], edition: one['edition'] }] as const]
      : [],
  );
  // An older node knows of none below.
  const from = Object.entries(isObject(value['from']) ? value['from'] : {}).flatMap(([draft, node]) =>
    isNodeId(node) ? [[draft, node] as const] : [],
  );
  return ok({
    desk: {
      drafts: value['drafts'].map(parseDraft).flatMap((read) => (read.ok ? [read.value] : [])),
      reviews: value['reviews'].map(parseReview).flatMap((read) => (read.ok ? [read.value] : [])),
      published: Object.fromEntries(published),
      from: Object.fromEntries(from),
    },
    place,
  });
}

export type PaperSaid = { readonly receipt: Place } | { readonly refused: string };

/** Hands documents over; the answers stand in their order, each given after the node's disk has the bytes. */
export async function handOverPapers(
  line: Line,
  documents: readonly (Draft | Review)[],
): Promise<Result<readonly PaperSaid[], PassFailure>> {
  const answer = await ask(line, { documents });
  if (!answer.ok) return answer;
  const { value, place } = answer.value;
  const said: unknown = isObject(value) ? value['said'] : undefined;
  if (!Array.isArray(said) || said.length !== documents.length) return err('nonsense');
  return ok(
    said.map((one: unknown): PaperSaid => {
      if (isObject(one) && one['ok'] === true) return { receipt: place };
      return { refused: isObject(one) && isString(one['reason']) ? one['reason'] : 'No answer for it.' };
    }),
  );
}
