import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { COUNTER_OPEN, COUNTER_UNMATCHED } from '#src/recorder/arena/layout.js';
import type { Recorder } from '#src/recorder/record/recorder.js';
import { checkTrace } from '../../viewers/checker.js';
import { InMemory } from './in-memory.js';

/** What a program has in hand at some moment, of both of its threads together. */
class Program {
  readonly memory: InMemory;
  readonly #threads: readonly [Recorder, Recorder];
  /** Readings of the clock, for spans that are reported after the fact. */
  readonly #readings: number[] = [];
  readonly #spans: { thread: Recorder; sequence: number; id: number }[] = [];
  readonly #operations: (string | number)[] = [];
  readonly #flows: (string | number)[] = [];
  #count = 0;
  /** Begins of spans and operations, and ends of those that were open. */
  begun = 0;
  ended = 0;
  flowEvents = 0;
  instants = 0;

  constructor(maxOpen: number) {
    this.memory = new InMemory(64, 'drop', maxOpen);
    this.#threads = [this.memory.thread(1), this.memory.thread(2)];
  }

  step(action: Action, which: number, pick: number): void {
    const thread = this.#threads[which % 2] as Recorder;
    const name = `${action} ${++this.#count}`;
    switch (action) {
      case 'begin':
      case 'begin loose': {
        const sequence =
          action === 'begin'
            ? thread.begin(name, 'c', undefined, this.#parent(pick))
            : thread.beginLoose(name, 'c', undefined);
        this.#spans.push({ thread, sequence, id: thread.id(sequence) });
        this.begun++;
        break;
      }
      case 'end newest':
        this.#endSpan(this.#spans.findLastIndex((span) => span.thread === thread));
        break;
      case 'end any':
        this.#endSpan(this.#spans.length === 0 ? -1 : pick % this.#spans.length);
        break;
      case 'end elsewhere': {
        const [span] = this.#spans.splice(pick % (this.#spans.length + 1), 1);
        if (span === undefined) break;
        thread.endById(span.id, { by: which });
        this.ended++;
        break;
      }
      case 'detach': {
        const span = this.#spans.findLast((candidate) => candidate.thread === thread);
        if (span !== undefined) thread.detach(span.sequence);
        break;
      }
      case 'async begin': {
        const key = pick % 4 === 0 ? `key ${pick % 3}` : undefined;
        const parent = key === undefined ? this.#parent(pick) : 0;
        const sequence = thread.asyncBegin(name, 'c', undefined, key, parent);
        this.#operations.push(key ?? thread.id(sequence));
        this.begun++;
        break;
      }
      case 'async end': {
        const [id] = this.#operations.splice(pick % (this.#operations.length + 1), 1);
        if (id === undefined) break;
        thread.endById(id, undefined);
        this.ended++;
        break;
      }
      case 'async instant': {
        const id = this.#operations[pick % (this.#operations.length + 1)];
        if (id === undefined) break;
        thread.asyncInstant(id, name, undefined, undefined);
        this.instants++;
        break;
      }
      case 'flow start': {
        const key = pick % 3 === 0 ? `flow ${this.#count}` : undefined;
        const sequence = thread.flowStart(name, 'c', undefined, key);
        this.#flows.push(key ?? thread.id(sequence));
        this.flowEvents++;
        break;
      }
      case 'flow step': {
        const id = this.#flows[pick % (this.#flows.length + 1)];
        if (id === undefined) break;
        thread.flowStep(id, undefined);
        this.flowEvents++;
        break;
      }
      case 'flow end': {
        const [id] = this.#flows.splice(pick % (this.#flows.length + 1), 1);
        if (id === undefined) break;
        thread.flowEnd(id, undefined);
        this.flowEvents++;
        break;
      }
      case 'instant':
        thread.instant(name, 'c', undefined, pick % 3);
        break;
      case 'read clock':
        this.#readings.push(performance.now());
        break;
      case 'complete': {
        // Each reading once: no two slices of a real program start in the same nanosecond.
        const [start] = this.#readings.splice(pick % (this.#readings.length + 1), 1);
        if (start === undefined) break;
        thread.complete(name, start, performance.now() - start, 'c', undefined);
        break;
      }
      case 'flush':
        this.memory.writer.flush();
        // Nothing is written for nothing.
        if (this.memory.text === '') break;
        assert.deepEqual(checkTrace(this.memory.text).filter(isWrong), []);
        break;
      case 'lose writer':
        this.memory.replaceWriter();
        break;
    }
  }

  #endSpan(index: number): void {
    const [span] = index < 0 ? [] : this.#spans.splice(index, 1);
    if (span === undefined) return;
    span.thread.end(span.sequence, undefined);
    this.ended++;
  }

  #parent(pick: number): number {
    const ids = this.#operations.filter((id) => typeof id === 'number');
    return ids[pick % (ids.length + 2)] ?? this.#spans[pick % (this.#spans.length + 1)]?.id ?? 0;
  }
}

const ACTIONS = [
  'begin',
  'begin loose',
  'end newest',
  'end any',
  'end elsewhere',
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

/** A file of no events yet has no start that Perfetto would know. */
const isWrong = ({ rule }: { rule: string }) => rule !== 'container-start';

const steps = fc.array(fc.tuple(fc.constantFrom(...ACTIONS), fc.nat(1), fc.nat(1000)), {
  minLength: 1,
  maxLength: 60,
  size: 'max',
});

/** Making room for a begin writes events: none of them may end up in the file's provisional end. */
const ROOM_MADE_AT_FLUSH: Parameters<Program['step']>[] = [
  ['async begin', 0, 0],
  ['async begin', 0, 0],
  ['begin', 0, 0],
  ['flush', 0, 0],
  ['begin', 0, 0],
];

test('whatever two threads do, viewers get a trace that they read right, with nothing left out', () => {
  // Some with so little room for open operations that their begins are written early.
  const maxOpen = fc.constantFrom(2, 4, 1000);
  fc.assert(
    fc.property(steps, maxOpen, (actions, room) => {
      const program = new Program(room);
      for (const [action, which, pick] of actions) program.step(action, which, pick);
      const { memory, begun, ended, flowEvents, instants } = program;
      memory.thread(3).instant('last', 'c', undefined, 0);
      memory.writer.finish();
      assert.deepEqual(checkTrace(memory.text), []);
      const { counters } = memory.arena;
      assert.equal(Number(counters[COUNTER_UNMATCHED]), 0);
      assert.equal(Number(counters[COUNTER_OPEN]), begun - ended);
      const phases = memory.events.map(({ ph }) => ph);
      const count = (...wanted: string[]) => phases.filter((ph) => wanted.includes(ph)).length;
      assert.equal(count('s', 't', 'f'), flowEvents);
      assert.equal(count('n'), instants);
      assert.equal(count('b', 'B') - count('e'), begun - ended, 'what is open, and nothing else');
    }),
    { numRuns: 3000, examples: [[ROOM_MADE_AT_FLUSH, 2]], includeErrorInReport: true },
  );
});
