/** Narrowing a list down by several choices at once. */

export interface Narrowed<Item, Filter extends string> {
  readonly found: readonly Item[];
  /** For each filter, how many would remain if this value were chosen beside the other choices. */
  readonly counts: Readonly<Record<Filter, ReadonlyMap<string, number>>>;
}

/**
 * @param valuesOf what an item offers to each filter
 * @param chosen a value for some of the filters; an item stays that offers all of them
 */
export function narrow<Item, Filter extends string>(
  items: readonly Item[],
  filters: readonly Filter[],
  valuesOf: (item: Item) => Readonly<Partial<Record<Filter, readonly string[]>>>,
  chosen: Readonly<Partial<Record<Filter, string>>>,
): Narrowed<Item, Filter> {
  const counts = Object.fromEntries(filters.map((filter) => [filter, new Map<string, number>()])) as Record<Filter, Map<string, number>>;
  const found = items.filter((item) => {
    const values = valuesOf(item);
    const misses = filters.filter((filter) => {
      const value = chosen[filter];
      return value !== undefined && values[filter]?.includes(value) !== true;
    });
    // A value is counted as if its own filter had no choice yet.
    if (misses.length <= 1)
      for (const filter of misses.length === 0 ? filters : misses)
        for (const value of new Set(values[filter])) counts[filter].set(value, (counts[filter].get(value) ?? 0) + 1);
    return misses.length === 0;
  });
  return { found, counts };
}
