import { NS_PER_US } from '../../trace-event/numbers.js';
import { readTraceStart, TRACE_START } from '../../trace-event/trace-start.js';
import { isObject, type RawEvent } from './entries.js';

/** Whether this is the metadata by which a trace of tracelane tells when its time 0 was. */
export function isTraceStart({ ph, name }: RawEvent): boolean {
  return ph === 'M' && name === TRACE_START;
}

/**
 * The arguments of that event, changed to what is true when this was added to all times of the
 * trace.
 */
export function moveTimeZero(args: unknown, nanoseconds: number): unknown {
  if (nanoseconds === 0 || !isObject(args)) return args;
  const moved: Record<string, unknown> = { ...args };
  const { wallMicroseconds: wall, ...clocks } = readTraceStart(args);
  if (wall !== undefined) moved['wallMicroseconds'] = wall - nanoseconds / NS_PER_US;
  for (const name of ['monotonicNanoseconds', 'bootNanoseconds'] as const) {
    const time = clocks[name];
    if (time !== undefined) moved[name] = String(time - BigInt(Math.round(nanoseconds)));
  }
  return moved;
}
