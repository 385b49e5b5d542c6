import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { RawEvent } from '#src/reader/source/entries.js';
import { StringTable } from '#src/reader/timeline/string-table.js';
import { ThreadTimeline } from '#src/reader/timeline/thread-timeline.js';
import type { ThreadVisitor } from '#src/reader/timeline/thread-track.js';
import { TimeScale } from '#src/reader/timeline/timed-event.js';
import { repetitions } from '../../effort.js';

/** Some six rows are sorted at once, and some three runs may wait. */
const RUN_BYTES = 6 * 6 * 8;

type Told = readonly unknown[];

/** Writes down all that a visitor is told, by thread. */
class Record {
  #told = new Map<unknown, Told[]>();
  restarts = 0;
  /** How much it was told before it was all there. */
  ahead = 0;

  get byThread(): object {
    return Object.fromEntries(this.#told);
  }

  get size(): number {
    return [...this.#told.values()].reduce((sum, told) => sum + told.length, 0);
  }

  readonly visitor: Required<ThreadVisitor> & { restart(): void } = {
    slice: ({ event, endedBy, endedWith, end, self, parent, depth }) => {
      const around = [endedBy?.index, endedWith?.index, parent?.index];
      this.#add(event.thread, ['slice', { ...event, isKept: 0 }, ...around, end, self, depth]);
    },
    instant: (event, depth) => this.#add(event.thread, ['instant', event.index, depth]),
    busy: (thread, start, end) => this.#add(thread, ['busy', start, end]),
    problem: (rule, event, other) => this.#add(event.thread, [rule, event.index, other?.index]),
    restart: () => {
      this.restarts++;
      this.#told = new Map();
    },
  };

  #add(thread: unknown, told: Told): void {
    const all = this.#told.get(thread) ?? [];
    all.push(told);
    this.#told.set(thread, all);
  }
}

/** What is told of events, in the order of the file, all at once and while they come. */
function replay(events: readonly RawEvent[]): { late: Record; early: Record } {
  const [late, early] = [new Record(), new Record()];
  for (const record of [late, early]) {
    const isEarly = record === early;
    const timeline = isEarly
      ? new ThreadTimeline(new StringTable(), record.visitor, RUN_BYTES)
      : new ThreadTimeline(new StringTable());
    const scale = new TimeScale();
    try {
      for (const [index, event] of events.entries()) {
        const entry = {
          index,
          offset: 100 * index,
          event,
          text: '',
          mended: false,
          badUtf8: false,
        };
        const timed = scale.place(entry);
        if (timed !== undefined) timeline.add(timed);
      }
      record.ahead = record.size;
      timeline.replay(record.visitor, 'trace.json');
    } finally {
      timeline.close();
    }
  }
  return { late, early };
}

/** Calls and what they call, of two threads. A tool writes them as they begin, or as they are over. */
function calls(order: 'begun' | 'over', rounds = 20): RawEvent[] {
  const events: RawEvent[] = [];
  for (let i = 0; i < rounds; i++) {
    const common = { ph: 'X', name: `call ${i % 3}`, cat: 'c', pid: 1, tid: 1 + (i % 2) };
    const outer = { ...common, ts: 100 * i, dur: 90 };
    const inner = [10, 30, 30].map((at) => ({ ...common, name: 'in', ts: 100 * i + at, dur: 10 }));
    events.push(...(order === 'begun' ? [outer, ...inner] : [...inner, outer]));
  }
  return events;
}

describe('events of threads, gone over while others are read', () => {
  for (const order of ['begun', 'over'] as const) {
    test(`come to the same as all at once, where calls are written when they have ${order}`, () => {
      const { late, early } = replay(calls(order));
      assert.deepEqual(early.byThread, late.byThread);
      assert.equal(early.restarts, 0);
      assert.ok(early.ahead > late.size / 2, `${early.ahead} of ${late.size}`);
    });
  }

  test('are gone over anew where a call that holds all others is written last', () => {
    const whole = { ph: 'X', name: 'main', cat: 'c', ts: 0, dur: 5000, pid: 1, tid: 1 };
    const { late, early } = replay([...calls('over'), whole]);
    assert.deepEqual(early.byThread, late.byThread);
    assert.equal(early.restarts, 1);
  });

  test('may be of more threads than are remembered, and of some that end early', () => {
    const other = (tid: number) => ({ ph: 'X', name: 'o', ts: tid, dur: 1, pid: 2, tid });
    const few = Array.from({ length: 50 }, (_, i) => other(10 + i));
    const some = replay([...few, ...calls('begun')]);
    assert.deepEqual(some.early.byThread, some.late.byThread);
    const many = replay([
      ...calls('begun'),
      ...Array.from({ length: 1500 }, (_, i) => other(10 + i)),
    ]);
    assert.deepEqual(many.early.byThread, many.late.byThread);
    assert.equal(many.early.restarts, 1);
  });

  test('come to the same whatever they are, and in whatever order they stand', () => {
    const event = fc.record({
      ph: fc.constantFrom('X', 'X', 'B', 'E', 'i', 's', 'f'),
      name: fc.constantFrom('a', 'b', undefined),
      cat: fc.constantFrom('c', 'd', undefined),
      tid: fc.integer({ min: 1, max: 3 }),
      step: fc.integer({ min: -3, max: 8 }),
      dur: fc.integer({ min: 0, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80, size: 'max' }), (steps) => {
        let ts = 0;
        const events = steps.map(({ step, ph, dur, ...rest }) => {
          ts = Math.max(0, ts + step);
          return { ...rest, ph, ts, pid: 1, id: 1, ...(ph === 'X' && { dur }) };
        });
        const { late, early } = replay(events);
        assert.deepEqual(early.byThread, late.byThread);
      }),
      { numRuns: repetitions(500, { quick: 100, long: 20_000 }) },
    );
  });
});
