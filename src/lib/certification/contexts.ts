/**
 * The contexts of Open Badges 3.0 over Verifiable Credentials 2.0, byte for byte as they are published: what they say is part of what was
 * signed. `contexts.test.ts` holds the hashes.
 */
import { isObject, type JsonObject } from '../domain/shape.ts';
import credentials from './contexts/credentials-v2.json' with { type: 'json' };
import badges from './contexts/ob-3.0.json' with { type: 'json' };
import badges1 from './contexts/ob-3.0.1.json' with { type: 'json' };
import badges2 from './contexts/ob-3.0.2.json' with { type: 'json' };
import badges3 from './contexts/ob-3.0.3.json' with { type: 'json' };
import extensions from './contexts/ob-extensions.json' with { type: 'json' };
import type { Contexts } from './canonize.ts';

export const credentialsContext = 'https://www.w3.org/ns/credentials/v2';
/** The one that credentials of this house are written in. */
export const badgesContext = 'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json';

const asContext = (value: unknown): JsonObject => {
  if (!isObject(value)) throw new Error('A context is an object');
  return value;
};

export const knownContexts: Contexts = new Map(
  Object.entries({
    [credentialsContext]: credentials,
    'https://purl.imsglobal.org/spec/ob/v3p0/context.json': badges,
    'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json': badges1,
    'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json': badges2,
    [badgesContext]: badges3,
    'https://purl.imsglobal.org/spec/ob/v3p0/extensions.json': extensions,
  }).map(([url, context]) => [url, asContext(context)]),
);
