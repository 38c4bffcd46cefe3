/** Something for those who teach or work, to install and to read without a network: a guide, slides, a teacher's guide, a practice, a recording with its transcript. */
import type { Form } from '../../course/package.ts';
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { languagePattern, levels, readWritten, type Level } from './written.ts';

/** The forms of packages (course/package.ts), as entries name them. */
export const materialTypes = ['guide', 'presentation', 'teachers-guide', 'practice', 'recording'] as const satisfies readonly Form[];

export interface Material extends Written {
  readonly kind: 'material';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  readonly type: (typeof materialTypes)[number];
  /** The package, a folder beside the courses; it is installed, priced and updated like one. */
  readonly course: string;
  readonly provider: EntryId | null;
  readonly languages: readonly string[];
  readonly level: Level;
  readonly licence: string;
  readonly themes: readonly EntryId[];
  /** The course in the compendium that it goes with. */
  readonly accompanies: EntryId | null;
  /** Solutions that it helps to carry out. */
  readonly solutions: readonly EntryId[];
}

export const readMaterial = (id: EntryId, reader: Reader): Material => ({
  kind: 'material',
  id,
  title: reader.localized('title'),
  summary: reader.localized('summary'),
  type: reader.oneOf('type', materialTypes),
  course: reader.text('course'),
  provider: reader.link('provider', ['organisation']),
  languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
  level: reader.oneOf('level', levels),
  licence: reader.text('licence'),
  themes: reader.links('themes', ['term'], 1),
  accompanies: reader.link('accompanies', ['listing']),
  solutions: reader.links('solutions', ['solution']),
  ...readWritten(reader, 0),
});
