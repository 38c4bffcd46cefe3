/** What a recorded node had told its clients when the power went. */
import type { Operation } from './trace.ts';

/** What the body of an answer says is kept: rows of `_bulk_docs`, or a receipt. */
export function revisionsIn(value: unknown): readonly (readonly [string, string])[] {
  const body = value as { receipt?: { revisions: Record<string, string> } } | { ok?: true; id: string; rev: string }[];
  if (Array.isArray(body)) return body.flatMap(({ ok, id, rev }) => (ok === true ? [[id, rev] as const] : []));
  return Object.entries(body.receipt?.revisions ?? {});
}

/**
 * For each operation that began an answer, what the whole of that answer claims.
 *
 * @param claimsIn what the JSON of an answer claims
 */
export function claimsByOperation<Claim>(
  operations: readonly Operation[],
  claimsIn: (value: unknown) => readonly Claim[],
): ReadonlyMap<number, readonly Claim[]> {
  const claims = new Map<number, readonly Claim[]>();
  const open = new Map<string, { at: number; bytes: Buffer }>();
  for (const [at, operation] of operations.entries()) {
    if (operation.type !== 'answer') continue;
    const begun = open.get(operation.connection) ?? { at, bytes: Buffer.alloc(0) };
    begun.bytes = Buffer.concat([begun.bytes, operation.bytes]);
    open.set(operation.connection, begun);
    const text = begun.bytes.toString('latin1');
    const head = text.indexOf('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(text.slice(0, head))?.[1];
    if (head < 0 || length === undefined || begun.bytes.length < head + 4 + Number(length)) continue;
    open.delete(operation.connection);
    const body = begun.bytes.toString().slice(begun.bytes.toString().indexOf('\r\n\r\n') + 4);
    claims.set(begun.at, body.startsWith('{') || body.startsWith('[') ? claimsIn(JSON.parse(body)) : []);
  }
  return claims;
}
