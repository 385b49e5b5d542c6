/**
 * What is remembered of an event whose fate does not show in itself: 16 bits. An event without a mark is
 * judged by what it says of itself when it is read again.
 */
export const MARK = {
  none: 0,
  drop: 1,
  /** It belongs to a tree that is kept. Whether it is kept itself depends on all else that is asked for. */
  inTree: 2,
  /**
   * It is kept, and so is all that has a mark from here on: which one says how long it lasts, or in which
   * file it goes.
   */
  first: 3,
} as const;

/** So many grades are told apart by a mark. */
export const GRADES = 32_768;
/** Grades of a duration for each time that it doubles. */
const PER_OCTAVE = 512;

/** The grade of a duration: a longer call has a higher one. What was never ended has the highest. */
export function gradeOf(nanoseconds: number): number {
  return Math.min(GRADES - 1, Math.floor(PER_OCTAVE * Math.log2(nanoseconds + 1)));
}

/** The shortest duration of a grade. */
export function shortestOf(grade: number): number {
  return Math.ceil(2 ** (grade / PER_OCTAVE) - 1);
}
