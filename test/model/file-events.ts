import type { RecordedEvent } from '../record-trace.js';

/** Whole nanoseconds: what times are in the file, written as microseconds. */
export const nanoseconds = (microseconds: number): number => Math.round(microseconds * 1000);

interface ThreadId {
  readonly pid: number;
  readonly tid: number;
}

/** The events of a file, each to be taken by what explains it. What is left nobody has recorded. */
export class FileEvents {
  readonly #waiting = new Map<string, RecordedEvent[]>();

  constructor(events: readonly RecordedEvent[]) {
    // Metadata has no time: it stays in the order of the file.
    for (const event of events.toSorted((a, b) => a.ts - b.ts)) {
      const key = keyOf(event, event.ph, event.name);
      const same = this.#waiting.get(key);
      if (same === undefined) this.#waiting.set(key, [event]);
      else same.push(event);
    }
  }

  /** The first one of that thread, phase and name. */
  take(thread: ThreadId, phase: string, name: string): RecordedEvent | undefined {
    return this.#waiting.get(keyOf(thread, phase, name))?.shift();
  }

  /** All of a phase. */
  takeAll(phase: string): RecordedEvent[] {
    return [...this.#waiting.values()]
      .filter((events) => events[0]?.ph === phase)
      .flatMap((events) => events.splice(0));
  }

  get left(): RecordedEvent[] {
    return [...this.#waiting.values()].flat();
  }
}

function keyOf({ pid, tid }: ThreadId, phase: string, name: string): string {
  return `${pid}/${tid} ${phase} ${name}`;
}
