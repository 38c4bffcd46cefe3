/** Where the words of pages lie that no lesson leads to: a list of its own, so that a lesson does not carry it. */
import type { Catalogue } from '#lib/i18n/translate.ts';

export const furtherFiles = import.meta.glob<Catalogue>(
  '../i18n/messages/*/{teach,centre,cascade,evidence,exam,verify,compendium,network,explore,trust,country,desk}.json',
  {
    import: 'default',
  },
);
