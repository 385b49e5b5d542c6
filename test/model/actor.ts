import { readFileSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { AsyncId, FlowId, SpanId, Tracer } from 'tracelane';
import { unpack } from '../unpack.js';
import { Calls } from './calls.js';
import type { Entry } from './ledger.js';
import { type Before, Notebook } from './notebook.js';
import type { Script, Step } from './program.js';
import { operate, type Parent, type Performer, run } from './scopes.js';
import { argumentsOf, categoryOf, endArgumentsOf, type Values } from './variety.js';

/** What a thread is told to do to something that another has begun. */
export type Task =
  | { readonly kind: 'close'; readonly what: Sendable; readonly is: number }
  | { readonly kind: 'mark'; readonly what: Sendable; readonly is: number }
  | { readonly kind: 'flow'; readonly what: OpenFlow; readonly point: 't' | 'f'; is: number };

interface Sendable {
  readonly name: string;
  readonly id: SpanId | AsyncId;
  readonly async: boolean;
}

/** Begun by one step, to be ended by another. */
interface Open extends Sendable {
  /** Others may be open under its id: the last one begun is the first to end. */
  readonly shared: boolean;
  readonly end: (args: Values | undefined) => void;
}

interface OpenFlow {
  readonly name: string;
  readonly cat: string;
  readonly id: FlowId;
}

export interface Surroundings {
  readonly tracer: Tracer;
  readonly thread: number;
  /** Part of all names, so that no other thread's are alike. */
  readonly prefix: string;
  /** Of the times that are written down: nanoseconds of CLOCK_MONOTONIC. */
  readonly origin: bigint;
  /** The category that the tracer does not record. */
  readonly skipped: string | undefined;
  /** Resolves when the other thread has done it. */
  readonly send: (thread: number, task: Task) => Promise<void>;
}

/** At the file, to see what is in it. */
const LOOKS = 1000;

/** Does what a script says on the thread that it is made on. */
export class Actor implements Performer {
  /** What was not as it should be. */
  readonly problems: string[] = [];
  readonly #notes: Notebook;
  readonly #calls: Calls;
  readonly #around: Surroundings;
  readonly #tracer: Tracer;
  readonly #open: Open[] = [];
  #lastClosed: Open | undefined;
  readonly #flows: OpenFlow[] = [];
  /** Ids of the program's own that have a flow. */
  readonly #flowKeys = new Set<FlowId>();
  /** What goes on beside the script. */
  readonly #beside: Promise<unknown>[] = [];

  constructor(around: Surroundings) {
    this.#around = around;
    this.#tracer = around.tracer;
    this.#notes = new Notebook(around.prefix, around.origin, around.skipped);
    this.#calls = new Calls(around.tracer, this.#notes, around.thread);
  }

  /** What it has called its thread. */
  get threadName(): string | undefined {
    return this.#calls.threadName;
  }

  get entries(): readonly Entry[] {
    return this.#notes.entries;
  }

  /** Resolves when all is done that the script has started. */
  async run(script: Script): Promise<void> {
    await this.perform(script, undefined);
    while (this.#beside.length > 0) await this.#beside.pop();
  }

  async perform(script: Script, parent: Parent): Promise<void> {
    for (const step of script) {
      const pending = this.#step(step, parent);
      // No await where there is nothing to wait for: others would come in between.
      if (pending !== undefined) await pending;
    }
  }

  performAtOnce(script: Script, parent: Parent): void {
    for (const step of script) void this.#step(step, parent);
  }

  /** Does what another thread has sent. */
  take(task: Task): void {
    const { kind, is, what } = task;
    if (kind === 'flow') this.#flowPoint(what, task.point, is);
    else if (kind === 'mark') this.#mark(what, is);
    else {
      const args = endArgumentsOf(is);
      const before = this.#notes.before();
      if (what.async) this.#tracer.asyncEnd(what.id as AsyncId, args);
      else this.#tracer.endSpan(what.id as SpanId, args);
      this.#enterEnd(what.name, args, before);
    }
  }

  #step(step: Step, parent: Parent): Promise<unknown> | undefined {
    const tracer = this.#tracer;
    const notes = this.#notes;
    switch (step.do) {
      case 'run':
        run(step, parent, tracer, notes, this);
        return undefined;
      case 'operate':
        return operate(step, parent, tracer, notes, this);
      case 'parallel':
        return Promise.all(step.branches.map((branch) => this.perform(branch, parent)));
      case 'background':
        this.#beside.push(this.perform(step.body, parent));
        return undefined;
      case 'pause':
        if (step.how === 'immediate') return setImmediate();
        return step.how === 'timer' ? setTimeout(1) : Promise.resolve();
      case 'open':
        this.#begin(step.way, step.is, parent);
        return undefined;
      case 'close':
        return this.#close(step);
      case 'close again':
        this.#closeAgain();
        return undefined;
      case 'close all':
        while (this.#open.length > 0) this.#end(this.#open.length - 1, 0);
        return undefined;
      case 'mark':
        return this.#markOne(step);
      case 'start flow':
        this.#startFlow(step.is);
        return undefined;
      case 'step flow':
        return this.#goOn(step, 't');
      case 'end flow':
        return this.#goOn(step, 'f');
      case 'flush':
      case 'flush sync':
        return this.#flush(step.do === 'flush sync');
      default:
        this.#calls.make(step, parent);
        return undefined;
    }
  }

  #begin(way: (Step & { do: 'open' })['way'], is: number, parent: Parent): void {
    const tracer = this.#tracer;
    const notes = this.#notes;
    const call = notes.call(way, is);
    const { name, category, args, recorded } = call;
    const before = notes.before();
    let open: Open;
    if (way === 'span') {
      const span = tracer.span(name, category, args);
      notes.began(call, 'span', before, parent);
      open = { name, id: span.id, async: false, shared: false, end: (more) => span.end(more) };
    } else if (way === 'beginSpan') {
      const id = tracer.beginSpan(name, category, args);
      notes.began(call, 'loose', before, parent);
      open = { name, id, async: false, shared: false, end: (more) => tracer.endSpan(id, more) };
    } else {
      const key = way === 'own id' ? this.#ownId(is) : undefined;
      const id = tracer.asyncBegin(name, key, category, args);
      notes.began(call, 'async', before, parent, key);
      const shared = key !== undefined && is % 3 === 0;
      open = { name, id, async: true, shared, end: (more) => tracer.asyncEnd(id, more) };
    }
    if (recorded) this.#open.push(open);
    // Nothing was begun, so there is nothing to end: the call must not matter.
    else open.end(undefined);
  }

  #ownId(is: number): string | number {
    if (is % 3 === 0) return this.#notes.sharedName(`id ${is % 2}`);
    if (is % 3 === 1) return this.#notes.name('id');
    return 100_000 * (1 + this.#around.thread) + this.#notes.entries.length + 0.5 * (is % 2);
  }

  #close({ pick, is, on, wait }: Step & { do: 'close' }): Promise<void> | undefined {
    if (this.#open.length === 0) return undefined;
    const index = this.#newestOfId(pick % this.#open.length);
    const open = this.#open[index] as Open;
    if (on === this.#around.thread || open.shared) {
      this.#end(index, is);
      return undefined;
    }
    this.#open.splice(index, 1);
    return this.#send(on, { kind: 'close', what: sendable(open), is }, wait);
  }

  #newestOfId(index: number): number {
    const { id, shared } = this.#open[index] as Open;
    return shared ? this.#open.findLastIndex((open) => open.id === id) : index;
  }

  #end(index: number, is: number): void {
    const [open] = this.#open.splice(index, 1) as [Open];
    const args = endArgumentsOf(is);
    const before = this.#notes.before();
    open.end(args);
    this.#enterEnd(open.name, args, before);
    this.#lastClosed = open.shared ? undefined : open;
  }

  #enterEnd(name: string, args: Values = {}, before: Before): void {
    const at = this.#notes.since(before);
    this.#notes.enter({ what: 'end', at, name, args, settled: false });
  }

  #closeAgain(): void {
    if (this.#lastClosed === undefined) return;
    const before = this.#notes.before();
    this.#lastClosed.end(undefined);
    this.#notes.enter({ what: 'unmatched', at: this.#notes.since(before) });
  }

  #markOne({ pick, is, on, wait }: Step & { do: 'mark' }): Promise<void> | undefined {
    const operations = this.#open.filter(({ async }) => async);
    const picked = operations[pick % Math.max(1, operations.length)];
    if (picked === undefined) return undefined;
    const index = this.#newestOfId(this.#open.indexOf(picked));
    const open = this.#open[index] as Open;
    if (on === this.#around.thread || open.shared) {
      this.#mark(open, is);
      return undefined;
    }
    // Nobody else may end it meanwhile.
    this.#open.splice(index, 1);
    return this.#send(on, { kind: 'mark', what: sendable(open), is }, wait, () => {
      this.#open.push(open);
    });
  }

  #mark({ name: of, id }: Sendable, is: number): void {
    const notes = this.#notes;
    const name = notes.name('mark');
    const category = is % 4 === 0 ? categoryOf(is >> 2) : undefined;
    const args = argumentsOf(is);
    const before = notes.before();
    this.#tracer.asyncInstant(id as AsyncId, name, category, args);
    const at = notes.since(before);
    if (notes.records(category)) notes.enter({ what: 'mark', at, name, of, args: args ?? {} });
  }

  #startFlow(is: number): void {
    const notes = this.#notes;
    const { name, cat, category, args, recorded } = notes.call('flow', is);
    const wanted = is % 3 === 0 ? notes.sharedName(`flow id ${is % 2}`) : undefined;
    const key = wanted === undefined || this.#flowKeys.has(wanted) ? undefined : wanted;
    const before = notes.before();
    const id = this.#tracer.flowStart(name, key, category, args);
    const at = notes.since(before);
    if (!recorded) return;
    if (key !== undefined) this.#flowKeys.add(key);
    this.#flows.push({ name, cat, id });
    notes.enter({ what: 'flow', at, name, cat, point: 's', args: args ?? {} });
  }

  #goOn(
    { pick, is, on, wait }: Step & { do: 'step flow' | 'end flow' },
    point: 't' | 'f',
  ): Promise<void> | undefined {
    const [flow] = this.#flows.splice(pick % Math.max(1, this.#flows.length), 1);
    if (flow === undefined) return undefined;
    const done = (): void => {
      if (point === 't') this.#flows.push(flow);
      else this.#flowKeys.delete(flow.id);
    };
    if (on !== this.#around.thread) {
      return this.#send(on, { kind: 'flow', what: flow, point, is }, wait, done);
    }
    this.#flowPoint(flow, point, is);
    done();
    return undefined;
  }

  #flowPoint({ name, cat, id }: OpenFlow, point: 't' | 'f', is: number): void {
    const args = argumentsOf(is);
    const before = this.#notes.before();
    if (point === 't') this.#tracer.flowStep(id, args);
    else this.#tracer.flowEnd(id, args);
    const at = this.#notes.since(before);
    this.#notes.enter({ what: 'flow', at, name, cat, point, args: args ?? {} });
  }

  #send(
    thread: number,
    task: Task,
    wait: boolean,
    done: () => void = () => {},
  ): Promise<void> | undefined {
    const sent = this.#around.send(thread, task).then(done);
    this.#beside.push(sent);
    return wait ? sent : undefined;
  }

  /** All that was recorded before is in the file then. */
  #flush(sync: boolean): Promise<void> | undefined {
    const entries = this.entries.filter((entry) => 'name' in entry);
    const check = (): void => {
      // Where the writer writes again at this moment, a look may see one half of the file as it was.
      let missing = entries;
      for (let look = 0; look < LOOKS && missing.length > 0; look++) {
        const text = textOf(this.#tracer.outputFile);
        if (isWhole(text)) missing = entries.filter((entry) => !isIn(text, entry));
      }
      for (const { name } of missing) this.problems.push(`${name} is not there after a flush`);
    };
    if (!sync) return this.#tracer.flush().then(check);
    this.#tracer.flushSync();
    check();
    return undefined;
  }
}

function sendable({ name, id, async }: Open): Sendable {
  return { name, id, async };
}

function textOf(file: string): string {
  const bytes = readFileSync(file);
  try {
    return unpack(file, bytes).toString();
  } catch {
    return '';
  }
}

function isWhole(text: string): boolean {
  // Of Perfetto's format, any part is.
  if (text !== '' && !text.startsWith('[')) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isIn(
  text: string,
  { what, name }: { readonly what: string; readonly name: string },
): boolean {
  if (text.startsWith('[')) return text.includes(`"name":${JSON.stringify(name)}`);
  // In Perfetto's format, flows and the naming of a thread have no names.
  return what === 'flow' || name === 'thread_name' || text.includes(name);
}
