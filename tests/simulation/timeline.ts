/**
 * Virtual time. What happens is a list of events in the order of their moments (and, at one moment, in the order in which they were put
 * there). An event runs until everything that it set going waits for another event; only then comes the next. So however many passes are
 * under way, their order follows from the seed alone, and a year costs no more than a second.
 *
 * This rests on the code under test waiting for promises and for nothing else of the machine: no timers, no sockets, no threads. The one
 * exception, a digest that the browser's own cryptography makes in a thread, is held (see `hold`).
 */

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class Timeline {
  /** Milliseconds since the run began. */
  now = 0;
  readonly #heap: Event[] = [];
  #order = 0;
  #held = 0;
  /** Events that have run. */
  events = 0;

  at(moment: number, run: () => void): void {
    const event = { at: Math.max(moment, this.now), order: this.#order++, run };
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !before(event, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = event;
  }

  in(delay: number, run: () => void): void {
    this.at(this.now + delay, run);
  }

  #take(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && before(right, left)) child += 1;
      const least = heap[child];
      if (least === undefined || !before(least, last)) break;
      heap[place] = least;
      place = child;
    }
    heap[place] = last;
    return first;
  }

  /** Keeps time standing still until the promise is settled: for work that a thread of the machine does. */
  async hold<Value>(work: Promise<Value>): Promise<Value> {
    this.#held += 1;
    try {
      return await work;
    } finally {
      this.#held -= 1;
    }
  }

  /** Until everything that runs waits for an event. Promises and microtasks are all done before the next turn of Node's loop. */
  async settle(): Promise<void> {
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#held > 0);
  }

  /** Runs events until `done` says so, or until there are none left. */
  async run(done: () => boolean): Promise<void> {
    await this.settle();
    while (!done()) {
      const event = this.#take();
      if (event === undefined) return;
      this.now = event.at;
      this.events += 1;
      event.run();
      await this.settle();
    }
  }
}
