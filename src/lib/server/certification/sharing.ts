/**
 * One reading at a time, shared by those who ask. Whoever asks while one runs waits for the next: what was written before somebody asked is in their answer, and however
 * many ask at once, there are two readings at most.
 */
export function sharing<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<unknown> | null = null;
  let next: Promise<Value> | null = null;

  function begin(): Promise<Value> {
    const reading = read();
    const done = (): void => {
      if (running === settled) running = null;
    };
    const settled: Promise<unknown> = reading.then(done, done);
    running = settled;
    return reading;
  }

  return () => {
    if (running === null) return begin();
    next ??= running.then(() => {
      next = null;
      return begin();
    });
    return next;
  };
}
