import type { Gap, TrackKind } from '../wire/questions.js';

/** In a column of slices: none. */
export const NONE = 0xffff_ffff;

/** A track, as the model keeps it. Its place in the list is its number. */
export interface TrackData {
  readonly kind: TrackKind;
  readonly parent: number;
  readonly name: string;
  readonly note: string;
  /** Its lanes: from this one of all lanes on. */
  readonly firstLane: number;
  readonly lanes: number;
  /** Of a counter: its place in the list of counters, else -1. */
  readonly counter: number;
}

/** Everything that has a begin, and an end or none: sorted by track, lane and start. */
export interface SliceData {
  readonly count: number;
  readonly starts: Float64Array;
  /** Of what was never ended: the end of the trace. */
  readonly ends: Float64Array;
  /** A name with a category. */
  readonly labels: Uint32Array;
  /** What lies right around each, or NONE. */
  readonly parents: Uint32Array;
  /** Byte of the unpacked file at which the event begins. */
  readonly offsets: Float64Array;
  /** Of `Flag`: UNFINISHED, OVERLAPS, INSTANT, FAILED. */
  readonly flags: Uint8Array;
  /** Where each lane begins; one more at the end. Lanes of all tracks, one behind the other. */
  readonly laneFirst: Uint32Array;
}

/** What belongs to what, as tracelane writes it into arguments. */
export interface LineageData {
  /** For each slice: the number of the outermost call that it belongs to, or is, or NONE. */
  readonly roots: Uint32Array;
  /** For each call by its number: its slice, or NONE. */
  readonly calls: Uint32Array;
  /** For each call by its number: the track of the thread on which it began, or NONE. */
  readonly threads: Uint32Array;
  /** For each call by its number: the outermost call that it was done for, in other processes, too. */
  readonly outermost: Uint32Array;
}

export interface CounterData {
  readonly track: number;
  readonly series: readonly string[];
  readonly times: Float64Array;
  /** For each series, as many values as there are times. */
  readonly values: readonly Float64Array[];
}

/** Arrows between slices, in the order of their starts. */
export interface ArrowData {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Numbers of texts. */
  readonly names: Uint32Array;
}

/**
 * All that is kept of a trace: what answers questions, and what a report carries. Times are nanoseconds
 * since the first event.
 */
export interface ModelData {
  readonly name: string;
  readonly events: number;
  readonly start: number;
  readonly end: number;
  /** What the clock of the trace said at time 0: the sum of both, which one number does not hold exactly. */
  readonly zero: readonly [microseconds: number, nanoseconds: number];
  readonly wallClock: number | undefined;
  readonly gaps: readonly Gap[];
  readonly notes: readonly string[];
  readonly texts: readonly string[];
  /** Numbers of texts, for each label. */
  readonly labelNames: Uint32Array;
  readonly labelCategories: Uint32Array;
  readonly tracks: readonly TrackData[];
  /** Numbers of tracks, in the order in which they are shown first. */
  readonly order: readonly number[];
  readonly slices: SliceData;
  readonly lineage: LineageData | undefined;
  readonly counters: readonly CounterData[];
  readonly arrows: ArrowData;
}
