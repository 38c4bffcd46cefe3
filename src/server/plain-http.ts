/**
 * What a node with a certificate answers to a request that came over plain HTTP, where everybody on the network can read along.
 *
 * Under a certificate that browsers know there is no reason to stay: pages lead to https. Under the node's own authority a device that does not trust it yet would run into its browser's warning, so lessons can be read, and
 * `/trust` explains what to do; but no code, password or token is taken, for it would be in the hands of whoever listens.
 */
import type { IncomingMessage } from 'node:http';
import { refuse } from '../lib/server/http/answer.ts';
import type { Tls } from '../lib/server/tls/tls.ts';

/** Paths over which secrets travel. */
const secretPaths = /^\/(?:api\/(?!node$|language$|trust(?:\/|$))|replica\/|sync$|_session$|metrics$)/;

/** @returns null where the request is answered as any other */
export function answerToPlain(
  incoming: Pick<IncomingMessage, 'url' | 'method' | 'headers'>,
  kind: Tls['kind'],
  origin: string,
  isLocal: boolean,
): Response | null {
  const path = (incoming.url ?? '').split('?')[0] ?? '';
  // A watchdog or a browser on the machine itself talks to nobody else.
  if (isLocal || path === '/health') return null;
  if (secretPaths.test(path) || incoming.headers.authorization !== undefined)
    return refuse(
      403,
      'needs-https',
      `Others on the network could read this. Come to ${origin} instead; ${origin}/trust says how a device learns to trust it.`,
    );
  if (kind === 'own' || (incoming.method !== 'GET' && incoming.method !== 'HEAD')) return null;
  // Not for ever: the certificate may be taken away again.
  return new Response(null, { status: 307, headers: { location: `${origin}${incoming.url ?? '/'}`, 'cache-control': 'no-store' } });
}
