import { number, OwnMap } from '../../intrinsics/language.js';
import { withOriginals } from '../../intrinsics/originals.js';
import type { Args, TraceEvent } from '../../trace-event/events.js';
import { SCOPE_GLOBAL, SCOPE_PROCESS, SCOPE_THREAD } from '../arena/records.js';
import { TraceError } from '../errors.js';
import { resolveOptions } from '../options.js';
import { literalPath } from '../output-path.js';
import type { Recorder } from '../record/recorder.js';
import { pathOfPart, type RootTrace } from '../session/child-processes.js';
import { beforeEnd, type CatchUp, catchUp, notBeforeEnd } from '../session/exit.js';
import { checkPacking } from '../session/output-file.js';
import type { Owner } from '../session/owner.js';
import { readStats } from '../session/stats.js';
import { type OpenTrack, openTrack } from '../session/thread-recorders.js';
import { readHandle } from '../session/worker-handle.js';
import type {
  AsyncId,
  FileUrl,
  FlowId,
  SpanId,
  TracerHandle,
  TracerOptions,
  TraceStats,
} from '../types.js';
import { followResult, isAsyncFunction } from './call-result.js';
import { encodeEvent } from './emit.js';
import { chosenId, setName, setSortIndex, withId, wrongTrace } from './given-values.js';
import { Lifecycle } from './lifecycle.js';
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
  readonly #life: Lifecycle;
  /** Set between `start()` and `stop()`. Held here, too, as all that is recorded looks at it. */
  #recorder: Recorder | undefined;

  /**
   * @param outputFile Where the trace goes; missing folders are made, an existing file is
   *   replaced. A name that ends in `.gz` or `.zst` (Node 22.15 or newer) has it packed as it is
   *   written. Default: 'trace.json' in the working directory.
   * @throws {TraceError} TRACELANE_BAD_OPTION; TRACELANE_NO_ZSTD: this Node cannot pack by zstd
   */
  constructor(outputFile: string | FileUrl = 'trace.json', options: TracerOptions = {}) {
    this.#life = withOriginals(() => {
      const resolved = resolveOptions(outputFile, options);
      checkPacking(resolved.path);
      return new Lifecycle(resolved);
    });
  }

  /**
   * The absolute path of the trace file: of the last recording, where the path that was given has
   * placeholders. Before the first one, it has them still.
   */
  get outputFile(): string {
    return this.#life.outputFile;
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
    return this.#life.startedAt;
  }

  /** @internal A track below that of this thread, for what is known of it only afterwards. */
  openTrack(name: string): OpenTrack | undefined {
    const recorder = this.#recorder;
    return recorder && withOriginals(() => openTrack(recorder, this.handle(), name));
  }

  /**
   * @internal Registers a function that records what is left. It is called with true before this thread stops
   * the tracer, before it exits, and before a signal ends the process; with false where it may only be
   * that: an error that nobody has caught yet, a signal that the program listens to. It must not throw.
   */
  beforeEnd(catchUp: CatchUp): Disposable {
    withOriginals(() => beforeEnd(this, catchUp));
    return { [Symbol.dispose]: () => withOriginals(() => notBeforeEnd(catchUp)) };
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
    this.#recorder ??= this.#life.start();
    return this;
  }

  /** @internal Hands the trace on to the threads and processes that start from now on. */
  publish(owner: Owner = 'program'): void {
    this.#life.publish(owner);
  }

  /** @internal It is the program's global tracer no more. */
  unpublish(): void {
    this.#life.unpublish();
  }

  /**
   * Resolves when everything that was recorded before the call is in the file, or cannot be brought there:
   * writing has failed, or the writer has not answered for 5 seconds. Never rejects.
   */
  async flush(): Promise<void> {
    await this.#recorder?.flushAsync();
  }

  /** The same, blocking. */
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
    // Awaited: what is returned as a promise is asked for its `then`, which may have been replaced.
    return await this.#life.stop(this.#leaveOff());
  }

  /**
   * The same, blocking until it is done, or the writer has written nothing for 10 seconds. Node gives
   * back the writer's thread only when the program comes back to its event loop: where it has not done
   * so after four of these, the next recording is written by the thread that starts it, as with
   * `writer: 'inline'`.
   */
  stopSync(): TraceStats {
    return this.#life.stopSync(this.#leaveOff());
  }

  /** Records no more from here on. Gives what was recorded by, if anything was. */
  #leaveOff(): Recorder | undefined {
    const recorder = this.#recorder;
    if (recorder !== undefined) withOriginals(() => catchUp(this));
    this.#recorder = undefined;
    return recorder;
  }

  /** What has become of the events so far. Cheap: may be called at any time. */
  stats(): TraceStats {
    return this.#recorder === undefined ? this.#life.lastStats : readStats(this.#recorder.arena);
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
    withId(this.#recorder, 'endSpan', id)?.endById(id, args);
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
    const id = chosenId(recorder, 'asyncBegin', asyncId);
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
    withId(this.#recorder, 'asyncInstant', asyncId)?.asyncInstant(asyncId, name, category, args);
  }

  /** Ends an operation, on any thread; of several with the same id, the last one begun. */
  asyncEnd(asyncId: AsyncId, args?: Args): void {
    withId(this.#recorder, 'asyncEnd', asyncId)?.endById(asyncId, args);
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
    const id = chosenId(recorder, 'flowStart', flowId);
    moveToCurrentCall(recorder);
    const beginNumber = recorder.flowStart(name, category, args, id);
    return beginNumber === 0 ? 0 : (id ?? recorder.id(beginNumber));
  }

  /** Leads the arrow through the span that is open here; in Perfetto's format, also an operation. */
  flowStep(flowId: FlowId, args?: Args): void {
    const recorder = withId(this.#recorder, 'flowStep', flowId);
    if (recorder === undefined) return;
    moveToCurrentCall(recorder);
    recorder.flowStep(flowId, args);
  }

  /** Ends the arrow in the span that is open here. The id can then start another one. */
  flowEnd(flowId: FlowId, args?: Args): void {
    const recorder = withId(this.#recorder, 'flowEnd', flowId);
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
    setName(this.#recorder, 'process_name', name);
  }

  /** Names the calling thread in the viewer. */
  setThreadName(name: string): void {
    setName(this.#recorder, 'thread_name', name);
  }

  /** Where the viewer puts the process: lower is further up. */
  setProcessSortIndex(i: number): void {
    setSortIndex(this.#recorder, 'process_sort_index', i);
  }

  /** Where the viewer puts the calling thread: lower is further up. */
  setThreadSortIndex(i: number): void {
    setSortIndex(this.#recorder, 'thread_sort_index', i);
  }

  /**
   * Lets a thread that is running already record into this trace: send it by `postMessage` or as
   * `workerData`, and call {@link Tracer.connect} there. Threads that start after
   * `setGlobalTracer` need none.
   */
  handle(): TracerHandle {
    return this.#life.handle();
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
    return this.#recorder === undefined ? {} : this.#life.childEnv();
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
    tracer.#life.connect(own);
    return withOriginals(() => tracer.start());
  }

  /**
   * @internal This process's part of a trace that another one has started.
   * @throws {TraceError} TRACELANE_CANNOT_OPEN
   */
  static join(root: RootTrace): Tracer {
    const { path: _, ...options } = root.options;
    const tracer = new Tracer(literalPath(pathOfPart(root)), options);
    tracer.#life.join(root);
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
}
