/** Everything that can be wrong with a course, in one table: code to severity, words, and what to do. */
export interface Diagnostic<Code extends string = FaultCode> {
  readonly code: Code;
  /** Nothing is built while there is an error; a warning is advice. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** Path in the course's folder. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units; 1 where the whole line is meant. */
  readonly column: number;
  readonly hint: string;
}

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

type Values = Readonly<Record<string, string | number>>;

/** Where a fault goes: the parts of the compiler complain here and carry on. */
export type Report<Code extends string = FaultCode> = (code: Code, place: Place, values?: Values) => void;

export interface Fault {
  readonly severity: Diagnostic['severity'];
  readonly message: string;
  readonly hint: string;
}

const error = (message: string, hint: string) => ({ severity: 'error' as const, message, hint });
const warning = (message: string, hint: string) => ({ severity: 'warning' as const, message, hint });

const faults = {
  // Files and folders
  'missing-file': error('The file {name} is missing.', 'See docs/course-format.md for the files of a course.'),
  'bad-name': error(
    '«{name}» is not named as the format asks.',
    'Modules are folders like 01-orbits, units are files like 02-kepler.md or 02-kepler.zh.md.',
  ),
  'same-number': error('«{name}» has the same number as «{other}».', 'The number gives the order: use each one once.'),
  'no-unit': error('There is no unit here.', 'Add a folder like 01-orbits with a file like 01-kepler.md.'),
  'unused-file': warning('Nothing in the course uses {name}.', 'Show it in a unit, or remove it.'),
  'bad-encoding': error('The file is not UTF-8 text.', 'Save it again as UTF-8.'),
  'bad-character': error(
    'There is a character here that no text should hold ({name}).',
    'Remove it: it is a control character or from a private area of Unicode.',
  ),
  'too-large': error('The file has {bytes} bytes; {most} are allowed.', 'Make it smaller, or split it.'),

  // YAML
  'bad-yaml': error('This is not YAML: {reason}', 'Check quotes, colons and indentation. Texts with a colon in them need quotes.'),
  'missing-field': error('The field «{name}» is missing.', 'Add it; docs/course-format.md shows every field.'),
  'bad-field': error('The field «{name}» should be {expected}.', 'Correct its value.'),
  'unknown-field': error('There is no field «{name}» here.', 'Check its spelling, or remove it.'),
  'missing-language': error('«{name}» has no text in «{language}».', 'Every text needs all languages that course.yaml lists.'),
  'unknown-language': error(
    "The language «{language}» is not among the course's languages.",
    'Add it to «languages» in course.yaml, or remove this.',
  ),
  'bad-id': error('«{id}» cannot be an id.', 'An id has 1 to 64 of a-z, 0-9 and hyphens, with no hyphen at either end.'),
  'duplicate-id': error('The id «{id}» is used twice; first in {other}.', 'Give one of them another id.'),
  'folder-id': error("The course's id is «{id}», but its folder is «{name}».", 'Make them the same.'),
  'missing-front-matter': error(
    'The unit does not begin with front matter.',
    'Begin with a line ---, then id, title, minutes and outcomes, then a line ---.',
  ),
  'unclosed-front-matter': error('The front matter is not closed.', 'End it with a line of three hyphens.'),

  // Text
  'raw-html': error('Raw HTML: {text}', 'Write Markdown. For a literal < write \\< or put the text in backticks.'),
  'event-handler': error('Raw HTML with an event handler: {text}', 'Remove it: nothing in a course is code.'),
  'unsafe-link': error('A link to {scheme} is not allowed.', 'Link to https://…, unit:… or term:….'),
  'insecure-link': error('The link {url} is not encrypted.', 'Use https://.'),
  'unknown-link': error('Where does «{url}» lead?', 'Link to https://…, to unit:<id> or to term:<id>.'),
  'empty-link': error('The link to {url} has no words.', 'Write the words between the square brackets.'),
  'unknown-unit': error('There is no unit «{id}».{suggestion}', 'Check the id in the front matter of the unit you mean.'),
  'unknown-term': error('There is no term «{id}» in glossary.yaml.{suggestion}', 'Add the term, or correct the id.'),
  'unknown-reference': error('There is no source «{id}» in references.yaml.{suggestion}', 'Add the source, or correct the id.'),
  'heading-one': error('A heading of level one.', 'The title of the unit is in the front matter; headings in the text begin with ##.'),
  'heading-skips': error('This heading skips a level: after level {before} comes level {level}.', 'Use one # less.'),
  'heading-inside': error('A heading cannot stand inside {where}.', 'Move it out, or write bold text.'),
  'empty-heading': error('The heading has no words.', 'Write some, or remove the line.'),
  'bad-formula': error('The formula cannot be read: {reason}', 'Correct the TeX between the dollar signs.'),
  'long-formula': error('The formula has {count} characters or is nested too deeply; {most} characters are allowed.', 'Split it.'),
  'unclosed-formula': error('The formula that begins here is not closed.', 'End it with $$ on a line of its own.'),
  'stray-stars': warning(
    'Stars that emphasise nothing: «{text}».',
    'Emphasis must touch its words, and beside Chinese punctuation it needs a space outside the stars. For a literal star write \\*.',
  ),

  // Pictures and data
  'missing-picture': error('There is no picture {name}.', 'Put the file beside the unit, or correct its name.'),
  'missing-alt': error('The picture {name} has no description.', 'Write between the square brackets what the picture shows.'),
  'picture-not-alone': error('A picture stands in a paragraph of its own.', 'Put an empty line before and after it.'),
  'picture-inside': error('A picture cannot stand inside an answer or a caption.', 'Put it into the question.'),
  'bad-picture': error('{name} is no picture that can be shown.', 'Use SVG, PNG, JPEG or WebP; the file may be damaged.'),
  'unsafe-picture': error(
    'Not allowed in a picture: {fault}',
    'Pictures hold shapes, text and paint only: no script, style, link, image, foreignObject, or reference to the outside. Use attributes such as fill="…" in place of style="…".',
  ),
  'no-view-box': error('The picture has no viewBox.', 'Add viewBox="0 0 width height" to the <svg> element.'),
  'missing-data': error('There is no data file {name}.', 'Put the file beside the unit, or correct its name.'),
  'bad-csv': error('{reason}', 'A data table is CSV in UTF-8: a row of headings, then rows with as many cells.'),
  'bad-sound': error('This is no Opus in Ogg.', 'Sounds are files of Opus in Ogg, as opusenc writes them; they end in .opus.'),
  'bad-fits': error('{reason}', 'Data images are FITS files whose first part is an image of two axes.'),
  'ragged-row': error(
    'This row has {count} cells, the headings have {expected}.',
    'Add the missing commas, or put quotes around cells that hold commas.',
  ),

  // Blocks
  'unclosed-block': error(
    'The block «{kind}» is not closed.',
    'End it with ::: on a line of its own. An exercise cannot stand inside another block.',
  ),
  'stray-close': error('::: closes nothing here.', 'Remove it, or check that the block before it was not closed twice.'),
  'unknown-block': error(
    'There is no block «{kind}».{suggestion}',
    'Exercises: choice, multiple, number, order, match, gap. Boxes: note, example, key, warning. Tables: data.',
  ),
  'indented-block': error('A block begins at the start of a line.', 'Remove the spaces before :::, and put the block outside the list.'),
  'deep-block': error('Blocks are nested too deeply.', 'Take the inner box out.'),
  'missing-item-id': error('The exercise has no id.', 'Write it after the kind: ::: {kind} #my-id.'),
  'unknown-attribute': error(
    '«{text}» means nothing here.',
    'After the id may stand points=2, v=2 and, for choice and multiple, order=kept.',
  ),
  'bad-points': error('«{text}» is no number of points.', 'Points are a number above 0, at most 100.'),
  'bad-version': error('«{text}» is no version.', 'v is a whole number from 1.'),
  'repeated-mark': error('«{name}:» stands twice in this exercise.', 'Write it once, on one line.'),
  'empty-mark': error('«{name}:» has no text.', 'Write the text on the same line, or remove the mark.'),
  'data-header': error(
    'The line of a data block is: ::: data file.csv "Caption".',
    "Write the file's name, then the caption in straight quotes.",
  ),
  'data-view': error(
    '«{text}» means nothing here.',
    'After the name of a table may stand plot=1,2 (columns that there are, counted from 1), or fold=1,2 period=2..8; nothing stands after the name of a FITS file.',
  ),
  'data-body': error('A data block has no content of its own.', 'Close it with ::: on the next line.'),

  // Exercises
  'bad-number': error(
    '«{text}» is no number.',
    'Write figures with a decimal point and without separators, then ± and the tolerance, then the unit: = 11.97 ± 0.05 h.',
  ),
  'bad-tick': error('«{tick}» is no box to tick.', 'Write [ ] for a wrong answer and [x] for a right one.'),
  'bad-tolerance': error('«{text}» is no tolerance.', 'A tolerance is a number from 0, or a percentage: ± 0.05, ± 2 %.'),
  'bad-unit': error('«{unit}» is no unit.', 'A unit is plain text of at most 32 characters, such as km/s.'),
  'empty-answer': error('This answer has no text.', 'Write it, or remove the line.'),
  'gap-in-markup': error(
    'A gap stands inside emphasis, a formula, a link or code.',
    'Close the emphasis before the gap and open it again behind it.',
  ),
  'match-columns': error('This row has {count} cells; a match has two columns.', 'Write | left | right |; a bar inside a cell is \\|.'),
  'missing-feedback': error('A known mistake needs its feedback.', 'Write it on the next line, after >.'),
  'missing-prompt': error('The exercise has no question.', 'Write it before the answers.'),
  'mistake-is-right': warning(
    'The known mistake {value} lies within the tolerance of a right answer.',
    'It will be marked right: narrow the tolerance, or remove the mistake.',
  ),
  'mixed-units': error(
    'Some lines have a unit ({units}) and some have none.',
    'Write the unit on every line, also on those of known mistakes.',
  ),
  'no-gap': error('There is no gap in this text.', 'Write [[answer]] or [[?right|wrong]].'),
  'no-right-answer': error('The exercise has no right answer.', 'Tick one with [x], or for a number write a line that begins with =.'),
  'same-answer': error('«{text}» stands twice.', 'Make the answers different.'),
  'several-right-answers': error('A choice has one right answer; {count} are ticked.', 'Use «multiple» where several are right.'),
  'stray-line': error(
    'This line belongs to no answer: «{text}».',
    'Indent it to continue the answer above, or move it before the answers.',
  ),
  'too-few-answers': error('There are too few answers: {count}; at least {least} are needed.', 'Add some.'),
  'too-many-answers': error('There are too many answers; {most} are possible.', 'Remove some.'),
  'unclosed-gap': error('A gap is not closed.', 'A gap begins with [[ and ends with ]] on the same line.'),

  // Exams
  'empty-exam': error('The exam has no exercise.', 'Write some, or remove exam: from the front matter.'),
  'exam-tells': warning(
    'The exercise «{id}» of an exam has a hint, a reason or feedback, which is never shown.',
    'Remove it: it travels with the course, and whoever looks for it finds it.',
  ),

  // Translations
  'missing-translation': error('The unit has no translation into «{language}».', 'Add the file {name}.'),
  'translation-id': error("The translation's id is «{id}», the unit's is «{expected}».", 'Use the same id in every language.'),
  'translation-items': error(
    "The translation's exercises are not those of the unit: {reason}",
    'Keep the same exercises with the same ids in the same order.',
  ),
  'translation-exam': error(
    'The exam has other rules than in the first language.',
    'Write the same minutes and the same exam: in every language.',
  ),
  'translation-answers': error(
    'The exercise «{id}» differs from the first language: {reason}',
    'Keep kinds, points, versions, the number and order of answers, and what is right, the same in every language.',
  ),
} as const;

export type FaultCode = keyof typeof faults;
export const faultCodes = Object.keys(faults) as FaultCode[];

const fill = (template: string, values: Values): string => template.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));

/** A list of faults, and the function that adds to it. One fault at one place is reported once. `more` are faults of other files than a course's. */
export function createReport<More extends string = never>(
  more?: Readonly<Record<More, Fault>>,
): { readonly report: Report<FaultCode | More>; readonly diagnostics: () => readonly Diagnostic<FaultCode | More>[] } {
  const table: Readonly<Record<string, Fault>> = { ...faults, ...more };
  const found = new Map<string, Diagnostic<FaultCode | More>>();
  const report: Report<FaultCode | More> = (code, { file, line, column = 1 }, values = {}) => {
    const { severity, message, hint } = table[code] ?? { severity: 'error', message: code, hint: '' };
    const diagnostic = { code, severity, message: fill(message, values), file, line, column, hint: fill(hint, values) };
    const key = `${file}:${String(line)}:${String(column)}:${code}:${diagnostic.message}`;
    if (!found.has(key)) found.set(key, diagnostic);
  };
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return {
    report,
    diagnostics: () =>
      [...found.values()].sort(
        (a, b) =>
          compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.code, b.code) || compare(a.message, b.message),
      ),
  };
}

/** The name among these that is likeliest meant, as the end of a sentence; `''` where none is near. */
export function suggestion(given: string, names: Iterable<string>): string {
  let best = '';
  let least = Math.max(2, Math.floor(given.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(given.slice(0, 64), name, least);
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  return best === '' ? '' : ` Did you mean «${best}»?`;
}

/** Letters to add, drop or change; gives up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? limit;
}
