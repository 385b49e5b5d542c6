import type { Args } from '../../trace-event/events.js';
import { fitsShape, metadataShape } from '../../trace-event/metadata.js';

/** Arguments of a metadata event, read once; undefined where viewers look for others. */
export function readMetadata(name: unknown, args: Args): Args | undefined {
  const shape = metadataShape(name);
  if (shape === undefined) return args ?? {};
  try {
    const own = { ...args };
    return fitsShape(shape, own[shape.key]) ? own : undefined;
  } catch {
    return undefined;
  }
}
