import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after as afterAll, describe, test } from 'node:test';
import fc from 'fast-check';
import { type CheckObserver, checkText } from '#src/reader/check/check.js';
import { repairFile } from '#src/reader/repair/repair.js';
import { subjectOf } from '#src/trace-event/provisional.js';
import { repetitions } from '../../effort.js';
import { after } from './memory-disk.js';
import { anySteps, type Event, run, type Step, subjects } from './random-steps.js';

const folder = mkdtempSync(join(tmpdir(), 'cut-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each thing that the file has shown is there once it was repaired, and nothing twice. */
async function assertNothingLost(file: Buffer, shown: ReadonlyMap<string, Event>): Promise<void> {
  const path = join(folder, 'cut.json');
  writeFileSync(path, file);
  const { result } = await repairFile(path, path);
  assert.equal(result.errors, 0);
  assertAllShown(JSON.parse(readFileSync(path, 'utf8')) as Event[], shown);
}

/** The same of the events that a repair begins with, which takes a hundredth of the time. */
function assertNothingHidden(file: Buffer, shown: ReadonlyMap<string, Event>): void {
  const events = new Map<number, Event>();
  const observer: CheckObserver = {
    takeEntry: ({ index, event }) => {
      if (event?.ph !== undefined) events.set(index, event as unknown as Event);
    },
    takeSuperseded: ({ index }) => events.delete(index),
    beforeTracks: () => {},
    takeProblem: () => {},
    takeSlice: () => {},
    takeOperation: () => {},
    takeFlowPoint: () => {},
  };
  checkText(file, { observer, keep: 0 });
  assertAllShown([...events.values()], shown);
}

function assertAllShown(events: readonly Event[], shown: ReadonlyMap<string, Event>): void {
  const found = new Set(events.map((event) => subjectOf(event)));
  for (const [subject, { name, ph }] of shown) assert.ok(found.has(subject), `${ph} ${name}`);
  assert.equal(found.size, events.length, 'nothing is there twice');
}

/** Goes through the cuts; so many bytes lie between two that are repaired. */
async function assertEveryCut(steps: readonly Step[], slow: boolean, stride: number) {
  const { before, moments } = run(steps, slow);
  let file = before;
  let cuts = 0;
  for (const { shown, operations } of moments) {
    const expected = subjects(shown);
    for (const operation of operations) {
      const length = 'bytes' in operation ? operation.bytes.length : 1;
      for (let part = 0; part < length; part++) {
        const cut = after(file, operation, part);
        assertNothingHidden(cut, expected);
        if (cuts++ % stride === 0) await assertNothingLost(cut, expected);
      }
      file = after(file, operation);
    }
    await assertNothingLost(file, expected);
  }
}

/** So many cuts lie between two that are repaired. */
const STRIDE = repetitions(1000, { long: 10 });
const PROGRAMS = repetitions(10, { long: 300 });

describe('a file that is cut in any write, at any byte, and repaired', () => {
  test('has all that the last flush has shown, and nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(anySteps, fc.boolean(), async (program, slow) => {
        await assertEveryCut(program, slow, STRIDE);
      }),
      { numRuns: PROGRAMS, includeErrorInReport: true, endOnFailure: true },
    );
  });

  test('where spans of each kind are open, change and end', async () => {
    const deep = { list: [1, [2], { deep: [] }], after: 'x' };
    await assertEveryCut(
      [
        ['begin', 0, deep],
        ['async begin', 0, deep],
        ['begin loose', 0, undefined],
        ['instant', 0, undefined],
        ['flush', 0, undefined],
        ['async instant', 0, deep],
        ['end', 0, deep],
        ['flow', 0, undefined],
        ['flush', 0, undefined],
        ['end elsewhere', 0, undefined],
        ['async end', 0, undefined],
        ['flush', 0, undefined],
      ],
      false,
      100,
    );
  });
});
