import { annotation } from '../../../encoding/perfetto/fields.js';
import { freeName } from '../../../encoding/perfetto/free-name.js';
import { type Annotation, annotationsOf, varintAt } from './join-arguments.js';
import type { Keys } from './keys.js';
import { FLOW_ID_BYTES, type FlowPoint } from './packet-writer.js';
import type { Spool } from './spool.js';

/**
 * Gives other names to what points of flows say where an argument of their slice, or a point before, has the
 * same one.
 *
 * @param slice The place of the arguments in the spool.
 */
export function withFreeNames(
  points: readonly FlowPoint[],
  spool: Spool,
  keys: Keys,
  slice: number,
): readonly FlowPoint[] {
  let taken: Set<string> | undefined;
  return points.map((point) => {
    if (point.isAdded) return point;
    spool.read(point.spool);
    const [said] = annotationsOf(spool, FLOW_ID_BYTES);
    if (said === undefined) return point;
    const name = nameOf(said, spool, keys);
    if (taken === undefined) {
      spool.read(slice);
      taken = new Set(annotationsOf(spool).map((one) => nameOf(one, spool, keys)));
    }
    const free = freeName(name, taken);
    return free === name ? point : { ...point, name: free };
  });
}

function nameOf({ content, keyEnd }: Annotation, { bytes }: Spool, keys: Keys): string {
  const [behind, value] = varintAt(bytes, content + 1);
  if (bytes[content] === annotation.nameId) return keys.text(value);
  return Buffer.from(bytes.subarray(behind, keyEnd)).toString();
}
