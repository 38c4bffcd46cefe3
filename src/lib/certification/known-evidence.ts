/**
 * What a centre knows of a person's work, as it hands it to them: evidence that it admitted, of their own ranges and of those whom they taught. A device joins it to what
 * lies on the device itself, and asks the same function as the centre where they stand.
 */
import { isInstant, type Instant } from '../domain/clock.ts';
import { isPersonId, type PersonId } from '../domain/ids.ts';
import { isFiniteNumber, isListOf, isObject, isRecordOf, isString } from '../domain/shape.ts';
import type { Evidence } from './standing.ts';

export interface KnownEvidence {
  /** The id under which their work is put together, and every id of theirs. */
  readonly person: PersonId;
  readonly ids: readonly PersonId[];
  /** When the centre said so. */
  readonly at: Instant;
  readonly evidence: readonly Evidence[];
}

const isStrings = isListOf(isString);

function isEvidence(value: unknown): value is Evidence {
  if (!isObject(value)) return false;
  const { type, id, at, person, course, unit, score, trainer, attended, session, programme, rubric, levels, until, of, entry, title } =
    value;
  if (type === 'withdrawal') return isString(of);
  if (!isString(id) || !isInstant(at)) return false;
  switch (type) {
    case 'pass':
      return isString(person) && isString(course) && isFiniteNumber(score);
    case 'exam':
      return isString(person) && isString(course) && isString(unit) && isFiniteNumber(score);
    case 'session':
      return isString(trainer) && isStrings(attended);
    case 'observation':
      return [session, trainer, programme, rubric].every(isString) && isRecordOf(isFiniteNumber)(levels);
    case 'contribution':
      return isString(person) && isString(entry) && isRecordOf(isString)(title);
    case 'credential':
      return isInstant(until) && isString(person) && isString(programme);
    default:
      return false;
  }
}

/** Reads a centre's answer, or what a device kept of one; null where it is none. A piece of a kind that this version does not know is left out. */
export function parseKnownEvidence(value: unknown): KnownEvidence | null {
  if (!isObject(value)) return null;
  const { person, ids, at, evidence } = value;
  if (!isPersonId(person) || !isListOf(isPersonId)(ids) || !isInstant(at) || !Array.isArray(evidence)) return null;
  return { person, ids, at, evidence: evidence.filter(isEvidence) };
}

/** Everything that is known on a device: of a piece that both have, the device's own. Ids of one human are one in it. */
export function joinEvidence(
  own: readonly Evidence[],
  known: KnownEvidence | null,
  self: { readonly person: PersonId; readonly ids: readonly PersonId[] },
): { readonly person: PersonId; readonly evidence: readonly Evidence[] } {
  const person = known?.person ?? self.person;
  const ids: ReadonlySet<string> = new Set([...self.ids, self.person, ...(known?.ids ?? [])]);
  const oneOf = (id: string): string => (ids.has(id) ? person : id);
  const named = (piece: Evidence): Evidence => {
    switch (piece.type) {
      case 'pass':
      case 'exam':
      case 'contribution':
      case 'credential':
        return { ...piece, person: oneOf(piece.person) };
      case 'session':
        return { ...piece, trainer: oneOf(piece.trainer), attended: piece.attended.map(oneOf).filter((one) => one !== person) };
      case 'observation':
        return { ...piece, trainer: oneOf(piece.trainer) };
      case 'withdrawal':
        return piece;
    }
  };
  // One exam session is evidence about each who sat it.
  const keyOf = (piece: Evidence): string =>
    piece.type === 'withdrawal' ? `withdrawal ${piece.of}` : `${piece.type} ${piece.id} ${'person' in piece ? piece.person : ''}`;
  const joined = new Map<string, Evidence>();
  for (const piece of [...(known?.evidence ?? []), ...own].map(named)) {
    const before = joined.get(keyOf(piece));
    // A course is passed by what is known of it: of two scores the better one.
    const isLess = piece.type === 'pass' && before?.type === 'pass' && before.score > piece.score;
    // Of a session the centre may know more who came, by those who confirmed it there.
    const isFewer = piece.type === 'session' && before?.type === 'session' && before.attended.length > piece.attended.length;
    if (!isLess && !isFewer) joined.set(keyOf(piece), piece);
  }
  return { person, evidence: [...joined.values()] };
}
