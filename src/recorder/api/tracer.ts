import { performanceClock } from '../../intrinsics/clock.js';
import { number, OwnMap } from '../../intrinsics/language.js';
import { withOriginals } from '../../intrinsics/originals.js';
import type { Args, TraceEvent } from '../../trace-event/events.js';
import { SCOPE_GLOBAL, SCOPE_PROCESS, SCOPE_THREAD } from '../arena/records.js';
import { TraceError } from '../errors.js';
import { type ResolvedOptions, resolveOptions } from '../options.js';
import { fillIn, literalPath } from '../output-path.js';
import type { Recorder } from '../record/recorder.js';
import { emitWarning } from '../record/report.js';
import { ownEnvironment, pathOfPart, type RootTrace } from '../session/child-processes.js';
import { beforeSignalEnds, type CatchUp, noMoreBeforeSignal } from '../session/exit.js';
import { checkPacking } from '../session/output-file.js';
import { countRecording } from '../session/recordings.js';
import { Session } from '../session/session.js';
import { NO_STATS, readStats } from '../session/stats.js';
import { type OpenTrack, openTrack, recorderFor, tid } from '../session/thread-recorders.js';
import { publishHandle, readHandle } from '../session/worker-handle.js';
import type {
  AsyncId,
  FileUrl,
  FlowId,
  SpanId,
  TracerHandle,
  TracerOptions,
  TraceStats,
} from '../types.js';
import { followResult, isAsyncFunction, prepareCalls } from './call-result.js';
import { encodeEvent } from './emit.js';
import { readMetadata } from './metadata.js';
import { currentCall, moveToCurrentCall, runInside } from './operation-context.js';
import { finiteSeries } from './series.js';
import { CallSpan, errorArgs, NO_SPAN, Span } from './span.js';

const SCOPES = new OwnMap<unknown, number>()
  .set('thread', SCOPE_THREAD)
  .set('process', SCOPE_PROCESS)
  .set('global', SCOPE_GLOBAL);

/**
 * Records what a program does into a Chrome trace file.
 *
 * ```ts
 * using tracer = new Tracer('trace.json').start();
 * tracer.trace('work', () => work());
 * ```
 *
 * Only the constructor, `start()` and `connect()` throw, and `trace()` if it is not given a function.
 * A call on a tracer that is not recording does nothing. What goes wrong later (a full disk, a bad
 * argument) is reported once by `process.emitWarning` and counted in {@link stats}.
 */
export class Tracer implements Disposable, AsyncDisposable {
  readonly #options: ResolvedOptions;
  /** The recording that this thread owns, or the last one. */
  #session: Session | undefined;
  /** The trace of another thread that this tracer records into. */
  #handle: TracerHandle | undefined;
  /** The trace of another process that this tracer records a part of. */
  #root: RootTrace | undefined;
  /** Set between `start()` and `stop()`. */
  #recorder: Recorder | undefined;
  #startedAt = 0;
  #catchUps: CatchUp[] = [];
  /** Whether it is the global tracer, which new threads and processes find. */
  #isGlobal = false;
  /** The file of the last recording. */
  #outputFile: string | undefined;
  /** The file that was recorded last, and whether a warning has said that it was replaced. */
  #recordedFile: string | undefined;
  #hasWarned = false;
  #lastStats: TraceStats = NO_STATS;
  #stopping: Promise<TraceStats> | undefined;

  /**
   * @param outputFile Where the trace goes; missing folders are made, an existing file is
   *   replaced. A name that ends in `.gz` or `.zst` (Node 22.15 or newer) has it packed as it is
   *   written. Default: 'trace.json' in the working directory.
   * @throws {TraceError} TRACELANE_BAD_OPTION; TRACELANE_NO_ZSTD: this Node cannot pack by zstd
   */
  constructor(outputFile: string | FileUrl = 'trace.json', options: TracerOptions = {}) {
    this.#options = withOriginals(() => {
      const resolved = resolveOptions(outputFile, options);
      checkPacking(resolved.path);
      return resolved;
    });
  }

  /**
   * The absolute path of the trace file: of the last recording, where the path that was given has
   * placeholders. Before the first one, it has them still.
   */
  get outputFile(): string {
    return this.#outputFile ?? this.#options.path;
  }

  /** Whether calls are being recorded right now. */
  get enabled(): boolean {
    return this.#recorder?.recording ?? false;
  }

  /** @internal For decorators. Set between `start()` and `stop()`. */
  get recorder(): Recorder | undefined {
    return this.#recorder;
  }

  /** @internal When `start()` was called last, by `performance.now()`. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** @internal A track below that of this thread, for what is known of it only afterwards. */
  openTrack(name: string): OpenTrack | undefined {
    const recorder = this.#recorder;
    return recorder && withOriginals(() => openTrack(recorder, this.handle(), name));
  }

  /**
   * @internal Has a function called where it can record for the last time: before this thread stops the
   * tracer, and before a signal ends the process; also before one that may end it, which it is told then. It
   * must not throw.
   */
  beforeEnd(catchUp: CatchUp): Disposable {
    const add = () => {
      this.#catchUps.push(catchUp);
      beforeSignalEnds(catchUp);
    };
    const remove = () => {
      this.#catchUps = this.#catchUps.filter((other) => other !== catchUp);
      noMoreBeforeSignal(catchUp);
    };
    withOriginals(add);
    return { [Symbol.dispose]: () => withOriginals(remove) };
  }

  #catchUp(): void {
    withOriginals(() => {
      for (const catchUp of this.#catchUps) catchUp(true);
    });
  }

  /**
   * Opens the file and starts the writer; does nothing if that has been done. After `stop()` it
   * begins a new trace, which replaces the last one unless the path has `%n` or `%t` in it. It does not
   * keep the process alive, and a process that ends without `stop()` has its whole trace on disk.
   *
   * @throws {TraceError} TRACELANE_CANNOT_OPEN: the path, the reason and what to do;
   *   TRACELANE_FILE_IN_USE: another tracer of this process is writing that file.
   */
  start(): this {
    if (this.#recorder !== undefined || !this.#options.enabled) return this;
    this.#startedAt = performanceClock.now();
    if (this.#handle !== undefined) {
      this.#recorder = recorderFor(this.#handle);
      return this;
    }
    const session = this.#openSession();
    session.start();
    this.#warnOfReplacing();
    this.#recorder = session.recorder;
    prepareCalls(session.recorder);
    if (this.#isGlobal) this.publish();
    return this;
  }

  #warnOfReplacing(): void {
    if (this.#recordedFile === this.outputFile && !this.#hasWarned) {
      this.#hasWarned = true;
      emitWarning(
        'TRACELANE_FILE_REPLACED',
        `The new recording has replaced the last one of this tracer, in ${this.outputFile}. To keep ` +
          "all, put '%n' into the path, which stands for the number of the recording, or '%t', the " +
          'time.',
      );
    }
    this.#recordedFile = this.outputFile;
  }

  /** @internal Hands the trace on to the threads and processes that start from now on. */
  publish(): void {
    this.#isGlobal = true;
    withOriginals(() => {
      publishHandle(this.handle());
      if (this.#recorder !== undefined) this.#session?.publish();
    });
  }

  /** @internal Undoes {@link publish}. */
  unpublish(): void {
    this.#isGlobal = false;
    withOriginals(() => {
      publishHandle(undefined);
      this.#session?.unpublish();
    });
  }

  /** Resolves when everything that was recorded before the call is in the file. Never rejects. */
  async flush(): Promise<void> {
    await this.#recorder?.flushAsync();
  }

  /** Returns when everything that was recorded before the call is in the file. */
  flushSync(): void {
    this.#recorder?.flush();
  }

  /**
   * Ends the trace: resolves when the file is complete and closed. Never rejects. Later calls
   * record nothing, on any thread, and another `stop()` gives the same numbers.
   *
   * On a tracer that records into the trace of another thread, ends only this thread's part.
   */
  async stop(): Promise<TraceStats> {
    const recorder = this.#recorder;
    if (recorder === undefined) return (await this.#stopping) ?? this.#lastStats;
    this.#catchUp();
    this.#recorder = undefined;
    this.#stopping = this.#stopAsync(recorder);
    this.#lastStats = await this.#stopping;
    this.#stopping = undefined;
    return this.#lastStats;
  }

  /**
   * The same, blocking until it is done. Node gives back the writer's thread only when the program
   * comes back to its event loop: where it has not done so after four of these, the next recording is
   * written by the thread that starts it, as with `writer: 'inline'`.
   */
  stopSync(): TraceStats {
    const recorder = this.#recorder;
    if (recorder === undefined) return this.#lastStats;
    this.#catchUp();
    this.#recorder = undefined;
    if (this.#session !== undefined) {
      this.#lastStats = this.#session.stopSync();
      this.#session = undefined;
    } else {
      recorder.close();
      recorder.flush();
      this.#lastStats = readStats(recorder.arena);
    }
    return this.#lastStats;
  }

  async #stopAsync(recorder: Recorder): Promise<TraceStats> {
    const session = this.#session;
    this.#session = undefined;
    // Awaited: what is returned as a promise is asked for its `then`, which may have been replaced.
    if (session !== undefined) return await session.stop();
    recorder.close();
    await recorder.flushAsync();
    return readStats(recorder.arena);
  }

  /** What has become of the events so far. Cheap: may be called at any time. */
  stats(): TraceStats {
    return this.#recorder === undefined ? this.#lastStats : readStats(this.#recorder.arena);
  }

  /**
   * Marks a moment.
   *
   * @param scope How far the viewer draws it: over its thread, its process, or everything.
   *   Default: 'thread'.
   */
  instant(
    name: string,
    category?: string,
    args?: Args,
    scope: 'thread' | 'process' | 'global' = 'thread',
  ): void {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    const code = SCOPES.get(scope);
    if (code === undefined) {
      recorder.invalid(`instant() was given a scope that is not 'thread', 'process' or 'global'.`);
    }
    moveToCurrentCall(recorder);
    recorder.instant(name, category, args, code ?? SCOPE_THREAD);
  }

  /**
   * Records a value that changes over time: one number, or several series of one counter, which
   * viewers stack. Numbers must be finite: others are left out, and counted as invalid.
   *
   * Series that a call leaves out keep their last value. Those that come only after the first call
   * are drawn as a counter of their own, `name (2)`: chrome://tracing takes a counter's series from
   * its first event.
   */
  counter(name: string, value: number | Record<string, number>, category?: string): void {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    const series = finiteSeries(value);
    if (series === undefined || series.refused) {
      recorder.invalid(
        `counter('${typeof name === 'string' ? name : '?'}') was given a value that is not a ` +
          'finite number: it was left out.',
      );
    }
    if (series?.values !== undefined) recorder.counter(name, category, series.values);
  }

  /**
   * Begins a span. Ends with its block, or by `end()`:
   *
   * ```ts
   * using span = tracer.span('parse', 'compiler', { file });
   * ```
   *
   * Spans of a thread that end in the order opposite to their begins nest in the viewer. One that
   * does not, because async work overlaps, is drawn on a track of its own. An error that leaves
   * the block is not shown in the span: {@link trace} does that.
   */
  span(name: string, category?: string, args?: Args): Span {
    const recorder = this.#recorder;
    if (recorder === undefined) return NO_SPAN;
    moveToCurrentCall(recorder);
    const beginNumber = recorder.begin(name, category, args);
    return beginNumber === 0 ? NO_SPAN : new Span(recorder, beginNumber);
  }

  /**
   * Runs a function in a span, and gives back what it returns or throws; what it throws is shown
   * in the span's arguments. Where it returns a promise the span ends when that settles, and async
   * operations that the function starts are drawn inside it. Of an async generator the span lasts
   * until its iteration ends; of any other object with a `then`, as query builders have, until it
   * has settled, if somebody awaits it: it is not started here.
   *
   * The function is always run, also when nothing is recorded. Of a native promise, a derived one
   * is returned: a rejection that nobody handles is still reported by Node. One of another class, or
   * with properties of its own, is returned as it is, and its rejection counts as handled.
   *
   * @throws {TraceError} TRACELANE_BAD_CALL where the second argument is no function.
   */
  trace<T>(name: string, fn: (span: Span) => T, category?: string, args?: Args): T {
    if (typeof fn !== 'function') throw wrongTrace(name, fn);
    const recorder = this.#recorder;
    if (recorder === undefined) return fn(NO_SPAN);
    const outer = moveToCurrentCall(recorder);
    const beginNumber = isAsyncFunction(fn)
      ? recorder.beginAsyncCall(name, category, args)
      : recorder.beginCall(name, category, args);
    if (beginNumber === 0) return fn(NO_SPAN);
    const span = new CallSpan(recorder, beginNumber, outer);
    let result: T;
    try {
      result = runInside(span, fn, span);
    } catch (error) {
      span.finish(errorArgs(error));
      throw error;
    }
    return followResult(result, span);
  }

  /**
   * The span of the function that runs here, also after an await: that of the innermost `trace()`
   * or `traceAsyncFunction()`, to which arguments can be added. One that does nothing where there
   * is none, or where it is over.
   */
  current(): Span {
    const recorder = this.#recorder;
    const span = recorder === undefined ? undefined : currentCall(recorder);
    return span === undefined || span.isOver ? NO_SPAN : span;
  }

  /**
   * Records a span that is over, from two readings of `performance.now()`.
   *
   * @param startMs performance.now() at its start; before the start of the trace counts as then.
   * @param durationMs Milliseconds.
   */
  complete(
    name: string,
    startMs: number,
    durationMs: number,
    category?: string,
    args?: Args,
  ): void {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    if (!number.isFinite(startMs) || !number.isFinite(durationMs) || durationMs < 0) {
      recorder.invalid('complete() was given times that are not finite numbers of milliseconds.');
      return;
    }
    moveToCurrentCall(recorder);
    recorder.complete(name, startMs, durationMs, category, args);
  }

  /**
   * Begins a span that may end on another thread: send the number there.
   *
   * Ended in order on the same thread it is drawn as `span()` would be, else on a track of its
   * own: also where a span around it, made by `span()`, ends first.
   */
  beginSpan(name: string, category?: string, args?: Args): SpanId {
    const recorder = this.#recorder;
    if (recorder === undefined) return 0;
    moveToCurrentCall(recorder);
    return recorder.id(recorder.beginLoose(name, category, args));
  }

  /** Ends a span by its number, on any thread of the process. */
  endSpan(id: SpanId, args?: Args): void {
    this.#withId('endSpan', id)?.endById(id, args);
  }

  /**
   * Begins an operation that goes on while its thread does other things. Inside a function that
   * `trace` or `traceAsyncFunction` runs, it is drawn inside that operation.
   *
   * @param asyncId An id of the program's own; events with the same id share a track. Default: a
   *   new one, which is returned, and may be sent to other threads.
   */
  asyncBegin(name: string, asyncId?: string | number, category?: string, args?: Args): AsyncId {
    const recorder = this.#recorder;
    if (recorder === undefined) return 0;
    const id = this.#ownId('asyncBegin', asyncId, recorder);
    moveToCurrentCall(recorder);
    const beginNumber = recorder.asyncBegin(name, category, args, id);
    return beginNumber === 0 ? 0 : (id ?? recorder.id(beginNumber));
  }

  /**
   * Marks a moment of an operation that is open, from any thread.
   *
   * @param category Decides only whether the instant is recorded: it is written with the
   *   category of its operation, as viewers find it by that. Default: the operation's.
   */
  asyncInstant(asyncId: AsyncId, name: string, category?: string, args?: Args): void {
    this.#withId('asyncInstant', asyncId)?.asyncInstant(asyncId, name, category, args);
  }

  /** Ends an operation, on any thread; of several with the same id, the last one begun. */
  asyncEnd(asyncId: AsyncId, args?: Args): void {
    this.#withId('asyncEnd', asyncId)?.endById(asyncId, args);
  }

  /**
   * Starts an arrow from the span that is open here to the ones in which `flowStep` and `flowEnd`
   * are called, on any thread. Where no span is open a tiny one is made, as viewers draw arrows
   * only between spans.
   *
   * @param flowId An id of the program's own. Default: a new one, which is returned.
   */
  flowStart(name: string, flowId?: string | number, category?: string, args?: Args): FlowId {
    const recorder = this.#recorder;
    if (recorder === undefined) return 0;
    const id = this.#ownId('flowStart', flowId, recorder);
    moveToCurrentCall(recorder);
    const beginNumber = recorder.flowStart(name, category, args, id);
    return beginNumber === 0 ? 0 : (id ?? recorder.id(beginNumber));
  }

  /** Leads the arrow through the span that is open here; in Perfetto's format, also an operation. */
  flowStep(flowId: FlowId, args?: Args): void {
    const recorder = this.#withId('flowStep', flowId);
    if (recorder === undefined) return;
    moveToCurrentCall(recorder);
    recorder.flowStep(flowId, args);
  }

  /** Ends the arrow in the span that is open here. The id can then start another one. */
  flowEnd(flowId: FlowId, args?: Args): void {
    const recorder = this.#withId('flowEnd', flowId);
    if (recorder === undefined) return;
    moveToCurrentCall(recorder);
    recorder.flowEnd(flowId, args);
  }

  /**
   * Writes an event as it is, for timings that come from elsewhere. `pid`, `tid` and `ts` default
   * to here and now; `ts` and `dur` are microseconds on the trace's own clock. Nothing looks after
   * its nesting: what viewers make of it is up to the caller.
   */
  emit(event: TraceEvent): void {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    const encoded = encodeEvent(event);
    if (typeof encoded === 'string') recorder.invalid(`${encoded} It was not recorded.`);
    else if (recorder.allows(encoded.category)) recorder.emit(encoded.members, encoded.given);
  }

  /**
   * Writes a metadata event (phase M). The names and sort indices of processes and threads, which
   * viewers read, must be of the right type.
   */
  metadata(name: string, args: Args): void {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    const own = readMetadata(name, args);
    if (own !== undefined) recorder.metadata(name, own);
    else recorder.invalid(`metadata() was given a ${name} without its name, label or sort index.`);
  }

  /** Names the process in the viewer. */
  setProcessName(name: string): void {
    this.#setName('process_name', name);
  }

  /** Names the calling thread in the viewer. */
  setThreadName(name: string): void {
    this.#setName('thread_name', name);
  }

  /** Where the viewer puts the process: lower is further up. */
  setProcessSortIndex(i: number): void {
    this.#setSortIndex('process_sort_index', i);
  }

  /** Where the viewer puts the calling thread: lower is further up. */
  setThreadSortIndex(i: number): void {
    this.#setSortIndex('thread_sort_index', i);
  }

  /**
   * Lets a thread that is running already record into this trace: send it by `postMessage` or as
   * `workerData`, and call {@link Tracer.connect} there. Threads that start after
   * `setGlobalTracer` need none.
   */
  handle(): TracerHandle {
    return this.#handle ?? { ...this.#openSession().handle, from: tid };
  }

  /**
   * What a child process needs in its environment to record into a part of this trace. Children get
   * it by themselves, as long as they inherit the environment and this is the global tracer; one that
   * is given an environment of its own needs it there:
   *
   * ```ts
   * spawn('node', ['job.js'], { env: { PATH: process.env.PATH, ...tracer.childEnv() } });
   * ```
   *
   * Empty where nothing is being recorded, or `childProcesses` is false.
   */
  childEnv(): Record<string, string> {
    if (this.#recorder === undefined) return {};
    return this.#session?.childEnvironment() ?? ownEnvironment();
  }

  /**
   * A tracer that records into the trace of the thread that made the handle.
   *
   * @throws {TraceError} TRACELANE_BAD_HANDLE
   */
  static connect(handle: TracerHandle): Tracer {
    const own = withOriginals(() => readHandle(handle));
    if (own === undefined) {
      throw new TraceError(
        'TRACELANE_BAD_HANDLE',
        'Tracer.connect() takes what handle() of a tracer gave, from the same version of ' +
          'tracelane, sent by postMessage or as workerData.',
      );
    }
    const tracer = new Tracer(literalPath(own.outputFile));
    tracer.#handle = own;
    tracer.#outputFile = own.outputFile;
    return withOriginals(() => tracer.start());
  }

  /**
   * @internal This process's part of a trace that another one has started.
   * @throws {TraceError} TRACELANE_CANNOT_OPEN
   */
  static join(root: RootTrace): Tracer {
    const { path: _, ...options } = root.options;
    const tracer = new Tracer(literalPath(pathOfPart(root)), options);
    tracer.#root = root;
    return tracer.start();
  }

  /** {@link stopSync} */
  [Symbol.dispose](): void {
    this.stopSync();
  }

  /** {@link stop} */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #openSession(): Session {
    this.#session ??= withOriginals(() => {
      const path = fillIn(this.#options.path, countRecording);
      const session = new Session({ ...this.#options, path }, this.#root);
      this.#outputFile = path;
      return session;
    });
    return this.#session;
  }

  /** The recorder, if the id may be one. */
  #withId(method: string, id: unknown): Recorder | undefined {
    const recorder = this.#recorder;
    if (recorder === undefined || typeof id === 'number' || typeof id === 'string') return recorder;
    recorder.invalid(`${method}() was given an id that is neither a number nor a string.`);
    return undefined;
  }

  /** The id that a program chose; undefined if it chose none, or something that cannot be one. */
  #ownId(method: string, id: unknown, recorder: Recorder): string | number | undefined {
    if (id === undefined || typeof id === 'string') return id;
    // Turns -0 into 0.
    if (number.isFinite(id)) return (id as number) + 0;
    recorder.invalid(`${method}() was given an id that is neither a string nor a finite number.`);
    return undefined;
  }

  #setName(kind: string, name: unknown): void {
    if (typeof name === 'string') this.#recorder?.metadata(kind, { name });
    else this.#recorder?.invalid(`A ${kind} must be a string, not ${typeof name}.`);
  }

  #setSortIndex(kind: string, index: unknown): void {
    // Viewers read 32 bits.
    if (typeof index === 'number' && (index | 0) === index)
      this.#recorder?.metadata(kind, { sort_index: index });
    else this.#recorder?.invalid(`A ${kind} must be an integer of 32 bits.`);
  }
}

/** For the common slip: the category before the function, as in the other methods. */
function wrongTrace(name: unknown, given: unknown): TraceError {
  const found = typeof given === 'string' ? `'${given}'` : `a value of type ${typeof given}`;
  return new TraceError(
    'TRACELANE_BAD_CALL',
    `trace(${typeof name === 'string' ? `'${name}'` : 'name'}, …) was given ${found} in place of its ` +
      'function. The order is trace(name, fn, category, args).',
  );
}
