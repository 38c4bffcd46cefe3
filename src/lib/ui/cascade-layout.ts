/**
 * Where the picture of a cascade puts whom: a line for each trainer, in the order of a walk through the branches, further in by one step for each generation. Who trains
 * nobody is counted at the trainer who trained them, and not drawn.
 */
export interface Drawable {
  readonly id: string;
  readonly generation: number;
  readonly first: { readonly trainer: string } | null;
  readonly trained: number;
  readonly reach: number;
}

export interface Spot<Person extends Drawable> {
  readonly person: Person;
  /** Line and step, from 0. */
  readonly line: number;
  readonly step: number;
  /** Line of the trainer who trained them first; null for who begins a branch. */
  readonly from: number | null;
}

export interface Layout<Person extends Drawable> {
  readonly spots: readonly Spot<Person>[];
  /** Steps that are used. */
  readonly steps: number;
  /** Trainers for whom there was no room. */
  readonly left: number;
}

/**
 * @param people any, each id once
 * @param most lines; trainers with the widest reach are drawn, each with those above them
 */
export function layoutOf<Person extends Drawable>(people: readonly Person[], most: number): Layout<Person> {
  const trainers = people.filter(({ trained }) => trained > 0);
  const byReach = [...trainers].sort((a, b) => b.reach - a.reach || a.generation - b.generation || (a.id < b.id ? -1 : 1));
  const known = new Set(trainers.map(({ id }) => id));
  const drawn = new Set<string>();
  // Above each of them stands somebody of at least the same reach, or almost: a second look finds who came too early in the first.
  for (let before = -1; before < drawn.size && drawn.size < most;) {
    before = drawn.size;
    for (const { id, first } of byReach)
      if (drawn.size < most && (first === null || !known.has(first.trainer) || drawn.has(first.trainer))) drawn.add(id);
  }

  const below = new Map<string | null, Person[]>();
  for (const trainer of byReach) {
    if (!drawn.has(trainer.id)) continue;
    const above = trainer.first !== null && drawn.has(trainer.first.trainer) ? trainer.first.trainer : null;
    below.set(above, [...(below.get(above) ?? []), trainer]);
  }
  const spots: Spot<Person>[] = [];
  const walk = (above: string | null, step: number, from: number | null): void => {
    for (const person of below.get(above) ?? []) {
      const line = spots.length;
      spots.push({ person, line, step, from });
      below.delete(above);
      walk(person.id, step + 1, line);
    }
  };
  walk(null, 0, null);
  return { spots, steps: Math.max(0, ...spots.map(({ step }) => step + 1)), left: trainers.length - spots.length };
}
