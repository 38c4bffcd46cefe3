/** What somebody gives to the fund for coordinating and carrying out the partnership's work. */
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { readWritten } from './written.ts';

export const contributionTypes = ['money', 'in-kind'] as const;
export const contributionStates = ['pledged', 'received', 'spent'] as const;
/** ISO 4217. */
const currencyPattern = /^[A-Z]{3}$/;

export interface Contribution extends Written {
  readonly kind: 'contribution';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  /** Who gives, in words; made up where `invented`. */
  readonly by: Text;
  readonly invented: boolean;
  readonly provider: EntryId | null;
  readonly type: (typeof contributionTypes)[number];
  /** In `currency`; null for what is given in kind without a value. */
  readonly amount: number | null;
  readonly currency: string | null;
  readonly year: number;
  readonly state: (typeof contributionStates)[number];
  /** What it is for; none: whatever the partnership needs. */
  readonly serves: readonly EntryId[];
}

export function readContribution(id: EntryId, reader: Reader): Contribution {
  const invented = reader.optionalFlag('invented');
  const type = reader.oneOf('type', contributionTypes);
  const [amount, currency] = [
    reader.optionalNumber('amount'),
    reader.optionalCode('currency', currencyPattern, 'a currency of ISO 4217 such as EUR'),
  ];
  if (amount !== null && amount <= 0) reader.fault('bad-field', 'amount', { name: 'amount', expected: 'a number above 0' });
  if (amount === null && type === 'money') reader.fault('missing-field', 'amount', { name: 'amount' });
  if (amount !== null && currency === null) reader.fault('missing-field', 'currency', { name: 'currency' });
  return {
    kind: 'contribution',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    by: reader.localized('by'),
    invented,
    provider: reader.link('provider', ['organisation']),
    type,
    amount,
    currency,
    year: reader.year('year'),
    state: reader.oneOf('state', contributionStates),
    serves: reader.links('serves', ['plan', 'call', 'request', 'mission', 'proposal']),
    ...readWritten(reader, invented ? 0 : 1),
  };
}
