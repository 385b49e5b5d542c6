import { readTraceStart, TRACE_START } from '../../trace-event/trace-start.js';
import { isObject, type RawEvent } from './entries.js';

const NS_PER_US = 1000;

/** The metadata event that tells when time 0 of a trace of tracelane was. */
export function isTraceStart({ ph, name }: RawEvent): boolean {
  return ph === 'M' && name === TRACE_START;
}

/** Its arguments, after so many nanoseconds were added to all times of the trace. */
export function moveTimeZero(args: unknown, nanoseconds: number): unknown {
  if (nanoseconds === 0 || !isObject(args)) return args;
  const moved: Record<string, unknown> = { ...args };
  const { wallMicroseconds: wall, monotonicNanoseconds: monotonic } = readTraceStart(args);
  if (wall !== undefined) moved['wallMicroseconds'] = wall - nanoseconds / NS_PER_US;
  if (monotonic !== undefined) {
    moved['monotonicNanoseconds'] = String(monotonic - BigInt(Math.round(nanoseconds)));
  }
  return moved;
}
