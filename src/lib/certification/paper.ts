/**
 * What fits into a printed code: a smaller credential, signed by itself. Texts, results and evidence stay in the file; who the issuer is and on
 * whose authority stands in the verifier's own list.
 *
 *   PG1:<base45 of>
 *     64 bytes   Ed25519 signature
 *     32 bytes   the issuer's public key
 *     the rest   raw DEFLATE, with the dictionary below, of the canonical JSON of the body
 *
 * What is signed is `perigee-paper/1`, a line feed, the 32 bytes of the key and the canonical JSON. `PG1` names this layout and this
 * dictionary for ever: paper is not updated. All characters are of a QR code's alphanumeric mode.
 */
import { isInstant, type Instant } from '../domain/clock.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { isSlug } from '../domain/ids.ts';
import { isCount, isObject, isString } from '../domain/shape.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { base45, concat, fromBase45, fromUtf8, utf8, type Bytes } from './encoding.ts';
import { didOf, keyOf, type Did, type Signer, type Tools } from './keys.ts';

export interface PaperBody {
  readonly achievement: string;
  /** Of the programme. */
  readonly version: number;
  /** UUID of the credential that this is the small form of. */
  readonly credential: string;
  readonly from: Instant;
  readonly until: Instant;
  /** As it stands on the paper, at most 60 characters. */
  readonly holder: string;
  /** When it was signed. */
  readonly signed: Instant;
  /** Number of the status list, and the number in it. */
  readonly status: readonly [list: number, index: number];
}

export const paperPrefix = 'PG1:';
/** Characters as people count them are at most as many as these: UTF-16 pairs counted once. */
export const longestHolder = 60;
const mostBytes = 4096;
const signatureBytes = 64;
const keyBytes = 32;

/** Never to be changed: every paper of `PG1` was made with it. The likeliest text stands last, where it is nearest. */
export const paperDictionary: Bytes = utf8(
  '","holder":"العربيةАлександрович中文Mohamed Ahmed Fatima Maria José Jean Oumar' +
    '-03-01T00:00:00.000Z-06-01T00:00:00.000Z-09-01T00:00:00.000Z-12-01T00:00:00.000Z' +
    '{"achievement":"course-author","credential":"{"achievement":"master-trainer","credential":"' +
    '"status":[0,"status":[1,],"until":"203],"until":"202T00:00:00.000Z","version":2}' +
    '{"achievement":"trainer","credential":"","from":"202","holder":"","signed":"202","status":[1,1],"until":"202-01T00:00:00.000Z","version":1}',
);

const messageOf = (key: Uint8Array, json: Uint8Array): Bytes => concat(utf8('perigee-paper/1\n'), key, json);

function parseBody(value: unknown): PaperBody | null {
  if (!isObject(value) || Object.keys(value).length !== 8) return null;
  const { achievement, version, credential, from, until, holder, signed, status } = value;
  if (!isSlug(achievement) || !isCount(version) || !isString(credential) || !/^[0-9a-f-]{36}$/.test(credential)) return null;
  if (!isInstant(from) || !isInstant(until) || !isInstant(signed) || !isString(holder)) return null;
  if (!Array.isArray(status) || status.length !== 2 || !isCount(status[0]) || !isCount(status[1])) return null;
  return { achievement, version, credential, from, until, holder, signed, status: [status[0], status[1]] };
}

/**
 * The text of the code. `deflate` is raw DEFLATE with a preset dictionary. Throws for a name that is too long: whoever makes a certificate
 * asks for a shorter form of it first.
 */
export async function paperText(
  body: PaperBody,
  signer: Signer,
  deflate: (bytes: Bytes, dictionary: Bytes) => Promise<Bytes> | Bytes,
): Promise<string> {
  if ([...body.holder].length > longestHolder) throw new RangeError(`The name has more than ${String(longestHolder)} characters`);
  const key = keyOf(signer.did);
  if (key === null) throw new Error('The signer has no Ed25519 key');
  const json = utf8(canonicalJson(body));
  const signature = await signer.sign(messageOf(key, json));
  return paperPrefix + base45(concat(signature, key, await deflate(json, paperDictionary)));
}

export interface Paper {
  readonly body: PaperBody;
  readonly did: Did;
  readonly key: Bytes;
  readonly signature: Bytes;
  readonly message: Bytes;
}

export type PaperFault = 'not-paper' | 'damaged';

/** Whether a text is one of these at all. */
export const isPaper = (text: string): boolean => text.startsWith(paperPrefix);

export async function readPaper(text: string, { inflate }: Pick<Tools, 'inflate'>): Promise<Result<Paper, PaperFault>> {
  if (!isPaper(text)) return err('not-paper');
  const bytes = fromBase45(text.slice(paperPrefix.length));
  if (bytes === null || bytes.length <= signatureBytes + keyBytes || bytes.length > mostBytes) return err('damaged');
  const signature = bytes.slice(0, signatureBytes);
  const key = bytes.slice(signatureBytes, signatureBytes + keyBytes);
  const json = await inflateWith(paperDictionary, bytes.slice(signatureBytes + keyBytes), inflate);
  const written = json === null ? null : fromUtf8(json);
  if (json === null || written === null) return err('damaged');
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    return err('damaged');
  }
  const body = parseBody(value);
  // One form only: what is shown is what was signed.
  if (body === null || canonicalJson(body) !== written) return err('damaged');
  return ok({ body, did: didOf(key), key, signature, message: messageOf(key, json) });
}

/**
 * A browser's DecompressionStream takes no dictionary. A stored block that holds it, put before the compressed ones, fills the window just
 * the same (RFC 1951, section 3.2.4); its bytes are cut off afterwards.
 */
async function inflateWith(dictionary: Bytes, compressed: Bytes, inflate: Tools['inflate']): Promise<Bytes | null> {
  const { length } = dictionary;
  const header = Uint8Array.of(0, length & 255, length >>> 8, ~length & 255, (~length >>> 8) & 255);
  const whole = await inflate('deflate-raw', concat(header, dictionary, compressed), length + mostBytes);
  return whole === null ? null : whole.slice(length);
}
