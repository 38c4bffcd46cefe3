import { isCount, isObject } from '../domain/shape.ts';
import type { Line } from '../exercise/block.ts';
import { asTexts, readId } from './course-file.ts';
import type { Report } from './diagnostics.ts';
import { asText, createFieldReader, parseYaml, readField, reportUnknownFields } from './yaml-source.ts';

export interface UnitSource {
  readonly file: string;
  /** `''` where it has none that can be used. */
  readonly id: string;
  readonly idLine: number;
  readonly title: string;
  readonly minutes: number;
  readonly outcomes: readonly string[];
  /** Of a unit that is an exam under a proctor; `minutes` is its limit. */
  readonly exam: { readonly attempts: number } | null;
  readonly examLine: number;
  readonly body: readonly Line[];
}

const asMinutes = (value: unknown): number | null =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 600 ? Number(value) : null;

/** Front matter and text of a unit. What is missing is reported and left empty, so that the text is checked all the same. */
export function parseUnitFile(text: string, file: string, report: Report): UnitSource {
  const lines = text.split('\n').map((line, i): Line => ({ text: line, number: i + 1 }));
  const empty = { file, id: '', idLine: 1, title: '', minutes: 0, outcomes: [], exam: null, examLine: 1 };
  if (lines[0]?.text.trimEnd() !== '---') {
    report('missing-front-matter', { file, line: 1 });
    return { ...empty, body: lines };
  }
  const end = lines.findIndex(({ text: line }, i) => i > 0 && line.trimEnd() === '---');
  if (end < 0) {
    report('unclosed-front-matter', { file, line: 1 });
    return { ...empty, body: [] };
  }
  const body = lines.slice(end + 1);
  const front = lines.slice(1, end);
  const yaml = parseYaml(front.map(({ text: line }) => line).join('\n'), file, 2, report);
  if (yaml === null) return { ...empty, body };
  const reader = createFieldReader(file, yaml, report);
  const { value } = yaml;
  reportUnknownFields(reader, value, [], ['id', 'title', 'minutes', 'outcomes', 'exam']);
  const given = isObject(value) ? value['exam'] : undefined;
  if (isObject(given)) reportUnknownFields(reader, given, ['exam'], ['attempts']);
  return {
    file,
    id: readId(reader, value) ?? '',
    idLine: reader.lineOf(['id']),
    title: readField(reader, value, ['title'], 'a text', asText) ?? '',
    minutes: readField(reader, value, ['minutes'], 'a whole number of minutes, 1 to 600', asMinutes) ?? 0,
    outcomes: readField(reader, value, ['outcomes'], 'a list of texts', asTexts) ?? [],
    exam:
      given === undefined
        ? null
        : readField(reader, value, ['exam'], 'attempts: a whole number from 1 to 9', (exam) =>
            isObject(exam) && isCount(exam['attempts']) && exam['attempts'] >= 1 && exam['attempts'] <= 9
              ? { attempts: exam['attempts'] }
              : null,
          ),
    examLine: reader.lineOf(['exam']),
    body,
  };
}
