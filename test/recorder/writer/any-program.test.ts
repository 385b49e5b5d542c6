import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPacking } from '#src/encoding/packing/packings.js';
import { COUNTER_OPEN, COUNTER_UNMATCHED } from '#src/recorder/arena/layout.js';
import type { Recorder } from '#src/recorder/record/recorder.js';
import { repetitions } from '../../effort.js';
import { checkTrace } from '../../viewers/checker.js';
import { InMemory } from './in-memory.js';

type Id = string | number;

interface OpenSpan {
  readonly name: string;
  readonly thread: Thread;
  readonly beginNumber: number;
  readonly id: number;
}

/**
 * An async operation or a flow: its id is made by the recorder, or a key that the program chose.
 */
interface Identified {
  readonly name: string;
  readonly id: Id;
}

interface Thread {
  readonly name: string;
  readonly recorder: Recorder;
}

/** What one step of a program has to choose by. */
interface Step {
  readonly thread: Thread;
  /** The name of what the step records. */
  readonly name: string;
  /** One of the list, or undefined, which stands for one more choice. */
  maybe<T>(list: readonly T[]): T | undefined;
  /** True once in so many times. */
  once(times: number): boolean;
  /** A number below the limit. */
  below(limit: number): number;
}

/** What a program has in hand, of both of its threads together, and what it has done. */
class Program {
  readonly memory: InMemory;
  readonly #threads: readonly [Thread, Thread];
  readonly #spans: OpenSpan[] = [];
  /** Spans that were ended early, and whose functions go on. */
  readonly #early: OpenSpan[] = [];
  readonly #operations: Identified[] = [];
  readonly #flows: Identified[] = [];
  /** Readings of the clock, for spans that are reported after the fact. */
  readonly #readings: number[] = [];
  /** Each call, as it would stand in a program. */
  readonly transcript: string[] = [];
  /** Begins of spans and operations, and ends of those that were open. */
  begun = 0;
  ended = 0;
  flowEvents = 0;
  instants = 0;

  constructor(maxOpen: number, packed: boolean) {
    this.memory = new InMemory(
      64,
      'drop',
      maxOpen,
      packed ? createPacking('gzip', 'small') : undefined,
    );
    this.#threads = [
      { name: 'thread 1', recorder: this.memory.thread(1) },
      { name: 'thread 2', recorder: this.memory.thread(2) },
    ];
  }

  /** `which` chooses the thread, `pick` all else. */
  step(action: Action, which: number, pick: number): void {
    const thread = this.#threads[which % 2] as Thread;
    const name = `${action} ${this.transcript.length + 1}`;
    const did = this.#actions[action]({
      thread,
      name,
      maybe: (list) => list[pick % (list.length + 1)],
      once: (times) => pick % times === 0,
      below: (limit) => pick % limit,
    });
    this.transcript.push(`${thread.name}: ${did ?? `${action}: there is none`}`);
  }

  /**
   * What a step does. Each says what it has called; undefined if there was nothing to call it for.
   */
  readonly #actions: Readonly<Record<Action, (step: Step) => string | undefined>> = {
    begin: (step) => {
      const parent = this.#parent(step);
      const { thread, name } = step;
      enter(thread, parent);
      this.#begin(step, thread.recorder.begin(name, 'c', undefined));
      return `begin "${name}"${inside(parent)}`;
    },
    'begin loose': (step) => {
      const parent = this.#parent(step);
      const { thread, name } = step;
      enter(thread, parent);
      this.#begin(step, thread.recorder.beginLoose(name, 'c', undefined));
      return `begin "${name}", loose${inside(parent)}`;
    },
    'end newest': ({ thread }) => this.#end(this.#newest(thread)),
    'end any': ({ below }) => this.#end(this.#spans[below(Math.max(1, this.#spans.length))]),
    'end elsewhere': ({ thread, maybe }) => {
      const span = take(this.#spans, maybe(this.#spans));
      if (span === undefined) return undefined;
      thread.recorder.endById(span.id, { by: thread.name });
      this.ended++;
      return `end "${span.name}" of ${span.thread.name} by its id`;
    },
    'add arguments': ({ thread, name }) => {
      const span = this.#newest(thread);
      if (span === undefined) return undefined;
      thread.recorder.addArguments(span.beginNumber, { [name]: true });
      return `add arguments to "${span.name}"`;
    },
    rename: ({ thread, name }) => {
      const span = this.#newest(thread);
      if (span === undefined) return undefined;
      thread.recorder.rename(span.beginNumber, name, 'c');
      return `rename "${span.name}"`;
    },
    'end early': ({ thread }) => {
      const span = take(this.#spans, this.#newest(thread));
      if (span === undefined) return undefined;
      thread.recorder.endEarly(span.beginNumber, { early: true });
      this.#early.push(span);
      return `end "${span.name}" early`;
    },
    over: ({ maybe }) => {
      const span = take(this.#early, maybe(this.#early));
      if (span === undefined) return undefined;
      span.thread.recorder.over(span.beginNumber, { error: 'Error' });
      this.ended++;
      return `the function of "${span.name}" is over`;
    },
    resume: ({ maybe }) => {
      const span = take(this.#early, maybe(this.#early));
      if (span === undefined) return undefined;
      span.thread.recorder.resume(span.beginNumber);
      this.#spans.push(span);
      return `"${span.name}" goes on`;
    },
    detach: ({ thread }) => {
      const span = this.#newest(thread);
      if (span === undefined) return undefined;
      thread.recorder.detach(span.beginNumber);
      return `detach "${span.name}"`;
    },
    'async begin': (step) => {
      const { thread, name, once, below } = step;
      const key = once(4) ? `key ${below(3)}` : undefined;
      const parent = key === undefined ? this.#parent(step) : undefined;
      enter(thread, parent);
      const beginNumber = thread.recorder.asyncBegin(name, 'c', undefined, key);
      this.#operations.push({ name, id: key ?? thread.recorder.id(beginNumber) });
      this.begun++;
      return `asyncBegin "${name}"${key === undefined ? '' : ` as ${key}`}${inside(parent)}`;
    },
    'async end': ({ thread, maybe }) => {
      const operation = take(this.#operations, maybe(this.#operations));
      if (operation === undefined) return undefined;
      thread.recorder.endById(operation.id, undefined);
      this.ended++;
      return `asyncEnd "${operation.name}"`;
    },
    'async instant': ({ thread, name, maybe }) => {
      const operation = maybe(this.#operations);
      if (operation === undefined) return undefined;
      thread.recorder.asyncInstant(operation.id, name, undefined, undefined);
      this.instants++;
      return `asyncInstant "${name}" in "${operation.name}"`;
    },
    'flow start': ({ thread, name, once }) => {
      const key = once(3) ? `key of ${name}` : undefined;
      const beginNumber = thread.recorder.flowStart(name, 'c', undefined, key);
      this.#flows.push({ name, id: key ?? thread.recorder.id(beginNumber) });
      this.flowEvents++;
      return `flowStart "${name}"${key === undefined ? '' : ` as ${key}`}`;
    },
    'flow step': ({ thread, maybe }) => {
      const flow = maybe(this.#flows);
      if (flow === undefined) return undefined;
      thread.recorder.flowStep(flow.id, undefined);
      this.flowEvents++;
      return `flowStep "${flow.name}"`;
    },
    'flow end': ({ thread, maybe }) => {
      const flow = take(this.#flows, maybe(this.#flows));
      if (flow === undefined) return undefined;
      thread.recorder.flowEnd(flow.id, undefined);
      this.flowEvents++;
      return `flowEnd "${flow.name}"`;
    },
    instant: ({ thread, name, below }) => {
      thread.recorder.instant(name, 'c', undefined, below(3));
      return `instant "${name}"`;
    },
    'read clock': () => {
      this.#readings.push(performance.now());
      return 'read the clock';
    },
    complete: ({ thread, name, maybe }) => {
      // Each reading once: no two slices of a real program start in the same nanosecond.
      const start = take(this.#readings, maybe(this.#readings));
      if (start === undefined) return undefined;
      thread.recorder.complete(name, start, performance.now() - start, 'c', undefined);
      return `complete "${name}", since a reading of the clock`;
    },
    flush: () => {
      this.memory.writer.flush();
      assert.deepEqual(checkTrace(this.memory.text), []);
      return 'the writer flushes';
    },
    'lose writer': () => {
      this.memory.replaceWriter();
      return 'the writer is replaced';
    },
  };

  /** The functions of all that was ended early are over. */
  finish(): void {
    for (const { thread, beginNumber } of this.#early) {
      thread.recorder.over(beginNumber, undefined);
      this.ended++;
    }
  }

  #begin({ thread, name }: Step, beginNumber: number): void {
    this.#spans.push({ name, thread, beginNumber, id: thread.recorder.id(beginNumber) });
    this.begun++;
  }

  #end(span: OpenSpan | undefined): string | undefined {
    if (span === undefined) return undefined;
    take(this.#spans, span);
    span.thread.recorder.end(span.beginNumber, undefined);
    this.ended++;
    return `end "${span.name}" of ${span.thread.name}`;
  }

  #newest(thread: Thread): OpenSpan | undefined {
    return this.#spans.findLast((span) => span.thread === thread);
  }

  /** An operation, a span, or none. */
  #parent({ below, maybe }: Step): { readonly name: string; readonly id: number } | undefined {
    const operations = this.#operations.flatMap(({ name, id }) =>
      typeof id === 'number' ? [{ name, id }] : [],
    );
    return operations[below(operations.length + 2)] ?? maybe(this.#spans);
  }
}

/** What the thread records next belongs to an operation or a span, which is the outermost one. */
function enter({ recorder }: Thread, parent: { readonly id: number } | undefined): void {
  recorder.moveInside(parent && { id: parent.id, root: parent });
}

function inside(parent: { readonly name: string } | undefined): string {
  return parent === undefined ? '' : ` inside "${parent.name}"`;
}

/** Takes one out of a list, if there is one. */
function take<T>(list: T[], one: T | undefined): T | undefined {
  if (one === undefined) return undefined;
  list.splice(list.indexOf(one), 1);
  return one;
}

const ACTIONS = [
  'begin',
  'begin loose',
  'end newest',
  'end any',
  'end elsewhere',
  'add arguments',
  'rename',
  'end early',
  'over',
  'resume',
  'detach',
  'async begin',
  'async end',
  'async instant',
  'flow start',
  'flow step',
  'flow end',
  'instant',
  'read clock',
  'complete',
  'flush',
  'lose writer',
] as const;
type Action = (typeof ACTIONS)[number];

const steps = fc.array(fc.tuple(fc.constantFrom(...ACTIONS), fc.nat(1), fc.nat(1000)), {
  minLength: 1,
  maxLength: 60,
  size: 'max',
});

/**
 * Where there is room for two only, begins are written to make room, and must not end up in the
 * file's provisional end.
 */
const ROOM_MADE_AT_FLUSH: Parameters<Program['step']>[] = [
  ['async begin', 0, 0],
  ['async begin', 0, 0],
  ['begin', 0, 0],
  ['flush', 0, 0],
  ['begin', 0, 0],
];

/** Fails, with what the program did until then, if viewers do not get what it recorded. */
function runAndCheck(
  steps: readonly Parameters<Program['step']>[],
  maxOpen: number,
  packed: boolean,
): void {
  const program = new Program(maxOpen, packed);
  try {
    for (const step of steps) program.step(...step);
    program.finish();
    program.memory.thread(3).instant('last', 'c', undefined, 0);
    program.memory.writer.finish();
    checkFile(program);
  } catch (error) {
    const transcript = program.transcript.join('\n  ');
    const problem = (error as Error).message;
    throw new Error(
      `${problem}\n\nwith room for ${maxOpen} that are open${packed ? ', packed' : ''}:\n  ${transcript}\n`,
      {
        cause: error,
      },
    );
  }
}

function checkFile({ memory, begun, ended, flowEvents, instants }: Program): void {
  assert.deepEqual(checkTrace(memory.text), []);
  const { counters } = memory.arena;
  assert.equal(Number(counters[COUNTER_UNMATCHED]), 0, 'ends of what is not open');
  assert.equal(Number(counters[COUNTER_OPEN]), begun - ended, 'what the writer counts as open');
  const phases = memory.events.map(({ ph }) => ph);
  const count = (...wanted: string[]) => phases.filter((ph) => wanted.includes(ph)).length;
  assert.equal(count('s', 't', 'f'), flowEvents, 'flow events');
  assert.equal(count('n'), instants, 'instants of operations');
  assert.equal(count('b', 'B') - count('e'), begun - ended, 'what is open in the file');
}

test('whatever two threads do, viewers get a trace that they read right, with nothing left out', () => {
  // With little room for what is open, begins are written early.
  const maxOpen = fc.constantFrom(2, 4, 1000);
  const packed = fc.constantFrom(false, false, true);
  fc.assert(fc.property(steps, maxOpen, packed, runAndCheck), {
    numRuns: repetitions(3000, { quick: 600 }),
    examples: [[ROOM_MADE_AT_FLUSH, 2, false]],
    includeErrorInReport: true,
  });
});
