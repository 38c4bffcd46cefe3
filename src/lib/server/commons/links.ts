/**
 * Whether an address still answers, asked the way a careful reader would: by `HEAD`, and where that is not answered with success by `GET`, of which the body is not read.
 * There are three answers, because two of them lead to a mark that others rely on:
 *
 *   answered    200 to 299, after redirects: there is something
 *   gone        404 or 410 to both questions, or a name that the whole network does not know while others are found
 *   unknown     everything else: a refusal (401, 403, 429), a server's failure, no connection, no answer in time. Nothing follows from it
 *
 * A site that sends every unknown address to its front page answers, and is told apart by nobody; where the answer came from another address, that is said.
 */

export type LinkAnswer =
  | { readonly type: 'answered'; /** Where the answer came from, when that is another address. */ readonly from: string | null }
  | { readonly type: 'gone'; readonly why: string }
  | { readonly type: 'unknown'; readonly why: string };

export interface LinkTools {
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds that one question may take. */
  readonly patience: number;
  /** Sites that are asked at one time. */
  readonly atOnce: number;
}

const agent = 'Perigee link check (asks whether a listed course still answers)';

/** A name that is not known, or not known now: what that says of the address depends on what the others answered. */
const unresolved = 'ENOTFOUND';

interface Asked {
  readonly status: number;
  readonly url: string;
}

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'no connection';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time';
  const cause: unknown = error.cause;
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : null;
  return typeof code === 'string' ? code : 'no connection';
};

async function ask(address: string, method: 'HEAD' | 'GET', { fetch, patience }: LinkTools): Promise<Asked | string> {
  try {
    const response = await fetch(address, {
      method,
      redirect: 'follow',
      headers: { 'user-agent': agent, accept: 'text/html,*/*' },
      signal: AbortSignal.timeout(patience),
    });
    await response.body?.cancel();
    return { status: response.status, url: response.url };
  } catch (error) {
    return codeOf(error);
  }
}

const isGood = ({ status }: Asked): boolean => status >= 200 && status < 300;
const isGone = ({ status }: Asked): boolean => status === 404 || status === 410;

/** One address. A name that is not found is `unknown` here with `ENOTFOUND`; `askLinks` judges it beside the others. */
export async function askLink(address: string, tools: LinkTools): Promise<LinkAnswer> {
  const head = await ask(address, 'HEAD', tools);
  // Many servers refuse HEAD or answer it wrongly: only a reader's own question counts against an address.
  const asked = typeof head !== 'string' && isGood(head) ? head : await ask(address, 'GET', tools);
  if (typeof asked === 'string') return { type: 'unknown', why: asked };
  if (isGood(asked)) return { type: 'answered', from: asked.url === '' || sameAddress(asked.url, address) ? null : asked.url };
  return { type: isGone(asked) ? 'gone' : 'unknown', why: `HTTP ${String(asked.status)}` };
}

/** But for the scheme and a slash at the end: those redirects say nothing. */
const sameAddress = (one: string, other: string): boolean => {
  const bare = (address: string): string => address.replace(/^https?:\/\/(?:www\.)?/i, '').replace(/\/(?=$|\?|#)/, '');
  return bare(one) === bare(other);
};

/**
 * Many addresses: those of one site after each other, of several sites at one time.
 *
 * @returns the answer for each address; all are `unknown` where this machine has no network
 */
export async function askLinks(addresses: readonly string[], tools: LinkTools): Promise<ReadonlyMap<string, LinkAnswer>> {
  const bySite = new Map<string, string[]>();
  for (const address of new Set(addresses)) {
    const { host } = new URL(address);
    const known = bySite.get(host);
    if (known === undefined) bySite.set(host, [address]);
    else known.push(address);
  }
  const answers = new Map<string, LinkAnswer>();
  const sites = [...bySite.values()];
  const worker = async (): Promise<void> => {
    for (let site = sites.shift(); site !== undefined; site = sites.shift())
      for (const address of site) answers.set(address, await askLink(address, tools));
  };
  await Promise.all(Array.from({ length: tools.atOnce }, worker));
  // Without a network no name is found: then nothing is gone.
  const isOnline = [...answers.values()].some(({ type }) => type !== 'unknown');
  return new Map(
    [...answers].map(([address, answer]): [string, LinkAnswer] => [
      address,
      isOnline && answer.type === 'unknown' && answer.why === unresolved ? { type: 'gone', why: 'its name is not known any more' } : answer,
    ]),
  );
}
