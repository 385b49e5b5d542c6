import { BOOTTIME, MONOTONIC, REALTIME } from '../../../trace-event/perfetto.js';
import type { TraceStart } from '../../../trace-event/trace-start.js';

/** What the clocks of the system showed at time 0. */
export function clocksAt(start: TraceStart): (readonly [clock: number, nanoseconds: bigint])[] {
  const wall = [REALTIME, BigInt(Math.round(start.wallMicroseconds)) * 1000n] as const;
  const { monotonicNanoseconds: monotonic, bootNanoseconds: boot } = start;
  return [
    wall,
    ...(monotonic === undefined ? [] : [[MONOTONIC, BigInt(monotonic)] as const]),
    ...(boot === undefined ? [] : [[BOOTTIME, BigInt(boot)] as const]),
  ];
}

/** The clock that viewers count in. */
export function countsIn({ clock, monotonicNanoseconds }: TraceStart): number {
  return clock === 'epoch' || monotonicNanoseconds === undefined ? REALTIME : MONOTONIC;
}
