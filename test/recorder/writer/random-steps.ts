import fc from 'fast-check';
import type { Packing } from '#src/encoding/packing/packing.js';
import { subjectOf } from '#src/trace-event/provisional.js';
import { InMemory } from './in-memory.js';
import type { Operation } from './memory-disk.js';

/** Random steps of a program, and what its writer does to the file meanwhile. */

export interface Event {
  readonly name: string;
  readonly ph: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What the last flush that was over has shown, and what was done to the file since. */
export interface Moment {
  readonly shown: string;
  readonly operations: readonly Operation[];
}

const STEPS = [
  'begin',
  'begin loose',
  'end',
  'end elsewhere',
  'async begin',
  'async end',
  'async instant',
  'flow',
  'instant',
  'flush',
  'lose writer',
] as const;

/** Arguments with all that makes a trace hard to read from the middle of an event. */
const args = fc.constantFrom(
  undefined,
  { i: 1 },
  { list: [1, [2], { deep: [] }], after: 'x' },
  { text: '"]}\\,{' },
  { text: 'ü€😀\n]' },
);

export type Step = readonly [
  (typeof STEPS)[number],
  number,
  Readonly<Record<string, unknown>> | undefined,
];

/** Runs the steps; gives what was done to the file between any two flushes. */
export function run(
  steps: readonly Step[],
  slow: boolean,
  packing?: Packing,
): { before: Buffer; moments: Moment[] } {
  const memory = new InMemory(64, 'drop', 8, packing);
  memory.disk.slow = slow;
  const thread = memory.thread(1);
  const other = memory.thread(2);
  const open: number[] = [];
  const operations: (number | string)[] = [];
  const before = memory.disk.bytes;
  const moments: Moment[] = [];
  let shown = memory.text;
  let flushed = 0;
  const remember = () => {
    const all = memory.disk.operations;
    if (all.length > flushed) moments.push({ shown, operations: all.slice(flushed) });
    flushed = all.length;
    shown = memory.text;
  };
  let count = 0;
  for (const [step, pick, given] of steps) {
    const name = `${step} ${++count}`;
    switch (step) {
      case 'begin':
        open.push(thread.begin(name, 'c', given));
        break;
      case 'begin loose':
        open.push(thread.beginLoose(name, 'c', given));
        break;
      case 'end': {
        const span = open.splice(pick % (open.length + 1), 1)[0];
        if (span !== undefined) thread.end(span, given);
        break;
      }
      case 'end elsewhere': {
        const span = open.splice(pick % (open.length + 1), 1)[0];
        if (span !== undefined) other.endById(thread.id(span), given);
        break;
      }
      case 'async begin':
        operations.push(thread.id(thread.asyncBegin(name, 'c', given, undefined)));
        break;
      case 'async end': {
        const id = operations.splice(pick % (operations.length + 1), 1)[0];
        if (id !== undefined) other.endById(id, given);
        break;
      }
      case 'async instant': {
        const id = operations[pick % (operations.length + 1)];
        if (id !== undefined) thread.asyncInstant(id, name, 'c', given);
        break;
      }
      case 'flow':
        other.flowEnd(thread.id(thread.flowStart(name, 'c', given, undefined)), undefined);
        break;
      case 'instant':
        thread.instant(name, 'c', given, 0);
        break;
      case 'flush':
        memory.writer.flush();
        remember();
        break;
      case 'lose writer':
        memory.replaceWriter();
        break;
    }
  }
  memory.writer.finish();
  remember();
  return { before, moments };
}

export const anySteps = fc.array(fc.tuple(fc.constantFrom(...STEPS), fc.nat(100), args), {
  minLength: 5,
  maxLength: 30,
  size: 'max',
});

export const subjects = (text: string) =>
  new Map((JSON.parse(text) as Event[]).map((event) => [subjectOf(event), event]));
