/**
 * A changes feed of a key range, made from the range's names and revisions, for a database that keeps no feed for a range.
 *
 * `since` says by itself what was told, so that it means the same in every process, after every restart and on every copy of the data: it
 * carries fingerprints of the rows that its holder knows. A row whose fingerprint is not among them is told. A copy that lags behind
 * therefore never makes a row be left out: what it did not show is not in the fingerprints. (A sequence number of the whole database could
 * not promise that: it would cover rows that the listing beside it had not shown yet.)
 *
 * Up to 24 rows have a fingerprint each, and the feed is exact. More rows share 32 groups, chosen by a hash of the name; where one row of a
 * group changed, the group is told: too much, never too little, and the receiver asks for the revisions that it lacks only.
 * A position takes 8 characters for each fingerprint, 256 at most.
 *
 *   position = base [ "." rows "." digest ]
 *   base     = ("e" | "g") fingerprints in base64url: of each row | of each group that is not empty
 *   rows     = how many rows of the listing, in the order of their names, were told besides the base; digest is over these rows
 *
 * A position inside a listing holds as long as its rows stand as they stood; where they do not, the feed goes back to the base. Rows that
 * are no longer listed are not told: nothing in a range is deleted.
 */
import { createHash, hash } from 'node:crypto';

export interface RangeRow {
  readonly id: string;
  /** Leaves of its tree, in an order that depends on them alone. */
  readonly revs: readonly string[];
}

export interface Told {
  readonly row: RangeRow;
  /** The position after this row. */
  readonly seq: string;
}

/** 48 bits: that a changed row passes for a known one has a chance of 32 in 2^48. */
const fingerprintBytes = 6;
const mostExact = 24;
const groups = 32;

const digestOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 8);
const lineOf = (row: RangeRow): string => `${row.id}\n${row.revs.join(' ')}\n`;
const groupOf = (row: RangeRow): number => hash('sha256', row.id, 'buffer').readUInt8(0) % groups;

type Grain = 'e' | 'g';

/** The fingerprint of each row's group (or of the row itself), beside the rows. */
function fingerprints(rows: readonly RangeRow[], grain: Grain): readonly string[] {
  if (grain === 'e') return rows.map((row) => digestOf(lineOf(row)));
  const lines = new Map<number, string>();
  const groupsOfRows = rows.map((row) => {
    const group = groupOf(row);
    lines.set(group, (lines.get(group) ?? '') + lineOf(row));
    return group;
  });
  const digests = new Map([...lines].map(([group, text]) => [group, digestOf(text)]));
  return groupsOfRows.map((group) => digests.get(group) ?? '');
}

/** The position at which every row was told. */
export function positionAfter(rows: readonly RangeRow[]): string {
  const grain: Grain = rows.length <= mostExact ? 'e' : 'g';
  return grain + [...new Set(fingerprints(rows, grain))].join('');
}

interface Position {
  readonly base: string;
  readonly grain: Grain;
  readonly known: ReadonlySet<string>;
  readonly rows: number;
  readonly digest: string;
}

const beginning: Position = { base: 'e', grain: 'e', known: new Set(), rows: 0, digest: '' };

const positionPattern = /^([eg])((?:[\w-]{8}){0,32})(?:\.(\d{1,9})\.([\w-]{8}))?$/;

function parsePosition(since: string): Position {
  const match = positionPattern.exec(since);
  if (match === null) return beginning;
  const [, grain, text = '', rows = '0', digest = ''] = match;
  const length = (fingerprintBytes * 4) / 3;
  const known = new Set(Array.from({ length: text.length / length }, (_, i) => text.slice(i * length, (i + 1) * length)));
  return { base: `${grain ?? ''}${text}`, grain: grain === 'g' ? 'g' : 'e', known, rows: Number(rows), digest };
}

/**
 * What is to be told after `since`, in the order of the names. A position that is none is the beginning.
 *
 * @param rows the range's rows in the order of their names
 */
export function toldAfter(rows: readonly RangeRow[], since: string): readonly Told[] {
  const position = parsePosition(since);
  const own = fingerprints(rows, position.grain);
  const running = createHash('sha256');
  const prefixes = rows.map((row) => running.update(lineOf(row)).copy().digest('base64url').slice(0, 8));
  const goesOn = position.rows > 0 && prefixes[position.rows - 1] === position.digest;
  const from = goesOn ? position.rows : 0;
  const untold = [...rows.keys()].slice(from).filter((at) => !position.known.has(own[at] ?? ''));
  const end = positionAfter(rows);
  return untold.flatMap((at, index) => {
    const row = rows[at];
    const seq = index === untold.length - 1 ? end : `${position.base}.${String(at + 1)}.${prefixes[at] ?? ''}`;
    return row === undefined ? [] : [{ row, seq }];
  });
}
