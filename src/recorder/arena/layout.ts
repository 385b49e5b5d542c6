/**
 * Where everything stands in the arena, the one `SharedArrayBuffer` between the threads that
 * record and the writer:
 *
 *     control block │ chunk header 0 … n-1 │ chunk body 0 … n-1
 *      4 KiB         64 bytes each          64 KiB each
 *
 * Slot numbers count 32-bit words. Slots that different threads write often stand 64 bytes apart,
 * so that they do not share a cache line.
 */

export const CONTROL_BYTES = 4096;
export const CHUNK_HEADER_BYTES = 64;
export const CHUNK_BYTES = 64 * 1024;

/** Words are 8 bytes: the unit in which records are measured and aligned. */
export const WORD_BYTES = 8;
export const CHUNK_WORDS = CHUNK_BYTES / WORD_BYTES;

// --- Control block: 32-bit slots ---------------------------------------------------------------

/** One of the RECORDING_* values. */
export const SLOT_STATE = 0;
/**
 * One of the ROLE_* values: who drains the arena. Changed by compare-and-swap from VACANT, or from THREAD
 * once that thread has ended. FINISHED stays.
 */
export const SLOT_WRITER_ROLE = 1;
/**
 * How many streams were ever opened; the last id given out. A thread has one at a time, another after
 * `close()`, and one more for each track of its own.
 */
export const SLOT_STREAMS = 2;
/** Bit set of REPORTED_*: warnings that some thread has already given. */
export const SLOT_REPORTED = 3;
/** 64 random bits that name the arena: a thread may meet the same memory as several objects. */
export const SLOT_NAME = 4;
/** 1 once the program used 0 as its own id; until then, 0 means that nothing was recorded. */
export const SLOT_ZERO_IS_ID = 6;
/** Which of the journal's two checkpoints is valid: 1 or 2; 0 for none. */
export const SLOT_CHECKPOINT = 7;
/** What the system calls the writer's thread, where that is known; else 0. */
export const SLOT_WRITER_TASK = 8;
/** Bit set of NOTICE_*: what the writer has met, for the owner to warn of. */
export const SLOT_NOTICES = 9;
/** What tells an arena from other memory: ARENA_MARK plus the version of its layout. */
export const SLOT_MARK = 10;
/** Bumped to wake the writer: chunks were sealed, a flush or the stop was asked for. */
export const SLOT_WAKE = 16;
/** Bumped by the writer each time it frees chunks: threads waiting for one sleep on it. */
export const SLOT_FREED = 32;
/** Number of the last flush that anyone asked for. */
export const SLOT_FLUSH_REQUESTED = 48;
/** Number of the last flush that the writer finished. Waiters sleep on it. */
export const SLOT_FLUSH_DONE = 64;
/** Odd while the writer moves events from the chunks' counts to COUNTER_FREED. */
export const SLOT_RELEASING = 65;
/** How many chunks were sealed. Goes round. */
export const SLOT_SEALED = 80;

export const ARENA_MARK = 0x7261_6300;

/** Threads record. Until then the slot holds 0. */
export const RECORDING_ON = 1;
/** The owner has asked for the end: threads record nothing more. */
export const RECORDING_STOPPED = 2;

export const ROLE_VACANT = 0;
export const ROLE_THREAD = 1;
export const ROLE_INLINE = 2;
/** The writer has written the last byte, or has failed for good. */
export const ROLE_FINISHED = 3;

export const REPORTED_INVALID = 1;
export const REPORTED_UNMATCHED = 2;
export const REPORTED_WRITE_ERROR = 4;
export const REPORTED_DROPPED = 8;
export const REPORTED_FILE_CUT = 16;
export const REPORTED_OUTPUT_STALLED = 32;

/** Somebody else has cut the file. */
export const NOTICE_FILE_CUT = 1;
/** The reader of a pipe has taken nothing for so long that it is not waited for. */
export const NOTICE_OUTPUT_STALLED = 2;

// --- Control block: 64-bit counters, as indices into a BigInt64Array ----------------------------

/** Events in chunks that the writer has already freed. */
export const COUNTER_FREED = 128;
/** Events that found no room. */
export const COUNTER_DROPPED = 129;
/** Calls whose input was refused. */
export const COUNTER_INVALID = 130;
/** Events that stand in the file for good. */
export const COUNTER_WRITTEN = 131;
/** Bytes of the file. */
export const COUNTER_BYTES = 132;
/** Ends, steps and instants whose id was not open. */
export const COUNTER_UNMATCHED = 133;
/** Spans and async operations that are open. */
export const COUNTER_OPEN = 134;
/** Writes that failed. */
export const COUNTER_WRITE_ERRORS = 135;
/** Events drained but not written, because writing failed. */
export const COUNTER_LOST = 136;
/** Parts of child processes that were joined. */
export const COUNTER_JOINED = 137;

/** What made writing fail, as UTF-8, its length in the 32-bit slot before it. */
export const SLOT_FAILURE_LENGTH = 511;
export const FAILURE_OFFSET = 2048;
export const MAX_FAILURE_BYTES = 2048;

// --- Chunk header: 32-bit slots, relative to the header -----------------------------------------

/** `stream << 2 | CHUNK_*`, so that a claim names its claimer in the same atomic step. */
export const HEADER_STATE = 0;
/**
 * What the system calls the thread that claimed the chunk, or 0; see `tasks.ts`. With the state it is
 * one word of 64 bits, so that a claim stores both at once.
 */
export const HEADER_TASK = 1;
/**
 * What is committed: `events << 16 | words`. Stored after the records that it covers; a reader
 * that has loaded it may read that many words of the body.
 */
export const HEADER_COMMIT = 2;
/** Position of this chunk in its stream. Valid once anything is committed. */
export const HEADER_CHUNK_INDEX = 3;
/** Words that the writer has read and that stand in the file. Only the writer touches it. */
export const HEADER_CONSUMED = 4;

export const CHUNK_FREE = 0;
export const CHUNK_WRITING = 1;
export const CHUNK_SEALED = 2;
export const CHUNK_STATE_BITS = 2;
export const CHUNK_STATE_MASK = 3;

export const COMMIT_WORDS_MASK = 0xffff;
export const COMMIT_EVENT_SHIFT = 16;
/** Added to a commit value for each event that a record stands for. */
export const COMMIT_EVENT = 1 << COMMIT_EVENT_SHIFT;
