/**
 * What a page asks about a trace, and what it is told. The same questions go over HTTP to the process
 * of `tracelane view`, and by messages to the worker of a report: the page does not know the difference.
 *
 * Times are nanoseconds since the first event, as numbers that hold them exactly. Whatever is named
 * by a number (tracks, slices) keeps that number for as long as the trace has the same `version`.
 */

/** What a track shows. */
export type TrackKind =
  /** Nothing of its own: it stands for a process and holds its tracks. */
  | 'process'
  /** The slices of a thread, as they nest. */
  | 'thread'
  /** Async operations, in lanes: one that overlaps another has a lane of its own. */
  | 'operations'
  /** Stacks of a sampling profiler, drawn as slices. */
  | 'samples'
  /** Values over time. */
  | 'counter'
  /** Moments: of a process, or of the whole trace. Those of a thread stand on its own track. */
  | 'instants';

/** A track, as the list on the left shows it. */
export interface TrackFacts {
  readonly track: number;
  /** The track that it lies under, or -1. Parents come before what lies under them. */
  readonly parent: number;
  readonly kind: TrackKind;
  readonly name: string;
  /** pid or tid, where the name does not tell this track from others. */
  readonly note: string;
  /** How many rows of slices it has. 0 for processes and counters. */
  readonly lanes: number;
  /** How many slices, instants or values it has. */
  readonly count: number;
  /** Of counters: the names of their series, stacked in this order. */
  readonly series: readonly string[];
  /**
   * Of counters: the lowest and the highest sum of its series, of which what is below zero is added up by
   * itself. 0 and 0 for all else.
   */
  readonly lowest: number;
  readonly highest: number;
}

/** A time in which nothing was recorded, or not all. */
export interface Gap {
  readonly start: number;
  readonly end: number;
  /** What a person is told: '120 events were dropped', say. */
  readonly text: string;
}

/** What is known of a trace before anything is drawn. */
export interface TraceFacts {
  /** The name of the file, without its folder. */
  readonly name: string;
  /** Another one when the trace has grown: everything is asked anew then. */
  readonly version: number;
  /** Whether it may still grow. */
  readonly growing: boolean;
  readonly events: number;
  readonly start: number;
  readonly end: number;
  /**
   * What the clock of the trace said at time 0: the sum of both, which one number does not hold exactly. It
   * is another one when an earlier event has come.
   */
  readonly zero: readonly [microseconds: number, nanoseconds: number];
  /** Milliseconds since 1970 of time 0, where the trace tells. */
  readonly wallClock: number | undefined;
  /** Everything that is drawn, in the order in which it is shown first. */
  readonly tracks: readonly TrackFacts[];
  readonly gaps: readonly Gap[];
  /** Sentences for a person: that the file is cut off, that events are damaged. */
  readonly notes: readonly string[];
  /** How many requests there are: with none, their table is not offered. */
  readonly requests: number;
  /** How busy each of equal parts of the whole trace is, from 0 to 1: the minimap. */
  readonly activity: readonly number[];
}

/** What is drawn of some tracks in a range. */
export interface DrawQuestion {
  readonly ask: 'draw';
  readonly from: number;
  readonly to: number;
  /** How many pixels the range has: what is narrower than one is joined with its neighbours. */
  readonly pixels: number;
  readonly tracks: readonly number[];
  /** A slice: what belongs to the same operation has `BELONGS`. */
  readonly belongingTo?: number | undefined;
}

/** Flags of a drawn segment. */
export const Flag = {
  /** It was never ended: it goes on to the end of the trace. */
  UNFINISHED: 1,
  /** It overlaps another one of its thread, which no track can show by nesting. */
  OVERLAPS: 2,
  /** It stands for several that are narrower than a pixel. Name and slice are those of the longest. */
  JOINED: 4,
  /** A moment, without a length. */
  INSTANT: 8,
  /** It, or one that it stands for, belongs to what was asked for. */
  BELONGS: 16,
  /** It carries an error. */
  FAILED: 32,
} as const;

/** The segments of one track, by lane and then by time. All lists are of one length. */
export interface SlicesPicture {
  readonly track: number;
  readonly lanes: Uint16Array;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Places in `Picture.texts`. */
  readonly names: Uint32Array;
  readonly categories: Uint32Array;
  readonly slices: Uint32Array;
  /** Of {@link Flag}. */
  readonly flags: Uint8Array;
}

/** The values of one counter: each holds until the next one. */
export interface CounterPicture {
  readonly track: number;
  readonly times: Float64Array;
  /** For each series, as many values as there are times. Where values are joined, the highest. */
  readonly values: readonly Float64Array[];
}

export interface Picture {
  readonly version: number;
  readonly texts: readonly string[];
  readonly slices: readonly SlicesPicture[];
  readonly counters: readonly CounterPicture[];
}

/** A slice, an operation or an instant, in a few words. */
export interface SliceFacts {
  readonly slice: number;
  readonly track: number;
  readonly lane: number;
  readonly name: string;
  readonly category: string;
  readonly start: number;
  /** Nanoseconds; null where it was never ended. */
  readonly duration: number | null;
}

export interface SliceQuestion {
  readonly ask: 'slice';
  readonly slice: number;
}

/** What happens inside of a slice, by name. */
export interface InnerCalls {
  readonly name: string;
  readonly count: number;
  readonly total: number;
}

/** Everything about a slice. */
export interface SliceDetails extends SliceFacts {
  readonly isInstant: boolean;
  /** Time in which nothing inside it ran; null where it was never ended, or is no slice of a thread. */
  readonly self: number | null;
  /** As they stand in the file, shortened where they are huge; undefined where there are none. */
  readonly args: unknown;
  /** What lies around it, from the outermost. */
  readonly callers: readonly SliceFacts[];
  /** What lies right inside of it, the longest in all first. */
  readonly callees: readonly InnerCalls[];
  /** The ones of the same name before and after it, on any track. */
  readonly previous: number | undefined;
  readonly next: number | undefined;
  /** The operation that it belongs to: the outermost one. */
  readonly root: SliceFacts | undefined;
  /** How many slices belong to that. */
  readonly belonging: number;
  /** Arrows that lead to it, and that lead away from it; 300 at the most. */
  readonly flows: readonly FlowFacts[];
  /** Where it stands in the (unpacked) file: the byte at which its event begins. */
  readonly offset: number;
}

/** An arrow from one slice to another. */
export interface FlowFacts {
  readonly name: string;
  readonly from: SliceFacts;
  readonly to: SliceFacts;
  readonly start: number;
  readonly end: number;
}

/** The slice before or after one: of its track and lane, or of its name. */
export interface StepQuestion {
  readonly ask: 'step';
  readonly slice: number;
  readonly by: 'lane' | 'name';
  readonly forward: boolean;
}

/** Answered by a list for people who cannot see the picture, and for those who like tables better. */
export interface ListQuestion {
  readonly ask: 'list';
  readonly from: number;
  readonly to: number;
  readonly tracks: readonly number[];
  /** How many at most: the longest, in the order of time. */
  readonly limit: number;
}

export interface ListAnswer {
  readonly count: number;
  readonly slices: readonly SliceFacts[];
}

/** Numbers of a range. Slices count by the part of them that lies in it. */
export interface StatisticsQuestion {
  readonly ask: 'statistics';
  readonly from: number;
  readonly to: number;
  /** Default: all. */
  readonly tracks?: readonly number[] | undefined;
}

export interface NameStatistics {
  readonly name: string;
  readonly category: string;
  readonly kind: 'slice' | 'operation' | 'sample';
  readonly count: number;
  readonly total: number;
  /** Nanoseconds in which nothing inside ran; null for operations. */
  readonly self: number | null;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** The longest one. */
  readonly longest: number;
}

export interface Statistics {
  /** The largest total first; 1,000 at the most. */
  readonly names: readonly NameStatistics[];
  /** How many names there are. */
  readonly nameCount: number;
  /** Nanoseconds in which some slice of a thread was open. */
  readonly threads: readonly { readonly track: number; readonly busy: number }[];
  readonly counters: readonly {
    readonly track: number;
    readonly series: string;
    /** Weighted by time. */
    readonly mean: number;
    readonly max: number;
  }[];
}

export interface FlameQuestion {
  readonly ask: 'flame';
  readonly from: number;
  readonly to: number;
  readonly tracks?: readonly number[] | undefined;
  /** From callers down to callees, or from each name up to its callers. */
  readonly direction: 'down' | 'up';
}

export interface FlameNode {
  readonly name: string;
  readonly total: number;
  readonly self: number;
  readonly count: number;
  readonly children: readonly FlameNode[];
}

export interface FlameAnswer {
  readonly total: number;
  readonly roots: readonly FlameNode[];
  /** Whether small ones were left out. */
  readonly isShortened: boolean;
}

/** `text` is what a person types: words, `dur>10ms`, `cat:db`, `thread:worker`, `arg:value`. */
export interface FindQuestion {
  readonly ask: 'find';
  readonly text: string;
  /** How many hits are listed at most, in the order of time. */
  readonly limit: number;
}

export interface FindAnswer {
  readonly count: number;
  readonly hits: readonly SliceFacts[];
  /** How many hits lie in each of equal parts of the whole trace: as many as `activity` has. */
  readonly marks: readonly number[];
  /** What is wrong with the text, for a person; undefined where it was understood. */
  readonly problem: string | undefined;
}

export interface RequestsQuestion {
  readonly ask: 'requests';
}

/** The requests of one name. Times in nanoseconds. */
export interface RouteFacts {
  readonly name: string;
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Where the time of all of them went, by what `summary --requests` calls it. */
  readonly time: Readonly<Record<string, number>>;
  /** The slowest ones, from the slowest. */
  readonly slowest: readonly SliceFacts[];
}

export interface RequestsAnswer {
  readonly routes: readonly RouteFacts[];
  /** Those that were never ended: how many, and the oldest of them. */
  readonly unfinished: { readonly count: number; readonly oldest: readonly SliceFacts[] };
}

/** What the trace is, and has to draw. */
export interface TraceQuestion {
  readonly ask: 'trace';
}

export type Question =
  | TraceQuestion
  | DrawQuestion
  | SliceQuestion
  | StepQuestion
  | ListQuestion
  | StatisticsQuestion
  | FlameQuestion
  | FindQuestion
  | RequestsQuestion;

/** What answers each question. */
export interface Answers {
  readonly trace: TraceFacts;
  readonly draw: Picture;
  readonly slice: SliceDetails;
  /** Undefined where there is none. */
  readonly step: SliceFacts | undefined;
  readonly list: ListAnswer;
  readonly statistics: Statistics;
  readonly flame: FlameAnswer;
  readonly find: FindAnswer;
  readonly requests: RequestsAnswer;
}

export type Asked = Question['ask'];
export type QuestionOf<Kind extends Asked> = Extract<Question, { ask: Kind }>;

/** What a trace answers while it is still being read. */
export interface Loading {
  readonly loading: { readonly read: number; readonly size: number | undefined };
}

/** What a page gets when a question cannot be answered. */
export interface Failure {
  readonly failure: { readonly code: string; readonly message: string };
}

/** Whoever answers: a server over HTTP, or a worker of the same page. */
export interface TraceClient {
  /** Rejects with an Error whose message is for a person. */
  ask<Kind extends Asked>(question: QuestionOf<Kind>, signal?: AbortSignal): Promise<Answers[Kind]>;
}
