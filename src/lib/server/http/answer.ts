/** Answers in the node's own form: JSON, and refusals that say why in a sentence. */

const jsonHeaders = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

const texts = new WeakMap<Response, string>();

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  const text = JSON.stringify(value);
  const response = new Response(text, { status, headers: { ...jsonHeaders, ...headers } });
  texts.set(response, text);
  return response;
}

/** The text of an answer in JSON, where it is at hand without reading the answer's stream. */
export const textOf = (response: Response): string | null => texts.get(response) ?? null;

/**
 * @param code what a program acts on
 * @param message a sentence in English for whoever reads the answer itself
 */
export const refuse = (status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): Response =>
  json({ error: code, message }, status, headers);

export const notFound = (): Response => refuse(404, 'not-found', 'There is nothing at this address.');

export const badRequest = (message: string): Response => refuse(400, 'bad-request', message);

/** To anybody whose token, code or password is not accepted, whatever the reason was. */
export const notAccepted = (): Response => refuse(401, 'not-accepted', 'This was not accepted.');

export const forbidden = (): Response => refuse(403, 'forbidden', 'This is not open to you.');
