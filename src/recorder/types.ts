declare const brand: unique symbol;

/**
 * Names a span on every thread of the process: a number, so that it can be sent anywhere.
 * 0 stands for a span that was not recorded.
 */
export type SpanId = number & { readonly [brand]?: 'SpanId' };

/** Names an async operation: the id that was given to `asyncBegin`, or a number made by it. */
export type AsyncId = (string | number) & { readonly [brand]?: 'AsyncId' };

/** Names a flow: the id that was given to `flowStart`, or a number made by it. */
export type FlowId = (string | number) & { readonly [brand]?: 'FlowId' };

/**
 * A `URL`, of Node or of a browser; only `file:` is written to. It is said by what is needed of it, so
 * that the types of neither have to be installed.
 */
export interface FileUrl {
  readonly href: string;
  readonly protocol: string;
}

/** Options of a tracer. What is not as said here is refused by the constructor. */
export interface TracerOptions {
  /** False makes a tracer that records nothing and opens no file. Default: true. */
  enabled?: boolean | undefined;
  /**
   * Milliseconds between two updates of the file: at most so much is missing after a `kill -9`.
   * 0 has each event in the file before the call that records it returns, at the cost of tens of
   * microseconds a call. Default: 100.
   */
  flushInterval?: number | undefined;
  /**
   * Bytes of shared memory between the program and the writer, from 128 KiB to 1 GiB. Each thread that
   * records holds 64 KiB of it from its first event until it ends; one whose CPU is sampled, twice as
   * much. Where all of it is held, other threads do what `overflow` says. Default: 16 MiB.
   */
  bufferSize?: number | undefined;
  /**
   * What a thread does when that memory is full, as the writer cannot keep up, say: `'block'` waits
   * for room, and drops (and counts) only if nothing at all is written for two seconds; `'drop'`
   * drops at once. Dropped events are counted in `stats()` and marked in the trace.
   * Default: 'block'.
   */
  overflow?: 'block' | 'drop' | undefined;
  /**
   * Where events are formatted and written: in a thread of tracelane's own, or in the thread that
   * started the tracer. Where no thread can be started, `'inline'` is used by itself.
   * Default: 'thread'.
   */
  writer?: 'thread' | 'inline' | undefined;
  /**
   * `'relative'`: times count from the start of the trace. `'epoch'`: from 1970, for tools that
   * join logs by wall clock; viewers then show times to about 0.25 µs only, and may take slices that
   * lie closer together for overlapping ones (`tracelane check` says which). Default: 'relative'.
   */
  clock?: 'relative' | 'epoch' | undefined;
  /**
   * Categories to record: `'*'`, or a list like `'db,http'` or `'*,-verbose'`. Default: '*'.
   */
  categories?: string | undefined;
  /**
   * On SIGINT, SIGTERM and SIGHUP, write the trace first, then let the signal take effect: it ends the
   * process, unless the program has listeners, which then decide, exactly as without tracelane. As with
   * any listener, a signal takes effect when the main thread next comes to its event loop: a program
   * that may hang in a loop without end, and has to end by Ctrl-C, sets false. Its trace then ends with
   * the last flush. Default: true.
   */
  handleSignals?: boolean | undefined;
  /**
   * Whether child processes that use the global tracer record, too, if this is the global tracer:
   * each into a part beside the file, which `stop()` joins into it once the process has ended.
   * Default: true.
   */
  childProcesses?: boolean | undefined;
  /** The name of the process in the viewer. Default: the script's file name. */
  processName?: string | undefined;
  /**
   * `'json'`: the Chrome trace format, which all viewers read. `'perfetto'`: the format of Perfetto, about
   * a quarter of the size, which ui.perfetto.dev and trace_processor read.
   * Default: by the name of the file, `'perfetto'` for `.pftrace` and `.perfetto-trace`, also where a `.gz`
   * or `.zst` stands behind it, which says that the file is packed as it is written.
   */
  format?: 'json' | 'perfetto' | undefined;
}

/** What has become of the events of a trace so far. Counts are of all threads together. */
export interface TraceStats {
  /**
   * Events recorded: one for each span, async operation, instant, counter value, flow point and
   * metadata call. Ends are not counted apart.
   */
  readonly events: number;
  /** Events of the file, tracelane's own included; a span that became an async pair counts two. */
  readonly written: number;
  /** Events for which there was no room. */
  readonly dropped: number;
  /**
   * Events that were recorded, and then lost because the file could not be written, or because what
   * reads the pipe took nothing for two seconds: until it goes on, it is not waited for.
   */
  readonly lost: number;
  /** Size of the file. */
  readonly bytesWritten: number;
  /** Ends, steps and instants whose id was not open: never begun, or ended before. */
  readonly unmatchedEnds: number;
  /** Spans and async operations that are open; after `stop()`, those that were never ended. */
  readonly openSpans: number;
  /** Calls that were refused, in part or whole: a name that is no string, a value that is NaN. */
  readonly invalid: number;
  /** Writes that failed. */
  readonly writeErrors: number;
  /** Parts of child processes that `stop()` has joined into the file. */
  readonly joined: number;
  /** Parts of child processes that there were, as `stop()` found them; before that, 0. */
  readonly parts: number;
  /**
   * Paths of those that `stop()` has not joined: their processes still run, or they cannot be read.
   * Each is a whole trace; `tracelane merge` joins it later.
   */
  readonly unjoined: readonly string[];
}

/** Lets another thread record into the same trace. Can be cloned: send it by `postMessage`. */
export interface TracerHandle {
  readonly [brand]?: 'TracerHandle';
  /** Format of the handle: threads must run the same version of tracelane. */
  readonly tracelane: number;
  readonly memory: SharedArrayBuffer;
  readonly outputFile: string;
  readonly categories: string;
  readonly overflow: 'block' | 'drop';
  readonly immediate: boolean;
  /** tid of the thread that handed it out. */
  readonly from: number;
}
