/** How many zeros a unit has. */
type Units = Readonly<Record<string, number>>;

/** Of times, in nanoseconds. */
export const TIMES: Units = { ns: 0, us: 3, µs: 3, ms: 6, s: 9 };

/**
 * A decimal number of a unit, as a person writes it. The zeros are put to the text: 1.001 times a thousand
 * is a bit less than 1001 to a computer, and what takes just so long would be on the wrong side of it.
 */
export function inUnits(number: string, unit: string, units: Units): number {
  return Number(`${number}e${units[unit]}`);
}
