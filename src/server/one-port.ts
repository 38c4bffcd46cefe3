/**
 * TLS and plain HTTP on one port: who types the address without `https://`, or does not trust the centre yet, comes to a page that explains, and not to an error of the browser. The first byte tells them apart: a TLS record of a
 * handshake begins with 22 (RFC 8446, 5.1), a request with a letter.
 */
import { createServer as createHttp, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Tls } from '../lib/server/tls/tls.ts';
import { refuseWhatIsNoRequest } from './not-http.ts';

export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

const handshake = 22;
/** Milliseconds in which a connection says something. */
const firstByteWithin = 20_000;

export interface OnePort {
  /** What listens. */
  readonly door: NetServer;
  /** Both HTTP servers behind it. */
  readonly servers: readonly Server[];
}

export function createOnePort(tls: Tls, options: ServerOptions, listener: Listener): OnePort {
  const { certificate, key } = tls.current();
  const secure = createHttps({ ...options, cert: certificate, key, minVersion: 'TLSv1.2' }, listener);
  const plain = createHttp(options, listener);
  // For new connections; those that are open go on with what they began with.
  tls.onChange((now) => {
    secure.setSecureContext({ cert: now.certificate, key: now.key, minVersion: 'TLSv1.2' });
  });
  const servers = [secure, plain];
  for (const server of servers) {
    refuseWhatIsNoRequest(server);
    // They listen through the door alone; with this event Node begins to watch over the times of their connections.
    server.emit('listening');
  }
  const door = createServer({ noDelay: true }, (socket: Socket) => {
    socket.setTimeout(firstByteWithin, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      socket.setTimeout(0);
      socket.unshift(first);
      (first[0] === handshake ? secure : plain).emit('connection', socket);
    });
  });
  return { door, servers };
}
