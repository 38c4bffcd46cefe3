/** What the pages of countries say in the words of the interface. */
import type { CallCard, ReasonView } from '#lib/cooperation/call-views.ts';
import type { LineView } from '#lib/cooperation/country-views.ts';
import type { Confidence } from '#lib/cooperation/kinds/assessment.ts';
import type { Activity, ActivityType } from '#lib/cooperation/kinds/plan.ts';
import type { ObjectiveState } from '#lib/cooperation/plan-state.ts';
import type { Change, Standing } from '#lib/cooperation/profile.ts';
import { languageName } from '#lib/i18n/localized.ts';
import type { Key } from '#lib/i18n/translate.ts';
import type { Words } from '#lib/i18n/words.ts';
import { dayIn } from './compendium-words.ts';

/** In the order of a bar. */
export const standings: readonly Standing[] = ['strong', 'middle', 'weak', 'unknown'];

export const standingKeys: Readonly<Record<Standing, Key>> = {
  strong: 'country.standing.strong',
  middle: 'country.standing.middle',
  weak: 'country.standing.weak',
  unknown: 'country.standing.unknown',
};

export const changeKeys: Readonly<Record<Change, Key>> = {
  better: 'country.change.better',
  worse: 'country.change.worse',
  same: 'country.change.same',
};

export const confidenceKeys: Readonly<Record<Confidence, Key>> = {
  measured: 'country.confidence.measured',
  estimated: 'country.confidence.estimated',
  judged: 'country.confidence.judged',
};

/** From where on a value counts as weak and as strong; an indicator without bounds has no such sentence. */
export function boundsSentence({ t, format }: Words, { direction, weak, strong }: Pick<LineView, 'direction' | 'weak' | 'strong'>): string {
  if (weak === null || strong === null) return '';
  const values = { weak: format.number(weak), strong: format.number(strong) };
  return t(direction === 'more' ? 'country.bounds.more' : 'country.bounds.less', values);
}

/** What a chart of a line shows, for whoever does not see it. */
export const trendSentence = (
  words: Words,
  line: Pick<LineView, 'title' | 'unit' | 'readings' | 'direction' | 'weak' | 'strong'>,
): string =>
  words.t('country.trend', {
    title: line.title.text,
    unit: line.unit.text,
    values: line.readings.map(({ year, value }) => `${String(year)}: ${words.format.number(value)}`).join('; '),
    bounds: boundsSentence(words, line),
  });

export const objectiveKeys: Readonly<Record<ObjectiveState, Key>> = {
  reached: 'country.objective.reached',
  'on-track': 'country.objective.on-track',
  behind: 'country.objective.behind',
  unknown: 'country.objective.unknown',
};

export const activityKeys: Readonly<Record<ActivityType, Key>> = {
  course: 'country.activity.course',
  cohort: 'country.activity.cohort',
  workshop: 'country.activity.workshop',
  mission: 'country.activity.mission',
  equipment: 'country.activity.equipment',
};

export const activityStateKeys: Readonly<Record<Activity['state'], Key>> = {
  planned: 'country.state.planned',
  running: 'country.state.running',
  done: 'country.state.done',
  dropped: 'country.state.dropped',
};

export const activitiesIn = ({ t, format }: Words, types: readonly ActivityType[]): string =>
  format.list(types.map((type) => t(activityKeys[type])));

/** Where a call is, with the day that says so. */
export function callSentence(words: Words, { state, opens, closes }: Pick<CallCard, 'state' | 'opens' | 'closes'>): string {
  switch (state) {
    case 'open':
      return words.t('country.call.open', { date: dayIn(words, closes) });
    case 'to-come':
      return words.t('country.call.to-come', { date: dayIn(words, opens) });
    case 'closed':
      return words.t('country.call.closed', { date: dayIn(words, closes) });
    case 'agreed':
      return words.t('country.call.agreed');
    case 'done':
      return words.t('country.call.done');
  }
}

/** Why points were given, in a few words. */
export function reasonSentence({ t }: Words, reason: ReasonView): string {
  switch (reason.type) {
    case 'indicator': {
      const indicator = reason.title?.text ?? reason.indicator;
      if (!reason.weak) return t('country.reason.asked', { indicator });
      const weak = t(reason.worse ? 'country.reason.worse' : 'country.reason.weak', { indicator });
      return reason.asked ? `${weak} (${t('country.reason.alsoAsked')})` : weak;
    }
    case 'gives':
      return t('country.reason.gives', { activity: t(activityKeys[reason.activity]) });
    case 'language':
      return reason.language === null
        ? t('country.reason.anyLanguage')
        : t('country.reason.language', { language: languageName(reason.language) });
    case 'no-language':
      return t('country.reason.noLanguage');
  }
}
