/**
 * The line between a device and a node, or between two nodes: slow, and unreliable in every way that a line with proxies on it is. The node's handlers
 * are called in this process, with the bytes that would have travelled.
 */
import type { Chance } from './chance.ts';
import type { Timeline } from './timeline.ts';

/** What may happen to one request. */
export const linkFaults = {
  /** It never arrives; the client gives up. */
  'lost-request': 3,
  /** It is done, and its answer is lost. */
  'lost-answer': 4,
  /** The client gives up; the request arrives later, after what the client did next. */
  'late-request': 2,
  /** It arrives twice, the second time later. */
  duplicate: 3,
  /** The answer breaks off. */
  'half-answer': 3,
  /** The request breaks off, and something on the way closes it as if it were whole. */
  'half-request': 1,
  /** Something on the way answers for the node. */
  refusal: 4,
  /** The node does it, and something on the way answers with a failure. */
  'refused-after': 2,
  /** A sign-in page of somebody's network. */
  portal: 1,
} as const;
export type LinkFault = keyof typeof linkFaults;

/** What proxies, full disks and busy servers answer: status and body. */
const refusals: readonly (readonly [number, string])[] = [
  [401, ''],
  [401, '{"error":"unauthorized","reason":"Name or password is incorrect."}'],
  [403, '<html>Forbidden</html>'],
  [408, ''],
  [409, '{"error":"conflict","reason":"Document update conflict."}'],
  [413, '<html>413 Request Entity Too Large</html>'],
  [413, '{"error":"too-large","message":"A request holds at most 10 MB; send it in smaller parts."}'],
  [429, '{"error":"slow-down","message":"Too many requests."}'],
  [500, '{"error":"fault","message":"The node failed."}'],
  [502, '<html>Bad Gateway</html>'],
  [503, '{"error":"storage","message":"The node cannot use its storage."}'],
  [504, ''],
  [507, '{"error":"no-space"}'],
];

/** A node as a line sees it. */
export interface Host {
  readonly origin: string;
  /**
   * Serves a request, or calls back with null as soon as it cannot any more (nobody listens, the process ended). Never calls back twice.
   */
  serve(request: Request, answered: (answer: Response | null) => void): void;
}

export interface LinkState {
  /** Chance that a request meets a fault. */
  loss: number;
  /** Milliseconds one way. */
  latency: number;
  /** Bytes in a second. */
  rate: number;
  /** Nothing goes through. */
  down: boolean;
}

export class Link {
  readonly state: LinkState;
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #without: ReadonlySet<string>;
  readonly #trace: (text: () => string) => void;
  /** How often each fault was met; of refusals, also each status; and how often a request arrived after one that was sent later (`overtaken`). */
  readonly met = new Map<string, number>();
  #sent = 0;
  /** By who asks whom: the number of the latest request that has arrived. */
  readonly #arrived = new Map<string, number>();

  constructor(given: {
    readonly timeline: Timeline;
    readonly chance: Chance;
    readonly state: LinkState;
    readonly without: ReadonlySet<string>;
    readonly trace: (text: () => string) => void;
  }) {
    this.state = given.state;
    this.#timeline = given.timeline;
    this.#chance = given.chance;
    this.#without = given.without;
    this.#trace = given.trace;
  }

  #fault(): LinkFault | null {
    // Drawn whether it is used or not, so that leaving a fault out leaves the others where they were.
    const [met, fault] = [this.#chance.chance(this.state.loss), this.#chance.weighed(linkFaults)];
    if (!met || this.#without.has(fault)) return null;
    this.#meet(fault);
    return fault;
  }

  #meet(what: string): void {
    this.met.set(what, (this.met.get(what) ?? 0) + 1);
  }

  #arrive(pair: string, number: number): void {
    const latest = this.#arrived.get(pair) ?? 0;
    if (number < latest) this.#meet('overtaken');
    else this.#arrived.set(pair, number);
  }

  /**
   * A `fetch` over this line.
   *
   * @param isAlive whether whoever asks is still there: nothing is told to a page that was closed
   */
  fetch(from: string, host: Host, isAlive: () => boolean): (url: string, init?: RequestInit) => Promise<Response> {
    return (url, init = {}) =>
      new Promise((resolve, reject) => {
        const timeline = this.#timeline;
        const chance = this.#chance;
        const method = init.method ?? 'GET';
        const headers = new Headers(init.headers);
        const body = typeof init.body === 'string' ? init.body : undefined;
        const path = url.slice(host.origin.length);
        const fault = this.#fault();
        const number = ++this.#sent;
        const spread = [chance.next(), chance.next(), chance.next()] as const;
        const travel = (bytes: number, part: 0 | 1 | 2): number =>
          this.state.latency * (0.7 + 0.6 * spread[part]) + (bytes / this.state.rate) * 1000;
        const say = (what: string): void => {
          this.#trace(() => `${from} ${method} ${path.length > 70 ? `${path.slice(0, 34)}…${path.slice(-34)}` : path}: ${what}`);
        };

        let told = false;
        const tell = (delay: number, what: string, settle: () => void): void => {
          timeline.in(delay, () => {
            if (told || !isAlive()) return;
            told = true;
            say(what);
            settle();
          });
        };
        const fail = (delay: number, what: string): void => {
          tell(delay, what, () => {
            reject(new TypeError('fetch failed'));
          });
        };
        const answer = (delay: number, status: number, text: string, type: string | Headers): void => {
          tell(delay, `${String(status)}${fault === null ? '' : ` (${fault})`}`, () => {
            resolve(
              new Response(status === 204 || status === 304 ? null : text, {
                status,
                headers: typeof type === 'string' ? { 'content-type': type } : type,
              }),
            );
          });
        };
        const arrive = (delay: number, given: string | undefined, back: (response: Response | null, text: string) => void): void => {
          timeline.in(delay, () => {
            this.#arrive(`${from} ${host.origin}`, number);
            const request = new Request(url, { method, headers, ...(given === undefined ? {} : { body: given }) });
            host.serve(request, (response) => {
              if (response === null) back(null, '');
              else
                void response.text().then((text) => {
                  back(response, text);
                });
            });
          });
        };
        const ignore = (): void => undefined;
        const patience = 20_000 + 100_000 * spread[2];
        const up = travel((body?.length ?? 0) + 400, 0);

        if (this.state.down) {
          fail(spread[0] < 0.5 ? 5 : patience, 'no line');
          return;
        }
        const whole = (response: Response | null, text: string): void => {
          if (response === null) fail(this.state.latency, 'the node is away');
          else answer(travel(text.length + 300, 1), response.status, text, response.headers);
        };
        switch (fault) {
          case null:
            arrive(up, body, whole);
            return;
          case 'lost-request':
            fail(patience, 'lost on the way there');
            return;
          case 'lost-answer':
            arrive(up, body, ignore);
            fail(patience, 'lost on the way back');
            return;
          case 'late-request':
            arrive(up + patience * (1 + 2 * spread[1]), body, ignore);
            fail(patience, 'given up, and still on its way');
            return;
          case 'duplicate':
            arrive(up, body, whole);
            arrive(up + patience * spread[1] * spread[1], body, ignore);
            return;
          case 'half-answer':
            arrive(up, body, (response, text) => {
              if (response === null) whole(null, '');
              else {
                const half = text.slice(0, Math.floor(text.length * spread[1]));
                if (spread[0] < 0.5) answer(travel(half.length, 1), response.status, half, response.headers);
                else fail(travel(half.length, 1), 'broke off on the way back');
              }
            });
            return;
          case 'half-request':
            arrive(up, body?.slice(0, Math.floor(body.length * spread[1])), whole);
            return;
          case 'refusal':
          case 'refused-after': {
            const [status, text] = chance.of(refusals);
            this.#meet(`answered ${String(status)}`);
            if (fault === 'refused-after') arrive(up, body, ignore);
            answer(2 * up, status, text, text.startsWith('{') ? 'application/json' : 'text/html');
            return;
          }
          case 'portal':
            answer(up, 200, '<html><title>Welcome to Airport Wi-Fi</title></html>', 'text/html');
            return;
        }
      });
  }
}
