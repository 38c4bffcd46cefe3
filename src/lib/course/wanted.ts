import type { Sha256 } from '../domain/ids.ts';
import type { Language, Manifest, Piece } from './package.ts';

/** What a language's text is made of; pictures and data are media. */
export const isMedia = (piece: Piece): boolean => piece.role === 'picture' || piece.role === 'data';

/**
 * The pieces that a reader of these languages needs: the structure, their lessons, items and search texts, and, with media, their
 * pictures and data. A language that the course lacks is read in the course's first one.
 */
export function wantedPieces(manifest: Manifest, languages: readonly Language[], media: boolean): readonly Piece[] {
  const [first] = manifest.languages;
  const read = new Set(languages.map((language) => (manifest.languages.includes(language) ? language : first)));
  const bySha = new Map<Sha256, Piece>();
  for (const piece of manifest.pieces)
    if ((piece.language === undefined || read.has(piece.language)) && (media || !isMedia(piece))) bySha.set(piece.sha256, piece);
  return [...bySha.values()];
}

/** A request carries at most this many pieces and uncompressed bytes: a compressor's window, a few seconds of a slow link. */
const most = { pieces: 40, bytes: 128 * 1024 };

/** The next pieces to ask for: in the manifest's order, so that the first lessons are here first. A node makes its prices by the same cut. */
export function nextBatch<Wanted extends Pick<Piece, 'sha256' | 'bytes'>>(missing: readonly Wanted[]): readonly Wanted[] {
  const batch: Wanted[] = [];
  let bytes = 0;
  for (const piece of missing) {
    if (batch.length === most.pieces || (batch.length > 0 && bytes + piece.bytes > most.bytes)) break;
    batch.push(piece);
    bytes += piece.bytes;
  }
  return batch;
}
