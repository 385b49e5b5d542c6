import diagnostics from 'node:diagnostics_channel';
import process from 'node:process';
import * as workerThreads from 'node:worker_threads';
import { withOriginals } from '../../intrinsics/originals.js';
import { FIRST_TRACK_TID } from '../../trace-event/thread-tracks.js';
import { Arena } from '../arena/arena.js';
import { RECORDING_STOPPED, SLOT_STATE } from '../arena/layout.js';
import { CategoryFilter } from '../record/category-filter.js';
import { Recorder } from '../record/recorder.js';
import type { TracerHandle } from '../types.js';
import { isExiting } from './exit.js';
import { sharedByCopies } from './shared-state.js';
import { nameWorkers, workerName } from './worker-names.js';

const { isMainThread, threadId } = workerThreads;

/**
 * The tid of this thread in traces: unique in the process, never 0. The main thread's is the pid, as
 * in the operating system. What that calls other threads, Node does not say: they count on from there.
 */
export const tid = process.pid + threadId;

/** V8 collects garbage when so much memory outside of its heap has come up since the last time. */
const GARBAGE_BYTES = 64 * 1024 * 1024;

/** The recorders of this thread, by the name of their arena: one for each, as two would share a track. */
const recorders = sharedByCopies('recorders', () => new Map<string, Recorder>());

/** The one recorder of this thread for the trace of the handle. */
export function recorderFor(handle: TracerHandle): Recorder {
  const arena = new Arena(handle.memory);
  const known = recorders.get(arena.name);
  if (known !== undefined) return known;
  for (const other of recorders.values()) {
    if (other.arena.int32[SLOT_STATE] === RECORDING_STOPPED) forgetRecorder(other);
  }
  const recorder = new Recorder(arena, new CategoryFilter(handle.categories), {
    tid,
    threadName: threadName(),
    parentTid: handle.from === tid ? 0 : handle.from,
    overflow: handle.overflow,
    immediate: handle.immediate,
  });
  if (recorders.size === 0) watchThreads();
  recorders.set(arena.name, recorder);
  return recorder;
}

/** A track that belongs to a thread. Disposed of, it ends. */
export interface OpenTrack extends Disposable {
  readonly recorder: Recorder;
}

/**
 * A second stream of this thread. Viewers draw it as a track of its own, right below the thread's: they
 * sort by the indices that both get here.
 */
export function openTrack(above: Recorder, handle: TracerHandle, name: string): OpenTrack {
  const track = new Recorder(above.arena, new CategoryFilter(handle.categories), {
    tid: FIRST_TRACK_TID + tid,
    threadName: `${above.threadName}: ${name}`,
    // The writer ends what a thread has started along with it.
    parentTid: tid,
    overflow: handle.overflow,
    immediate: handle.immediate,
  });
  track.relief = () => above.relief?.() ?? false;
  above.metadata('thread_sort_index', { sort_index: 2 * threadId });
  track.metadata('thread_sort_index', { sort_index: 2 * threadId + 1 });
  return {
    recorder: track,
    [Symbol.dispose]() {
      track.close();
    },
  };
}

/** The trace is over: its memory can go, unless all of it goes in a moment. */
export function forgetRecorder(recorder: Recorder): void {
  if (recorders.delete(recorder.arena.name) && !isExiting()) hintGarbage();
}

/**
 * Has V8 collect garbage soon. It does not count shared memory, so it may see no reason to for
 * hours, while arena after arena of traces that are over stays in memory. This buffer does count,
 * and is garbage at once; it takes up addresses, and no memory, as nothing is ever written to it.
 */
function hintGarbage(): void {
  try {
    new ArrayBuffer(GARBAGE_BYTES, { maxByteLength: GARBAGE_BYTES });
  } catch {
    // No addresses are left, so V8 collects garbage anyway.
  }
}

function threadName(): string {
  return isMainThread ? 'main' : (workerName() ?? `worker ${threadId}`);
}

let watching = false;
let ignoring = false;

/** Runs a function that starts a thread which records nothing, so that its end need not be watched. */
export function unwatched<T>(startThread: () => T): T {
  ignoring = true;
  try {
    return startThread();
  } finally {
    ignoring = false;
  }
}

/**
 * Tells the writers when a thread ends, so that they take back the chunk that it was filling. A thread
 * tells of its own end. One that is terminated, or runs out of memory, cannot: so the thread that
 * started it tells, too.
 */
function watchThreads(): void {
  if (watching) return;
  watching = true;
  nameWorkers();
  diagnostics.subscribe('worker_threads', (message) => {
    const { worker } = message as { worker: workerThreads.Worker };
    if (ignoring) return;
    const childTid = process.pid + worker.threadId;
    worker.once('exit', () => {
      withOriginals(() => {
        for (const recorder of recorders.values()) recorder.threadDied(childTid);
      });
    });
  });
  if (isMainThread) return;
  process.once('exit', () => {
    withOriginals(() => {
      for (const recorder of recorders.values()) recorder.close();
    });
  });
}
