/** What Node's own parser refuses before there is a request: it gets a sentence too, and the connection ends. */
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const jsonType = 'application/json; charset=utf-8';

/** By the parser's code; everything else is not HTTP as it should be. */
const refusals: Readonly<Record<string, readonly [status: number, error: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'too-large', 'The head of a request holds at most 16 kB.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'too-large', 'The body is cut into chunks with too much beside them.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'too-slow', 'The rest of the request did not come.'],
};
const notHttp = [400, 'bad-request', 'This is not HTTP/1.1 as it should be.'] as const;

export function refuseWhatIsNoRequest(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const [status, code, message] = (Object.hasOwn(refusals, error.code ?? '') ? refusals[error.code ?? ''] : undefined) ?? notHttp;
    // Where an answer is under way already a second one would be taken for its end.
    const isAnswering = Reflect.get(socket, '_httpMessage') !== null && Reflect.get(socket, '_httpMessage') !== undefined;
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
      socket.destroy();
      return;
    }
    const body = JSON.stringify({ error: code, message });
    socket.end(
      `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: ${jsonType}\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(417, { 'content-type': jsonType, connection: 'close' });
    response.end(JSON.stringify({ error: 'bad-request', message: 'The only expectation that is met here is 100-continue.' }));
  });
}
