/** Who signs courses: a node with its own key, or a publisher with a key from a file. */
import type { KeyObject } from 'node:crypto';
import type { Manifest, SignedManifest } from '../../course/package.ts';
import { isSignedBy, signerOf, type Signer } from '../accounts/node-key.ts';

export interface Publisher {
  /** The public key, base64url, 32 bytes. */
  readonly key: string;
  sign(manifest: Manifest): SignedManifest;
}

export const publisherBy = ({ key, sign }: Signer): Publisher => ({
  key,
  sign: (manifest) => ({ manifest, signature: sign(manifest) }),
});

/** Signs with this private key, an Ed25519 one. */
export const publisherOf = (privateKey: KeyObject): Publisher => publisherBy(signerOf(privateKey));

export const isSignedRight = ({ manifest, signature }: SignedManifest): boolean => isSignedBy(manifest, signature);
