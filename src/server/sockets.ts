/** Between Node's sockets and the organs: requests in, answers out, within bounds of size and time. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { troubleOf, type Trouble } from '../lib/server/engine/engine.ts';
import { isNodePath, type NodeHandle } from '../lib/server/handle.ts';
import { refuse } from '../lib/server/http/answer.ts';
import type { Caller, OrganRequest } from '../lib/server/http/organ.ts';
import type { Log } from '../lib/server/log.ts';
import type { Tls } from '../lib/server/tls/tls.ts';
import { send } from './answers.ts';
import { compressPages } from './page-compression.ts';
import { answerToPlain } from './plain-http.ts';
import { bodyFailure, callerOf, readRequest } from './requests.ts';

/** For every answer, the files of the app included. */
const everywhere: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * Under a certificate that browsers know, and only then: for a year they come by https alone. Under the node's own authority a key that is lost with the machine would lock every device out of the address until the year is
 * over.
 */
const strictly: typeof everywhere = { ...everywhere, 'strict-transport-security': 'max-age=31536000' };

/** The pages, as adapter-node or Vite hand them over. */
export type Pages = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

export function createListener(given: {
  readonly node: NodeHandle & { respond(request: OrganRequest, caller: Caller): Promise<Response | null> };
  readonly origin: string;
  readonly pages: Pages;
  readonly log: Log;
  /** Null where the node has no certificate of its own. */
  readonly tls?: Tls | null;
  /** A body that brings nothing for so many ms is given up: a dead link must not hold a connection. Slow but alive is fine. */
  readonly bodyIdle: number;
}): (request: IncomingMessage, response: ServerResponse) => void {
  const { node, origin, pages, log, bodyIdle, tls = null } = given;
  const isPlain = (incoming: IncomingMessage): boolean => Reflect.get(incoming.socket, 'encrypted') !== true;
  const headersFor = (incoming: IncomingMessage): typeof everywhere =>
    tls?.kind === 'public' && !isPlain(incoming) ? strictly : everywhere;

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
    try {
      await send(answer, headersFor(incoming), incoming, outgoing);
    } catch (error) {
      // An answer that is made while it is sent can fail at its first piece, before anything has left: that is told as any other failure.
      if (outgoing.destroyed || outgoing.headersSent) throw error;
      await send(broken(error, log), headersFor(incoming), incoming, outgoing);
    }
  }

  return (incoming, outgoing) => {
    const instead = tls !== null && isPlain(incoming) ? answerToPlain(incoming, tls.kind, origin, callerOf(incoming).local) : null;
    if (instead !== null) {
      send(instead, everywhere, incoming, outgoing).catch(() => outgoing.destroy());
      return;
    }
    const path = (incoming.url ?? '').split('?')[0] ?? '';
    if (isNodePath(path) || !path.startsWith('/')) {
      answerByOrgan(incoming, outgoing).catch((error: unknown) => {
        // Only the writing of an answer can fail here: the client has gone, or a file broke off.
        if (!outgoing.destroyed) outgoing.destroy(error instanceof Error ? error : undefined);
      });
      return;
    }
    for (const [name, value] of Object.entries(headersFor(incoming))) outgoing.setHeader(name, value);
    // adapter-node hands its request to the hooks as `event.platform.req`.
    Reflect.set(incoming, 'perigee', node);
    compressPages(incoming, outgoing);
    pages(incoming, outgoing, () => {
      outgoing.statusCode = 404;
      outgoing.end();
    });
  };
}

const stays = 'Nothing of this request counts as kept: it stays on your device and is taken when the node can write again.';
const storageSentences: Readonly<Record<Trouble, string>> = {
  full: `The disk of the node is full. ${stays}`,
  'read-only': `The disk of the node has become read-only. ${stays}`,
  failing: `The disk of the node fails. ${stays}`,
  damaged: `The database of the node is damaged, and its administrator has to put a backup back. ${stays}`,
  unreachable: `The node cannot use its storage. ${stays}`,
};

/** A fault of the program: told in the log, not to the client. */
function broken(error: unknown, log: Log): Response {
  // The disk is the administrator's, who is told once (status/storage-watch.ts), not by every device that comes.
  const trouble = troubleOf(error);
  if (trouble !== null) return refuse(503, 'storage', storageSentences[trouble], { 'retry-after': '60' });
  log(`A request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  if (error instanceof Error && error.name === 'StorageFailure')
    return refuse(503, 'storage', storageSentences.unreachable, { 'retry-after': '60' });
  return refuse(500, 'fault', 'The node failed. Nothing is lost on your side; try again.');
}
