/** Writes what was found of a link into the author's YAML, and leaves every other character as it stands. */
import { isMap, isScalar, isSeq, parseDocument, type Pair, type YAMLMap } from 'yaml';

export interface Found {
  /** `2026-11-30`. */
  readonly day: string;
  readonly dead: boolean;
}

interface Edit {
  readonly from: number;
  readonly until: number;
  readonly text: string;
}

const keyOf = ({ key }: Pair): unknown => (isScalar(key) ? key.value : null);

/** Where a node stands in the text; parsed nodes all have a place. */
function placeOf(node: unknown): readonly [from: number, until: number] {
  const range: unknown = typeof node === 'object' && node !== null ? Reflect.get(node, 'range') : null;
  if (!Array.isArray(range)) throw new Error('A node that was read has a place');
  return [Number(range[0]), Number(range[1])];
}

function editsOf(text: string, map: YAMLMap, { day, dead }: Found): readonly Edit[] {
  const pair = (name: string): Pair | undefined => map.items.find((one) => keyOf(one) === name);
  const url = pair('url');
  if (url === undefined) return [];
  const between = ((): string => {
    if (map.flow === true) return ', ';
    const [start] = placeOf(url.key);
    return `\n${' '.repeat(start - (text.lastIndexOf('\n', start - 1) + 1))}`;
  })();
  const edits: Edit[] = [];
  let added = '';
  const put = (name: string, value: string | null): void => {
    const known = pair(name);
    if (known === undefined) {
      if (value !== null) added += `${between}${name}: ${value}`;
      return;
    }
    const [keyStart] = placeOf(known.key);
    const [valueStart, valueEnd] = placeOf(known.value);
    if (value !== null) edits.push({ from: valueStart, until: valueEnd, text: value });
    // With the break or the comma before it, so that no empty line stays.
    else edits.push({ from: text.slice(0, keyStart).search(map.flow === true ? /,\s*$/ : /\r?\n[ \t]*$/), until: valueEnd, text: '' });
  };
  put('lastChecked', day);
  put('link', dead ? 'dead' : null);
  const [, end] = placeOf(url.value);
  return added === '' ? edits : [...edits, { from: end, until: end, text: added }];
}

/** @param found what was found, by id of the entry */
export function noteLinks(text: string, found: ReadonlyMap<string, Found>): string {
  const { contents } = parseDocument(text);
  if (!isSeq(contents)) return text;
  const edits = contents.items.flatMap((item): readonly Edit[] => {
    if (!isMap(item)) return [];
    const one = found.get(String(item.get('id')));
    return one === undefined ? [] : editsOf(text, item, one);
  });
  return edits
    .toSorted((a, b) => b.from - a.from)
    .reduce((now, { from, until, text: put }) => now.slice(0, from) + put + now.slice(until), text);
}
