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

export const pageItself: Caller = { address: 'page', local: false, secure: false };

export type Organ = (request: Request, caller: Caller) => Promise<Response | null>;

export interface Asked {
  readonly request: Request;
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
