import type { TraceEntry } from '../source/entries.js';
import type { EventBatch } from '../source/event-batch.js';

/** A new trace, whatever its format is. */
export interface TraceFile {
  /** Takes the JSON of an event. */
  write(event: string | Uint8Array): void;
  /** Take events as they were read. */
  takeBatch(batch: EventBatch): void;
  takeEntry(entry: TraceEntry): void;
  /**
   * There are no more events: writes what is left, with turns of the event loop between. The object form of
   * Chrome's format has other members beside the list of events; other formats have no place for them.
   */
  end(members?: ReadonlyMap<string, unknown>): Promise<void>;
  /** Can be called again. */
  close(): void;
  /** How many events were taken. */
  readonly events: number;
  /** How many bytes it has on the disk, once it has ended. */
  readonly size: number;
  /** What the format cannot hold, and how much of it there was, once it has ended. */
  readonly leftOut: ReadonlyMap<string, number>;
  /** What overlaps others, so that it stands on a track of its own, where the format asks for that. */
  readonly overlapping: number;
}
