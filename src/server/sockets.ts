/** Between Node's sockets and the organs: requests in, answers out, within bounds of size and time. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isNodePath, type NodeHandle } from '../lib/server/handle.ts';
import { refuse } from '../lib/server/http/answer.ts';
import type { Caller, OrganRequest } from '../lib/server/http/organ.ts';
import type { Log } from '../lib/server/log.ts';
import { send } from './answers.ts';
import { compressPages } from './page-compression.ts';
import { bodyFailure, callerOf, readRequest } from './requests.ts';

/** For every answer, the files of the app included. */
const everywhere: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** The pages, as adapter-node or Vite hand them over. */
export type Pages = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

export function createListener(given: {
  readonly node: NodeHandle & { respond(request: OrganRequest, caller: Caller): Promise<Response | null> };
  readonly origin: string;
  readonly pages: Pages;
  readonly log: Log;
  /** A body that brings nothing for so many ms is given up: a dead link must not hold a connection. Slow but alive is fine. */
  readonly bodyIdle: number;
}): (request: IncomingMessage, response: ServerResponse) => void {
  const { node, origin, pages, log, bodyIdle } = given;

  async function answerByOrgan(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = readRequest(incoming, origin, bodyIdle);
    let answer: Response;
    try {
      answer =
        request === null
          ? refuse(400, 'bad-request', 'The address or method is not well formed.')
          : ((await node.respond(request, callerOf(incoming))) ?? refuse(404, 'not-found', 'There is nothing at this address.'));
    } catch (error) {
      // The client has gone: nobody reads what would be said.
      if (outgoing.destroyed) return;
      answer = bodyFailure(error) ?? broken(error, log);
    }
    await send(answer, everywhere, incoming, outgoing);
  }

  return (incoming, outgoing) => {
    const path = (incoming.url ?? '').split('?')[0] ?? '';
    if (isNodePath(path) || !path.startsWith('/')) {
      answerByOrgan(incoming, outgoing).catch((error: unknown) => {
        // Only the writing of an answer can fail here: the client has gone, or a file broke off.
        if (!outgoing.destroyed) outgoing.destroy(error instanceof Error ? error : undefined);
      });
      return;
    }
    for (const [name, value] of Object.entries(everywhere)) outgoing.setHeader(name, value);
    // adapter-node hands its request to the hooks as `event.platform.req`.
    Reflect.set(incoming, 'perigee', node);
    compressPages(incoming, outgoing);
    pages(incoming, outgoing, () => {
      outgoing.statusCode = 404;
      outgoing.end();
    });
  };
}

/** A fault of the program: told in the log, not to the client. */
function broken(error: unknown, log: Log): Response {
  log(`A request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  if (error instanceof Error && error.name === 'StorageFailure')
    return refuse(503, 'storage', 'The node cannot use its storage. Nothing of this request counts as kept.', { 'retry-after': '60' });
  return refuse(500, 'fault', 'The node failed. Nothing is lost on your side; try again.');
}
