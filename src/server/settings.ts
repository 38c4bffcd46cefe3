/** The node's settings, from options and variables (an option wins). A setting that makes no sense is refused, not ignored. */
import { isNodeId, type NodeId } from '../lib/domain/ids.ts';
import { err, ok, type Result } from '../lib/domain/result.ts';
import { parseHours, type Hours } from '../lib/sync/link.ts';
import { nodeOfCredential } from '../lib/server/accounts/peers.ts';

/** The parent of this node, and how it may be talked to. */
export interface UpstreamSettings {
  /** Its origin: `https://sitc.example.org`. */
  readonly url: string;
  /** This node's credential there. */
  readonly token: string;
  /** Thousands of bits a second, both ways together; null for as fast as it goes. */
  readonly kbps: number | null;
  /** In local time; null for any. */
  readonly hours: Hours | null;
}

export interface ServeSettings {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  /** Null where nobody gave one: the data folder knows it, or it is asked or suggested. */
  readonly node: NodeId | null;
  /** Null where nobody gave one and the certificate says it. */
  readonly origin: string | null;
  /** The node makes its own authority, for phones in the local network. */
  readonly lan: boolean;
  /** Files of a certificate that the administrator got elsewhere; null for none. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** Address of a CouchDB with name and password; null for the embedded engine. */
  readonly couchdb: string | null;
  /** Null where this node has no parent. */
  readonly upstream: UpstreamSettings | null;
  readonly dev: boolean;
}

/** Option, and the variable that says the same. */
export const serveOptions = {
  port: { type: 'string', variable: 'PORT' },
  host: { type: 'string', variable: 'HOST' },
  data: { type: 'string', variable: 'PERIGEE_DATA' },
  node: { type: 'string', variable: 'PERIGEE_NODE' },
  origin: { type: 'string', variable: 'PERIGEE_ORIGIN' },
  'tls-cert': { type: 'string', variable: 'PERIGEE_TLS_CERT' },
  'tls-key': { type: 'string', variable: 'PERIGEE_TLS_KEY' },
  'couchdb-url': { type: 'string', variable: 'COUCHDB_URL' },
  upstream: { type: 'string', variable: 'PERIGEE_UPSTREAM' },
  'upstream-token': { type: 'string', variable: 'PERIGEE_UPSTREAM_TOKEN' },
  'link-kbps': { type: 'string', variable: 'PERIGEE_LINK_KBPS' },
  'link-hours': { type: 'string', variable: 'PERIGEE_LINK_HOURS' },
} as const;

type Values = Readonly<Partial<Record<keyof typeof serveOptions, string>>>;
type Environment = Readonly<Record<string, string | undefined>>;

interface Given {
  readonly text: string;
  /** The option or variable that it came from. */
  readonly from: string;
}
type GivenOf = (name: keyof typeof serveOptions) => Given | null;

function readUpstream(given: GivenOf): Result<UpstreamSettings | null, string> {
  const [url, token, kbps, hours] = [given('upstream'), given('upstream-token'), given('link-kbps'), given('link-hours')];
  if (url === null) {
    const alone = token ?? kbps ?? hours;
    return alone === null
      ? ok(null)
      : err(`${alone.from} is set, but there is no parent to talk to. Set PERIGEE_UPSTREAM to its address, or unset this.`);
  }
  if (!/^https?:\/\/[^/?#@\s]+$/.test(url.text) || !URL.canParse(url.text))
    return err(`${url.from} is «${url.text}», but a parent's address is like https://sitc.example.org: no path, no slash at the end.`);
  if (token === null)
    return err(
      `${url.from} is set without PERIGEE_UPSTREAM_TOKEN. The parent's administrator makes this node's credential there: «perigee nodes add».`,
    );
  // It is a secret, so it is not shown again.
  if (nodeOfCredential(token.text) === null)
    return err(`${token.from} is not a credential of a node. One looks like peer_<this node's name>_ and 52 letters and digits.`);
  const rate = kbps === null ? null : Number(kbps.text);
  if (rate !== null && !(Number.isFinite(rate) && rate >= 1 && rate <= 10_000_000))
    return err(`${kbps?.from ?? ''} is «${kbps?.text ?? ''}», but a rate is a number of kilobits a second, at least 1.`);
  if (hours === null) return ok({ url: url.text, token: token.text, kbps: rate, hours: null });
  const parsed = parseHours(hours.text);
  if (!parsed.ok)
    return err(
      parsed.error === 'no-time'
        ? `${hours.from} is «${hours.text}», which begins when it ends. Leave it unset to talk at any hour.`
        : `${hours.from} is «${hours.text}», but hours are like 22-06 or 21:30-05:15 in this machine's own time; a beginning later than the end passes over midnight.`,
    );
  return ok({ url: url.text, token: token.text, kbps: rate, hours: parsed.value });
}

function originOf(host: string, port: number): string {
  // Every address is no address: what stands in a link must be one that a browser on this machine opens.
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}${port === 80 ? '' : `:${String(port)}`}`;
}

function readTls(given: GivenOf, lan: boolean): Result<ServeSettings['tls'], string> {
  const [certificate, key] = [given('tls-cert'), given('tls-key')];
  if (certificate === null && key === null) return ok(null);
  if (lan)
    return err(`${(certificate ?? key)?.from ?? ''} is set, and --lan makes a certificate of the node's own. Choose one of the two.`);
  if (certificate === null || key === null)
    return err(
      `${(certificate ?? key)?.from ?? ''} is set alone. A certificate needs its key: set PERIGEE_TLS_CERT and PERIGEE_TLS_KEY to both files.`,
    );
  return ok({ certificate: certificate.text, key: key.text });
}

/**
 * @param flags what has no variable: `dev` for pages from their sources, `lan` for an authority of the node's own
 * @returns the settings, or the sentence that says which one makes no sense and what would
 */
export function readSettings(
  values: Values,
  environment: Environment,
  { dev = false, lan = false }: { readonly dev?: boolean; readonly lan?: boolean } = {},
): Result<ServeSettings, string> {
  const given: GivenOf = (name) => {
    const { variable } = serveOptions[name];
    const option = values[name];
    if (option !== undefined) return { text: option.trim(), from: `--${name}` };
    const text = environment[variable]?.trim() ?? '';
    return text === '' ? null : { text, from: variable };
  };

  const port = given('port');
  const portNumber = port === null ? 8080 : Number(port.text);
  if (!Number.isInteger(portNumber) || portNumber < 1 || portNumber > 65535)
    return err(`${port?.from ?? 'PORT'} is «${port?.text ?? ''}», but a port is a number from 1 to 65535.`);

  // Phones come from outside.
  const host = given('host')?.text ?? (lan ? '0.0.0.0' : '127.0.0.1');
  if (!/^[\w.:-]+$/.test(host)) return err(`HOST is «${host}», but it is an address such as 127.0.0.1, or 0.0.0.0 for every network.`);

  const node = given('node');
  if (node !== null && !isNodeId(node.text))
    return err(`${node.from} is «${node.text}», but a node's name is made of a-z, 0-9 and hyphens, at most 64.`);

  const origin = given('origin');
  if (origin !== null && (!/^https?:\/\/[^/?#@\s]+$/.test(origin.text) || !URL.canParse(origin.text)))
    return err(`${origin.from} is «${origin.text}», but an origin is like https://learn.example.org: no path, no slash at the end.`);

  const tls = readTls(given, lan);
  if (!tls.ok) return tls;
  const encrypted = lan || tls.value !== null;
  if (encrypted && origin?.text.startsWith('http:') === true)
    return err(
      `${origin.from} is «${origin.text}», but a node with a certificate is opened at https://… Write the address so, or leave it out.`,
    );

  // It holds a password, so it is not shown again.
  const couchdb = given('couchdb-url');
  if (couchdb !== null && (!/^https?:\/\//.test(couchdb.text) || !URL.canParse(couchdb.text)))
    return err(`${couchdb.from} is not an address such as http://name:password@couch.example.org:5984/`);

  const upstream = readUpstream(given);
  if (!upstream.ok) return upstream;

  return ok({
    port: portNumber,
    host,
    data: given('data')?.text ?? './data',
    node: node === null ? null : (node.text as NodeId),
    origin: origin?.text ?? (encrypted ? null : originOf(host, portNumber)),
    lan,
    tls: tls.value,
    couchdb: couchdb?.text ?? null,
    upstream: upstream.value,
    dev,
  });
}
