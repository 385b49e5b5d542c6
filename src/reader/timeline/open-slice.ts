import type { ReusedEvent } from './thread-events.js';

/** A slice that is not over. */
export class Open {
  event: ReusedEvent;
  /** Its place on the stack. */
  readonly at: number;
  /** Infinity as long as it is not known: for a begin, until its own end was seen. */
  end = Number.POSITIVE_INFINITY;
  endedBy: ReusedEvent | undefined;
  /** Of itself and the slices around it, the one that ends first, as far as that is known. */
  first: Open = this;
  /** Nanoseconds in which slices inside it ran. */
  inside = 0;

  constructor(at: number, event: ReusedEvent) {
    this.at = at;
    this.event = event;
  }
}
