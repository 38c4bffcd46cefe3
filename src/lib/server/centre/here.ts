/**
 * Does somebody sit at the node's own machine? They, and nobody else, may take charge of a new centre without the code that the node printed.
 *
 * The socket alone does not say so. A page of somebody else's that is open in a browser on this machine could ask in that person's name: its `Origin` is another. A name that its owner lets point here for a moment (DNS
 * rebinding) is another `Host`. And behind a web server on this machine everybody comes from here: such a node has its canonical address elsewhere and no certificate of its own, and is never claimed without the code.
 */
import { networkInterfaces } from 'node:os';
import type { Caller, OrganRequest } from '../http/organ.ts';
import type { Tls } from '../tls/tls.ts';

const isLoopback = (hostname: string): boolean => /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);

const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));

/**
 * @param place the node's canonical address, and its certificate
 * @param addresses of this machine
 */
export function comesFromHere(
  request: OrganRequest,
  caller: Caller,
  place: { readonly origin: string; readonly tls: Pick<Tls, 'kind'> | null },
  addresses: () => readonly string[] = ownAddresses,
): boolean {
  const canonical = new URL(place.origin);
  if (place.tls === null && !isLoopback(canonical.hostname)) return false;
  const proxied = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];
  if (proxied.some((name) => request.headers.has(name))) return false;
  const bare = caller.address.replace(/^::ffff:/, '');
  if (!caller.local && !addresses().includes(bare)) return false;

  const host = request.headers.get('host') ?? '';
  const from = request.headers.get('origin');
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  const isOurs = isLoopback(hostname) || hostname === canonical.hostname || addresses().includes(hostname.replace(/^\[|\]$/g, ''));
  const site = request.headers.get('sec-fetch-site');
  // A question for the page itself has no origin; whatever changes something has.
  const isOwnPage = from === null ? request.method === 'GET' : [`http://${host}`, `https://${host}`].includes(from);
  return isOurs && isOwnPage && (site === null || site === 'same-origin' || (request.method === 'GET' && site === 'none'));
}
