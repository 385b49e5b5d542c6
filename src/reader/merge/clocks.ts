import { isMicroseconds, NS_PER_US, numberOf } from '../../trace-event/numbers.js';
import { readTraceStart, TRACE_START } from '../../trace-event/trace-start.js';
import { isObject, type RawEvent } from '../source/entries.js';

/**
 * Two traces of one machine give monotonic and wall clocks that agree to this. Those of two machines
 * hardly ever do so by chance.
 */
const SAME_MACHINE_NS = 100e6;

/** Nanoseconds by which times can be moved, 73 years: of more, viewers could not count the sums. */
const MAX_OFFSET = 2 ** 61;

/** When time 0 of a trace was, on clocks that other traces have, too. */
export interface TraceClock {
  /** Microseconds since 1970. A double is too coarse to hold that in nanoseconds. */
  wall?: number;
  /** Nanoseconds of CLOCK_MONOTONIC. After 104 days without a restart a double cannot hold them. */
  monotonic?: bigint;
}

export type Alignment = 'reference' | 'monotonic' | 'wall' | 'none';

/** Finds out what a trace says of its clock. Each tool has its own way of saying it. */
export class ClockReader {
  readonly clock: TraceClock = {};

  /** Takes a metadata event. */
  take({ name, args }: RawEvent): void {
    if (!isObject(args)) return;
    if (name === TRACE_START) {
      // The first one counts: a trace that was joined may have those of its parts behind it.
      if (this.clock.wall !== undefined) return;
      const { clock, wallMicroseconds, monotonicNanoseconds } = readTraceStart(args);
      if (!isMicroseconds(wallMicroseconds)) return;
      const isEpoch = clock === 'epoch';
      this.clock.wall = isEpoch ? 0 : wallMicroseconds;
      if (monotonicNanoseconds === undefined) return;
      const since1970 = isEpoch ? BigInt(Math.round(wallMicroseconds * NS_PER_US)) : 0n;
      this.clock.monotonic = monotonicNanoseconds - since1970;
    } else if (name === 'node' && isObject(args['process'])) {
      // Node's own trace events have the time of CLOCK_MONOTONIC.
      this.clock.monotonic = 0n;
    }
  }

  /** Takes what stands beside the events in the object form. */
  takeMembers(members: ReadonlyMap<string, unknown>): void {
    const number = (name: string, factor: number): void => {
      const value = (numberOf(members.get(name)) ?? Number.NaN) * factor;
      if (isMicroseconds(value)) this.clock.wall ??= value;
    };
    // clang -ftime-trace.
    if (members.has('beginningOfTime')) number('beginningOfTime', 1);
    // PyTorch.
    if (members.has('baseTimeNanoseconds')) number('baseTimeNanoseconds', 1 / NS_PER_US);
    const viztracer = members.get('viztracer_metadata');
    if (isObject(viztracer) && Number.isFinite(viztracer['baseTimeNanoseconds'])) {
      const wall = Number(viztracer['baseTimeNanoseconds']) / NS_PER_US;
      if (isMicroseconds(wall)) this.clock.wall ??= wall;
    }
    const chrome = members.get('metadata');
    if (isObject(chrome) && /MONOTONIC/.test(String(chrome['clock-domain']))) {
      this.clock.monotonic ??= 0n;
    }
  }
}

/** Nanoseconds to add to a trace's times so that they are those of the reference. */
export function align(
  clock: TraceClock,
  reference: TraceClock,
): { readonly alignment: Alignment; readonly offset: number } {
  const wall =
    clock.wall === undefined || reference.wall === undefined
      ? undefined
      : (clock.wall - reference.wall) * NS_PER_US;
  if (clock.monotonic !== undefined && reference.monotonic !== undefined) {
    const offset = Number(clock.monotonic - reference.monotonic);
    // The better clock, because nobody sets it. But it is another one on each machine and after
    // each start of it: where the wall clocks are known, they tell whether it is the same.
    const isSameMachine = wall === undefined || Math.abs(offset - wall) <= SAME_MACHINE_NS;
    if (isSameMachine && Math.abs(offset) <= MAX_OFFSET) {
      return { alignment: 'monotonic', offset };
    }
  }
  if (wall !== undefined && Math.abs(wall) <= MAX_OFFSET)
    return { alignment: 'wall', offset: Math.round(wall) };
  return { alignment: 'none', offset: 0 };
}
