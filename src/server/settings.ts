/** The node's settings, from options and variables (an option wins). What this version cannot do yet is refused, not ignored. */
import { isNodeId, type NodeId } from '../lib/domain/ids.ts';
import { err, ok, type Result } from '../lib/domain/result.ts';

export interface ServeSettings {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  /** Null where nobody gave one: the data folder knows it, or it is asked or suggested. */
  readonly node: NodeId | null;
  readonly origin: string;
  /** Address of a CouchDB with name and password; null for the embedded engine. */
  readonly couchdb: string | null;
  readonly dev: boolean;
}

/** Option, and the variable that says the same. */
export const serveOptions = {
  port: { type: 'string', variable: 'PORT' },
  host: { type: 'string', variable: 'HOST' },
  data: { type: 'string', variable: 'PERIGEE_DATA' },
  node: { type: 'string', variable: 'PERIGEE_NODE' },
  origin: { type: 'string', variable: 'PERIGEE_ORIGIN' },
  'couchdb-url': { type: 'string', variable: 'COUCHDB_URL' },
} as const;

const notBuilt: Readonly<Record<string, string>> = {
  PERIGEE_UPSTREAM: 'a parent node',
  PERIGEE_UPSTREAM_TOKEN: 'a parent node',
  PERIGEE_LINK_KBPS: 'limits for talking to a parent node',
  PERIGEE_LINK_HOURS: 'limits for talking to a parent node',
  PERIGEE_TLS_CERT: 'TLS by the node itself',
  PERIGEE_TLS_KEY: 'TLS by the node itself',
};

type Values = Readonly<Partial<Record<keyof typeof serveOptions, string>>>;
type Environment = Readonly<Record<string, string | undefined>>;

function originOf(host: string, port: number): string {
  // Every address is no address: what stands in a link must be one that a browser on this machine opens.
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}${port === 80 ? '' : `:${String(port)}`}`;
}

/** @returns the settings, or the sentence that says which one makes no sense and what would */
export function readSettings(values: Values, environment: Environment, dev: boolean): Result<ServeSettings, string> {
  for (const [variable, feature] of Object.entries(notBuilt))
    if ((environment[variable] ?? '') !== '') return err(`${variable} is set, but this version does not know ${feature} yet. Unset it.`);

  const given = (name: keyof typeof serveOptions): { readonly text: string; readonly from: string } | null => {
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

  const host = given('host')?.text ?? '127.0.0.1';
  if (!/^[\w.:-]+$/.test(host)) return err(`HOST is «${host}», but it is an address such as 127.0.0.1, or 0.0.0.0 for every network.`);

  const node = given('node');
  if (node !== null && !isNodeId(node.text))
    return err(`${node.from} is «${node.text}», but a node's name is made of a-z, 0-9 and hyphens, at most 64.`);

  const origin = given('origin');
  if (origin !== null && (!/^https?:\/\/[^/?#@\s]+$/.test(origin.text) || !URL.canParse(origin.text)))
    return err(`${origin.from} is «${origin.text}», but an origin is like https://learn.example.org: no path, no slash at the end.`);

  // It holds a password, so it is not shown again.
  const couchdb = given('couchdb-url');
  if (couchdb !== null && (!/^https?:\/\//.test(couchdb.text) || !URL.canParse(couchdb.text)))
    return err(`${couchdb.from} is not an address such as http://name:password@couch.example.org:5984/`);

  return ok({
    port: portNumber,
    host,
    data: given('data')?.text ?? './data',
    node: node === null ? null : (node.text as NodeId),
    origin: origin?.text ?? originOf(host, portNumber),
    couchdb: couchdb?.text ?? null,
    dev,
  });
}
