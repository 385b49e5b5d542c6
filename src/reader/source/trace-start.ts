import { NS_PER_US } from '../timeline/timed-event.js';
import { isObject, type RawEvent } from './entries.js';

/** The metadata event that tells when time 0 of a trace of tracelane was. */
export function isTraceStart({ ph, name }: RawEvent): boolean {
  return ph === 'M' && name === 'trace_start';
}

/** Its arguments, after so many nanoseconds were added to all times of the trace. */
export function moveTimeZero(args: unknown, nanoseconds: number): unknown {
  if (nanoseconds === 0 || !isObject(args)) return args;
  const moved: Record<string, unknown> = { ...args };
  const { wallMicroseconds: wall, monotonicNanoseconds: monotonic } = moved;
  if (typeof wall === 'number') moved['wallMicroseconds'] = wall - nanoseconds / NS_PER_US;
  if (typeof monotonic === 'string' && /^-?\d+$/.test(monotonic)) {
    moved['monotonicNanoseconds'] = String(BigInt(monotonic) - BigInt(Math.round(nanoseconds)));
  }
  // In words, it is not worth the arithmetic.
  delete moved['wallClock'];
  return moved;
}
