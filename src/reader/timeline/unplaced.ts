/** How many events are left out as they have no place in time, by the reason. */
export interface Unplaced {
  readonly withoutTime: number;
  /** Their times are too far from 0 to be counted in nanoseconds. */
  readonly outOfRange: number;
  readonly negativeDuration: number;
}

/** The same for a person, a sentence for each reason. */
export function describeUnplaced(unplaced: Unplaced): string[] {
  const { withoutTime, outOfRange, negativeDuration } = unplaced;
  const reasons = [
    [withoutTime, 'no time'],
    [outOfRange, 'a time that does not fit into 64 bits as nanoseconds'],
    [negativeDuration, 'a negative duration'],
  ] as const;
  return reasons
    .filter(([count]) => count > 0)
    .map(([count, reason]) => {
      const events = count === 1 ? '1 event has' : `${count.toLocaleString('en')} events have`;
      const them =
        count === 1
          ? 'is left out: tracelane check shows it.'
          : 'are left out: tracelane check shows them.';
      return `${events} ${reason}, and ${them}`;
    });
}
