import { isAsync, isSlice } from '../../trace-event/phases.js';
import { isObject, type RawEvent, readEntries, type TraceEntry } from '../source/entries.js';
import type { Progress } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import { type AsyncOperation, AsyncTimeline } from '../timeline/async-timeline.js';
import { StringTable } from '../timeline/string-table.js';
import { type Slice, ThreadTimeline } from '../timeline/thread-timeline.js';
import { type ProcessOrThread, TimeScale } from '../timeline/timed-event.js';
import { Durations } from './durations.js';
import type {
  CounterSummary,
  GroupSummary,
  SliceSummary,
  Summary,
  SummaryOptions,
} from './summary.js';
import { ThreadActivity } from './threads.js';

interface Group {
  readonly key: string;
  readonly kind: 'slice' | 'async';
  readonly durations: Durations;
  self: number;
  unfinished: number;
}

/** A slice or an operation. Its thread's name is looked up for those that are shown. */
interface Counted {
  readonly kind: 'slice' | 'async';
  readonly name: string;
  readonly category: string;
  readonly thread: () => string;
}

interface Counter {
  readonly pid: ProcessOrThread;
  readonly name: string;
  readonly series: string;
  count: number;
  sum: number;
  min: number;
  max: number;
}

/**
 * Where the time went in a trace. Memory grows with the names, threads and series in it, and not
 * with its events. Rejects with a TraceReadError where nothing can be read.
 */
export async function summarize(
  input: TraceInput,
  options: SummaryOptions,
  onProgress?: (progress: Progress) => void,
): Promise<Summary> {
  const summarizer = new Summarizer(options);
  let damaged = 0;
  try {
    const facts = await readEntries(input, {
      onEntry: (entry) => summarizer.take(entry),
      onProblem: ({ rule }) => {
        if (rule === 'event-syntax') damaged++;
      },
      onProgress,
    });
    const { name: file, events, truncated } = facts;
    return { file, events, truncated, damaged, ...summarizer.finish() };
  } finally {
    summarizer.close();
  }
}

class Summarizer {
  readonly #options: SummaryOptions;
  readonly #strings = new StringTable();
  readonly #scale = new TimeScale();
  readonly #threads = new ThreadTimeline(this.#strings);
  readonly #asyncs = new AsyncTimeline(this.#strings);
  readonly #activity: ThreadActivity;
  readonly #groups = { slice: new Map<string, Group>(), async: new Map<string, Group>() };
  readonly #counters = new Map<string, Counter>();
  readonly #longest: SliceSummary[] = [];
  readonly #unfinished: SliceSummary[] = [];
  #unfinishedCount = 0;
  #start = Number.POSITIVE_INFINITY;
  #end = Number.NEGATIVE_INFINITY;

  constructor(options: SummaryOptions) {
    this.#options = options;
    this.#activity = new ThreadActivity(options.stretches);
  }

  take(entry: TraceEntry): void {
    const { event } = entry;
    if (event?.ph === 'M') this.#takeName(event);
    const timed = this.#scale.place(entry);
    if (timed === undefined) return;
    this.#start = Math.min(this.#start, timed.start);
    this.#end = Math.max(this.#end, timed.end);
    if (timed.ph === 'C') this.#takeCounter(timed.pid, timed.name, timed.event);
    else if (isSlice(timed.ph)) this.#threads.add(timed);
    else if (isAsync(timed.ph) && timed.ph !== 'n') this.#asyncs.add(timed);
  }

  finish(): Omit<Summary, 'file' | 'events' | 'truncated' | 'damaged'> {
    const wall = Math.max(0, this.#end - this.#start) || 0;
    this.#activity.setRange(this.#start, this.#end);
    this.#threads.replay({
      slice: (slice) => this.#takeSlice(slice),
      busy: (thread, start, end) => {
        this.#activity.take(...this.#threads.threadIds(thread), start, end);
      },
    });
    this.#asyncs.replay({ operation: (operation) => this.#takeOperation(operation) });
    return {
      wall,
      groups: [...this.#groups.slice.values(), ...this.#groups.async.values()].map((group) =>
        summaryOf(group, wall),
      ),
      threads: this.#activity.threads(),
      processes: this.#activity.processes(),
      counters: Array.from(this.#counters.values(), counterSummaryOf),
      longest: this.#longest,
      unfinished: this.#unfinished,
      unfinishedCount: this.#unfinishedCount,
    };
  }

  /** Gives the temporary files back. Has to be called, and can be called again. */
  close(): void {
    this.#threads.close();
    this.#asyncs.close();
  }

  #takeName({ name, pid, tid, args }: RawEvent): void {
    if (typeof name !== 'string' || !isObject(args) || typeof args['name'] !== 'string') return;
    this.#activity.name(name, pid as number, tid as number, args['name']);
  }

  #takeCounter(pid: ProcessOrThread, name: string, { id, args }: RawEvent): void {
    if (!isObject(args)) return;
    const shown = id === undefined ? name : `${name} [${id}]`;
    for (const [series, value] of Object.entries(args)) {
      if (typeof value !== 'number' || !Number.isFinite(value)) continue;
      const key = JSON.stringify([pid, shown, series]);
      let counter = this.#counters.get(key);
      if (counter === undefined) {
        counter = { pid, name: shown, series, count: 0, sum: 0, min: value, max: value };
        this.#counters.set(key, counter);
      }
      counter.count++;
      counter.sum += value;
      counter.min = Math.min(counter.min, value);
      counter.max = Math.max(counter.max, value);
    }
  }

  #takeSlice({ event, end, self }: Slice): void {
    const [pid, tid] = this.#threads.threadIds(event.thread);
    this.#activity.count(pid, tid);
    const name = this.#strings.text(event.name);
    if (!this.#options.filter(name)) return;
    const category = this.#strings.text(event.category);
    const thread = () => this.#activity.label(pid, tid);
    this.#count({ kind: 'slice', name, category, thread }, event.start, end, self);
  }

  #takeOperation({ begin, end }: AsyncOperation): void {
    const name = this.#strings.text(begin.name);
    if (!this.#options.filter(name)) return;
    const category = this.#strings.text(begin.category);
    const thread = () => `process ${this.#strings.text(begin.pid)}`;
    this.#count({ kind: 'async', name, category, thread }, begin.start, end, 0);
  }

  #count(what: Counted, from: number, end: number, self: number): void {
    const group = this.#group(what);
    const { top } = this.#options;
    if (end === Number.POSITIVE_INFINITY) {
      group.unfinished++;
      this.#unfinishedCount++;
      if (this.#unfinished.length < top) this.#unfinished.push(this.#slice(what, from, undefined));
      return;
    }
    const duration = end - from;
    group.durations.add(duration);
    group.self += self;
    const longest = this.#longest;
    if (longest.length < top || duration > (longest.at(-1)?.duration ?? 0)) {
      keepLongest(longest, this.#slice(what, from, duration), top);
    }
  }

  #slice(what: Counted, from: number, duration: number | undefined): SliceSummary {
    const { name, category, kind, thread } = what;
    return { name, category, kind, thread: thread(), start: from - this.#start, duration };
  }

  #group({ kind, name, category, thread }: Counted): Group {
    const { by } = this.#options;
    const key = by === 'name' ? name : by === 'category' ? category : thread();
    const groups = this.#groups[kind];
    let group = groups.get(key);
    if (group === undefined) {
      group = { key, kind, durations: new Durations(), self: 0, unfinished: 0 };
      groups.set(key, group);
    }
    return group;
  }
}

/** Keeps the list sorted, the longest first. */
function keepLongest(longest: SliceSummary[], slice: SliceSummary, count: number): void {
  const at = longest.findIndex(({ duration }) => (duration ?? 0) < (slice.duration ?? 0));
  longest.splice(at < 0 ? longest.length : at, 0, slice);
  if (longest.length > count) longest.pop();
}

function summaryOf({ key, kind, durations, self, unfinished }: Group, wall: number): GroupSummary {
  const { count, total, mean, max } = durations;
  return {
    key,
    kind,
    count,
    total,
    self: kind === 'slice' ? self : undefined,
    mean,
    p50: durations.quantile(0.5),
    p95: durations.quantile(0.95),
    p99: durations.quantile(0.99),
    max,
    share: wall === 0 ? 0 : total / wall,
    unfinished,
  };
}

function counterSummaryOf({ pid, name, series, count, sum, min, max }: Counter): CounterSummary {
  return { pid, name, series, count, min, mean: sum / count, max };
}
