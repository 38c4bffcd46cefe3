/**
 * Verifying certificates on this device: with the lists that it keeps, which are fetched from the node whenever it can be reached and never
 * waited for.
 */
import { instantOf } from '#lib/domain/clock.ts';
import { isObject, type JsonObject } from '#lib/domain/shape.ts';
import { heldInFile, heldInText, type Held } from '#lib/certification/container.ts';
import { knownContexts } from '#lib/certification/contexts.ts';
import { isDid, type Did } from '#lib/certification/keys.ts';
import { readStatusListHead } from '#lib/certification/status-list.ts';
import { openTrust, type Trust } from '#lib/certification/trust.ts';
import { parseTrustSet, type TrustSet } from '#lib/certification/trust-set.ts';
import { verify, type Answer } from '#lib/certification/verify.ts';
import { now, storage } from './store.ts';
import { browserTools } from './verify-tools.ts';

/** The node is asked this long and no longer: milliseconds. */
const patience = 20_000;

/** The newest of each name, of both; of two that were made at one moment the fetched one. */
function merged(kept: readonly JsonObject[], fetched: readonly JsonObject[]): readonly JsonObject[] {
  const heads = [...kept, ...fetched].map(readStatusListHead).filter((head) => head !== null);
  const isNewest = (head: (typeof heads)[number], at: number): boolean =>
    heads.every((other, i) => i === at || other.id !== head.id || other.made < head.made || (other.made === head.made && i < at));
  return heads.filter(isNewest).map(({ document }) => document);
}

interface Kept {
  readonly set: TrustSet | null;
  readonly root: Did | null;
}

export class Verifier {
  /** The list of recognised centres; null where this device has none, undefined until that is known. */
  trust = $state.raw<Trust | null | undefined>(undefined);
  statusLists = $state.raw<readonly JsonObject[]>([]);
  /** The node offered a list under another root than the pinned one. It was not taken. */
  otherRoot = $state(false);
  answer = $state.raw<Answer | null>(null);
  /** Something was held out and is not answered yet: a photo may be looked at several times. */
  looking = $state(false);

  /** What was on the device when the page was opened. Nothing is answered before it is read. */
  #kept: Promise<Kept> | null = null;
  #held: Promise<Held> | null = null;

  /** Reads what is kept, then asks the node for something newer. */
  async load(): Promise<void> {
    this.#kept = this.#readKept();
    const { set, root } = await this.#kept;
    await this.#fetch(set, root);
  }

  async #readKept(): Promise<Kept> {
    const { store } = await storage();
    const kept = await store.trust.read();
    const root = kept !== null && isDid(kept.root) ? kept.root : null;
    const set = parseTrustSet(kept?.set);
    await this.#take(set, root);
    return { set, root };
  }

  async #take(set: TrustSet | null, root: Did | null): Promise<boolean> {
    const opened = set === null ? null : await openTrust(set.list, root, browserTools);
    if (opened?.ok !== true || set === null) {
      this.trust ??= null;
      this.otherRoot = opened?.ok === false && opened.error === 'other-root';
      return false;
    }
    this.trust = opened.value;
    this.statusLists = set.statusLists;
    return true;
  }

  async #fetch(kept: TrustSet | null, root: Did | null): Promise<void> {
    let value: unknown;
    try {
      const response = await fetch('/content/trust', { signal: AbortSignal.timeout(patience) });
      if (response.status !== 200) return;
      value = await response.json();
    } catch {
      // No network, or a node that is down: what is kept serves.
      return;
    }
    const fetched = parseTrustSet(value);
    if (fetched === null) return;
    const isOlder = kept !== null && kept.list.body.sequence > fetched.list.body.sequence;
    const list = isOlder ? kept.list : fetched.list;
    const set: TrustSet = { list, statusLists: merged(kept?.statusLists ?? [], fetched.statusLists) };
    if (!(await this.#take(set, root))) return;
    const { store } = await storage();
    await store.trust.keep({ root: this.trust?.root ?? list.body.by, set, fetched: instantOf(now()) });
    await this.#answer();
  }

  async #verify(held: Promise<Held>): Promise<void> {
    this.answer = null;
    this.looking = true;
    this.#held = held;
    await this.#kept;
    await this.#answer();
  }

  /** Answers, or answers again when newer lists have come. */
  async #answer(): Promise<void> {
    if (this.#held === null) return;
    const held = this.#held;
    const { trust = null, statusLists } = this;
    const answer = await verify(await held, { trust, statusLists, contexts: knownContexts, now: instantOf(now()), tools: browserTools });
    // Another one may have been held out meanwhile.
    if (this.#held !== held) return;
    this.answer = answer;
    this.looking = false;
  }

  /** A file: a credential, a picture with one baked in, or a photo of a printed code. */
  verifyFile(file: Blob): Promise<void> {
    const held = async (): Promise<Held> => {
      const found = heldInFile(new Uint8Array(await file.arrayBuffer()));
      if (found.type !== 'nothing') return found;
      const text = await (await import('./scan.ts')).codeInPicture(file, (one) => this.isCertificate(one));
      return text === null ? found : heldInText(text);
    };
    return this.#verify(held());
  }

  verifyText(text: string): Promise<void> {
    return this.#verify(Promise.resolve(heldInText(text)));
  }

  /** Whether a scanned code is worth an answer: any other code may lie on the same desk. */
  isCertificate(text: string): boolean {
    const held = heldInText(text);
    return held.type === 'paper' || held.type === 'token' || (held.type === 'document' && isObject(held.value));
  }
}
