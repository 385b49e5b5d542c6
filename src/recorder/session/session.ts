import { basename } from 'node:path';
import process from 'node:process';
import { withOriginals } from '../../intrinsics/originals.js';
import { random32, randomHex } from '../../intrinsics/random.js';
import { packingNamed } from '../../trace-event/file-names.js';
import { Arena } from '../arena/arena.js';
import {
  COUNTER_BYTES,
  COUNTER_WRITTEN,
  RECORDING_ON,
  RECORDING_STOPPED,
  SLOT_STATE,
} from '../arena/layout.js';
import { createFormat } from '../format/formats.js';
import type { ResolvedOptions } from '../options.js';
import type { Recorder } from '../record/recorder.js';
import { emitWarning, reportOnce, type Warn } from '../record/report.js';
import type { TracerHandle, TraceStats } from '../types.js';
import { allocateJournal } from '../writer/journal.js';
import type { TraceSetup, WriterData } from '../writer/run.js';
import {
  childEnvironment,
  partsBeside,
  placeOfParts,
  publish,
  type RootTrace,
  unpublish,
} from './child-processes.js';
import { isExiting, unwatchExit, warnAtExit, watchExit } from './exit.js';
import { type OutputFile, openOutputFile } from './output-file.js';
import { OWNERS, type Owner } from './owner.js';
import { problemsOf } from './problems.js';
import { claimFile } from './recordings.js';
import { HANDLE_VERSION } from './shared-state.js';
import { readStats } from './stats.js';
import { forgetRecorder, recorderFor, tid } from './thread-recorders.js';
import { readTimeZero, type TimeZero, traceStart } from './time-zero.js';
import { withdrawHandle } from './worker-handle.js';
import { WriterHost } from './writer-host.js';

/** The writer's interval where `flushInterval` is 0: there, each event asks for a flush by itself. */
const DEFAULT_INTERVAL_MS = 100;

/**
 * What `start()` begins and `stop()` ends, in the thread that called `start()`. That thread owns the
 * arena and the file, and sees to it that there is a writer.
 */
export class Session {
  readonly recorder: Recorder;
  readonly handle: TracerHandle;
  readonly #arena: Arena;
  readonly #options: ResolvedOptions;
  /** The trace of another process, if this one writes a part of it. */
  readonly #parent: RootTrace | undefined;
  /** This trace as child processes are told of it, if they may add parts. */
  #root: RootTrace | undefined;
  #writer: WriterHost | undefined;
  #warn: Warn = emitWarning;
  /** What has become of it, when it is over. */
  #closed: TraceStats | undefined;
  /** Lets other tracers of this process write the file. */
  #releaseFile: (() => void) | undefined;

  constructor(options: ResolvedOptions, parent: RootTrace | undefined) {
    this.#options = options;
    this.#parent = parent;
    this.#arena = Arena.allocate(options.bufferSize, [random32(), random32()], HANDLE_VERSION);
    this.handle = {
      tracelane: HANDLE_VERSION,
      memory: this.#arena.memory,
      outputFile: options.path,
      categories: options.categories,
      overflow: options.overflow,
      immediate: options.flushInterval === 0,
      from: tid,
    };
    this.recorder = recorderFor(this.handle);
  }

  /** Opens the file and starts the writer. Throws a TraceError, having changed nothing. */
  start(): void {
    withOriginals(() => this.#start());
  }

  #start(): void {
    const parent = this.#parent;
    const zero = parent?.zero ?? readTimeZero();
    const { path, writer, childProcesses } = this.#options;
    const setup = {
      format: this.#options.format,
      packing: packingNamed(path),
      pid: process.pid,
      run: random32().toString(36),
      firstId: parent === undefined ? 0 : 1 + random32(),
      start: traceStart(this.#options, zero),
    };
    const file = this.#openFile(setup);
    const mayHaveParts = childProcesses && parent === undefined && file.identity !== undefined;
    this.#root = mayHaveParts
      ? { run: randomHex(4), zero, options: this.#options, file: file.identity }
      : undefined;
    const { counters, int32 } = this.#arena;
    Atomics.store(counters, COUNTER_WRITTEN, BigInt(file.events));
    Atomics.store(counters, COUNTER_BYTES, BigInt(file.size));
    const data = { ...setup, ...this.#writerData(file, zero) };
    const host = new WriterHost(this.#arena, data, path, () => this.#reportProblems());
    this.#writer = host;
    this.recorder.relief = () => host.relieve();
    Atomics.store(int32, SLOT_STATE, RECORDING_ON);
    watchExit(this);
    host.start(writer);
    if (isExiting()) this.exit();
  }

  #openFile(setup: TraceSetup): OutputFile {
    const { path, processName } = this.#options;
    const isPart = this.#parent !== undefined;
    if (!isPart) this.#releaseFile = claimFile(path);
    try {
      const format = createFormat(setup.format, setup);
      format.begin(processName ?? scriptName(), setup.start);
      return openOutputFile(path, format, setup.packing, isPart);
    } catch (error) {
      this.#releaseFile?.();
      throw error;
    }
  }

  #writerData(file: OutputFile, zero: TimeZero): Omit<WriterData, keyof TraceSetup> {
    const { flushInterval, writer } = this.#options;
    return {
      memory: this.#arena.memory,
      fd: file.fd,
      identity: file.identity,
      header: file.header,
      sink: file.sink,
      base: zero.base,
      interval: flushInterval === 0 ? DEFAULT_INTERVAL_MS : flushInterval,
      parts: this.#root && placeOfParts(this.#root),
      journal: writer === 'thread' ? allocateJournal() : undefined,
    };
  }

  /** Child processes that start from now on record into parts of this trace. */
  publish(owner: Owner): void {
    if (this.#root !== undefined) publish(owner, this.#root);
  }

  /** Undoes {@link publish}. */
  unpublish(owner: Owner): void {
    if (this.#root !== undefined) unpublish(owner, this.#root);
  }

  /** See {@link childEnvironment}; empty where children are not to record. */
  childEnvironment(): Record<string, string> {
    const root = this.#root ?? this.#parent;
    return root === undefined ? {} : childEnvironment(root);
  }

  stats(): TraceStats {
    return readStats(this.#arena);
  }

  /** Resolves when the file is complete and closed. */
  async stop(): Promise<TraceStats> {
    withOriginals(() => this.#end());
    await this.#writer?.finish();
    return withOriginals(() => this.#close());
  }

  /** The same, blocking. */
  stopSync(): TraceStats {
    return withOriginals(() => {
      this.#end();
      this.#writer?.finishSync();
      return this.#close();
    });
  }

  get handlesSignals(): boolean {
    return this.#options.handleSignals;
  }

  flush(): void {
    this.recorder.flush();
  }

  /** The process is about to end: flushes, and makes each later event go to disk at once. */
  exit(): void {
    this.#warn = warnAtExit;
    // If the writer thread is not up yet, it would come too late.
    this.#writer?.takeOver();
    this.brace();
    this.#reportProblems();
  }

  /** The process may be about to end. If it goes on, {@link relax} undoes this. */
  brace(): void {
    this.recorder.flush();
    this.recorder.immediate = true;
  }

  /** Undoes {@link brace} and {@link exit}. */
  relax(): void {
    this.#warn = emitWarning;
    this.recorder.immediate = this.handle.immediate;
  }

  /** It could not start, and nobody else knows of it: its memory can go. */
  giveUp(): void {
    Atomics.store(this.#arena.int32, SLOT_STATE, RECORDING_STOPPED);
    forgetRecorder(this.recorder);
  }

  /** No thread records from here on; the writer is told to finish. */
  #end(): void {
    for (const owner of OWNERS) this.unpublish(owner);
    this.recorder.close();
    Atomics.store(this.#arena.int32, SLOT_STATE, RECORDING_STOPPED);
    this.#arena.wake();
  }

  /** Only once: it may be waited for in both ways. */
  #close(): TraceStats {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  #closeAll(): TraceStats {
    unwatchExit(this);
    withdrawHandle(this.handle);
    forgetRecorder(this.recorder);
    this.recorder.relief = undefined;
    this.#reportProblems();
    this.#writer?.close();
    this.#releaseFile?.();
    const stats = this.stats();
    const unjoined = this.#root === undefined ? [] : partsBeside(this.#root);
    if (unjoined.length > 0) warnOfParts(this.#options.path, unjoined);
    return { ...stats, parts: stats.joined + unjoined.length, unjoined };
  }

  /** Warns of what the writer has met: once each, in the thread whose program it concerns. */
  #reportProblems(): void {
    for (const { bit, code, message } of problemsOf(this.#arena, this.#options.path)) {
      reportOnce(this.#arena, bit, code, message, this.#warn);
    }
  }
}

function scriptName(): string {
  return process.argv[1] === undefined ? 'node' : basename(process.argv[1]);
}

/** Names of parts that a warning lists. */
const MAX_LISTED = 5;

function warnOfParts(path: string, unjoined: readonly string[]): void {
  const more = unjoined.length > MAX_LISTED ? ` and ${unjoined.length - MAX_LISTED} more` : '';
  emitWarning(
    'TRACELANE_PARTS_NOT_JOINED',
    `${unjoined.length} part(s) of child processes were not joined into ${path}, as their ` +
      `processes still run, the parts cannot be read, or there was no room for them: ${unjoined.slice(0, MAX_LISTED).join(', ')}` +
      `${more}. Stop the tracer after the processes have ended, or join them later: tracelane merge.`,
  );
}
