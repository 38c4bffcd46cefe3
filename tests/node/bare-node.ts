/** A node without pages in a process of its own, for tests that kill it: `node bare-node.ts <data> <port> <ms that a body may pause>`; prints a line when it listens. */
import type { NodeId } from '../../src/lib/domain/ids.ts';
import { listen, openNode } from '../../src/server/main.ts';
import { couchFor } from '../conformance/couch.ts';

const [data = '', port = '0', bodyIdle] = process.argv.slice(2);
const log = (line: string): void => void process.stderr.write(`${line}\n`);
const compiler = { stamp: 'none', compile: () => Promise.resolve({ package: null, problems: [] }), isSafe: () => false };
const node = await openNode({
  node: 'centre' as NodeId,
  origin: 'http://centre.test',
  data,
  couchdb: couchFor(data),
  courses: null,
  version: '0',
  compiler,
  log,
});
const listening = await listen(node, {
  host: '127.0.0.1',
  port: Number(port),
  origin: 'http://centre.test',
  pages: (_request, _response, next) => {
    next();
  },
  log,
  ...(bodyIdle === undefined ? {} : { bodyIdle: Number(bodyIdle) }),
});
process.stdout.write(`${JSON.stringify({ port: listening.port, code: await node.firstRunCode(), pid: process.pid })}\n`);
