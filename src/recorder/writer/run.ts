import type { PackingName } from '../../trace-event/file-names.js';
import { Arena } from '../arena/arena.js';
import {
  COUNTER_UNMATCHED,
  RECORDING_STOPPED,
  ROLE_FINISHED,
  ROLE_VACANT,
  SLOT_FAILURE_LENGTH,
  SLOT_FLUSH_DONE,
  SLOT_FLUSH_REQUESTED,
  SLOT_NOTICES,
  SLOT_STATE,
  SLOT_WAKE,
  SLOT_WRITER_ROLE,
  SLOT_WRITER_TASK,
} from '../arena/layout.js';
import { OWN_TASK, taskIsGone } from '../arena/tasks.js';
import { IdSource } from '../assemble/ids.js';
import type { FormatSetup } from '../format/format.js';
import { createFormat, type FormatName } from '../format/formats.js';
import { Journal, type JournalMemory } from './journal.js';
import { openSink } from './open-sink.js';
import type { PartsPlace } from './parts.js';
import type { SinkState } from './sink.js';
import { TraceWriter } from './trace-writer.js';

/** Spans and async operations that are kept in memory; see `TraceWriterParts`. */
const MAX_OPEN = 20_000;

/** What is known of a trace before its file is open. */
export interface TraceSetup extends FormatSetup {
  readonly format: FormatName;
  /** Undefined: none. */
  readonly packing: PackingName | undefined;
}

/** All that a writer needs to know. Can be cloned. */
export interface WriterData extends TraceSetup {
  readonly memory: SharedArrayBuffer;
  /** An open file, and what it begins with, which stands there already. */
  readonly fd: number;
  /** Which file that is; undefined: a pipe, a device. */
  readonly identity: string | undefined;
  readonly header: Uint8Array;
  readonly sink: SinkState;
  /** performance.now() at time 0. */
  readonly base: number;
  /** Milliseconds between looks at what is new. */
  readonly interval: number;
  /** What other processes have recorded is joined to this trace at its end. */
  readonly parts: PartsPlace | undefined;
  readonly journal: JournalMemory | undefined;
}

/**
 * Makes the caller the trace's one writer, unless there is one: if the role is `from`, which is
 * VACANT, or that of a thread that is known to have ended.
 */
export function claimRole({ memory }: WriterData, role: number, from = ROLE_VACANT): boolean {
  // In one step: the writer thread and the owner, who may be in a hurry to exit, both try.
  return Atomics.compareExchange(new Int32Array(memory), SLOT_WRITER_ROLE, from, role) === from;
}

/** A writer that goes on where the one before it was ended, if there was one. */
export function createWriter(data: WriterData, mayBeEnded: boolean): TraceWriter {
  const arena = new Arena(data.memory);
  const journal = data.journal && new Journal(arena.int32, data.journal);
  const before = journal?.read();
  const state = before?.checkpoint.file.sink ?? data.sink;
  const format = createFormat(data.format, data);
  const writer = new TraceWriter(arena, {
    format,
    sink: openSink(data.fd, data.identity, state, format.framing, data.packing),
    header: data.header,
    pid: data.pid,
    ids: new IdSource(data.pid, data.firstId),
    base: data.base,
    parts: data.parts,
    maxOpen: MAX_OPEN,
    journal: mayBeEnded ? journal : undefined,
  });
  if (before === undefined) writer.save();
  else writer.resume(before);
  return writer;
}

/** One turn of a writer: everything asked for up to now is done. False when that was the end. */
export function turn(arena: Arena, writer: TraceWriter): boolean {
  const { int32 } = arena;
  // Looked at before the work: what is asked for meanwhile gets its own turn.
  const requested = Atomics.load(int32, SLOT_FLUSH_REQUESTED);
  const stopped = Atomics.load(int32, SLOT_STATE) === RECORDING_STOPPED;
  if (stopped) {
    writer.finish();
    // Before the flush is answered: in the other order, an owner that waits (`WriterHost.finishSync()`)
    // could see the new number with the old role, and sleep although nothing comes any more.
    Atomics.store(int32, SLOT_WRITER_ROLE, ROLE_FINISHED);
  } else writer.flush();
  // After the work, or a flush would return before its events are in the file; before the notify, or who
  // is about to sleep on the old number would miss it.
  Atomics.store(int32, SLOT_FLUSH_DONE, requested);
  Atomics.notify(int32, SLOT_FLUSH_DONE);
  return !stopped;
}

/** Whether the writer's thread is known to be no more. */
export function writerIsGone({ memory }: WriterData): boolean {
  return taskIsGone(Atomics.load(new Int32Array(memory), SLOT_WRITER_TASK));
}

/** Writes until the tracer is stopped, asleep while there is nothing to do. */
export function runWriter(data: WriterData, onProblem: () => void): void {
  const arena = new Arena(data.memory);
  const { int32 } = arena;
  // Lets the owner see by itself, without its event loop, whether this thread is still there.
  Atomics.store(int32, SLOT_WRITER_TASK, OWN_TASK);
  const writer = createWriter(data, true);
  let told = 0;
  for (;;) {
    // Before the turn: a wake during the turn changes the count, and the wait returns at once.
    const seen = Atomics.load(int32, SLOT_WAKE);
    const more = turn(arena, writer);
    const problems = problemsIn(arena);
    if ((problems & ~told) !== 0) onProblem();
    told |= problems;
    if (!more) return;
    Atomics.wait(int32, SLOT_WAKE, seen, data.interval);
  }
}

/** Beyond the bits of NOTICE_*. */
const FAILED = 1 << 30;
const UNMATCHED = 1 << 29;

function problemsIn(arena: Arena): number {
  const failed = Atomics.load(arena.int32, SLOT_FAILURE_LENGTH) > 0;
  const unmatched = Atomics.load(arena.counters, COUNTER_UNMATCHED) > 0n;
  const notices = Atomics.load(arena.int32, SLOT_NOTICES);
  return notices | (failed ? FAILED : 0) | (unmatched ? UNMATCHED : 0);
}
