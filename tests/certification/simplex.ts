/** The largest value of a sum of unknowns that are not negative and solve given equations: what an attacker on published figures computes. */

/** `sum of coefficients × unknowns = value` */
export interface Equation {
  readonly of: readonly number[];
  readonly value: number;
}

const tiny = 1e-7;

/**
 * Two phases, on a dense table, by Bland's rule, which never goes in a circle.
 *
 * @param goal which unknowns are summed up
 * @returns null where no unknowns solve the equations
 */
export function largest(unknowns: number, equations: readonly Equation[], goal: readonly number[]): number | null {
  const m = equations.length;
  const width = unknowns + m + 1;
  const rows = equations.map(({ of, value }, i) => {
    const row = new Float64Array(width);
    const sign = value < 0 ? -1 : 1;
    for (const j of of) row[j] = (row[j] ?? 0) + sign;
    row[unknowns + i] = 1;
    row[width - 1] = sign * value;
    return row;
  });
  const basis = equations.map((_, i) => unknowns + i);
  const at = (row: Float64Array, j: number): number => row[j] ?? 0;

  function pivot(objective: Float64Array, r: number, c: number): void {
    const row = rows[r];
    if (row === undefined) return;
    const by = at(row, c);
    for (let j = 0; j < width; j++) row[j] = at(row, j) / by;
    for (const other of [...rows, objective]) {
      const factor = at(other, c);
      if (other === row || Math.abs(factor) < tiny * tiny) continue;
      for (let j = 0; j < width; j++) other[j] = at(other, j) - factor * at(row, j);
    }
    basis[r] = c;
  }

  function run(objective: Float64Array, columns: number): void {
    for (;;) {
      let c = -1;
      for (let j = 0; j < columns && c < 0; j++) if (at(objective, j) > tiny) c = j;
      if (c < 0) return;
      let r = -1;
      let best = Number.POSITIVE_INFINITY;
      for (const [i, row] of rows.entries()) {
        if (at(row, c) <= tiny) continue;
        const ratio = at(row, width - 1) / at(row, c);
        if (ratio < best - tiny || (ratio < best + tiny && (basis[i] ?? 0) < (basis[r] ?? Number.POSITIVE_INFINITY)))
          [best, r] = [ratio, i];
      }
      if (r < 0) throw new Error('The sum has no bound');
      pivot(objective, r, c);
    }
  }

  const first = new Float64Array(width);
  for (const row of rows) for (let j = 0; j < width; j++) if (j < unknowns || j === width - 1) first[j] = at(first, j) + at(row, j);
  run(first, unknowns);
  if (at(first, width - 1) > 1e-5) return null;
  // What of the first phase is left in the basis stands at nought: it leaves, or its row says nothing.
  for (const [i, row] of rows.entries()) {
    if ((basis[i] ?? 0) < unknowns) continue;
    const c = row.findIndex((value, j) => j < unknowns && Math.abs(value) > tiny);
    if (c >= 0) pivot(first, i, c);
  }
  const second = new Float64Array(width);
  for (const j of goal) second[j] = 1;
  for (const [i, row] of rows.entries()) {
    const factor = at(second, basis[i] ?? 0);
    if (factor !== 0) for (let j = 0; j < width; j++) second[j] = at(second, j) - factor * at(row, j);
  }
  run(second, unknowns);
  return -at(second, width - 1);
}
