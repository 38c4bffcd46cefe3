/** What the node says of its certificate: for the page that explains how a device learns to trust it. */
import { isInstant, type Instant } from '#lib/domain/clock.ts';

export interface TrustFacts {
  /** The node's one canonical address. */
  readonly origin: string;
  readonly kind: 'public' | 'own' | 'other' | null;
  /** What a phone types first: this page by number and over plain HTTP; null where there is nothing to learn. */
  readonly first: string | null;
  readonly authority: {
    readonly title: string;
    /** SHA-256 of the certificate, bytes in hexadecimal with colons. */
    readonly fingerprint: string;
    readonly until: Instant;
    readonly names: readonly string[];
    readonly addresses: readonly string[];
  } | null;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');

function parseTrust(value: unknown): TrustFacts | null {
  if (!isObject(value)) return null;
  const { origin, kind, first, authority } = value;
  if (typeof origin !== 'string' || !(first === null || typeof first === 'string')) return null;
  if (!(kind === null || kind === 'public' || kind === 'own' || kind === 'other')) return null;
  if (authority === null) return { origin, kind, first, authority };
  if (!isObject(authority)) return null;
  const { title, fingerprint, until, names, addresses } = authority;
  if (typeof title !== 'string' || typeof fingerprint !== 'string' || !isInstant(until)) return null;
  return areTexts(names) && areTexts(addresses)
    ? { origin, kind, first, authority: { title, fingerprint, until, names, addresses } }
    : null;
}

/** Null where no node answers. */
export async function readTrust(fetch: typeof globalThis.fetch): Promise<TrustFacts | null> {
  try {
    const response = await fetch('/api/trust');
    return response.ok ? parseTrust(await response.json()) : null;
  } catch {
    return null;
  }
}
