import {
  BODY,
  CALL_IS_LATE,
  CAPACITY,
  CHILD,
  CHUNK,
  CHUNKS,
  COMMIT,
  COUNT,
  type Context,
  chunkAt,
  DIED,
  ENDS,
  FREE,
  FREED_IS_SEEN,
  IN_PASS,
  isChunkOf,
  LATE,
  LETTER,
  NO_CHUNK,
  OWN_SEQUENCE,
  PARENT,
  POSITION,
  SEALED,
  SEARCHED,
  SEQUENCE,
  STATE,
  STEP,
  STREAM_SHIFT,
  type State,
  TELLING,
  TIMED,
  threadAt,
  UNTIMED,
  Violation,
  WAITING,
  WAKE_IS_SEEN,
  WRITER_STEP,
  WRITING,
} from './state.js';
import { THREAD_STEPS, type ThreadStep, WRITER_STEPS } from './steps.js';

type Run = (s: State, thread: number, context: Context) => ThreadStep;

export const stepOf = (s: State, thread: number): ThreadStep =>
  THREAD_STEPS[s[threadAt(thread) + STEP]];

export const isOver = (s: State, thread: number): boolean =>
  stepOf(s, thread) === 'done' || stepOf(s, thread) === 'dead';

/** Whether the thread waits for others, or for nothing any more. */
export function isBlocked(s: State, thread: number): boolean {
  const step = stepOf(s, thread);
  return isOver(s, thread) || step === 'asleep' || (step === 'idle' && !isOver(s, CHILD));
}

/** Whether thread 1 can learn now that thread 2 is dead: between two calls. */
export function canTell(s: State, thread: number): boolean {
  const step = stepOf(s, thread);
  const free = thread === PARENT && (step === 'clock' || step === 'idle');
  return free && stepOf(s, CHILD) === 'dead' && s[TELLING] === 0;
}

/** Takes one step of a thread. */
export function stepThread(s: State, thread: number, context: Context): void {
  go(s, thread, RUN[stepOf(s, thread)](s, thread, context));
}

/** Recorder.threadDied begins. */
export function tell(s: State, context: Context): void {
  s[TELLING] = 1;
  go(s, PARENT, RUN['clock'](s, PARENT, context));
}

/** A thread is terminated. */
export function die(s: State, thread: number): void {
  const count = s[threadAt(thread) + COUNT];
  // What it knew does not matter any more; what it has committed does, to the checker.
  s.fill(0, threadAt(thread), threadAt(thread + 1));
  s[threadAt(thread) + COUNT] = count;
  s[threadAt(thread) + CHUNK] = NO_CHUNK;
  go(s, thread, 'dead');
}

/** Arena.notifyFreed: all that wait for a chunk. */
export function wakeThreads(s: State): void {
  for (const thread of [PARENT, CHILD]) {
    if (stepOf(s, thread) === 'asleep') go(s, thread, 'loadFreed');
  }
}

function go(s: State, thread: number, step: ThreadStep): void {
  s[threadAt(thread) + STEP] = THREAD_STEPS.indexOf(step);
}

const RUN: Readonly<Record<ThreadStep, Run>> = {
  // Recorder: the time of a call is read when it begins, before there is room for its records.
  clock(s, thread, context) {
    s[threadAt(thread) + CALL_IS_LATE] = s[IN_PASS];
    return reserve(s, thread, context);
  },
  // Nothing more to record, only perhaps the end of the other thread.
  idle: () => 'clock',

  // ChunkWriter.putHeader and what follows it: plain stores, of which two stand for all.
  writeHead(s, thread, { letters }) {
    checkOwner(s, thread);
    s[recordAt(s, thread)] = record(s, thread, letters[thread]);
    return 'writeTail';
  },
  writeTail(s, thread, context) {
    checkOwner(s, thread);
    const value = record(s, thread, context.letters[thread]);
    const timed = ((value >> 3) & 3) !== UNTIMED;
    const late = timed && s[threadAt(thread) + CALL_IS_LATE] === 1;
    s[recordAt(s, thread) + 1] = value | (late ? LATE : 0);
    return context.variant.commitFirst ? afterRecord(s, thread, context) : 'commit';
  },
  // ChunkWriter.commit
  commit(s, thread, context) {
    checkOwner(s, thread);
    const me = threadAt(thread);
    s[chunkAt(s[me + CHUNK]) + COMMIT] = s[me + POSITION] + 1;
    return context.variant.commitFirst ? 'writeHead' : afterRecord(s, thread, context);
  },

  // Arena.seal, and ChunkWriter.#seal behind it.
  seal(s, thread, { variant }) {
    const me = threadAt(thread);
    const chunk = s[me + CHUNK];
    const state = chunkAt(chunk) + STATE;
    const owner = thread << STREAM_SHIFT;
    if (s[state] === (owner | WRITING) || variant.sealByStore) s[state] = owner | SEALED;
    s[me + CHUNK] = NO_CHUNK;
    s[me + POSITION] = 0;
    // As in an arena of two chunks, where each that is full wakes the writer.
    return variant.notifyFirst ? 'wakeNotify' : 'wakeCount';
  },
  // Arena.wake
  wakeCount(s, thread, context) {
    s[WAKE_IS_SEEN] = 0;
    return context.variant.notifyFirst ? afterWake(s, thread, context) : 'wakeNotify';
  },
  wakeNotify(s, thread, context) {
    const { notifyFirst, seenAfterTurn } = context.variant;
    if (WRITER_STEPS[s[WRITER_STEP]] === 'asleep') {
      s[WRITER_STEP] = WRITER_STEPS.indexOf(seenAfterTurn ? 'readClock' : 'loadWake');
    }
    return notifyFirst ? 'wakeCount' : afterWake(s, thread, context);
  },

  // ChunkWriter.#claim
  loadFreed(s, thread) {
    s[threadAt(thread) + FREED_IS_SEEN] = 1;
    return 'peek';
  },
  loadFreedLate(s, thread, { variant }) {
    s[threadAt(thread) + FREED_IS_SEEN] = 1;
    return variant.notifyFirst ? 'wakeNotify' : 'wakeCount';
  },
  // Arena.claim
  peek(s, thread, context) {
    return s[chunkAt(candidate(s, thread)) + STATE] === FREE ? 'swap' : goOn(s, thread, context);
  },
  swap(s, thread, context) {
    const chunk = candidate(s, thread);
    const taken = s[chunkAt(chunk) + STATE] !== FREE;
    if (taken && !context.variant.claimByStore) return goOn(s, thread, context);
    s[chunkAt(chunk) + STATE] = (thread << STREAM_SHIFT) | WRITING;
    own(s, thread, chunk);
    return 'putSequence';
  },
  putSequence(s, thread, context) {
    const me = threadAt(thread);
    s[chunkAt(s[me + CHUNK]) + SEQUENCE] = s[me + OWN_SEQUENCE];
    return reserve(s, thread, context);
  },
  // ChunkWriter.#claim: asleep only if nothing was freed since the count was loaded.
  wait: (s, thread) => (s[threadAt(thread) + FREED_IS_SEEN] === 1 ? 'asleep' : 'loadFreed'),

  asleep: () => 'asleep',
  done: () => 'done',
  dead: () => 'dead',
};

/** ChunkWriter.reserve and #nextChunk, as far as they decide what comes next. */
function reserve(s: State, thread: number, { variant }: Context): ThreadStep {
  const me = threadAt(thread);
  if (s[me + CHUNK] === NO_CHUNK) return variant.freedAfterSearch ? 'peek' : 'loadFreed';
  if (s[me + POSITION] === CAPACITY) return 'seal';
  return variant.commitFirst ? 'commit' : 'writeHead';
}

function afterRecord(s: State, thread: number, context: Context): ThreadStep {
  const me = threadAt(thread);
  s[me + POSITION]++;
  s[me + COUNT]++;
  if (thread === PARENT && s[TELLING] === 1) s[TELLING] = 2;
  else s[me + LETTER]++;
  const letters = context.letters[thread];
  const letter = s[me + LETTER];
  if (letter < letters.length && !context.beginsCall[thread][letter]) {
    return reserve(s, thread, context);
  }
  s[me + CALL_IS_LATE] = 0;
  // ChunkWriter.close
  if (letter === letters.length) return 'seal';
  return context.mortal && thread === PARENT && letters[letter] === 'E' ? 'idle' : 'clock';
}

function afterWake(s: State, thread: number, context: Context): ThreadStep {
  const me = threadAt(thread);
  if (s[me + WAITING] === 1) return 'wait';
  if (s[me + LETTER] === context.letters[thread].length) return 'done';
  return reserve(s, thread, context);
}

const candidate = (s: State, thread: number): number => s[threadAt(thread) + SEARCHED];

/** The search goes on with the next chunk, or was in vain. */
function goOn(s: State, thread: number, { variant }: Context): ThreadStep {
  const me = threadAt(thread);
  if (++s[me + SEARCHED] < CHUNKS.length) return 'peek';
  const first = s[me + WAITING] === 0;
  s[me + WAITING] = 1;
  s[me + SEARCHED] = 0;
  if (first && variant.freedAfterSearch) return 'loadFreedLate';
  return variant.notifyFirst ? 'wakeNotify' : 'wakeCount';
}

function own(s: State, thread: number, chunk: number): void {
  const me = threadAt(thread);
  s[me + CHUNK] = chunk;
  s[me + OWN_SEQUENCE]++;
  s[me + POSITION] = s[me + SEARCHED] = 0;
  s[me + FREED_IS_SEEN] = s[me + WAITING] = 0;
}

const recordAt = (s: State, thread: number): number => {
  const me = threadAt(thread);
  return chunkAt(s[me + CHUNK]) + BODY + 2 * s[me + POSITION];
};

function record(s: State, thread: number, letters: string): number {
  const me = threadAt(thread);
  const kind = thread === PARENT && s[TELLING] === 1 ? DIED : kindOf(letters[s[me + LETTER]]);
  return (thread << 5) | (kind << 3) | s[me + COUNT];
}

function kindOf(letter: string): number {
  if (letter === 'E') return ENDS;
  return letter === 'R' ? TIMED : UNTIMED;
}

/** All that a thread writes, it writes into a chunk that is its own and nobody else's. */
function checkOwner(s: State, thread: number): void {
  const chunk = s[threadAt(thread) + CHUNK];
  if (!isChunkOf(s, chunk, thread)) throw new Violation('a thread writes into a foreign chunk');
}
