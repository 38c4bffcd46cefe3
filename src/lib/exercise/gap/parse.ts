import { reportRepeated, type Line, type ParseItem, type Writing } from '../block.ts';
import { shuffle } from '../shuffle.ts';
import type { Gap, GapItem } from './model.ts';

const gapPattern = /\[\[([^\]]*)\]\]/g;
/** Stands for a gap while the text around it becomes HTML: a character that no source holds (the compiler refuses it). */
const place = '\ue000';

function readGap(inner: string, key: string, line: number, id: string, writing: Writing): Gap {
  const chosen = inner.trim().startsWith('?');
  const texts = (chosen ? inner.trim().slice(1) : inner).split('|').map((text) => text.trim().replace(/\s+/g, ' '));
  if (texts.some((text) => text === '')) writing.fault('empty-answer', line);
  reportRepeated(
    texts.map((text) => ({ text, line })),
    writing,
  );
  if (!chosen) return { key, type: 'typed', answers: texts };
  if (texts.length < 2) writing.fault('too-few-answers', line, { least: 2, count: texts.length });
  // The author writes the right one first; a page that shows them as they come must not give it away.
  return { key, type: 'chosen', choices: shuffle(texts, `${id}/${key}`), right: texts[0] ?? '' };
}

/** Every tag that is opened in the piece is closed in it: a page shows each piece by itself. */
function isWhole(piece: string): boolean {
  const open: string[] = [];
  for (const [, slash, name] of piece.matchAll(/<(\/?)([a-z]+)[^>]*>/g)) {
    if (slash === '') {
      if (name !== 'br' && name !== 'img') open.push(name ?? '');
    } else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}

/** Text with gaps: `[[a|b]]` to be typed, `[[?right|wrong]]` to be chosen. Paragraphs before the first gap are the question. */
export const parseGap: ParseItem<GapItem> = ({ base, line, lines }, writing) => {
  const first = lines.findIndex(({ text }) => text.includes('[['));
  if (first < 0) {
    writing.fault('no-gap', line);
    writing.prose(lines);
    return null;
  }
  let start = first;
  while (start > 0 && lines[start - 1]?.text.trim() !== '') start -= 1;

  const gaps: Gap[] = [];
  const paragraphs: Line[] = [];
  for (const { text, number } of lines.slice(start)) {
    const held = text.replace(gapPattern, (_, inner: string) => {
      gaps.push(readGap(inner, String(gaps.length + 1), number, base.id, writing));
      return place;
    });
    if (held.includes('[[') || held.includes(']]')) writing.fault('unclosed-gap', number);
    const last = paragraphs.at(-1);
    if (held.trim() === '') {
      if (last !== undefined && last.text !== '') paragraphs.push({ text: '', number: number + 1 });
    } else if (last === undefined || last.text === '') paragraphs[Math.max(0, paragraphs.length - 1)] = { text: held.trim(), number };
    else paragraphs[paragraphs.length - 1] = { ...last, text: `${last.text}\n${held.trim()}` };
  }
  const html = paragraphs
    .filter(({ text }) => text !== '')
    .map(({ text, number }) => writing.phrase(text, number))
    .join('<br>');
  const pieces = html.split(place);
  if (pieces.length !== gaps.length + 1 || !pieces.every(isWhole)) {
    writing.fault('gap-in-markup', lines[first]?.number ?? line);
    return null;
  }
  const prompt = lines.slice(0, start);
  return { ...base, prompt: prompt.every(({ text }) => text.trim() === '') ? '' : writing.prose(prompt), kind: 'gap', pieces, gaps };
};
