import type { Key } from '#lib/i18n/translate.ts';
import type { SyncFailure } from './contract.ts';

/** What happened, and what to do next. */
export const syncSentences: Readonly<Record<SyncFailure, readonly [Key, Key]>> = {
  unreachable: ['settings.failed.unreachable', 'settings.failed.unreachable.next'],
  'not-accepted': ['settings.failed.not-accepted', 'settings.failed.not-accepted.next'],
  'slow-down': ['settings.failed.slow-down', 'settings.failed.slow-down.next'],
  nonsense: ['settings.failed.nonsense', 'settings.failed.nonsense.next'],
  expired: ['settings.failed.expired', 'settings.failed.expired.next'],
  revoked: ['settings.failed.revoked', 'settings.failed.revoked.next'],
  erased: ['settings.failed.erased', 'settings.failed.erased.next'],
  'no-space': ['settings.failed.no-space', 'settings.failed.no-space.next'],
  busy: ['settings.failed.busy', 'settings.failed.busy.next'],
};
