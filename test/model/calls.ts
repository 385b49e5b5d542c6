import type { Tracer } from 'tracelane';
import type { Notebook } from './notebook.js';
import type { Step } from './program.js';
import type { Parent } from './scopes.js';
import { argumentsOf, categoryOf, scopeOf } from './variety.js';

/** Threads that there are not, for events that are written as they are. */
const EMITTED_TID = 3_000_000_000;

type Kind =
  | 'instant'
  | 'counter'
  | 'metadata'
  | 'emit'
  | 'read clock'
  | 'complete'
  | 'name thread'
  | 'burst';
type SingleCall = Extract<Step, { do: Kind }>;

/** What is one call and over. */
export class Calls {
  threadName: string | undefined;
  readonly #tracer: Tracer;
  readonly #notes: Notebook;
  readonly #thread: number;
  readonly #readings: number[] = [];
  #emitted = 0;

  constructor(tracer: Tracer, notes: Notebook, thread: number) {
    this.#tracer = tracer;
    this.#notes = notes;
    this.#thread = thread;
  }

  make(step: SingleCall, parent: Parent): void {
    switch (step.do) {
      case 'instant':
        this.#instant(step.is, parent);
        break;
      case 'burst':
        for (let i = 0; i < step.count; i++) this.#instant(step.is + 64 * (i % 4), parent);
        break;
      case 'counter':
        this.#counter(step.is);
        break;
      case 'metadata':
        this.#metadata(step.is);
        break;
      case 'name thread':
        this.#nameThread(step.is);
        break;
      case 'emit':
        this.#emit(step.is);
        break;
      case 'read clock':
        this.#readings.push(performance.now());
        break;
      case 'complete':
        this.#complete(step.pick, step.is, parent);
        break;
    }
  }

  #instant(is: number, parent: Parent): void {
    const notes = this.#notes;
    const { name, cat, category, args, recorded } = notes.call('instant', is);
    const scope = scopeOf(is);
    const before = notes.before();
    this.#tracer.instant(name, category, args, scope);
    const at = notes.since(before);
    if (recorded) notes.enter({ what: 'instant', at, name, cat, scope, args: args ?? {}, parent });
  }

  /** A counter of this thread alone, or one in which all threads of the process have series. */
  #counter(is: number): void {
    const notes = this.#notes;
    const category = categoryOf(is);
    const alone = is % 3 === 0;
    const value = (factor: number) => ((is >> 5) % 1000) * factor + 1;
    const name = alone ? notes.sharedName('count') : `shared counter ${is % 2}`;
    const all = Object.entries({ a: value(1), b: value(0.1), c: value(-7) });
    const chosen = all.filter((_, i) => ((is % 7) + 1) & (1 << i));
    const series = alone
      ? { value: value(1) }
      : Object.fromEntries(chosen.map(([key, number]) => [notes.sharedName(key), number]));
    const before = notes.before();
    this.#tracer.counter(name, alone ? value(1) : series, category);
    const at = notes.since(before);
    const cat = category ?? 'default';
    if (notes.records(category)) notes.enter({ what: 'counter', at, name, cat, series });
  }

  #metadata(is: number): void {
    const notes = this.#notes;
    const name = notes.name('metadata');
    const args = argumentsOf(is) ?? {};
    const before = notes.before();
    this.#tracer.metadata(name, args);
    notes.enter({ what: 'metadata', at: notes.since(before), name, args });
  }

  #nameThread(is: number): void {
    const notes = this.#notes;
    const { name } = notes.call('thread', is);
    const before = notes.before();
    this.#tracer.setThreadName(name);
    this.threadName = name;
    const at = notes.since(before);
    notes.enter({ what: 'metadata', at, name: 'thread_name', args: { name } });
  }

  #emit(is: number): void {
    const notes = this.#notes;
    const { name, cat, args = {}, recorded } = notes.call('emitted', is);
    const tid = EMITTED_TID + this.#thread;
    const ts = 1000 * ++this.#emitted + (is % 7) / 3;
    const dur = 1 + (is % 11) / 7;
    const before = notes.before();
    this.#tracer.emit({ name, cat, ph: 'X', tid, ts, dur, args });
    const at = notes.since(before);
    if (recorded) notes.enter({ what: 'emitted', at, name, cat, tid, ts, dur, args });
  }

  /** From one reading of the clock to another, or to now. */
  #complete(pick: number, is: number, parent: Parent): void {
    const notes = this.#notes;
    const first = pick % Math.max(1, this.#readings.length);
    const startMs = this.#readings[first];
    if (startMs === undefined) return;
    const durationMs = (this.#readings[first + 1 + (is % 4)] ?? performance.now()) - startMs;
    const { name, cat, category, args = {}, recorded } = notes.call('complete', is);
    const before = notes.before();
    this.#tracer.complete(name, startMs, durationMs, category, args);
    const at = notes.since(before);
    if (!recorded) return;
    notes.enter({ what: 'complete', at, name, cat, args, parent, startMs, durationMs });
  }
}
