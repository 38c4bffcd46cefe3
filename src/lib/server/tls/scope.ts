/** The names and addresses that a node in a local network speaks for. Pure. */
import { isIP } from 'node:net';

/** What a certificate may speak for. A name stands for itself and what is below it; an address for itself alone. */
export interface Scope {
  /** DNS names in lower case, without a dot at either end. */
  readonly names: readonly string[];
  /** As `plainAddress` writes them. */
  readonly addresses: readonly string[];
}

/** One address of the machine, as `os.networkInterfaces()` tells it. */
export interface MachineAddress {
  readonly address: string;
  readonly internal: boolean;
}

/** The one form of an address (RFC 5952), without brackets; null where it is none. A zone, as in `fe80::1%eth0`, is not part of it. */
export function plainAddress(text: string): string | null {
  const bare = text.replace(/^\[|\]$/g, '').split('%')[0] ?? '';
  const family = isIP(bare);
  if (family === 0) return null;
  return family === 4 ? bare : new URL(`http://[${bare}]`).hostname.slice(1, -1);
}

/** A name of at least two labels. One label alone, as `paris`, may be a whole top-level domain somewhere. */
const isDnsName = (name: string): boolean =>
  name.length <= 253 &&
  name.includes('.') &&
  // An IPv4 address looks like a name of four labels.
  plainAddress(name) === null &&
  name.split('.').every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label));

/** What a machine's own name is in a local network: its first label. */
const labelOf = (hostname: string): string =>
  (hostname.split('.')[0] ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');

/**
 * The names and addresses that a node serves in a local network, the best name first: the one that was chosen, then what systems answer to by themselves (`.local`, RFC 6762: Windows 10, macOS, iOS,
 * Android 13, Raspberry Pi OS) and what routers make of a machine's name (`.lan`, and `.home.arpa` of RFC 8375).
 *
 * @param chosen host of the address that the administrator chose, as in a URL; null where none was
 */
export function lanScope(chosen: string | null, hostname: string, node: string, machine: readonly MachineAddress[]): Scope {
  const labels = [...new Set([labelOf(hostname), node])].filter((label) => label !== '' && label !== 'localhost');
  const made = labels.flatMap((label) => ['local', 'lan', 'home.arpa'].map((domain) => `${label}.${domain}`));
  const names = [(chosen ?? '').toLowerCase(), ...made].filter(isDnsName);
  const addresses = [chosen ?? '', ...machine.filter(({ internal }) => !internal).map(({ address }) => address), '127.0.0.1']
    .flatMap((address) => plainAddress(address) ?? [])
    // What a link gives itself is good on that link alone, and a browser cannot open it.
    .filter((address) => !address.startsWith('fe80:'));
  return { names: [...new Set(names.length === 0 ? ['perigee.local'] : names)], addresses: [...new Set(addresses)] };
}

/** Does the scope hold this host, a name or an address as it stands in a URL? */
export function isInScope({ names, addresses }: Scope, host: string): boolean {
  const address = plainAddress(host);
  if (address !== null) return addresses.includes(address);
  const name = host.toLowerCase();
  return names.some((one) => name === one || name.endsWith(`.${one}`));
}

/** The part of what is wanted that is permitted. */
export const within = (wanted: Scope, permitted: Scope): Scope => ({
  names: wanted.names.filter((name) => isInScope(permitted, name)),
  addresses: wanted.addresses.filter((address) => isInScope(permitted, address)),
});

export const isSameScope = (one: Scope, other: Scope): boolean =>
  one.names.join() === other.names.join() && one.addresses.join() === other.addresses.join();
