/**
 * How often a test that repeats something does so. `TRACELANE_LONG=1` asks for its full length, which
 * may take minutes; `TRACELANE_QUICK=1` for what a second run of the suite, on another Node, needs.
 */
export function repetitions(normal: number, { quick = normal, long = normal }): number {
  if (process.env['TRACELANE_LONG'] !== undefined) return long;
  return process.env['TRACELANE_QUICK'] === undefined ? normal : quick;
}
