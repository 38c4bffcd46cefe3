/** What the parsers of the kinds see of a course's source: the lines of one block, and a way to write and to complain. */
import type { Html, ItemBase } from './item.ts';

export interface Line {
  readonly text: string;
  /** Of the file, counted from 1. */
  readonly number: number;
}

/** Faults that a parser of a kind may find; the compiler's table has the words for each. */
export type ItemFault =
  | 'bad-number'
  | 'bad-tick'
  | 'bad-tolerance'
  | 'bad-unit'
  | 'empty-answer'
  | 'gap-in-markup'
  | 'match-columns'
  | 'missing-feedback'
  | 'missing-prompt'
  | 'mistake-is-right'
  | 'mixed-units'
  | 'no-gap'
  | 'no-right-answer'
  | 'same-answer'
  | 'several-right-answers'
  | 'stray-line'
  | 'too-few-answers'
  | 'too-many-answers'
  | 'unclosed-gap';

export interface ItemSource {
  /** Id, version, points, hint and reason: read and written by the time a kind sees its block. */
  readonly base: Omit<ItemBase, 'prompt'>;
  /** The line that opens the block. */
  readonly line: number;
  /** Between the opening and the closing line; hint and reason are blank lines here. */
  readonly lines: readonly Line[];
  readonly keepOrder: boolean;
}

export interface Writing {
  /** Markdown blocks to HTML. */
  prose(lines: readonly Line[]): Html;
  /** One line of Markdown to HTML without a paragraph around it. */
  phrase(text: string, line: number): Html;
  fault(code: ItemFault, line: number, values?: Readonly<Record<string, string | number>>): void;
}

/** The item, or null where the faults that were reported leave none. */
export type ParseItem<I> = (source: ItemSource, writing: Writing) => I | null;

/** Keys of answers: `a`, `b`, `c` … */
export const letterKey = (index: number): string => String.fromCharCode(97 + index);
/** As many answers as there are letters. */
export const maxAnswers = 26;

/** The lines before the first one that is an answer, and the rest. */
export function cutAt(lines: readonly Line[], isAnswer: (text: string) => boolean): { prompt: readonly Line[]; answers: readonly Line[] } {
  const at = lines.findIndex(({ text }) => isAnswer(text));
  return at < 0 ? { prompt: lines, answers: [] } : { prompt: lines.slice(0, at), answers: lines.slice(at) };
}

/** The question as HTML; a fault where there is none. */
export function writePrompt(prompt: readonly Line[], line: number, writing: Writing): Html {
  if (prompt.every(({ text }) => text.trim() === '')) writing.fault('missing-prompt', line);
  return writing.prose(prompt);
}

export interface Answer {
  readonly line: number;
  readonly text: string;
  /** Lines of the quotation under the answer, joined; null where there is none. */
  readonly feedback: string | null;
}

/**
 * Answers that begin with a mark of their own, each on a line; a line that is indented continues its answer, a line with `>`
 * is feedback. Anything else belongs to no answer.
 */
export function readAnswers(lines: readonly Line[], begins: (text: string) => boolean, writing: Writing): readonly Answer[] {
  const answers: { line: number; text: string; feedback: string | null }[] = [];
  for (const { text, number } of lines) {
    const last = answers.at(-1);
    const trimmed = text.trim();
    if (trimmed === '') continue;
    if (begins(text)) answers.push({ line: number, text: trimmed, feedback: null });
    else if (last !== undefined && trimmed.startsWith('>')) last.feedback = [last.feedback ?? '', trimmed.slice(1).trim()].join(' ').trim();
    else if (last !== undefined && /^\s/.test(text)) {
      if (last.feedback === null) last.text += ` ${trimmed}`;
      else last.feedback += ` ${trimmed}`;
    } else writing.fault('stray-line', number, { text: trimmed.slice(0, 40) });
  }
  return answers;
}

/** Reports answers that say the same; `texts` are as the author wrote them. */
export function reportRepeated(texts: readonly { readonly text: string; readonly line: number }[], writing: Writing): void {
  const seen = new Set<string>();
  for (const { text, line } of texts) {
    const same = text.trim().replace(/\s+/g, ' ');
    if (seen.has(same)) writing.fault('same-answer', line, { text: same.slice(0, 40) });
    seen.add(same);
  }
}
