import { isObject, type RawEvent, type Report } from './event.js';

/** The one argument of each metadata event that a viewer honours. */
const SHAPES: ReadonlyMap<string, { key: string; type: 'string' | 'integer' }> = new Map([
  ['process_name', { key: 'name', type: 'string' }],
  ['thread_name', { key: 'name', type: 'string' }],
  ['process_labels', { key: 'labels', type: 'string' }],
  ['process_sort_index', { key: 'sort_index', type: 'integer' }],
  ['thread_sort_index', { key: 'sort_index', type: 'integer' }],
]);

export function checkMetadata(events: readonly (RawEvent | undefined)[], report: Report): void {
  for (const [line, event] of events.entries()) {
    if (event?.ph !== 'M' || typeof event.name !== 'string' || !isObject(event.args)) continue;
    const shape = SHAPES.get(event.name);
    if (shape === undefined) continue;
    const value = event.args[shape.key];
    if (shape.type === 'string' ? typeof value !== 'string' : !Number.isSafeInteger(value)) {
      const message = `args.${shape.key} of ${event.name} must be a ${shape.type}`;
      report('metadata-args', line, message);
    }
  }
}
