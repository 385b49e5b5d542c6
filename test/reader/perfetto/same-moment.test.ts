import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { readTrace } from 'tracelane/reader';
import { checkFile } from '#src/reader/check/check-file.js';
import type { TreeNode } from '#src/reader/summary/summary.js';
import { Random } from '../../model/generate.js';
import { writePackets } from '../../perfetto/messages.js';
import { summaryOf, type Times, times } from '../read.js';
import { BEGIN, END, event, HEAD, INSTANT } from './make-packets.js';

const PROGRAMS = 300;
const STEPS = 40;

/** A moment in microseconds, and what happens then: a begin by its name, or an end, or an instant. */
type Step = readonly [at: number, what: 'end' | 'instant' | 'a' | 'b' | 'c'];

function fileOf(steps: readonly Step[]): Buffer {
  const events = steps.map(([at, what]) => {
    const fields =
      what === 'end'
        ? { type: END }
        : what === 'instant'
          ? { type: INSTANT, name: 'moment' }
          : { type: BEGIN, name: what };
    return event(at * 1000, { categories: ['c'], ...fields });
  });
  return writePackets([...HEAD, ...events]);
}

/** What slices take by name, as the order in the file says. */
function judge(steps: readonly Step[]): Record<string, Times> {
  const open: { name: string; at: number; inside: number }[] = [];
  const found: Record<string, [number, number, number, number]> = {};
  for (const [at, what] of steps) {
    if (what === 'instant') continue;
    if (what !== 'end') open.push({ name: what, at, inside: 0 });
    else {
      const slice = open.pop();
      if (slice === undefined) continue;
      const time = at - slice.at;
      const around = open.at(-1);
      if (around !== undefined) around.inside += time;
      found[slice.name] ??= [0, 0, 0, 0];
      const sums = found[slice.name] as [number, number, number, number];
      sums[0]++;
      sums[1] += time;
      sums[2] += time - slice.inside;
    }
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Without the nanoseconds by which what is at one moment was moved. */
function whole(found: Record<string, Times>): Record<string, Times> {
  const slices = Object.entries(found).filter(([name]) => name.length === 1);
  return Object.fromEntries(
    slices.map(([name, numbers]) => [name, numbers.map(Math.round) as never]),
  );
}

/** The same file as events of Chrome's format, which orders what is at one moment in its own way. */
async function asChromes(file: Buffer): Promise<object[]> {
  const events: object[] = [];
  for await (const event of readTrace(Readable.from([file]))) events.push(event);
  return events;
}

async function assertRead(steps: readonly Step[], message: string): Promise<void> {
  const file = fileOf(steps);
  const right = judge(steps);
  assert.deepEqual(whole(await times(file)), right, message);
  assert.deepEqual(whole(await times(await asChromes(file))), right, `${message}, as Chrome's`);
}

/** Slices that nest, of which many begin and end at the same microseconds. */
function randomSteps(seed: number): Step[] {
  const random = new Random(seed);
  const steps: Step[] = [];
  let [at, depth] = [1, 0];
  for (let step = 0; step < STEPS; step++) {
    if (random.chance(40)) at += random.below(3);
    const what = depth > 0 && random.chance(45) ? 'end' : random.pick('a', 'b', 'c', 'instant');
    if (what === 'end') depth--;
    else if (what !== 'instant') depth++;
    steps.push([at, what]);
  }
  for (; depth > 0; depth--) steps.push([++at, 'end']);
  return steps;
}

/** When the ends are that are no part of complete events. */
async function endTimes(steps: readonly Step[]): Promise<number[]> {
  const events = (await asChromes(fileOf(steps))) as { ph: string; ts: number }[];
  return events.filter(({ ph }) => ph === 'E').map(({ ts }) => ts);
}

describe('of what is at one moment on a thread, the order in a file of Perfetto’s counts', () => {
  test('where a slice begins with the one around it', () =>
    assertRead(
      [
        [1, 'a'],
        [1, 'b'],
        [3, 'end'],
        [5, 'end'],
      ],
      'both begin at 1',
    ));

  test('where a slice with an instant in it is empty', async () => {
    const steps: Step[] = [
      [1, 'a'],
      [3, 'b'],
      [3, 'instant'],
      [3, 'end'],
      [3, 'c'],
      [6, 'end'],
      [9, 'end'],
    ];
    await assertRead(steps, 'b is empty');
    // An end at 3 would come before the begin.
    assert.deepEqual(await endTimes(steps), [3.001, 9]);
  });

  test('where an empty slice stands right before the end of the one around it', async () => {
    const steps: Step[] = [
      [1, 'a'],
      [3, 'b'],
      [3, 'end'],
      [3, 'end'],
    ];
    await assertRead(steps, 'b is in a');
    // An end at 3 would come before b.
    assert.deepEqual(await endTimes(steps), [3.001]);
  });

  test('where an end comes a bit before that of the slice inside, by a clock that is less exact', async () => {
    const steps: Step[] = [
      [1, 'a'],
      [3, 'b'],
      [5.086, 'end'],
      [5, 'end'],
      [7, 'c'],
      [9, 'end'],
    ];
    assert.deepEqual(await endTimes(steps), [5.086]);
    assert.deepEqual((await checkFile(Readable.from([fileOf(steps)]))).findings, []);
  });

  test('but slices are where their times say that are written as wholes, those around first', async () => {
    const around: Step[] = [
      [1, 'a'],
      [40, 'end'],
      [10, 'b'],
      [12, 'instant'],
      [30, 'end'],
    ];
    const [whole, both] = [await times(fileOf(around)), await asChromes(fileOf(around))];
    assert.deepEqual(whole, { a: [1, 39, 19, 0], b: [1, 20, 20, 0] });
    assert.deepEqual(await times(both), whole);
    const atOnce: Step[] = [
      [1, 'a'],
      [12, 'instant'],
      [40, 'end'],
      [1, 'b'],
      [30, 'end'],
    ];
    const [read, again] = [await times(fileOf(atOnce)), await asChromes(fileOf(atOnce))];
    assert.deepEqual(read, { a: [1, 39, 10, 0], b: [1, 29, 29, 0] });
    assert.deepEqual(await times(again), read);
  });

  test('and what takes no time does not lie in what begins behind it', async () => {
    const steps: Step[] = [
      [1, 'a'],
      [1, 'end'],
      [1, 'b'],
      [2, 'end'],
      [3, 'b'],
      [3, 'a'],
      [3, 'end'],
      [4, 'end'],
    ];
    const { tree = [] } = await summaryOf(fileOf(steps));
    const shown = (nodes: readonly TreeNode[]): unknown[] =>
      nodes.map(({ name, count, children }) => [name, count, ...shown(children)]);
    assert.deepEqual(shown(tree), [
      ['b', 2, ['a', 1]],
      ['a', 1],
    ]);
  });

  test('and the check finds nothing wrong with it', async () => {
    const ofNoProcess = {
      timestamp: 2000,
      trustedPacketSequenceId: 1,
      trackEvent: { trackUuid: 0, type: INSTANT, name: 'moment', categories: ['c'] },
    };
    const file = fileOf([
      [1, 'a'],
      [1, 'b'],
      [3, 'end'],
      [3, 'c'],
      [3, 'end'],
      [5, 'end'],
    ]);
    const { counts } = await checkFile(Readable.from([file, writePackets([ofNoProcess])]));
    assert.deepEqual(Object.fromEntries(counts), {});
  });

  test(`in ${PROGRAMS} random programs`, async () => {
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      await assertRead(randomSteps(seed), `seed ${seed}`);
    }
  });
});
