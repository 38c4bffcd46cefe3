/** What was worked out, by name, as long as there is room: of more than `most` the one that was put in first is let go. */
export class Memory<Value> {
  readonly #most: number;
  readonly #values = new Map<string, Value>();

  constructor(most: number) {
    this.#most = most;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  put(name: string, value: Value): Value {
    if (this.#values.size >= this.#most) for (const oldest of this.#values.keys()) if (this.#values.delete(oldest)) break;
    this.#values.set(name, value);
    return value;
  }
}
