/** What the node's organs are: a request comes in, an answer goes out, or null where the path is not theirs. */

/** Where a request came from, as far as the socket knows it. */
export interface Caller {
  /** IP address of the socket; `page` for a request that a page makes on the server itself. */
  readonly address: string;
  /** The socket is this machine's own and no proxy forwarded the request. */
  readonly local: boolean;
  /** Nobody between can read what is sent: TLS, or this machine's own socket (with a proxy on it, TLS up to the proxy). */
  readonly secure: boolean;
}

/**
 * What organs look at of a request. A web `Request` is one; sockets hand over a plainer one (src/server/requests.ts), because making a `Request` with its
 * streams and signals costs a node more than answering a small question does.
 */
export interface OrganRequest {
  readonly method: string;
  /** The whole address, origin included. */
  readonly url: string;
  readonly headers: Pick<Headers, 'get' | 'has'>;
  /** The body as it comes; null where there is none. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

export const pageItself: Caller = { address: 'page', local: false, secure: false };

export type Organ = (request: OrganRequest, caller: Caller) => Promise<Response | null>;

export interface Asked {
  readonly request: OrganRequest;
  readonly url: URL;
  readonly caller: Caller;
  /** Parts of the path that the pattern named, decoded. */
  readonly parts: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/api/cohorts/:id`: a part with a colon matches one segment. */
  readonly path: string;
  answer(asked: Asked): Promise<Response>;
}
