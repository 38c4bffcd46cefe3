import { describe } from 'vitest';
import { here, journalSuite } from '../conformance/journal.ts';
import { MemoryJournal } from './memory-journal.ts';

describe('the journal of the simulation', () => {
  journalSuite(async () => {
    const journal = new MemoryJournal(here);
    return {
      journal,
      commit: async (document) => {
        journal.commit(document);
      },
      atCentre: async () =>
        journal
          .marked()
          .map(([id]) => id)
          .sort(),
      above: async () =>
        journal
          .above()
          .map(([id]) => id)
          .sort(),
    };
  });
});
