/** What pages say about a course in the words of the interface. */
import type { Key } from '#lib/i18n/translate.ts';
import type { Words } from '#lib/i18n/words.ts';
import type { InstallFailure } from './contract.ts';

const levelKeys: Readonly<Record<string, Key>> = {
  introductory: 'level.introductory',
  intermediate: 'level.intermediate',
  advanced: 'level.advanced',
};
const disciplineKeys: Readonly<Record<string, Key>> = {
  science: 'discipline.science',
  technology: 'discipline.technology',
  law: 'discipline.law',
  policy: 'discipline.policy',
};

/** The level and discipline in words; a value that this version does not know stands as it came. */
export const levelName = ({ t }: Words, level: string): string => (levelKeys[level] === undefined ? level : t(levelKeys[level]));
export const disciplineName = ({ t }: Words, discipline: string): string =>
  disciplineKeys[discipline] === undefined ? discipline : t(disciplineKeys[discipline]);

/** Why an installation stopped, and what to do next: one sentence each. */
export const installFailureKeys: Readonly<Record<InstallFailure, Key>> = {
  unreachable: 'install.failed.unreachable',
  damaged: 'install.failed.damaged',
  'other-publisher': 'install.failed.otherPublisher',
  'bad-signature': 'install.failed.badSignature',
  unsafe: 'install.failed.unsafe',
  'no-space': 'install.full',
  nonsense: 'install.failed.nonsense',
};

/** Of these courses, the largest first, those whose bytes together are so many; null where all of them are not. */
export function enoughOf<Course extends { readonly bytes: number }>(courses: readonly Course[], wanted: number): readonly Course[] | null {
  let freed = 0;
  const enough = [...courses]
    .sort((a, b) => b.bytes - a.bytes)
    .filter(({ bytes }) => {
      if (freed >= wanted) return false;
      freed += bytes;
      return true;
    });
  return freed >= wanted ? enough : null;
}
