/** Answers that are made while they are sent: as fast as the client reads, and no faster, so that none is ever held in memory whole. */

const streams = new WeakSet<Response>();

/** Characters that are sent together. */
const enough = 32 * 1024;

/**
 * @param make writes the answer piece by piece; its signal aborts when the client has gone. A piece that is to leave at once, because the next one may
 *   take long, is followed by an empty one
 */
export function streamed(headers: Readonly<Record<string, string>>, make: (signal: AbortSignal) => AsyncGenerator<string>): Response {
  const gone = new AbortController();
  const pieces = make(gone.signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      let text = '';
      while (text.length < enough) {
        const { done, value } = await pieces.next();
        if (done === true) {
          if (text !== '') controller.enqueue(encoder.encode(text));
          controller.close();
          return;
        }
        if (value === '' && text !== '') break;
        text += value;
      }
      controller.enqueue(encoder.encode(text));
    },
    async cancel() {
      gone.abort();
      await pieces.return(undefined);
    },
  });
  const response = new Response(body, { headers: { 'cache-control': 'no-store', ...headers } });
  streams.add(response);
  return response;
}

export const isStreamed = (response: Response): boolean => streams.has(response);

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
