/**
 * Was a page opened at another address than the node's one canonical address? To a browser every address is a place of its own: what is learned at one is not seen at the other. And only some of them are places where it keeps an app.
 */
import type { NodeHandle } from '../handle.ts';

/**
 * `other`: the app works here, but apart from the canonical address. `plain`: over plain HTTP, while the node has a certificate that this device does not trust yet. `bare`: over plain HTTP, and there is nothing better.
 */
export type Elsewhere = 'other' | 'plain' | 'bare';

export interface Opened {
  /** The header `Host`: name or address, with the port where it is not the usual one. */
  readonly host: string;
  /** The socket, or the web server before the node, speaks TLS. */
  readonly encrypted: boolean;
  /** The socket comes from this machine. */
  readonly fromHere: boolean;
}

/** Browsers keep an app also at these addresses over plain HTTP: https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy */
const isLoopback = (hostname: string): boolean => /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);

/** @returns null where the page stands where it should, or where that cannot be known */
export function elsewhere({ origin, tls }: NodeHandle['place'], { host, encrypted, fromHere }: Opened): Elsewhere | null {
  const here = `${encrypted ? 'https' : 'http'}://${host}`;
  if (!URL.canParse(here)) return null;
  const [opened, canonical] = [new URL(here), new URL(origin)];
  const [openedSafely, canonicalIsHere] = [encrypted || isLoopback(opened.hostname), isLoopback(canonical.hostname)];
  // A web server before the node that speaks TLS for it, and names the node's own address.
  if (tls === null && canonical.protocol === 'https:' && fromHere && isLoopback(opened.hostname)) return null;
  if (!openedSafely) {
    if (tls !== null) return 'plain';
    return opened.origin === canonical.origin || canonicalIsHere ? 'bare' : 'other';
  }
  // By another port through something between.
  if (isLoopback(opened.hostname) && opened.hostname === canonical.hostname && tls === null) return null;
  return opened.origin === canonical.origin ? null : 'other';
}
