/** What the node's sockets and its page `/trust` know of its certificate. */
import type { Credential } from './authority.ts';
import type { Scope } from './scope.ts';

export interface Tls {
  /**
   * Who says that the certificate is the node's: `public` where browsers know the authority already, `own` where it is the node's own, `other` where it is one that
   * somebody else gave to the devices.
   */
  readonly kind: 'public' | 'own' | 'other';
  /** What a new connection is answered with. */
  readonly current: () => Credential;
  /** The node's own authority; null where the certificate is another's. */
  readonly authority: {
    /** PEM. */
    readonly certificate: string;
    readonly scope: Scope;
  } | null;
  /** Calls back when the certificate is another one. */
  onChange(changed: (now: Credential) => void): void;
  /** Looks whether it must be renewed or read again, and does so; also done by itself. */
  look(): void;
  close(): void;
}
