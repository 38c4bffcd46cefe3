/** Many who send slowly, through real sockets, and one who does not. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ask, claim, codesFor, joinBy, makeCohort, startTestNode } from './kit.ts';

it('ten slow uploads of as much as a request may hold keep nobody else out', async () => {
  const node = await startTestNode();
  const admin = await claim(node);
  const codes = await codesFor(node, admin, await makeCohort(node, admin), ['Awa', 'Binta']);
  const [awa, binta] = [await joinBy(node, codes[0] ?? ''), await joinBy(node, codes[1] ?? '')];

  const { port } = new URL(node.url);
  const declared = 10 * 1024 * 1024;
  const sockets: Socket[] = [];
  for (let n = 0; n < 10; n += 1) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `POST /sync HTTP/1.1\r\nHost: centre.test\r\nAuthorization: Bearer ${awa.token}\r\nContent-Type: application/json\r\nContent-Length: ${String(declared)}\r\n\r\n{`,
    );
    sockets.push(socket);
  }
  // Each gives a sign of life in time: none of them is silent, so none is given up for that.
  const dripping = setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed) socket.write(' ');
  }, 200);

  const pass = { person: binta.person, device: binta.device, revisions: {}, pad: 'x'.repeat(8 * 1024 * 1024) };
  const statuses: number[] = [];
  for (let tries = 0; tries < 20 && statuses.at(-1) !== 200; tries += 1) {
    if (tries > 0) await sleep(500);
    statuses.push((await ask(`${node.url}/sync`, { token: binta.token, body: pass })).status);
  }
  expect(statuses.at(-1)).toBe(200);
  // They are still at it.
  expect(sockets.filter(({ destroyed }) => !destroyed).length).toBeGreaterThanOrEqual(9);

  clearInterval(dripping);
  for (const socket of sockets) socket.destroy();
  await node.close();
});
