import { stepOf as threadStepOf, wakeThreads } from './recording-thread.js';
import {
  AT,
  BODY,
  CALL_IS_LATE,
  CHILD,
  CHUNKS,
  COMMIT,
  CONSUMED,
  type Context,
  chunkAt,
  DIED,
  END,
  ENDED,
  ENDS,
  FREE,
  FREED_IS_SEEN,
  FREED_SOME,
  GONE,
  IN_PASS,
  isChunkOf,
  KNOWN,
  LATE,
  LIVE,
  LOADED_COMMIT,
  LOADED_STATE,
  NEXT,
  NEXT_PLACE,
  PARENT,
  PASSED,
  PENDING,
  PLACE,
  pendingAt,
  READ,
  SEALED,
  SEQUENCE,
  STATE,
  STREAM,
  STREAM_SHIFT,
  type State,
  streamAt,
  TAKEN,
  threadAt,
  UNTIMED,
  Violation,
  WAKE_IS_SEEN,
  WHOLE,
  WRITER_STEP,
} from './state.js';
import { WRITER_STEPS, type WriterStep } from './steps.js';

type Run = (s: State, context: Context) => WriterStep;

/** In the order of time: what thread 1 says of thread 2 is later than all that thread 2 wrote. */
const STREAMS = [CHILD, PARENT];
const NONE = -1;

export const writerStepOf = (s: State): WriterStep => WRITER_STEPS[s[WRITER_STEP]];

/** Takes one step of the writer. Asleep, it is woken by the end of the interval. */
export function stepWriter(s: State, context: Context): void {
  s[WRITER_STEP] = WRITER_STEPS.indexOf(RUN[writerStepOf(s)](s, context));
}

const RUN: Readonly<Record<WriterStep, Run>> = {
  // runWriter
  loadWake(s, { variant }) {
    s[WAKE_IS_SEEN] = 1;
    return variant.seenAfterTurn ? 'sleep' : 'readClock';
  },
  // TraceWriter.flush: whatever gets its time from now on is later than the pass.
  readClock(s, { variant }) {
    s[IN_PASS] = 1;
    return variant.scanCommitFirst ? 'scanCommit' : 'scanState';
  },

  // Drain.#scan
  scanState(s, context) {
    s[LOADED_STATE] = s[chunkAt(s[AT]) + STATE];
    if (s[LOADED_STATE] === FREE) return scanNext(s, context);
    return context.variant.scanCommitFirst ? 'scanHeader' : 'scanCommit';
  },
  scanCommit(s, context) {
    s[LOADED_COMMIT] = s[chunkAt(s[AT]) + COMMIT];
    if (s[LOADED_COMMIT] === 0) {
      freeAbandoned(s, context);
      return scanNext(s, context);
    }
    return context.variant.scanCommitFirst ? 'scanState' : 'scanHeader';
  },
  scanHeader(s, context) {
    const id = s[LOADED_STATE] >> STREAM_SHIFT;
    const stream = streamAt(id);
    s[stream + LIVE] = 1;
    const whole = (s[LOADED_STATE] & 3) === SEALED || s[stream + ENDED] === 1;
    const start = s[chunkAt(s[AT]) + CONSUMED];
    if (start >= s[LOADED_COMMIT] && !whole) return scanNext(s, context);
    const pending = pendingAt(s[AT]);
    s[pending + PENDING] = 1;
    s[pending + STREAM] = id;
    s[pending + PLACE] = s[chunkAt(s[AT]) + SEQUENCE];
    s[pending + NEXT] = start;
    s[pending + END] = s[LOADED_COMMIT];
    s[pending + WHOLE] = whole ? 1 : 0;
    return scanNext(s, context);
  },

  // Drain.pass, one record. It is read in one step: were a half of it to change between two loads,
  // another order of steps would have it changed before the first.
  take(s, context) {
    take(s, findNext(s, context));
    return takeNext(s, context);
  },

  // Arena.free
  freeCommit(s, context) {
    s[chunkAt(s[AT]) + CONSUMED] = 0;
    s[chunkAt(s[AT]) + COMMIT] = 0;
    return context.variant.freeStateFirst ? freeNext(s, context) : 'freeState';
  },
  freeState(s, context) {
    const chunk = chunkAt(s[AT]);
    s[chunk + STATE] = FREE;
    // The real one leaves the rest as it is. Nobody may read it, and whoever reads a 0 is caught as
    // well as one who reads what was there: without it there are fewer states.
    s[chunk + SEQUENCE] = 0;
    s.fill(0, chunk + BODY, chunkAt(1 + s[AT]));
    return context.variant.freeStateFirst ? 'freeCommit' : freeNext(s, context);
  },
  // Arena.notifyFreed
  freedCount(s, context) {
    for (const thread of STREAMS) s[threadAt(thread) + FREED_IS_SEEN] = 0;
    return context.variant.notifyFirst ? afterPass(s, context) : 'freedNotify';
  },
  freedNotify(s, context) {
    wakeThreads(s);
    return context.variant.notifyFirst ? 'freedCount' : afterPass(s, context);
  },

  // Drain.pass, its end. What it finds in one step it does not act on before the next pass is over.
  ask(s, { variant }) {
    const isGone = threadStepOf(s, CHILD) === 'dead';
    const ends = s[GONE] === 1 || (isGone && variant.endAtOnce === true);
    const stream = streamAt(CHILD);
    if (ends && s[stream + KNOWN] === 1) s[stream + ENDED] = 1;
    const mayHaveMore = isGone && holdsChunk(s, CHILD);
    // The writer wakes itself: the next pass gives back what the thread held.
    if (s[GONE] === 1 || mayHaveMore) s[WAKE_IS_SEEN] = 0;
    s[GONE] = mayHaveMore && s[stream + ENDED] === 0 ? 1 : 0;
    return variant.seenAfterTurn ? 'loadWake' : 'sleep';
  },

  // runWriter: asleep only if nobody woke it since the count was loaded.
  sleep(s, { variant }) {
    if (s[WAKE_IS_SEEN] === 1 || variant.sleepUnchecked) return 'asleep';
    return variant.seenAfterTurn ? 'readClock' : 'loadWake';
  },
  asleep: (_s, { variant }) => (variant.seenAfterTurn ? 'readClock' : 'loadWake'),
};

/**
 * Drain.#freeAbandoned: the step that others see. That a chunk was freed is told at the pass's end,
 * which is later than in the real one.
 */
function freeAbandoned(s: State, { asks, variant }: Context): void {
  const isGone = s[GONE] === 1 && isChunkOf(s, s[AT], CHILD);
  if (!asks || !(isGone || variant.freeUnasked)) return;
  s[chunkAt(s[AT]) + STATE] = FREE;
  s[chunkAt(s[AT]) + SEQUENCE] = 0;
  s.fill(0, chunkAt(s[AT]) + BODY, chunkAt(1 + s[AT]));
  s[FREED_SOME] = 1;
}

const holdsChunk = (s: State, stream: number): boolean =>
  CHUNKS.some((chunk) => s[chunkAt(chunk) + STATE] !== FREE && isChunkOf(s, chunk, stream));

/** No pass asks any more what was later than this one; the next is later than all of it. */
function endPass(s: State): void {
  s[IN_PASS] = 0;
  for (const chunk of CHUNKS) {
    s[chunkAt(chunk) + BODY + 1] &= ~LATE;
    s[chunkAt(chunk) + BODY + 3] &= ~LATE;
  }
  for (const thread of STREAMS) s[threadAt(thread) + CALL_IS_LATE] = 0;
}

function scanNext(s: State, context: Context): WriterStep {
  s[LOADED_STATE] = s[LOADED_COMMIT] = 0;
  if (++s[AT] < CHUNKS.length) return context.variant.scanCommitFirst ? 'scanCommit' : 'scanState';
  for (const id of STREAMS) forget(s, id);
  s[AT] = 0;
  return takeNext(s, context);
}

function takeNext(s: State, context: Context): WriterStep {
  return findNext(s, context) === NONE ? settle(s, context) : 'take';
}

/** Drain.settle, up to the first step that others see: HEADER_CONSUMED is the writer's own. */
function settle(s: State, context: Context): WriterStep {
  endPass(s);
  if (context.variant.settleOnlyIfTaken && s[TAKEN] === 0) return afterPass(s, context);
  for (const chunk of CHUNKS) {
    const pending = pendingAt(chunk);
    if (s[pending + PENDING] === 1) s[chunkAt(chunk) + CONSUMED] = s[pending + NEXT];
  }
  return freeNext(s, context);
}

/** Drain.#scan, its end: streams that have ended and hold no chunk are forgotten. */
function forget(s: State, id: number): void {
  const stream = streamAt(id);
  if (s[stream + ENDED] === 1 && s[stream + LIVE] === 0) {
    s[stream + KNOWN] = s[stream + ENDED] = 0;
  }
  s[stream + LIVE] = 0;
}

/** Drain.#advance: the chunk with the record to read next. Chunks that were read are passed. */
function findNext(s: State, { variant }: Context): number {
  for (const id of STREAMS) {
    for (;;) {
      const chunk = firstOf(s, id);
      if (chunk === NONE) break;
      const pending = pendingAt(chunk);
      // Its place says whether all that stands before it in the stream has been read.
      if (!variant.readBehindGaps && s[pending + PLACE] !== s[streamAt(id) + NEXT_PLACE]) break;
      if (s[pending + NEXT] < s[pending + END]) {
        if (isLate(s, chunk)) break;
        return chunk;
      }
      s[pending + PASSED] = 1;
      if (s[pending + WHOLE] === 1) s[streamAt(id) + NEXT_PLACE]++;
    }
  }
  return NONE;
}

function firstOf(s: State, id: number): number {
  let first = NONE;
  for (const chunk of CHUNKS) {
    const pending = pendingAt(chunk);
    if (s[pending + PENDING] === 0 || s[pending + PASSED] === 1 || s[pending + STREAM] !== id) {
      continue;
    }
    if (first === NONE || s[pending + PLACE] < s[pendingAt(first) + PLACE]) first = chunk;
  }
  return first;
}

const recordAt = (s: State, chunk: number): number =>
  chunkAt(chunk) + BODY + 2 * s[pendingAt(chunk) + NEXT];

const isLate = (s: State, chunk: number): boolean => (s[recordAt(s, chunk) + 1] & LATE) !== 0;

function take(s: State, chunk: number): void {
  const id = s[pendingAt(chunk) + STREAM];
  const stream = streamAt(id);
  const head = s[recordAt(s, chunk)];
  const tail = s[recordAt(s, chunk) + 1] & ~LATE;
  if (head !== tail || head === 0) throw new Violation('a record is read half-written');
  if (head >> 5 !== id) throw new Violation('a record is read as one of another stream');
  if (s[stream + ENDED] === 1) throw new Violation('a record is read behind the end of its stream');
  if ((head & 7) !== s[stream + READ])
    throw new Violation('a record is read out of order or twice');
  s[pendingAt(chunk) + NEXT]++;
  s[stream + READ]++;
  s[TAKEN] = 1;
  learn(s, id, (head >> 3) & 3);
}

/** Assembler.take */
function learn(s: State, id: number, kind: number): void {
  if (kind === UNTIMED) s[streamAt(id) + KNOWN] = 1;
  if (kind === ENDS) s[streamAt(id) + ENDED] = 1;
  // Of a stream whose first record has not been read, nobody knows whose it is.
  if (kind === DIED && s[streamAt(CHILD) + KNOWN] === 1) s[streamAt(CHILD) + ENDED] = 1;
}

/** Drain.#retire for the next of the chunks that were read to the end and are whole. */
function freeNext(s: State, context: Context): WriterStep {
  for (const chunk of CHUNKS) {
    const pending = pendingAt(chunk);
    if (s[pending + PASSED] === 0 || s[pending + WHOLE] === 0) continue;
    s[pending + PASSED] = 0;
    s[AT] = chunk;
    s[FREED_SOME] = 1;
    return context.variant.freeStateFirst ? 'freeState' : 'freeCommit';
  }
  if (s[FREED_SOME] === 0) return afterPass(s, context);
  return context.variant.notifyFirst ? 'freedNotify' : 'freedCount';
}

function afterPass(s: State, { asks, variant }: Context): WriterStep {
  s.fill(0, pendingAt(0), pendingAt(CHUNKS.length));
  s[AT] = s[TAKEN] = s[FREED_SOME] = 0;
  if (asks) return 'ask';
  return variant.seenAfterTurn ? 'loadWake' : 'sleep';
}
