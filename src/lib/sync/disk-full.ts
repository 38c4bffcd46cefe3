/** Whether an error of the device's store says that the disk, or this origin's share of it, is full. */
export const isFull = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'QuotaExceededError' || /quota/i.test(`${error.message} ${String(error.cause ?? '')}`));
