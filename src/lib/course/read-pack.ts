import { isSha256, type Sha256 } from '../domain/ids.ts';

const headerBytes = 36;

/** What is read: the body of an answer, in a page as in the node. */
export interface ByteStream {
  getReader(): {
    read(): Promise<
      { readonly done: false; readonly value: Uint8Array } | { readonly done: true; readonly value?: Uint8Array | undefined }
    >;
    cancel(): Promise<void>;
  };
}

/**
 * Reads the answer of `POST /content/pack` as it arrives: for each piece 32 bytes of hash, 4 bytes of length (big-endian), the
 * bytes. Calls back with each piece that came whole. Answers true where the node said all that it had to say, though it were rubbish, and
 * false where the connection broke or the learner paused: then the rest is simply asked for again.
 */
export async function readPack(
  body: ByteStream,
  most: number,
  take: (sha256: Sha256, bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
): Promise<boolean> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let held = 0;

  const fill = async (wanted: number): Promise<'filled' | 'ended' | 'broken'> => {
    while (held < wanted) {
      const read = await reader.read().catch(() => null);
      if (read === null) return 'broken';
      if (read.done) return held === 0 ? 'ended' : 'broken';
      chunks.push(read.value);
      held += read.value.length;
    }
    return 'filled';
  };
  const cut = (wanted: number): Uint8Array<ArrayBuffer> => {
    const bytes = new Uint8Array(wanted);
    let at = 0;
    while (at < wanted) {
      const chunk = chunks[0];
      if (chunk === undefined) throw new Error('Took more than was held');
      const part = chunk.subarray(0, wanted - at);
      bytes.set(part, at);
      at += part.length;
      if (part.length === chunk.length) chunks.shift();
      else chunks[0] = chunk.subarray(part.length);
    }
    held -= wanted;
    return bytes;
  };

  try {
    for (;;) {
      const filled = await fill(headerBytes);
      if (filled !== 'filled') return filled === 'ended';
      const header = cut(headerBytes);
      const sha256 = Array.from(header.subarray(0, 32), (byte) => byte.toString(16).padStart(2, '0')).join('');
      const length = new DataView(header.buffer).getUint32(32);
      if (length > most || !isSha256(sha256)) return true;
      if (length > 0 && (await fill(length)) !== 'filled') return false;
      await take(sha256, cut(length));
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
