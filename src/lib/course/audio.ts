/**
 * Sound in a material: Opus in Ogg (RFC 7845), the one form that speech stands in for a kilobyte a second. Read here only as far as to know that it is what
 * its name says, and how long it lasts: the first page begins with `OpusHead`, the last one tells the number of samples at 48 kHz, of which the first few
 * (`pre-skip`) are not heard.
 */
export interface Sound {
  readonly seconds: number;
}

const ascii = (bytes: Uint8Array, at: number, text: string): boolean =>
  [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0));

/** The file's length in seconds; null where it is no Opus in Ogg. */
export function readSound(bytes: Uint8Array): Sound | null {
  const segments = bytes[26] ?? 0;
  const head = 27 + segments;
  if (!ascii(bytes, 0, 'OggS') || !ascii(bytes, head, 'OpusHead') || bytes.length < head + 19) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const skipped = view.getUint16(head + 10, true);
  let samples = 0n;
  for (let at = 0; at + 27 <= bytes.length;) {
    if (!ascii(bytes, at, 'OggS')) return null;
    const granule = view.getBigInt64(at + 6, true);
    // -1: no packet ends on this page.
    if (granule > samples) samples = granule;
    const count = bytes[at + 26] ?? 0;
    let length = 0;
    for (let i = 0; i < count; i++) length += bytes[at + 27 + i] ?? 0;
    at += 27 + count + length;
    if (at > bytes.length) return null;
  }
  const seconds = (Number(samples) - skipped) / 48_000;
  return seconds > 0 && Number.isFinite(seconds) ? { seconds } : null;
}

/** Minutes and seconds as a player shows them: `1:05`. */
export function showTime(seconds: number): string {
  const whole = Math.round(seconds);
  return `${String(Math.floor(whole / 60))}:${String(whole % 60).padStart(2, '0')}`;
}
