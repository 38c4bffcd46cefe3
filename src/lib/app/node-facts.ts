/** Does the node that this page comes from still wait for its first administrator? False where no node answers. */
export async function isUnclaimed(): Promise<boolean> {
  try {
    const response = await fetch('/api/node', { signal: AbortSignal.timeout(20_000) });
    const facts: unknown = response.ok ? await response.json() : null;
    return typeof facts === 'object' && facts !== null && 'claimed' in facts && facts.claimed === false;
  } catch {
    // No network, or an answer that is none: nothing to tell the reader.
    return false;
  }
}
