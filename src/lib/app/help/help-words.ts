/** What the pages of help say in the words of the interface. */
import type { ContributionCard, ProposalCard, RequestCard } from '#lib/cooperation/help.ts';
import type { RecommendationState } from '#lib/cooperation/kinds/mission.ts';
import type { Key } from '#lib/i18n/translate.ts';
import type { Words } from '#lib/i18n/words.ts';

export const requestKeys: Readonly<Record<RequestCard['type'], Key>> = {
  technical: 'help.request.technical',
  legal: 'help.request.legal',
};

export const recommendationKeys: Readonly<Record<RecommendationState, Key>> = {
  open: 'help.recommendation.open',
  'under-way': 'help.recommendation.under-way',
  done: 'help.recommendation.done',
  declined: 'help.recommendation.declined',
};

export const contributionKeys: Readonly<Record<ContributionCard['type'], Key>> = {
  money: 'help.contribution.money',
  'in-kind': 'help.contribution.in-kind',
};

export const contributionStateKeys: Readonly<Record<ContributionCard['state'], Key>> = {
  pledged: 'help.contribution.pledged',
  received: 'help.contribution.received',
  spent: 'help.contribution.spent',
};

export const stepKeys: Readonly<Record<ProposalCard['step'], Key>> = {
  proposed: 'help.step.proposed',
  evaluated: 'help.step.evaluated',
  recommended: 'help.step.recommended',
  approved: 'help.step.approved',
  declined: 'help.step.declined',
};

/** An amount with its currency, as the language writes it. */
export const moneyIn = ({ format }: Words, amount: number, currency: string): string => `${format.number(amount)}\u00a0${currency}`;

/** What is given: the amount, or that it is given in kind; and the year. */
export const contributionSentence = (words: Words, { type, amount, currency, year }: ContributionCard): string =>
  [amount === null || currency === null ? words.t(contributionKeys[type]) : moneyIn(words, amount, currency), String(year)].join(', ');
