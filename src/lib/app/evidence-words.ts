import type { NotRecorded } from './evidence.svelte.ts';
import type { RefusedWhy } from '#lib/certification/admission.ts';

/** Why something was not recorded. */
export const notRecordedKeys = {
  'no-key': 'evidence.key.none',
  'for-oneself': 'evidence.why.for-oneself',
  'too-large': 'evidence.too-large',
  'no-such-session': 'evidence.no-such-session',
  'bad-signature': 'evidence.why.bad-signature',
} as const satisfies Record<NotRecorded, string>;

/** Why a statement does not count. */
export const whyKeys = {
  'bad-signature': 'evidence.why.bad-signature',
  'unknown-key': 'evidence.why.unknown-key',
  'other-person': 'evidence.why.other-person',
  'key-ended': 'evidence.why.key-ended',
  'in-the-future': 'evidence.why.in-the-future',
  'for-oneself': 'evidence.why.for-oneself',
  'nothing-to-sign': 'evidence.why.nothing-to-sign',
  unconfirmed: 'evidence.why.nothing-to-sign',
  'no-answers': 'evidence.why.no-answers',
  'other-answers': 'evidence.why.other-answers',
  'used-up': 'evidence.why.used-up',
  'not-yours': 'evidence.why.not-yours',
  'no-right': 'evidence.why.no-right',
  'other-programme': 'evidence.why.other-programme',
  'too-early': 'evidence.why.too-early',
  'too-late': 'evidence.why.too-late',
  unproven: 'evidence.why.key-ended',
} as const satisfies Record<RefusedWhy, string>;

export const stateKeys = {
  counts: 'evidence.state.counts',
  waits: 'evidence.state.waits',
  withdrawn: 'evidence.state.withdrawn',
} as const;

/** What is missing in a form. */
export const faultKeys = {
  title: 'evidence.fault.title',
  place: 'evidence.fault.place',
  times: 'evidence.fault.times',
  nobody: 'evidence.fault.nobody',
} as const;
