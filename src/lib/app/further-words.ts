/** Where the words of pages lie that no lesson leads to: a list of its own, so that a lesson does not carry it. */
import type { Catalogue } from '#lib/i18n/translate.ts';

export const furtherFiles = import.meta.glob<Catalogue>(
  '../i18n/messages/*/{teach,centre,cascade,evidence,exam,verify,compendium,network,explore,trust,country,desk,help}.json',
  {
    import: 'default',
  },
);

export type FurtherArea =
  | 'teach'
  | 'centre'
  | 'cascade'
  | 'evidence'
  | 'exam'
  | 'verify'
  | 'compendium'
  | 'network'
  | 'explore'
  | 'trust'
  | 'country'
  | 'desk'
  | 'help';

/** The areas whose words a route shows to which no lesson leads. */
export function furtherAreasOf(route: string): readonly ('learner' | 'browse' | 'self' | FurtherArea)[] {
  const first = route.split('/')[1] ?? '';
  if (/^\/centre\/(cascade|evaluation)/.test(route)) return ['learner', 'teach', 'centre', 'cascade'];
  if (first === 'centre') return ['learner', 'teach', 'centre'];
  if (first === 'verify') return ['learner', 'verify'];
  if (first === 'certificates') return ['learner', 'verify', 'evidence'];
  if (first === 'exams') return ['learner', 'evidence', 'exam'];
  if (first === 'trust' || first === 'handover') return ['learner', 'trust'];
  if (/^\/network\/(help|mentoring)/.test(route)) return ['learner', 'browse', 'compendium', 'network', 'country', 'help'];
  if (route.startsWith('/network/coordination')) return ['learner', 'browse', 'compendium', 'network', 'help'];
  if (first === 'network') return ['learner', 'browse', 'compendium', 'network'];
  if (first === 'desk' || route.endsWith('/values')) return ['learner', 'compendium', 'country', 'help', 'desk'];
  if (['profiles', 'plans', 'calls'].includes(first)) return ['learner', 'compendium', 'country', 'help'];
  if (first === 'compendium') return ['learner', 'compendium'];
  if (route.startsWith('/teach/sessions')) return ['learner', 'teach', 'evidence'];
  if (route.startsWith('/teach/cascade')) return ['learner', 'self', 'teach', 'cascade'];
  if (route.startsWith('/teach/exams')) return ['learner', 'teach', 'evidence', 'exam'];
  return first === 'teach' ? ['learner', 'teach'] : ['learner'];
}
