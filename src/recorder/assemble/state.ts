import type { AsyncPlace, FileId, FlowPhase } from '../format/format.js';
import type { SeriesGroup } from './counter-tracks.js';

/** What the assembler knows, as plain data. */
export interface AssemblerState {
  readonly streams: readonly StreamState[];
  readonly counters: ReadonlyMap<string, readonly SeriesGroup[]>;
  readonly lastId: number;
  readonly unmatched: number;
  readonly marked: number;
  /** How many spans there are whose begins were written and then forgotten. */
  readonly forgotten: number;
}

/** What the journal is told once, when it happens: it would be too much for each checkpoint. */
export type Note = Definition | WrittenBegin | WrittenEnd | WrittenMetadata | SpanNote | FlowNote;

/** A label or a key of a stream. */
export interface Definition {
  readonly kind: 'label' | 'key';
  readonly stream: number;
  readonly index: number;
  readonly name: string;
  readonly category: string;
}

/**
 * A span whose begin stands in the file, with its label there, and its track's id if it had one
 * before; see `written-begins.ts`. An array, as there may be many of them.
 */
export type WrittenBegin = readonly [
  id: string | number,
  name: string,
  category: string,
  track: FileId | undefined,
];

/** That one has ended: only its id. */
export type WrittenEnd = readonly [id: string | number];

/** Metadata as it stands in the file; see `said-once.ts`. */
export interface WrittenMetadata {
  readonly kind: 'metadata';
  /** What it says, and of what. */
  readonly key: string;
  readonly event: Uint8Array;
}

export interface StreamState {
  readonly id: number;
  readonly tid: number;
  readonly parentTid: number;
  readonly lastTime: number;
  readonly ended: boolean;
  readonly fragments: readonly Uint8Array[];
  readonly inside: InsideState | undefined;
}

/** How the spans are that have begun or changed; and which of those noted before are over. */
export interface SpanNote {
  readonly kind: 'spans';
  /** The arguments of all of them. */
  readonly words: Int32Array;
  readonly open: readonly OpenSpanState[];
  readonly over: readonly (readonly [stream: number, beginNumber: number])[];
}

interface HeldSpanState {
  readonly drawnAs: 'slice' | 'pair';
  readonly end: number;
  readonly args: ArgumentsState | undefined;
}

/** A tuple, because there may be many of them: it takes half the bytes of an object. */
export type OpenSpanState = readonly [
  stream: number,
  beginNumber: number,
  label: LabelState,
  start: number,
  args: ArgumentsState | undefined,
  parent: number,
  loose: boolean,
  key: string | number | undefined,
  track: TrackState | undefined,
  instants: readonly PointState[] | undefined,
  flows: readonly FlowPointState[] | undefined,
  /** Where it stands: among the spans of its thread, the async operations, or those held back. */
  standing: 'thread' | 'async' | HeldSpanState,
  lineage: LineageState | undefined,
];

/** See `Inside`. */
export type InsideState = readonly [call: number, lineage: LineageState];

/** See `Lineage`. */
export type LineageState = readonly [
  id: number | undefined,
  root: number | undefined,
  parent: number | undefined,
];

export interface LabelState {
  readonly stream: number;
  readonly name: string;
  readonly category: string;
}

/** See `AsyncTrack`. */
export type TrackState = readonly [
  id: FileId,
  name: string,
  outer: AsyncPlace | undefined,
  category: string | undefined,
  filled: number,
];

/**
 * Arguments as they were recorded, by where they stand in the words of the note; or the object that they
 * make.
 */
export type ArgumentsState =
  | readonly [from: number, to: number, long: Uint8Array | undefined]
  | { readonly object: Readonly<Record<string, unknown>> };

export interface PointState {
  readonly stream: number;
  readonly tid: number;
  readonly label: LabelState;
  readonly time: number;
  readonly args: ArgumentsState | undefined;
}

export interface FlowPointState extends PointState {
  readonly phase: FlowPhase;
  readonly id: FileId;
  readonly after: number;
}

/**
 * Flows that have started or have another last point; and those noted before that have ended since, which
 * comes first.
 */
export interface FlowNote {
  readonly kind: 'flows';
  readonly started: readonly FlowState[];
  readonly ended: readonly (readonly [key: string | number, isNamed: boolean])[];
}

/** An open flow, with the id by which the program knows it, its id in the file, and its last point's time. */
export type FlowState = readonly [
  key: string | number,
  isNamed: boolean,
  label: LabelState,
  id: FileId,
  last: number,
];
