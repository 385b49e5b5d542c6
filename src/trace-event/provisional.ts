/**
 * Member of events that show how something looked which was not over: a span that was open, and
 * what belongs to it. The trace will tell of it again, and what it tells then stands instead.
 */
export const PROVISIONAL = 'provisional';

const BEGINS: ReadonlySet<unknown> = new Set('BXb');
const INSTANTS: ReadonlySet<unknown> = new Set('in');

/** The fields by which {@link subjectOf} tells events apart. */
export interface Subject {
  readonly ph?: unknown;
  readonly name?: unknown;
  readonly pid?: unknown;
  readonly tid?: unknown;
  readonly ts?: unknown;
}

/**
 * What an event tells of: the same for a provisional event and the one that takes its place, which
 * may be of another phase. No two things of a thread begin in the same nanosecond.
 */
export function subjectOf({ ph, name, pid, tid, ts }: Subject): string {
  const kind = BEGINS.has(ph) ? 'begin' : INSTANTS.has(ph) ? 'instant' : ph;
  return `${kind} ${pid} ${tid} ${ts} ${name}`;
}
