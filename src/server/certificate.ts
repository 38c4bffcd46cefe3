/** The node's certificate and the address that follows from it: the node's own authority, the administrator's files, or none. */
import { hostname, networkInterfaces } from 'node:os';
import type { Clock } from '../lib/domain/clock.ts';
import type { NodeId } from '../lib/domain/ids.ts';
import { err, ok, type Result } from '../lib/domain/result.ts';
import type { Log } from '../lib/server/log.ts';
import { namesOf } from '../lib/server/tls/authority.ts';
import { openGivenCertificate } from '../lib/server/tls/given-certificate.ts';
import { openOwnAuthority } from '../lib/server/tls/own-authority.ts';
import { lanScope, type Scope } from '../lib/server/tls/scope.ts';
import type { Tls } from '../lib/server/tls/tls.ts';
import type { ServeSettings } from './settings.ts';

export interface Certified {
  readonly tls: Tls | null;
  /** The one canonical address. */
  readonly origin: string;
}

function originUnder({ names, addresses }: Scope, port: number): string {
  // A wildcard is no name that somebody can open.
  const name = names.find((one) => !one.startsWith('*')) ?? addresses[0] ?? 'localhost';
  return `https://${name.includes(':') ? `[${name}]` : name}${port === 443 ? '' : `:${String(port)}`}`;
}

/** @returns or the sentence that says why there is no such certificate */
export function openTls({
  settings,
  node,
  clock,
  log,
}: {
  readonly settings: Pick<ServeSettings, 'origin' | 'lan' | 'tls' | 'port' | 'data'>;
  readonly node: NodeId;
  readonly clock: Clock;
  readonly log: Log;
}): Result<Certified, string> {
  const { origin, lan, tls: files, port, data } = settings;
  const chosen = origin === null ? null : new URL(origin).hostname;
  if (!lan && files === null) return origin === null ? err('The node has no address. Set PERIGEE_ORIGIN.') : ok({ tls: null, origin });

  const machine = () => Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const opened =
    files === null
      ? openOwnAuthority({
          data,
          title: `Perigee centre ${node}`.slice(0, 64),
          chosen,
          wanted: () => lanScope(chosen, hostname(), node, machine()),
          clock,
          log,
        })
      : openGivenCertificate({ ...files, chosen, clock, log });
  if (!opened.ok) return opened;
  const tls = opened.value;
  return ok({ tls, origin: origin ?? originUnder(tls.authority?.scope ?? namesOf(tls.current().certificate), port) });
}
