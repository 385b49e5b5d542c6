import type { Args } from '../../trace-event/events.js';
import { fitsShape, metadataShape } from '../../trace-event/metadata.js';

/** A copy of a metadata event's arguments; undefined where viewers could not read them. */
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
