/**
 * The node's log as an administrator reads it: the newest lines with their time, also of earlier starts. A line says what happened to the node, in words; nothing in it belongs to a learner (log.ts).
 *
 * Written beside the database and not into it, because it says also why the database cannot be written. Two files of at most half a megabyte: an old disk is not filled by its own complaints.
 */
import { appendFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { instantOf, isInstant, type Clock, type Instant } from '../../domain/clock.ts';
import { isObject } from '../../domain/shape.ts';
import type { Log } from '../log.ts';

export interface LogLine {
  readonly at: Instant;
  readonly line: string;
}

export interface LogBook {
  readonly write: Log;
  /** Newest first. */
  newest(count: number): readonly LogLine[];
}

const mostBytes = 512 * 1024;
const mostCharacters = 2000;
const mostWaiting = 200;

const linesOf = (file: string): readonly LogLine[] =>
  !existsSync(file)
    ? []
    : readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((text): LogLine[] => {
          try {
            const value: unknown = JSON.parse(text);
            return isObject(value) && isInstant(value['at']) && typeof value['line'] === 'string'
              ? [{ at: value['at'], line: value['line'] }]
              : [];
          } catch {
            // The end of the file, or a line that a power cut took.
            return [];
          }
        });

/** @param also where each line goes besides: the terminal */
export function openLogBook(file: string, clock: Clock, also: Log): LogBook {
  const older = `${file}.1`;
  /** Lines that a full disk did not take: what it says of itself is read on the page all the same, and written when there is room. */
  let waiting: readonly LogLine[] = [];
  return {
    write(line) {
      also(line);
      waiting = [...waiting, { at: instantOf(clock()), line: line.slice(0, mostCharacters) }].slice(-mostWaiting);
      try {
        if (existsSync(file) && statSync(file).size > mostBytes) renameSync(file, older);
        appendFileSync(file, waiting.map((one) => `${JSON.stringify(one)}\n`).join(''), { mode: 0o600 });
        waiting = [];
      } catch {
        // A full disk. That the log cannot be written must not end what it tells of.
      }
    },
    newest: (count) => [...linesOf(older), ...linesOf(file), ...waiting].slice(-count).reverse(),
  };
}
