import { NS_PER_US } from '../../trace-event/numbers.js';
import type { TraceClock } from '../source/trace-clock.js';

/**
 * Two traces of one machine give monotonic and wall clocks that agree to this. Those of two machines
 * hardly ever do so by chance.
 */
const SAME_MACHINE_NS = 100e6;

/** Nanoseconds by which times can be moved, 73 years: of more, viewers could not count the sums. */
const MAX_OFFSET = 2 ** 61;

export type Alignment = 'reference' | 'monotonic' | 'wall' | 'none';

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
