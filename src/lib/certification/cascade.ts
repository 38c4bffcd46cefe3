/**
 * The cascade: who trained whom, through generations.
 *
 *   A link says that somebody was trained by somebody, from the moment at which it showed:
 *     session      they came to a session of the trainer's that counts (admission.ts), and afterwards passed a course
 *     cohort       they were enrolled in a cohort of the trainer's, and afterwards passed a course of it
 *     observation  a master trainer observed a session that they taught
 *
 * People teach each other, also in circles, and somebody may train for years before they are trained themselves. So generations follow time: a person's place is under
 * whoever trained them first, provided that they had trained nobody before; who had, begins a branch of their own. What somebody hands on counts for those who trained
 * them only from that moment on. Links are taken in the order of their moments, then of their names: the order in which they are given never matters, and no
 * circle can arise.
 */
import type { Instant } from '../domain/clock.ts';
import type { Programme } from './programme.ts';
import { leavesOf } from './programme.ts';
import type { Evidence } from './standing.ts';

export type LinkSource = 'session' | 'cohort' | 'observation';

export interface Link {
  readonly trainer: string;
  readonly learner: string;
  readonly at: Instant;
  readonly by: LinkSource;
  /** The course whose pass showed it; none where it was seen otherwise. */
  readonly course?: string;
}

/** Somebody in a cohort, with the staff whose cohort it is. */
export interface Enrolled {
  readonly person: string;
  readonly at: Instant;
  readonly trainers: readonly string[];
  readonly courses: readonly string[];
}

/** What a session was observed by. */
export interface Observed {
  readonly observer: string;
  readonly trainer: string;
  readonly at: Instant;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const inOrder = (a: Link, b: Link): number =>
  byText(a.at, b.at) ||
  byText(a.trainer, b.trainer) ||
  byText(a.learner, b.learner) ||
  byText(a.by, b.by) ||
  byText(a.course ?? '', b.course ?? '');

/** The share of points with which a course counts as passed where no programme says. */
const usualScore = 0.6;

/** What programmes ask of people whom a trainer trained, by course: the lowest of them. */
export function passMarksOf(programmes: readonly Programme[]): (course: string) => number {
  const marks = new Map<string, number>();
  for (const { requires, renewal } of programmes)
    for (const leaf of [...leavesOf(requires), ...leavesOf(renewal)])
      if (leaf.type === 'people') for (const course of leaf.courses) marks.set(course, Math.min(marks.get(course) ?? 1, leaf.score));
  return (course) => marks.get(course) ?? usualScore;
}

/** Between two people the earliest link; nobody trains themselves. */
export function linksOf(given: {
  readonly evidence: readonly Evidence[];
  readonly observed: readonly Observed[];
  readonly enrolled: readonly Enrolled[];
  readonly passMark: (course: string) => number;
}): readonly Link[] {
  const { evidence, observed, enrolled, passMark } = given;
  const earliest = new Map<string, Link>();
  const add = (link: Link): void => {
    if (link.trainer === link.learner) return;
    const name = `${link.trainer} ${link.learner}`;
    const known = earliest.get(name);
    if (known === undefined || inOrder(link, known) < 0) earliest.set(name, link);
  };

  const passesByPerson = new Map<string, { readonly course: string; readonly at: Instant }[]>();
  for (const piece of evidence)
    if (piece.type === 'pass' && piece.score >= passMark(piece.course))
      passesByPerson.set(piece.person, [...(passesByPerson.get(piece.person) ?? []), piece]);
  /** Every pass from a moment on shows that somebody was trained by then; the earliest is kept. */
  const passed = (person: string, since: Instant, is: (course: string) => boolean, done: (at: Instant, course: string) => void): void => {
    for (const { course, at } of passesByPerson.get(person) ?? []) if (at >= since && is(course)) done(at, course);
  };

  for (const piece of evidence)
    if (piece.type === 'session')
      for (const learner of piece.attended)
        passed(
          learner,
          piece.at,
          () => true,
          (at, course) => add({ trainer: piece.trainer, learner, at, by: 'session', course }),
        );
  for (const { person, at: since, trainers, courses } of enrolled)
    passed(
      person,
      since,
      (course) => courses.includes(course),
      (at, course) => {
        for (const trainer of trainers) add({ trainer, learner: person, at, by: 'cohort', course });
      },
    );
  for (const { observer, trainer, at } of observed) add({ trainer: observer, learner: trainer, at, by: 'observation' });
  return [...earliest.values()].sort(inOrder);
}

export interface Placed {
  readonly person: string;
  /** 0 for who began a branch. */
  readonly generation: number;
  /** Who trained them first, and when; null for who began a branch. */
  readonly first: Link | null;
}

export interface Trainer {
  readonly person: string;
  readonly generation: number;
  readonly first: Link | null;
  /** People whom they trained, also after others had. */
  readonly trained: number;
  /** Everybody in their own branch, through all generations. */
  readonly reach: number;
  /** The newest moment at which somebody was trained by them. */
  readonly last: Instant;
}

export interface Cascade {
  /** Everybody who trained or was trained, in the order of the links; trainers before those whom they trained. */
  readonly people: readonly Placed[];
  /** Who trained somebody, the widest reach first. */
  readonly trainers: readonly Trainer[];
  /** How many people each generation has. */
  readonly generations: readonly number[];
}

/**
 * Everybody whom a person reached: those they trained, and whom these trained afterwards. The person is not in it.
 *
 * @param links in the order of `linksOf`
 */
export function branchOf(links: readonly Link[], person: string): readonly Placed[] {
  const places = new Map<string, Placed & { readonly since: Instant | null }>([
    [person, { person, generation: 0, first: null, since: null }],
  ]);
  for (const link of links) {
    const from = places.get(link.trainer);
    if (from === undefined || places.has(link.learner)) continue;
    // What was handed on at the very moment cannot have been handed on further.
    if (from.since !== null && from.since >= link.at) continue;
    places.set(link.learner, { person: link.learner, generation: from.generation + 1, first: link, since: link.at });
  }
  places.delete(person);
  return [...places.values()].map(({ person: who, generation, first }) => ({ person: who, generation, first }));
}

/** @param given in any order */
export function cascadeOf(given: readonly Link[]): Cascade {
  const links = given.filter(({ trainer, learner }) => trainer !== learner).sort(inOrder);
  const places = new Map<string, Placed>();
  const trained = new Map<string, { readonly learners: Set<string>; last: Instant }>();
  for (const link of links) {
    const from = places.get(link.trainer) ?? { person: link.trainer, generation: 0, first: null };
    places.set(link.trainer, from);
    if (!places.has(link.learner)) places.set(link.learner, { person: link.learner, generation: from.generation + 1, first: link });
    const known = trained.get(link.trainer) ?? { learners: new Set<string>(), last: link.at };
    known.learners.add(link.learner);
    known.last = link.at;
    trained.set(link.trainer, known);
  }
  const people = [...places.values()];
  const generations: number[] = [];
  for (const { generation } of people) generations[generation] = (generations[generation] ?? 0) + 1;
  const trainers = [...trained].map(([person, { learners, last }]): Trainer => {
    const place = places.get(person);
    return {
      person,
      generation: place?.generation ?? 0,
      first: place?.first ?? null,
      trained: learners.size,
      reach: branchOf(links, person).length,
      last,
    };
  });
  return {
    people,
    trainers: trainers.sort((a, b) => b.reach - a.reach || b.trained - a.trained || byText(a.person, b.person)),
    generations,
  };
}
