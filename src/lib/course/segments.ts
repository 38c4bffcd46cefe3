/**
 * Cuts the text of a unit at its blocks, before any Markdown is read. A block opens with three colons (or more) and a kind,
 * and closes with the colons alone; boxes may hold boxes and data, so depth is counted. Code fences are passed over. A block
 * that nobody closed ends where the next exercise begins or at the end, so that what follows is still checked.
 */
import type { Line } from '../exercise/block.ts';
import { isKind } from '../exercise/kinds.ts';
import type { Report } from './diagnostics.ts';

export type Segment =
  | { readonly type: 'prose'; readonly lines: readonly Line[] }
  | { readonly type: 'block'; readonly kind: string; readonly header: string; readonly line: number; readonly content: readonly Segment[]; readonly lines: readonly Line[] }; // prettier-ignore

const boxKinds: readonly string[] = ['note', 'example', 'key', 'warning'];
const opener = /^( *):::+[ \t]*([A-Za-z][A-Za-z0-9-]*)?(.*)$/;
const fence = /^ {0,3}(`{3,}|~{3,})/;
const maxDepth = 8;

interface Open {
  readonly kind: string;
  readonly header: string;
  readonly line: number;
  readonly content: Segment[];
  readonly lines: Line[];
}

/** Segments of the lines of a unit's body, in order. */
export function segmentsOf(lines: readonly Line[], file: string, report: Report): readonly Segment[] {
  const root: Open = { kind: '', header: '', line: 0, content: [], lines: [] };
  const stack: Open[] = [root];
  let prose: Line[] = [];
  let fenceEnd: RegExp | null = null;

  const top = (): Open => stack.at(-1) ?? root;
  const flush = (): void => {
    if (prose.some(({ text }) => text.trim() !== '')) top().content.push({ type: 'prose', lines: prose });
    prose = [];
  };
  const close = (): void => {
    flush();
    const { kind, header, line, content, lines: inner } = stack.pop() ?? root;
    top().content.push({ type: 'block', kind, header, line, content, lines: inner });
  };
  const reportUnclosed = ({ kind, line }: Open): void => report('unclosed-block', { file, line }, { kind });

  for (const line of lines) {
    const { text, number } = line;
    if (fenceEnd !== null) {
      if (fenceEnd.test(text)) fenceEnd = null;
    } else {
      const mark = fence.exec(text)?.[1];
      if (mark !== undefined) fenceEnd = new RegExp(`^ {0,3}[${mark.charAt(0)}]{${String(mark.length)},}\\s*$`);
      const [found, indent = '', kind = '', rest = ''] = opener.exec(text) ?? [];
      if (found !== undefined && (kind !== '' || rest.trim() === '')) {
        if (indent.length > 3) report('indented-block', { file, line: number });
        else if (kind === '') {
          if (stack.length === 1) report('stray-close', { file, line: number });
          else close();
          continue;
        } else {
          // Nothing stands inside an exercise or a table, and an exercise stands inside nothing: here something was not closed.
          while (stack.length > 1 && (isKind(kind) || !boxKinds.includes(top().kind))) {
            reportUnclosed(top());
            close();
          }
          flush();
          if (stack.length > maxDepth) {
            report('deep-block', { file, line: number });
            continue;
          }
          stack.push({ kind, header: rest.trim(), line: number, content: [], lines: [] });
          continue;
        }
      }
    }
    prose.push(line);
    if (stack.length > 1) top().lines.push(line);
  }
  while (stack.length > 1) {
    reportUnclosed(top());
    close();
  }
  flush();
  return root.content;
}

export const isBoxKind = (kind: string): boolean => boxKinds.includes(kind);
