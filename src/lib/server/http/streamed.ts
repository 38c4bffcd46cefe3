/** Answers that are made while they are sent: as fast as the client reads, and no faster, so that none is ever held in memory whole. */

/** Characters that are sent together. */
const enough = 32 * 1024;

export type Chunks = AsyncIterableIterator<Uint8Array, undefined>;

/** By answer, where nobody has begun to read it. */
const untouched = new WeakMap<Response, Chunks>();

/**
 * @param make writes the answer piece by piece; its signal aborts when the client has gone. A piece that is to leave at once, because the next one may
 *   take long, is followed by an empty one
 */
export function streamed(headers: Readonly<Record<string, string>>, make: (signal: AbortSignal) => AsyncGenerator<string>): Response {
  const chunks = chunksOf(make);
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    // Nothing is made before somebody reads: sockets take the chunks themselves (`takeChunks`).
    { highWaterMark: 0 },
  );
  const response = new Response(body, { headers: { 'cache-control': 'no-store', ...headers } });
  untouched.set(response, chunks);
  return response;
}

/**
 * The chunks of an answer that is made while it is sent, for one who reads these and leaves its `body` alone: the same without the cost of a web stream. Null for
 * any other answer. Whoever reads no more says so with `return`.
 */
export function takeChunks(response: Response): Chunks | null {
  const chunks = untouched.get(response) ?? null;
  untouched.delete(response);
  return chunks;
}

function chunksOf(make: (signal: AbortSignal) => AsyncGenerator<string>): Chunks {
  const gone = new AbortController();
  const pieces = make(gone.signal);
  const encoder = new TextEncoder();
  let ended = false;
  return {
    async next() {
      let text = '';
      while (!ended && text.length < enough) {
        const { done, value } = await pieces.next();
        if (done === true) {
          ended = true;
          break;
        }
        if (value === '' && text !== '') break;
        text += value;
      }
      return text === '' && ended ? { done: true, value: undefined } : { done: false, value: encoder.encode(text) };
    },
    async return() {
      // A generator that waits for something hears of its end only after that, unless it is told.
      gone.abort();
      ended = true;
      await pieces.return(undefined);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** A JSON object whose first field is a list that is made while it is sent, and whose other fields are known at its end. */
export function streamedList(field: string, make: (signal: AbortSignal) => AsyncGenerator<object, object>): Response {
  return streamed({ 'content-type': 'application/json; charset=utf-8' }, async function* (signal) {
    yield `{"${field}":[`;
    const rows = make(signal);
    for (let separator = '\n'; ; separator = ',\n') {
      const { done, value } = await rows.next();
      if (done === true) {
        const rest = JSON.stringify(value).slice(1);
        yield rest === '}' ? '\n]}\n' : `\n],${rest}\n`;
        return;
      }
      yield separator + JSON.stringify(value);
    }
  });
}
