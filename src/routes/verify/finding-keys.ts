/** Where the words of each finding stand. What is in order needs none. */
import type { Key } from '#lib/i18n/translate.ts';
import type { Finding } from '#lib/certification/verify.ts';

export const findingKeys: Readonly<Record<Exclude<Finding, 'fine'>, Key>> = {
  'not-credential': 'verify.finding.not-credential',
  'unusual-form': 'verify.finding.unusual-form',
  'unknown-context': 'verify.finding.unknown-context',
  damaged: 'verify.finding.damaged',
  'no-proof': 'verify.finding.no-proof',
  'unknown-proof': 'verify.finding.unknown-proof',
  'unknown-key': 'verify.finding.unknown-key',
  'malformed-proof': 'verify.finding.malformed-proof',
  'other-key': 'verify.finding.other-key',
  'foreign-key': 'verify.finding.foreign-key',
  'wrong-purpose': 'verify.finding.wrong-purpose',
  altered: 'verify.finding.altered',
  'not-canonizable': 'verify.finding.not-canonizable',
  'no-trust': 'verify.finding.no-trust',
  'trust-old': 'verify.finding.trust-old',
  'issuer-unknown': 'verify.finding.issuer-unknown',
  'no-right': 'verify.finding.no-right',
  'other-programme': 'verify.finding.other-programme',
  'too-early': 'verify.finding.too-early',
  'too-late': 'verify.finding.too-late',
  unproven: 'verify.finding.unproven',
  compromised: 'verify.finding.compromised',
  undated: 'verify.finding.undated',
  'not-yet': 'verify.finding.not-yet',
  over: 'verify.finding.over',
  clock: 'verify.finding.clock',
  'no-status': 'verify.finding.no-status',
  'no-list': 'verify.finding.no-list',
  'list-bad': 'verify.finding.list-bad',
  'list-old': 'verify.finding.list-old',
  revoked: 'verify.finding.revoked',
  suspended: 'verify.finding.suspended',
};

export const genreKeys: Readonly<Record<string, Key>> = {
  course: 'verify.genre.course',
  exam: 'verify.genre.exam',
  'teaching-session': 'verify.genre.teaching-session',
  observation: 'verify.genre.observation',
  'people-trained': 'verify.genre.people-trained',
  contribution: 'verify.genre.contribution',
};
