/**
 * What this centre says of itself (domain/centre.ts), and what it was told about how to work. The first stands in the desk, from where it goes up to the parent:
 *
 *   desk-<node>    <node>:centre:about   title, country, languages
 *
 * The second holds the credential for the parent, so it never leaves the node:
 *
 *   private        centre:choices        the parent and the limits of its line; which courses are offered
 */
import type { Clock } from '../../domain/clock.ts';
import { isCourseId, type CourseId, type NodeId } from '../../domain/ids.ts';
import { parseCentreFacts, type CentreFacts } from '../../domain/centre.ts';
import { isFiniteNumber, isListOf, isObject, isString } from '../../domain/shape.ts';
import { parseHours, type Hours } from '../../sync/link.ts';
import { nodeOfCredential } from '../accounts/peers.ts';
import type { Database, Engine } from '../engine/engine.ts';

/** The parent as an administrator gave it on the page. */
export interface ChosenParent {
  /** Its origin. */
  readonly url: string;
  /** This node's credential there. */
  readonly token: string;
  readonly kbps: number | null;
  readonly hours: Hours | null;
}

export interface Choices {
  /** Undefined where nobody was asked yet; null for none. */
  readonly parent?: ChosenParent | null;
  /** Courses that are offered here; null for all that there are; undefined where nobody was asked yet. */
  readonly offered?: readonly CourseId[] | null;
}

export interface CentreBook {
  /** Null where nobody said them yet. */
  facts(): Promise<CentreFacts | null>;
  /** Of a centre below this one, as it handed them up. */
  factsOf(child: NodeId): Promise<CentreFacts | null>;
  say(facts: CentreFacts): Promise<void>;
  choices(): Promise<Choices>;
  /** Changes what is named, and leaves the rest. */
  choose(some: Choices): Promise<Choices>;
}

/** An address as a parent has one: an origin, and nothing behind it. */
export const isOrigin = (value: unknown): value is string =>
  isString(value) && value.length <= 300 && /^https?:\/\/[^/?#@\s]+$/.test(value) && URL.canParse(value);

const isHours = (value: unknown): value is Hours => isObject(value) && isFiniteNumber(value['from']) && isFiniteNumber(value['to']);

/** A rate in kbit/s as the settings take it (src/server/settings.ts). */
export const isRate = (value: unknown): value is number => isFiniteNumber(value) && value >= 1 && value <= 10_000_000;

function parseParent(value: unknown): ChosenParent | null {
  if (!isObject(value)) return null;
  const { url, token, kbps, hours } = value;
  if (!isOrigin(url) || !isString(token) || nodeOfCredential(token) === null) return null;
  return { url, token, kbps: isRate(kbps) ? kbps : null, hours: isHours(hours) ? hours : null };
}

/** Hours as people write them; undefined where they make no sense, null for any. */
export function readHours(value: unknown): Hours | null | undefined {
  if (value === undefined || value === null || value === '') return null;
  const parsed = isString(value) ? parseHours(value) : null;
  return parsed?.ok === true ? parsed.value : undefined;
}

const choicesName = 'centre:choices';
const factsName = (node: NodeId): string => `${node}:centre:about`;

/** Writes one document whoever else writes at the same moment. */
async function change(database: Database, id: string, make: (before: Readonly<Record<string, unknown>>) => object): Promise<void> {
  for (;;) {
    const before = await database.get(id);
    const { _rev, ...kept } = before ?? {};
    const [written] = await database.bulk([{ ...make(kept), _id: id, ...(_rev === undefined ? {} : { _rev }) }], { newEdits: true });
    if (written?.ok === true) return;
    if (written?.error !== 'conflict') throw new Error(`${id} could not be written: ${written?.reason ?? ''}`);
  }
}

/** Milliseconds for which the facts are remembered: every page asks for them, and another process of the node may change them. */
const remembered = 30_000;

export function openCentreBook({
  node,
  engine,
  clock,
}: {
  readonly node: NodeId;
  readonly engine: Engine;
  readonly clock: Clock;
}): CentreBook {
  let known: { readonly at: number; readonly facts: Promise<CentreFacts | null> } | null = null;
  const notes = engine.database('private');
  const read = async (of: NodeId): Promise<CentreFacts | null> => {
    const parsed = parseCentreFacts(await engine.database(`desk-${of}`).get(factsName(of)));
    return parsed.ok ? parsed.value : null;
  };

  async function choices(): Promise<Choices> {
    const found = (await notes.get(choicesName)) ?? {};
    const { parent, offered } = found as Readonly<Record<string, unknown>>;
    return {
      ...(parent === undefined ? {} : { parent: parseParent(parent) }),
      ...(offered === undefined ? {} : { offered: isListOf(isCourseId)(offered) ? offered : null }),
    };
  }

  return {
    facts() {
      const now = clock();
      if (known === null || now - known.at > remembered || now < known.at) {
        const asked = { at: now, facts: read(node) };
        known = asked;
        asked.facts.catch(() => {
          if (known === asked) known = null;
        });
      }
      return known.facts;
    },
    factsOf: read,
    async say(facts) {
      await change(engine.database(`desk-${node}`), factsName(node), () => ({ kind: 'centre', writer: node, ...facts }));
      known = null;
    },
    choices,
    async choose(some) {
      await change(notes, choicesName, (before) => ({ ...before, ...some }));
      return choices();
    },
  };
}
