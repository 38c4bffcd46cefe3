/**
 * What pages see of the node: its organs as one `(Request) → Response`. Routes reach it through the request's event and
 * never by import, because code that Vite bundled and code that Node loaded from source must not each open the engine.
 */
import type { OrganRequest } from './http/organ.ts';
export interface NodeHandle {
  /** Answers a path of the node's own (`/api`, `/content`, `/replica`, `/sync`, `/health`, `/metrics`); null where it is a page's. */
  respond(request: OrganRequest): Promise<Response | null>;
  /** Where the node is to be opened, so that a page can say that it was opened elsewhere. */
  readonly place: {
    readonly origin: string;
    /** Who says that the node's certificate is its own; null where it has none. */
    readonly tls: 'public' | 'own' | 'other' | null;
  };
  /** The languages of the centre's people, the first one first; none where nobody said. */
  greeting(): Promise<readonly string[]>;
}

/** First segments of the paths that the node answers itself. */
const nodePaths: readonly string[] = ['api', 'content', 'replica', 'sync', 'health', 'metrics', '_session'];

export const isNodePath = (pathname: string): boolean => nodePaths.includes(pathname.split('/')[1] ?? '');
