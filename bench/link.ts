/**
 * A slow line in front of a local port: round trip, and a rate per direction that all connections share. A connection waits
 * one round trip before its first byte (SYN), every segment carries 40 bytes of headers, there is no loss and no slow start.
 */
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface LinkSpeed {
  /** Round trip in milliseconds. */
  readonly roundTrip: number;
  /** Bits per second towards the learner. */
  readonly down: number;
  /** Bits per second from the learner. */
  readonly up: number;
}

export interface Link {
  readonly port: number;
  /** Bytes of payload carried so far. */
  readonly carried: { readonly down: number; readonly up: number };
  close(): Promise<void>;
}

/** A geostationary hop as a school has it. */
export const satellite: LinkSpeed = { roundTrip: 600, down: 256_000, up: 64_000 };

const segment = 1400;
const headers = 40;

/** One direction: a queue that drains at the line's rate. */
function createLane(bitsPerSecond: number, delay: number) {
  let freeAt = 0;
  const lane = { carried: 0, send };
  function send(bytes: Buffer, deliver: (bytes: Buffer) => void): void {
    lane.carried += bytes.length;
    for (let from = 0; from < bytes.length; from += segment) {
      const part = bytes.subarray(from, from + segment);
      const now = performance.now();
      freeAt = Math.max(freeAt, now) + ((part.length + headers) * 8 * 1000) / bitsPerSecond;
      setTimeout(() => deliver(part), freeAt + delay - now);
    }
  }
  return lane;
}

/** Opens a port on loopback that leads to `target` over the line. */
export function openLink(target: number, speed: LinkSpeed): Promise<Link> {
  const down = createLane(speed.down, speed.roundTrip / 2);
  const up = createLane(speed.up, speed.roundTrip / 2);
  const sockets = new Set<Socket>();
  const carry = (from: Socket, to: Socket, lane: ReturnType<typeof createLane>): void => {
    let pending = 0;
    let ended = false;
    const finish = (): void => {
      if (ended && pending === 0) to.end();
    };
    from.on('data', (bytes: Buffer) => {
      const parts = Math.ceil(bytes.length / segment);
      pending += parts;
      lane.send(bytes, (part) => {
        if (!to.destroyed) to.write(part);
        pending -= 1;
        finish();
      });
    });
    from.on('end', () => {
      ended = true;
      finish();
    });
    from.on('error', () => to.destroy());
  };
  const server = createServer((near) => {
    near.pause();
    sockets.add(near);
    // The near end's SYN and the answer to it take a round trip before the first byte may go.
    setTimeout(() => {
      const far = connect(target, '127.0.0.1');
      sockets.add(far);
      carry(near, far, up);
      carry(far, near, down);
      near.resume();
    }, speed.roundTrip);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        get carried() {
          return { down: down.carried, up: up.carried };
        },
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => done());
          }),
      });
    });
  });
}
