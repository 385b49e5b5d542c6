import type { AssemblerState, Note } from '../assemble/state.js';
import type { SinkState } from './sink.js';

/**
 * All that a writer knows, so that another one can go on where it was ended: as plain data, in
 * which what stood for one thing (a label, a track) is still one object.
 */
export interface Checkpoint extends AssemblerState {
  readonly file: FileState;
}

/** All that the journal is told once. */
export type WriterNote = Note | ProvisionalNote;

/** Where the file has got provisional events: the offset and the length of each. */
export interface ProvisionalNote {
  readonly kind: 'provisional';
  readonly places: Float64Array;
}

export interface FileState {
  readonly sink: SinkState;
  readonly failed: boolean;
  /** Whether all that is open was written for good. */
  readonly finished: boolean;
  /** The part whose events were last taken over: it may still be there. */
  readonly joined: string | undefined;
  /** What the counters say once the chunks that were read are given back. */
  readonly written: bigint;
  readonly lost: bigint;
  readonly freed: bigint;
  readonly read: readonly ReadChunk[];
  /** Place in its stream of the first chunk of each stream that was not given back before that. */
  readonly nextChunks: ReadonlyMap<number, number>;
}

/** A chunk, and how far it has been read: to its end, and it goes back to the threads, or not. */
export interface ReadChunk {
  readonly chunk: number;
  readonly stream: number;
  readonly chunkIndex: number;
  readonly consumed: number;
  readonly free: boolean;
  /** In a chunk that goes back. */
  readonly events: number;
}
