import { fitsShape, metadataShape } from '../../trace-event/metadata.js';
import { isObject, type TraceEntry } from '../source/entries.js';
import { show } from './fields.js';
import type { Report } from './findings.js';

export function checkMetadata(entry: TraceEntry, report: Report): void {
  const { name, args } = entry.event ?? {};
  const shape = metadataShape(name);
  if (shape === undefined || !isObject(args)) return;
  const value = args[shape.key];
  if (fitsShape(shape, value)) return;
  const expected = `args.${shape.key} of ${String(name)} must be a ${shape.type}`;
  report('metadata-args', entry, `${expected}, not ${show(value)}`);
}

/** chrome://tracing fixes the series of a counter by its first event. */
export class CounterCheck {
  readonly #first = new Map<string, { readonly keys: string; readonly index: number }>();

  take(entry: TraceEntry, report: Report): void {
    const { name, pid, id, args } = entry.event ?? {};
    if (!isObject(args)) {
      report('counter-value', entry, `counter "${name}" has no value`);
      return;
    }
    const values = Object.entries(args);
    if (values.length === 0) report('counter-value', entry, `counter "${name}" has no value`);
    for (const [key, value] of values) {
      if (typeof value === 'number' && Number.isFinite(value)) continue;
      report('counter-value', entry, `"${key}" must be a number, not ${show(value)}`);
    }
    const keys = JSON.stringify(Object.keys(args).sort());
    const counter = JSON.stringify([pid, name, id]);
    const first = this.#first.get(counter);
    if (first === undefined) this.#first.set(counter, { keys, index: entry.index });
    else if (first.keys !== keys) {
      const message = `keys ${keys}, those of event ${first.index} are ${first.keys}`;
      report('counter-keys', entry, message);
    }
  }
}
