/**
 * The phases of all events that stand on some track. A row of numbers holds the place in this list.
 */
const PHASES = ['X', 'B', 'E', 'i', 'I', 'R', 'b', 'n', 'e', 's', 't', 'f', 'next'] as const;

/** In place of `f`, for the end of a flow that leads to the next slice of its thread. */
export const TO_NEXT = 'next' satisfies TrackPhase;

export type TrackPhase = (typeof PHASES)[number];
export type AsyncPhase = 'b' | 'n' | 'e';
export type FlowPhase = 's' | 't' | 'f';

/** The number that stands for a phase; -1 for one that stands on no track. */
export function phaseNumber(ph: string): number {
  return PHASES.indexOf(ph as TrackPhase);
}

/** The phase for which a number of {@link phaseNumber} stands. */
export function phaseOf(number: number): TrackPhase {
  return PHASES[number];
}
