/**
 * Which of the courses that lie here this centre offers. What is left out stands in no list, neither of the catalogue nor for centres below; nothing of it is deleted, and whoever has it goes on learning it.
 */
import type { CourseId } from '../../domain/ids.ts';
import type { Library, Published } from '../content/library.ts';
import type { CentreBook } from './facts.ts';

export interface Offer {
  all(): readonly Published[];
  /** Null for all that there are. */
  choose(courses: readonly CourseId[] | null): Promise<void>;
  /** Reads the choice again, where another process of the node may have changed it. */
  refresh(): Promise<void>;
}

export async function openOffer({
  library,
  centre,
}: {
  readonly library: Pick<Library, 'all'>;
  readonly centre: CentreBook;
}): Promise<Offer> {
  let offered: ReadonlySet<string> | null = null;
  const take = (courses: readonly CourseId[] | null | undefined): void => {
    offered = courses === null || courses === undefined ? null : new Set(courses);
  };
  const refresh = async (): Promise<void> => take((await centre.choices()).offered);
  await refresh();
  return {
    all: () => library.all().filter(({ signed }) => offered === null || offered.has(signed.manifest.course)),
    async choose(courses) {
      await centre.choose({ offered: courses });
      take(courses);
    },
    refresh,
  };
}
