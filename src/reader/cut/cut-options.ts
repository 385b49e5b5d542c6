import type { Unread } from '../source/unread.js';
import type { ProcessOrThread } from '../timeline/timed-event.js';
import type { Unplaced } from '../timeline/unplaced.js';

/** What is kept of a trace: what all of these that are given agree on. Times are nanoseconds. */
export interface CutOptions {
  /** From the first event of the trace. What lasts into the range is kept whole. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** The first call, or instant, of a name, with so much time before it and after it. */
  readonly around?: { readonly name: string; readonly before: number; readonly after: number };
  /** What belongs to one request, by its id: on all threads, and in the processes it was sent on to. */
  readonly request?: string | undefined;
  readonly name?: ((name: string) => boolean) | undefined;
  readonly category?: ((category: string) => boolean) | undefined;
  /** Takes a thread by its ids and its name, which may be empty. */
  readonly thread?: ((tid: ProcessOrThread, name: string) => boolean) | undefined;
  readonly process?: ((pid: ProcessOrThread, name: string) => boolean) | undefined;
  /** Shorter calls are left out. */
  readonly minDuration?: number | undefined;
  /** Slices inside of so many others are left out. */
  readonly depth?: number | undefined;
  /** One of so many trees is kept: outermost calls with all that belongs to them. */
  readonly sample?: number | undefined;
  /** Bytes of the result. The shortest calls are left out until the others fit. */
  readonly maxSize?: number | undefined;
  /** Bytes of a file: makes several, each with the events of a time. */
  readonly split?: number | undefined;
}

export interface CutFile {
  readonly file: string;
  readonly events: number;
  readonly bytes: number;
  /** What its format cannot hold; and what stands on tracks of its own, as it overlaps. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly overlapping: number;
}

export interface CutResult {
  readonly files: readonly CutFile[];
  /** Files that were not made, as there is nothing in their times that has a place in the format. */
  readonly filesLeftOut: readonly string[];
  /** Events of the trace that was cut. */
  readonly events: number;
  /** Events of it that could not be read. */
  readonly damaged: number;
  /** Whether the end of the trace that was cut is missing. */
  readonly truncated: boolean;
  /** The range that was kept, from the first event of the trace, where there was one. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** From the first event of the trace to the last. */
  readonly wall: number;
  /** Calls that are shorter were left out so that the rest fits into `maxSize`. */
  readonly leftOutBelow?: number | undefined;
  /** Arrows that were left out, because the slices that they join may have been. */
  readonly flowsLeftOut: number;
  readonly unread: Unread;
  /** Events that were left out as they have no place in time. */
  readonly unplaced: Unplaced;
}

/** Why a trace cannot be cut as it was asked for. */
export class CutError extends Error {
  override readonly name = 'CutError';
  readonly code = 'TRACELANE_CANNOT_CUT';
}
