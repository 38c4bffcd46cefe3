/** The parts of jsonld 9 and rdf-canonize 5 that are used. Both are CommonJS without types. */

declare module 'jsonld/lib/expand.js' {
  const expand: { expand(given: { activeCtx: unknown; element: unknown; options: object }): Promise<unknown> };
  export default expand;
}
declare module 'jsonld/lib/toRdf.js' {
  const toRdf: { toRDF(expanded: unknown, options: object): readonly unknown[] };
  export default toRdf;
}
declare module 'jsonld/lib/context.js' {
  const context: { getInitialContext(options: object): object };
  export default context;
}
declare module 'jsonld/lib/ContextResolver.js' {
  class ContextResolver {
    constructor(given: { sharedCache: Map<string, unknown> });
    readonly sharedCache: Map<string, unknown>;
  }
  export default ContextResolver;
}
declare module 'jsonld/lib/events.js' {
  const events: { setupEventHandler(given: { options: { safe: boolean } }): unknown };
  export default events;
}
declare module 'rdf-canonize/lib/RDFC10.js' {
  class RDFC10 {
    constructor(options: {
      createMessageDigest: () => { update(text: string): void; digest(): Promise<string> };
      /** 1: comparisons grow with the number of blank nodes that look alike, and no faster; beyond that it throws. */
      maxWorkFactor: number;
    });
    /** Canonical N-Quads. */
    main(dataset: readonly unknown[]): Promise<string>;
  }
  export default RDFC10;
}
