/**
 * The records that threads write into chunks: one table of kinds, and the words they share.
 *
 * A record is a whole number of 8-byte words:
 *
 *     word 0   header: kind (5 bits) │ length in words (13) │ label (14)   and 32 bits of operand
 *     word 1   time: performance.now() of the recording thread, a double; 0 = has no time
 *     word 2…  name and category where the kind has them and the label is LABEL_INLINE,
 *              then arguments up to the record's end
 *
 * Records of one stream are read in the order in which they were written, so definitions stand
 * before their uses. Times stay doubles here because turning them into integers costs the
 * recording thread about 10 ns a record (measured on Node 20 and 26: the rounding, the comparison
 * with the last time and the boxed fields); the writer does it when it reads.
 */

/** First record of a stream. Operand: tid. Text: the thread's name, and its parent's tid, or 0. */
export const KIND_THREAD = 1;
/** Last record of a stream: its thread has ended and nothing follows. */
export const KIND_THREAD_END = 2;
/** Another thread has died. Operand: its tid. Written by the thread that started it. */
export const KIND_THREAD_DIED = 3;
/** Operand: string id. Text: the string, no category. */
export const KIND_DEFINE_STRING = 4;
/** Label: the id being defined. Text: name and category. */
export const KIND_DEFINE_LABEL = 5;
/** A piece of JSON too long for a record. Operand: its byte length, with FRAGMENT_FIRST. */
export const KIND_FRAGMENT = 6;
/** A span begins. Operand: begin number. */
export const KIND_BEGIN = 7;
/** An async operation begins. Operand: begin number. Arguments may hold KEY_ID. */
export const KIND_ASYNC_BEGIN = 8;
/** A span or async operation of this stream ends. Operand: its begin number. */
export const KIND_END = 9;
/** The same for one that another stream began, or that has an id of the user's: KEY_ID. */
export const KIND_END_BY_ID = 10;
/** A span of this stream turns out to be asynchronous. Operand: its begin number. */
export const KIND_DETACH = 11;
/** A span that is already over. KEY_START, KEY_DURATION. */
export const KIND_COMPLETE = 12;
/** Operand: one of the SCOPE_* values. With SCOPE_SAMPLE it is no instant. */
export const KIND_INSTANT = 13;
/** Arguments: the series. */
export const KIND_COUNTER = 14;
/** KEY_ID names the operation. The category may be CATEGORY_OF_BEGIN. */
export const KIND_ASYNC_INSTANT = 15;
/** Operand: begin number. KEY_ID where the user chose the id. */
export const KIND_FLOW_START = 16;
/** KEY_ID names the flow. */
export const KIND_FLOW_STEP = 17;
/** KEY_ID names the flow. */
export const KIND_FLOW_END = 18;
/** A metadata event: name and arguments are written as they are. */
export const KIND_METADATA = 19;
/** An event of the user's: KEY_MEMBERS. Operand: which of GIVEN_* are among the members. */
export const KIND_EMIT = 20;
/** Events were dropped here. Operand: how many. */
export const KIND_DROPPED = 21;
/** A span begins that is likely to end on another thread. Operand: begin number. */
export const KIND_BEGIN_LOOSE = 22;
/** More arguments for an open span of this stream. Operand: its begin number. */
export const KIND_ARGUMENTS = 23;
/** Like END, of a span whose function goes on: OVER or RESUME follows, unless its thread dies. */
export const KIND_END_EARLY = 24;
/** The function of a span that was ended early is over. Operand: begin number. Arguments: errors. */
export const KIND_OVER = 25;
/** A span that was ended early goes on as an async operation. Operand: its begin number. */
export const KIND_RESUME = 26;
/** An open span of this stream has another name from its begin on. Operand: its begin number. */
export const KIND_RENAME = 27;
/**
 * From here on, what this stream's thread records belongs to another call, or to none. Two words: the
 * ids of that call and of the outermost one around it, doubles; 0 for none. So no record carries its
 * parent: a thread says where it is when that has changed since its last record, and at the start of
 * each chunk, because the record that said so may have found no room in the one before.
 */
export const KIND_INSIDE = 28;
/** A span begins to which what is recorded in it will belong. Operand: begin number. */
export const KIND_CALL = 29;
/** The same of an async operation. */
export const KIND_ASYNC_CALL = 30;
/**
 * A point of a flow that crosses processes. KEY_ID is its id in the file, in the files of all of them.
 * Operand: 0 for its start, 1 for its end.
 */
export const KIND_CROSSING_FLOW = 31;

/** Words before the text and the arguments. */
export const HEADER_WORDS = 2;
/** Words of an INSIDE record. */
export const INSIDE_WORDS: number = HEADER_WORDS + 2;

/** Kinds that have a name and a category: by label, or inline. */
const NAMED_KINDS = [
  KIND_THREAD,
  KIND_DEFINE_STRING,
  KIND_DEFINE_LABEL,
  KIND_BEGIN,
  KIND_BEGIN_LOOSE,
  KIND_ASYNC_BEGIN,
  KIND_COMPLETE,
  KIND_INSTANT,
  KIND_COUNTER,
  KIND_ASYNC_INSTANT,
  KIND_FLOW_START,
  KIND_METADATA,
  KIND_RENAME,
  KIND_CALL,
  KIND_ASYNC_CALL,
  KIND_CROSSING_FLOW,
];
export const IS_NAMED: Uint8Array = Uint8Array.from({ length: 32 }, (_, kind) =>
  NAMED_KINDS.includes(kind) ? 1 : 0,
);

// --- Header ------------------------------------------------------------------------------------

export const KIND_MASK = 0x1f;
export const LENGTH_SHIFT = 5;
export const LENGTH_MASK = 0x1fff;
export const LABEL_SHIFT = 18;

/** The name and the category, if the kind has them, travel in the record itself. */
export const LABEL_INLINE = 0;
/** Labels are numbered 1 to MAX_LABEL: what 14 bits hold. */
export const MAX_LABEL = (1 << (32 - LABEL_SHIFT)) - 1;
/** A record never takes more: what 13 bits hold, and less than a chunk. */
export const MAX_RECORD_WORDS = LENGTH_MASK;

/** In place of a category, in ASYNC_INSTANT: that of the operation. No filter meets it. */
export const CATEGORY_OF_BEGIN = '\0of-begin';

export const SCOPE_THREAD = 0;
export const SCOPE_PROCESS = 1;
export const SCOPE_GLOBAL = 2;
/** A sample of the CPU was taken: its stack are the spans that are open in this stream. */
export const SCOPE_SAMPLE = 3;

/** In a FRAGMENT's operand: it is the first piece. Pieces before it belong to a dropped record. */
export const FRAGMENT_FIRST = 1 << 30;

export const GIVEN_PID = 1;
export const GIVEN_TID = 2;
export const GIVEN_TS = 4;

// --- Arguments ---------------------------------------------------------------------------------
//
// An argument is one word: key << 3 | type, and 32 bits of payload; then what the type says.

export const ARG_TYPE_BITS = 3;
export const ARG_TYPE_MASK = 7;

export const ARG_NULL = 0;
/** Payload 0 or 1. */
export const ARG_BOOLEAN = 1;
/** Payload: a signed 32-bit integer. */
export const ARG_INT = 2;
/** One more word: a double. */
export const ARG_DOUBLE = 3;
/** Payload: length in bytes; UTF-8 follows, padded to a word. */
export const ARG_STRING = 4;
/** Payload: length in bytes; JSON in UTF-8 follows, padded to a word. */
export const ARG_JSON = 5;
/** JSON whose bytes came in the FRAGMENT records right before this record. */
export const ARG_LONG_JSON = 6;

/** The words that so many bytes take up. */
export function paddedWords(bytes: number): number {
  return (bytes + 7) >> 3;
}

/**
 * The length of a text or of JSON behind which there are so many words up to the end of its record: a
 * damaged record may say more.
 */
export function lengthWithin(bytes: number, words: number): number {
  return Math.max(0, Math.min(bytes, words << 3));
}

/** Key: the value is JSON members, `"a":1,"b":2`, that stand in the object as they are. */
export const KEY_MEMBERS = 0;
/** Key: the operand id of kinds that name an operation or a flow. */
export const KEY_ID = 1;
/** Keys of COMPLETE: performance.now() at the start, and milliseconds. */
export const KEY_START = 2;
export const KEY_DURATION = 3;
/** Keys of arguments are string ids from here on. */
export const FIRST_STRING_ID = 4;

// --- Operation ids -----------------------------------------------------------------------------

/**
 * An operation's id is `ID_BASE + stream * 2^32 + begin number`: unique in the process, found by the
 * writer without a table, exact in a double up to a million streams, and beyond the ids that
 * programs have of their own: rows of tables, times in microseconds. A thread that begins more
 * than 2^32 operations starts again at 1: 0 stands for none.
 */
export const ID_BASE = 2 ** 52;
export const ID_STREAM_FACTOR = 2 ** 32;

/** The id of what was begun in a stream. The begin number may be one of 32 bits with a sign. */
export function idOf(stream: number, beginNumber: number): number {
  return ID_BASE + stream * ID_STREAM_FACTOR + (beginNumber >>> 0);
}

/** The stream in which what has an id in the process was begun. */
export function streamOf(id: number): number {
  return Math.floor((id - ID_BASE) / ID_STREAM_FACTOR);
}

/** Its begin number there. */
export function beginNumberOf(id: number): number {
  return id % ID_STREAM_FACTOR;
}
