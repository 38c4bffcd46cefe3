import type { SourceFailure } from './contract.ts';

/** The HTTP status and the error's code for a page whose course or unit could not be read. */
export const pageFailures: Readonly<Record<SourceFailure, { readonly status: number; readonly code: string; readonly message: string }>> = {
  missing: { status: 404, code: 'missing', message: 'There is no such course or unit' },
  unreachable: { status: 503, code: 'unreachable', message: 'No node answered, and the course is not installed' },
  nonsense: { status: 502, code: 'nonsense', message: 'The node answered something that is not a course' },
};
