/**
 * One pass between a device and its centre, as a machine without hands.
 *
 * Problem. A learner's documents must reach the centre whole, over a link that breaks anywhere, from a page that may be killed
 * anywhere, to a node that may answer rubbish or be restored from a backup. The learner is told "at the centre" of a document
 * only when it is true.
 *
 * Core rule. The journal on the device is the truth. What the replica or the node hold is compared with it, again and
 * again, and every step may be repeated: nothing is marked by what was sent, only by what the node said that it has.
 *
 *   hand over   every document that no receipt covers is put into the replica, where its body differs from what is there
 *   replicate   both ways, the CouchDB protocol
 *   mirror      documents of other writers come from the replica into the device's own store
 *   hand over   once more: what the node held may have won over what the journal says
 *   ask         POST /sync with the revisions that no receipt covers; also with none, as the answer names the node's epoch
 *   mark        the revisions that the node confirmed, and no others; another node or epoch than before takes every older mark back
 *   again       what was asked about and not confirmed is sent once more without trusting the checkpoints, then asked about again
 *
 * What stays unconfirmed keeps waiting, visibly, for the next pass.
 */
import { isNodeId, type NodeId, type PersonId } from '../domain/ids.ts';
import type { PersonRecord, RecordId } from '../domain/records.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { isObject, isRecordOf, isString } from '../domain/shape.ts';

/** A CouchDB revision, `<generation>-<hash>`. */
export type Revision = string;

export const generationOf = (rev: Revision): number => Number(rev.slice(0, rev.indexOf('-')));

/** What a receipt said about one document: this node, in this epoch of its database, has this revision on its disk. */
export interface Mark {
  readonly node: NodeId;
  readonly epoch: string;
  readonly rev: Revision;
}

export type Revisions = ReadonlyMap<RecordId, Revision>;

/** A receipt of the node above the centre, as the centre relays it. */
export interface Relay {
  readonly node: NodeId;
  readonly epoch: string;
  /** Of the revisions that were asked about, those that it said it has. */
  readonly revisions: Revisions;
  /** Says something else whenever more of this person has come to stand there: only then is asking worth its bytes. */
  readonly state: string;
}

/** A revision with those that it follows, newest first. */
export interface Descent {
  readonly rev: Revision;
  readonly before: readonly Revision[];
}

/** How many revisions before one are remembered: as many as the engines keep of a branch. */
export const rememberedRevisions = 200;

export interface Receipt {
  readonly node: NodeId;
  readonly epoch: string;
  readonly revisions: Revisions;
  /** Null where there is no node above the centre; absent where the centre does not speak of it. */
  readonly relay?: Relay | null;
}

/** By this a device remembers what it has heard of the place above. */
export const relayKey = ({ node, epoch, state }: Relay): string => `${node} ${epoch} ${state}`;

/** A document of this device that no receipt covers. */
export interface Waiting {
  readonly id: RecordId;
  readonly version: number;
  readonly body: PersonRecord;
  /**
   * The revision that was handed over last, and whether it was of this body. No revision leaves the device that is not noted here
   * first, so a replica that was lost, or fell back, is built up again on the same revisions and makes no conflict. With what it follows: the node
   * may know an earlier one alone, and would take a revision that follows nothing for somebody else's.
   */
  readonly handed: (Descent & { readonly same: boolean }) | null;
}

/** The device's own store, as a pass needs it. Every verb commits before it resolves. */
export interface Journal {
  waiting(person: PersonId): Promise<readonly Waiting[]>;
  /** Notes the revision that a version of a document got in the replica, also where the document has moved on meanwhile. */
  handedOver(person: PersonId, handed: readonly (Descent & { readonly id: RecordId; readonly version: number })[]): Promise<void>;
  /** Takes documents of other writers; one that this device wrote itself is not touched. */
  mirror(person: PersonId, documents: readonly { readonly rev: Revision; readonly body: PersonRecord }[]): Promise<void>;
  /** Revisions in the replica that no receipt covers: own documents whose newest body was handed over, and mirrored ones. */
  unconfirmed(person: PersonId): Promise<Revisions>;
  /**
   * Marks what the receipt names with exactly the revision that is here, of the newest body. Where the receipt is from another node
   * or epoch than the last one, first takes back every mark. Answers how many marks were taken back.
   *
   * Beside it stands what the place above the centre has, by the receipt's `relay`, with marks of its own: taken back where the place is another one, in
   * another epoch, or is no more, and never counted here.
   */
  receipted(person: PersonId, receipt: Receipt): Promise<number>;
  /** Revisions that the centre has and the place above it was not heard to have, and the key that was noted last. */
  unrelayed(person: PersonId): Promise<{ readonly noted: string | null; readonly revisions: Revisions }>;
  /** Everything was asked about under this key (`relayKey`). */
  noteRelay(person: PersonId, key: string): Promise<void>;
}

export type PassFailure =
  'unreachable' | 'not-accepted' | 'slow-down' | 'nonsense' | 'expired' | 'revoked' | 'erased' | 'no-space' | 'busy';

/** The person's database between the journal and the node. */
export interface Replica {
  /** Puts each body where it differs from what is held, on top of what was handed over last; answers the revision that each has now. */
  put(documents: readonly Waiting[]): Promise<{ readonly revisions: ReadonlyMap<RecordId, Descent>; readonly changed: number }>;
  /** Both ways. */
  replicate(): Promise<Result<void, PassFailure>>;
  /** Sends these once more, whatever earlier passes believe. */
  sendAgain(ids: readonly RecordId[]): Promise<Result<void, PassFailure>>;
  /** Calls back with what came since the last call that went through. */
  mirror(take: (documents: readonly { readonly rev: Revision; readonly body: PersonRecord }[]) => Promise<void>): Promise<void>;
}

export type Command =
  | { readonly do: 'hand-over' | 'replicate' | 'mirror' | 'list' | 'list-unrelayed' }
  | { readonly do: 'ask'; readonly revisions: Revisions }
  | { readonly do: 'mark'; readonly receipt: Receipt }
  | { readonly do: 'note-relay'; readonly key: string }
  | { readonly do: 'send-again'; readonly ids: readonly RecordId[] }
  | { readonly do: 'stop'; readonly outcome: Outcome };

export type SessionEvent =
  | { readonly type: 'handed-over'; readonly changed: number }
  | { readonly type: 'replicated' | 'mirrored' | 'sent-again' | 'relay-noted' }
  | { readonly type: 'listed-unrelayed'; readonly noted: string | null; readonly revisions: Revisions }
  | { readonly type: 'listed'; readonly revisions: Revisions }
  | { readonly type: 'answered'; readonly receipt: Receipt }
  | { readonly type: 'marked'; readonly withdrawn: number }
  | { readonly type: 'failed'; readonly failure: PassFailure };

/** `unconfirmed`: documents that the node was asked about and does not have. */
export type Outcome = { readonly type: 'done'; readonly unconfirmed: number } | { readonly type: 'failed'; readonly failure: PassFailure };

export interface SessionState {
  readonly step: 'first-hand-over' | 'replicating' | 'mirroring' | 'second-hand-over' | 'confirming' | 'relaying' | 'stopped';
  readonly rounds: number;
  readonly asked: Revisions;
  /** Asked at least once: the node's epoch is known. */
  readonly heard: boolean;
  readonly withdrawals: number;
  readonly sentAgain: boolean;
  /** What the centre said first of the place above it, as a key; null where it said nothing. */
  readonly relay: string | null;
  /** Documents that the node was asked about and does not have. */
  readonly unconfirmed: number;
}

export interface Step {
  readonly state: SessionState;
  readonly command: Command;
}

/** About 120 bytes each: a question stays under 64 kB. */
export const askedAtOnce = 500;

const none: Revisions = new Map();

export const startSession = (): Step => ({
  state: { step: 'first-hand-over', rounds: 0, asked: none, heard: false, withdrawals: 0, sentAgain: false, relay: null, unconfirmed: 0 },
  command: { do: 'hand-over' },
});

const stop = (state: SessionState, outcome: Outcome): Step => ({ state: { ...state, step: 'stopped' }, command: { do: 'stop', outcome } });

/** What was asked about and is still not covered decides what comes next. */
function afterList(state: SessionState, revisions: Revisions): Step {
  const next = [...revisions].filter(([id, rev]) => state.asked.get(id) !== rev).slice(0, askedAtOnce);
  if (next.length > 0 || !state.heard)
    return { state: { ...state, asked: new Map([...state.asked, ...next]) }, command: { do: 'ask', revisions: new Map(next) } };
  if (revisions.size === 0 || state.sentAgain) {
    const unconfirmed = revisions.size;
    if (state.relay === null) return stop(state, { type: 'done', unconfirmed });
    return { state: { ...state, step: 'relaying', unconfirmed, asked: none }, command: { do: 'list-unrelayed' } };
  }
  return { state: { ...state, sentAgain: true, asked: none }, command: { do: 'send-again', ids: [...revisions.keys()] } };
}

/** Whether the place above the centre has more than it had is told with every answer; only where it has is it asked which. */
function afterUnrelayed(state: SessionState, noted: string | null, revisions: Revisions): Step {
  const { relay, unconfirmed } = state;
  if (relay === null || noted === relay) return stop(state, { type: 'done', unconfirmed });
  const next = [...revisions].filter(([id, rev]) => state.asked.get(id) !== rev).slice(0, askedAtOnce);
  if (next.length === 0) return { state, command: { do: 'note-relay', key: relay } };
  return { state: { ...state, asked: new Map([...state.asked, ...next]) }, command: { do: 'ask', revisions: new Map(next) } };
}

/**
 * The next state and command. An event that does not belong to the state is a bug of the driver and throws.
 */
export function advanceSession(state: SessionState, event: SessionEvent): Step {
  if (event.type === 'failed') return stop(state, { type: 'failed', failure: event.failure });
  switch (`${state.step}/${event.type}` as const) {
    case 'first-hand-over/handed-over':
      return { state: { ...state, step: 'replicating', rounds: 1 }, command: { do: 'replicate' } };
    case 'replicating/replicated':
      return { state: { ...state, step: 'mirroring' }, command: { do: 'mirror' } };
    case 'mirroring/mirrored':
      return { state: { ...state, step: 'second-hand-over' }, command: { do: 'hand-over' } };
    case 'second-hand-over/handed-over':
      // One more round is enough for a conflict; what the learner does meanwhile waits for the next pass.
      return event.type === 'handed-over' && event.changed > 0 && state.rounds < 2
        ? { state: { ...state, step: 'replicating', rounds: state.rounds + 1 }, command: { do: 'replicate' } }
        : { state: { ...state, step: 'confirming' }, command: { do: 'list' } };
    case 'confirming/listed':
      if (event.type === 'listed') return afterList(state, event.revisions);
      break;
    case 'confirming/answered':
      if (event.type === 'answered') {
        const { relay } = event.receipt;
        // What is asked under the first answer may be older than the last: then the next pass asks once more.
        const first = state.relay ?? (relay === undefined || relay === null ? null : relayKey(relay));
        return { state: { ...state, heard: true, relay: first }, command: { do: 'mark', receipt: event.receipt } };
      }
      break;
    case 'confirming/marked':
      if (event.type === 'marked')
        // What was covered a moment ago may be missing in the replica as well, so it is handed over like new. A node that changes its
        // epoch with every answer would otherwise keep a pass for ever.
        return event.withdrawn > 0 && state.withdrawals < 2
          ? { state: { ...state, step: 'second-hand-over', withdrawals: state.withdrawals + 1, asked: none }, command: { do: 'hand-over' } }
          : { state, command: { do: 'list' } };
      break;
    case 'confirming/sent-again':
      return { state, command: { do: 'list' } };
    case 'relaying/listed-unrelayed':
      if (event.type === 'listed-unrelayed') return afterUnrelayed(state, event.noted, event.revisions);
      break;
    case 'relaying/answered':
      if (event.type === 'answered') return { state, command: { do: 'mark', receipt: event.receipt } };
      break;
    case 'relaying/marked':
      return { state, command: { do: 'list-unrelayed' } };
    case 'relaying/relay-noted':
      return stop(state, { type: 'done', unconfirmed: state.unconfirmed });
    default:
  }
  throw new Error(`A pass that is ${state.step} got ${event.type}`);
}

const isRevisions = isRecordOf(isString);

/** The place above the centre; of several the nearest. */
function parseRelay(value: unknown, asked: Revisions): Result<Pick<Receipt, 'relay'>, 'nonsense'> {
  if (value === undefined) return ok({});
  if (!Array.isArray(value)) return err('nonsense');
  const [first] = value as readonly unknown[];
  if (first === undefined) return ok({ relay: null });
  if (!isObject(first)) return err('nonsense');
  const { node, epoch, revisions, state } = first;
  if (!isNodeId(node) || !isString(epoch) || epoch === '' || !isRevisions(revisions) || !isString(state)) return err('nonsense');
  const said = new Map(Object.entries(revisions));
  return ok({ relay: { node, epoch, state, revisions: new Map([...asked].filter(([id, rev]) => said.get(id) === rev)) } });
}

/**
 * Reads the answer of `POST /sync`, `{ receipt: { node, epoch, revisions }, upstream: [{ node, epoch, revisions, state }], now }`. Of its revisions only those count that
 * were asked about, with the revision that was asked about.
 */
export function parseReceipt(answer: unknown, asked: Revisions): Result<Receipt, 'nonsense'> {
  const receipt = isObject(answer) ? answer['receipt'] : null;
  if (!isObject(receipt)) return err('nonsense');
  const { node, epoch, revisions } = receipt;
  if (!isNodeId(node) || !isString(epoch) || epoch === '' || !isRevisions(revisions)) return err('nonsense');
  const said = new Map(Object.entries(revisions));
  const relay = parseRelay(isObject(answer) ? answer['upstream'] : undefined, asked);
  if (!relay.ok) return relay;
  return ok({ node, epoch, revisions: new Map([...asked].filter(([id, rev]) => said.get(id) === rev)), ...relay.value });
}
