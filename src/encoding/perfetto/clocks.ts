import type { Piece } from '../byte-buffer.js';
import { clock, snapshot } from './fields.js';
import { WireBuffer } from './wire.js';

/** Of a sequence: how many nanoseconds after the packet before; and after time 0 of the trace. */
export const SINCE_LAST = 64;
export const SINCE_START = 65;

/**
 * A ClockSnapshot: time 0 of the trace on the clocks of a sequence and of the system. Each sequence has the
 * same, also one that begins late, as clocks must not go back from one snapshot to the next.
 *
 * @param zero What clocks of the system showed at time 0, by their numbers.
 * @param counts The one that viewers count in.
 */
export function clockSnapshot(zero: Iterable<readonly [number, bigint]>, counts: number): Piece {
  const out = new WireBuffer(256);
  const put = (id: number, time: bigint, isIncremental: boolean) => {
    const inside = out.open(snapshot.clock);
    out.field(clock.id, id);
    out.tag(clock.timestamp);
    out.long(time);
    if (isIncremental) out.field(clock.isIncremental, 1);
    out.close(inside);
  };
  put(SINCE_LAST, 0n, true);
  put(SINCE_START, 0n, false);
  for (const [id, time] of zero) put(id, time, false);
  out.field(snapshot.primary, counts);
  return out.pieceFrom(0);
}
