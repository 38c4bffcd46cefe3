/**
 * A failure that is expected is a value with a `type`; a bug throws. Do not wrap what cannot fail, and do not wrap a
 * bug: a thrown error with its stack is worth more than a value that nobody reads.
 */
export type Result<Value, Failure> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: Failure };

export const ok = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({ ok: true, value });

export const err = <Failure>(error: Failure): { readonly ok: false; readonly error: Failure } => ({ ok: false, error });
