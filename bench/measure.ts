/** What a benchmark gives back: named figures, each with its unit, and the bound it is held to where it has one. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 's' | '×' | 'B' | 'kB' | '/s' | 'MB';
  /** The figure must not be above (or, where `least`, below) this. */
  readonly bound?: number;
  readonly least?: true;
  /** What was measured beside it, in words. */
  readonly note?: string;
}

export interface Benchmark {
  readonly name: string;
  run(): Promise<readonly Figure[]>;
}

export const isWithinBound = ({ value, bound, least }: Figure): boolean => bound === undefined || (least ? value >= bound : value <= bound);

export async function repeat<Value>(times: number, measure: () => Promise<Value>): Promise<readonly Value[]> {
  const values: Value[] = [];
  for (let i = 0; i < times; i++) values.push(await measure());
  return values;
}
