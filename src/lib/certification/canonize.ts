// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- an ambient module cannot be imported as a type
/// <reference path="./jsonld.d.ts" />
/**
 * A JSON-LD document as canonical N-Quads (RDFC-1.0): the bytes that `eddsa-rdfc-2022` hashes. Only the parts of jsonld that expand a
 * document and turn it into RDF are loaded; framing, compaction and everything that fetches stay out (20 kB in place of 29, brotli).
 *
 * Safe mode, as `jsonld.canonize` has it: a term that no context defines is a fault and is never dropped in silence, for what is dropped
 * is not signed. Contexts come from the map that is given and from nowhere else.
 */
import contexts from 'jsonld/lib/context.js';
import ContextResolver from 'jsonld/lib/ContextResolver.js';
import events from 'jsonld/lib/events.js';
import expand from 'jsonld/lib/expand.js';
import toRdf from 'jsonld/lib/toRdf.js';
import RDFC10 from 'rdf-canonize/lib/RDFC10.js';
import type { JsonObject } from '../domain/shape.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { hex, utf8 } from './encoding.ts';
import type { Tools } from './keys.ts';

/** A context document by its address. */
export type Contexts = ReadonlyMap<string, JsonObject>;

/** Contexts that were processed already: their share of the work is most of it. */
const processed = new WeakMap<Contexts, Map<string, unknown>>();

/** The context that terms are looked up in, as jsonld makes it (`_cloneActiveContext` of its context.js). */
interface ActiveContext extends Record<'@base' | '@language' | '@vocab', unknown> {
  readonly mappings: ReadonlyMap<string, unknown>;
  readonly protected: Readonly<Record<string, boolean>>;
  readonly previousContext?: ActiveContext;
  readonly getInverse: unknown;
  readonly revertToPreviousContext: unknown;
  clone(): unknown;
}

/**
 * A child of a context, as jsonld makes one but for the definitions of terms: it copies each of some two hundred, deeply, for every node of a document, which was two thirds of
 * the time that a certificate takes. A definition is made whole when its context is processed and replaced, never changed; so parent and child may hold the same.
 */
function childOf(this: ActiveContext): object {
  const { mappings, protected: kept, previousContext, getInverse, revertToPreviousContext, clone } = this;
  return {
    ...{ mappings: new Map(mappings), clone, inverse: null, getInverse, protected: { ...kept } },
    ...(previousContext === undefined ? {} : { previousContext: previousContext.clone() }),
    revertToPreviousContext,
    ...('@base' in this ? { '@base': this['@base'] } : {}),
    ...('@language' in this ? { '@language': this['@language'] } : {}),
    ...('@vocab' in this ? { '@vocab': this['@vocab'] } : {}),
  };
}

/** The context that every document begins with: always the same object, for what was processed is remembered by it. */
const initialContext = (options: object): object => Object.assign(contexts.getInitialContext(options), { clone: childOf });

/** Why a document has no canonical form here, in the words of the library. */
export interface CanonizeFault {
  readonly type: 'not-canonizable';
  readonly message: string;
}

export async function canonize(
  document: JsonObject,
  known: Contexts,
  { sha256 }: Pick<Tools, 'sha256'>,
): Promise<Result<string, CanonizeFault>> {
  const cache = processed.get(known) ?? new Map<string, unknown>();
  processed.set(known, cache);
  const options = {
    base: '',
    processingMode: 'json-ld-1.1',
    contextResolver: new ContextResolver({ sharedCache: cache }),
    documentLoader: (url: string) => {
      const found = known.get(url);
      if (found === undefined) throw new Error(`The context ${url} is not here`);
      return Promise.resolve({ contextUrl: null, document: found, documentUrl: url, tag: 'static' });
    },
    eventHandler: events.setupEventHandler({ options: { safe: true } }),
  };
  const createMessageDigest = () => {
    let text = '';
    return {
      update: (more: string) => void (text += more),
      digest: async () => hex(await sha256(utf8(text))),
    };
  };
  try {
    const expanded = await expand.expand({
      activeCtx: initialContext(options),
      element: JSON.parse(JSON.stringify(document)),
      options,
    });
    const list = expanded === null ? [] : Array.isArray(expanded) ? (expanded as readonly unknown[]) : [expanded];
    return ok(await new RDFC10({ createMessageDigest, maxWorkFactor: 1 }).main(toRdf.toRDF(list, options)));
  } catch (error) {
    // Everything that is wrong with a document is thrown by the library, also terms that safe mode does not let go.
    return err({ type: 'not-canonizable', message: error instanceof Error ? error.message : String(error) });
  }
}
