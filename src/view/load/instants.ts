import type { TimedEvent } from '../../reader/timeline/timed-event.js';
import { Growing } from './growing.js';

/** Instants that lie on no thread, in columns, as there may be millions. */
export class Instants {
  /** Their places in the list of events. */
  readonly events = new Growing(Uint32Array);
  readonly starts = new Growing(Float64Array);
  readonly labels = new Growing(Uint32Array);
  readonly offsets = new Growing(Float64Array);
  /** Numbers of the string table. */
  readonly processes = new Growing(Uint32Array);

  get count(): number {
    return this.events.count;
  }

  add({ index, start, offset }: TimedEvent, label: number, process: number): void {
    this.events.push(index);
    this.starts.push(start);
    this.labels.push(label);
    this.offsets.push(offset);
    this.processes.push(process);
  }
}
