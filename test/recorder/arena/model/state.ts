/**
 * A model of the arena's protocol, small enough to look at every order of its steps: two threads
 * that record, a writer, two chunks with room for two records each.
 *
 * All that the shared memory and the three threads hold is one array of bytes. A step is one memory
 * operation of one thread and stands under the name of the function that has it. Steps happen one
 * after the other: the memory model of JavaScript promises no less for what atomic stores publish.
 *
 * Left out: the timeouts of both waits (the protocol must work without them), the number that a
 * stream is given (thread n has stream n), flushes, drops, and writes in the middle of a pass.
 */

/** Each is the protocol with one step broken or left out. */
export interface Variant {
  /** `Arena.claim` stores where it has to swap. */
  readonly claimByStore?: boolean;
  /** `ChunkWriter.commit` comes before the record. */
  readonly commitFirst?: boolean;
  /** `Arena.seal` stores where it has to swap. */
  readonly sealByStore?: boolean;
  /** `Drain.#scan` loads the commit before the state. */
  readonly scanCommitFirst?: boolean;
  /** `Arena.free` stores the state before the commit. */
  readonly freeStateFirst?: boolean;
  /** `Arena.wake` and `Arena.notifyFreed` notify before they count. */
  readonly notifyFirst?: boolean;
  /** `runWriter` loads the count of wakes after its turn. */
  readonly seenAfterTurn?: boolean;
  /** `runWriter` sleeps whatever the count of wakes is by now. */
  readonly sleepUnchecked?: boolean;
  /** `ChunkWriter.#claim` loads the count of freed chunks after its first search, not before. */
  readonly freedAfterSearch?: boolean;
  /** `TraceWriter.flush` gives chunks back only in a pass that has read a record. */
  readonly settleOnlyIfTaken?: boolean;
  /** `Drain.pass` goes on in a stream behind a chunk that the scan did not see whole. */
  readonly readBehindGaps?: boolean;
  /** `Drain.pass` ends a stream in the pass that finds its thread gone, not in the next one. */
  readonly endAtOnce?: boolean;
  /** `Drain.#freeAbandoned` frees a chunk with nothing in it whether its thread is gone or not. */
  readonly freeUnasked?: boolean;
}

/**
 * What each thread records, the letters of a call together: `T` and `D` are records without a time
 * (KIND_THREAD, a definition), `R` has the time at which its call began, `E` ends the stream. An
 * end that stands in the call before it has an earlier time than a real one can have: to allow more
 * is as good for a check, and takes fewer states.
 */
export interface Scenario {
  readonly scripts: readonly [string, string];
  /** Thread 2 may stop between any two steps. Thread 1, which started it, tells the writer. */
  readonly mortal?: boolean;
  /** Thread 1 tells nothing: the writer asks the system which threads are gone. */
  readonly asks?: boolean;
}

export interface Context {
  readonly variant: Variant;
  readonly mortal: boolean;
  readonly asks: boolean;
  /** By thread, from 1: the letters of its script, and whether each of them begins a call. */
  readonly letters: readonly string[];
  readonly beginsCall: readonly (readonly boolean[])[];
}

export function contextOf(
  { scripts, mortal = false, asks = false }: Scenario,
  variant: Variant,
): Context {
  const calls = ['', ...scripts].map((script) => script.split(' '));
  return {
    variant,
    mortal,
    asks,
    letters: calls.map((words) => words.join('')),
    beginsCall: calls.map((words) => words.flatMap((call) => [...call].map((_, i) => i === 0))),
  };
}

/** A promise of the protocol was broken. */
export class Violation extends Error {}

export type State = Uint8Array;

export const PARENT = 1;
export const CHILD = 2;
export const CHUNKS: readonly number[] = [0, 1];
export const CAPACITY = 2;
export const NO_CHUNK = 2;

export const FREE = 0;
export const WRITING = 1;
export const SEALED = 2;
/** A chunk's state is `stream << 2 | …`, as in the arena. */
export const STREAM_SHIFT = 2;

// --- Shared memory ------------------------------------------------------------------------------

/**
 * Whether SLOT_WAKE is still what the writer has seen. A wait asks no more of a count, and without
 * the count itself there are fewer states.
 */
export const WAKE_IS_SEEN = 0;

export const chunkAt = (chunk: number): number => 1 + chunk * 8;
export const STATE = 0;
export const COMMIT = 1;
export const SEQUENCE = 2;
export const CONSUMED = 3;
/** Two bytes for each record, its head and its tail: `stream << 5 | kind << 3 | number`. */
export const BODY = 4;

export const UNTIMED = 0;
export const TIMED = 1;
export const ENDS = 2;
export const DIED = 3;
/** In the tail: later than the time up to which the present pass reads. */
export const LATE = 0x80;

// --- What a recording thread knows --------------------------------------------------------------

export const threadAt = (thread: number): number => 17 + (thread - 1) * 10;
export const STEP = 0;
export const CHUNK = 1;
export const POSITION = 2;
export const OWN_SEQUENCE = 3;
/** The next letter of its script, and how many records it has committed. */
export const LETTER = 4;
export const COUNT = 5;
export const CALL_IS_LATE = 6;
/** How many chunks the search has looked at. */
export const SEARCHED = 7;
/** Whether SLOT_FREED is still what the thread has seen; whether a search was in vain. */
export const FREED_IS_SEEN = 8;
export const WAITING = 9;

/** 0, then 1 while the record about the other thread is being written, then 2. */
export const TELLING = 37;

// --- What the writer knows ----------------------------------------------------------------------

export const WRITER_STEP = 38;
export const AT = 39;
export const LOADED_STATE = 40;
export const LOADED_COMMIT = 41;
export const IN_PASS = 42;
export const TAKEN = 43;
export const FREED_SOME = 44;

/** What the pass has found in a chunk: `PendingChunk`. */
export const pendingAt = (chunk: number): number => 45 + chunk * 7;
export const PENDING = 0;
export const STREAM = 1;
export const PLACE = 2;
export const NEXT = 3;
export const END = 4;
export const WHOLE = 5;
export const PASSED = 6;

/** What the writer knows of a stream: `Stream`. READ is the checker's own. */
export const streamAt = (stream: number): number => 59 + (stream - 1) * 5;
export const KNOWN = 0;
export const ENDED = 1;
export const LIVE = 2;
export const NEXT_PLACE = 3;
export const READ = 4;

/** Whether a pass has found that thread 2 is gone: `Drain.#gone`. */
export const GONE = 69;

export const STATE_BYTES = 72;

export const isChunkOf = (s: State, chunk: number, stream: number): boolean =>
  s[chunkAt(chunk) + STATE] >> STREAM_SHIFT === stream;
