import { isMicroseconds, NS_PER_US, numberOf } from '../../trace-event/numbers.js';
import { readTraceStart, TRACE_START } from '../../trace-event/trace-start.js';
import { isObject, type RawEvent } from './entries.js';

/** When time 0 of a trace was, on clocks that other traces have, too. */
export interface TraceClock {
  /** Microseconds since 1970. A double is too coarse to hold that in nanoseconds. */
  wall?: number;
  /** Nanoseconds of CLOCK_MONOTONIC. After 104 days without a restart a double cannot hold them. */
  monotonic?: bigint;
  /** The same of CLOCK_BOOTTIME. */
  boot?: bigint;
}

/** Finds out what a trace says of its clock. Each tool has its own way of saying it. */
export class ClockReader {
  readonly clock: TraceClock = {};

  /** Takes a metadata event. */
  take({ name, args }: RawEvent): void {
    if (!isObject(args)) return;
    if (name === TRACE_START) {
      // The first one counts: a trace that was joined may have those of its parts behind it.
      if (this.clock.wall !== undefined) return;
      const { clock, wallMicroseconds, ...clocks } = readTraceStart(args);
      if (!isMicroseconds(wallMicroseconds)) return;
      const isEpoch = clock === 'epoch';
      this.clock.wall = isEpoch ? 0 : wallMicroseconds;
      const since1970 = isEpoch ? BigInt(Math.round(wallMicroseconds * NS_PER_US)) : 0n;
      const { monotonicNanoseconds: monotonic, bootNanoseconds: boot } = clocks;
      if (monotonic !== undefined) this.clock.monotonic = monotonic - since1970;
      if (boot !== undefined) this.clock.boot = boot - since1970;
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
