import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { convertTrace } from '#src/reader/convert/convert.js';
import { randomPrograms } from '../model/random-programs.js';
import { Runner } from '../model/runner.js';
import {
  type Imported,
  type ImportedSlice,
  importTrace,
  TRACE_PROCESSOR,
} from './trace-processor.js';
import { type Slice, viewTrace } from './view.js';

const PROGRAMS = 100;
/** What is told of the process and its threads is no part of what the program did. */
const METADATA = '__metadata';

const folder = mkdtempSync(join(tmpdir(), 'tracelane-'));
const runner = new Runner();

after(() => {
  runner.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A file of the given name. */
function saved(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A slice with all that it lies in, from the time `zero` on. */
function shownOf(slice: ImportedSlice, { slices }: Imported, zero: bigint): string {
  const at = (time: number) => Number(BigInt(time) - zero);
  const around: string[] = [];
  for (let id = slice.parent; id !== null; ) {
    const outer = slices.get(id);
    if (outer === undefined || outer.category === METADATA) break;
    around.push(`${outer.name ?? ''}@${at(outer.ts)}`);
    id = outer.parent;
  }
  const end = slice.dur < 0 ? 'never' : at(slice.ts) + slice.dur;
  return [slice.name ?? '', slice.category ?? '', at(slice.ts), end, ...around].join(' | ');
}

function allOf(imported: Imported, zero: bigint): string[] {
  return Array.from(imported.slices.values())
    .filter(({ category }) => category !== METADATA)
    .map((slice) => shownOf(slice, imported, zero))
    .sort();
}

function viewed(slice: Slice): string {
  const { name, category, start, end, isMoment } = slice;
  const around: string[] = [];
  for (let outer = slice.parent; outer !== undefined; outer = outer.parent)
    around.push(`${outer.name}@${outer.start}`);
  return [name, category, start, isMoment ? start : (end ?? 'never'), ...around].join(' | ');
}

const skip =
  TRACE_PROCESSOR === undefined &&
  "without Perfetto's importer: set TRACE_PROCESSOR to the path of its trace_processor_shell";

describe('what Perfetto’s own importer makes of any program', { skip }, () => {
  test('is what the view of the other tests has, and it complains of nothing', async () => {
    for (const program of randomPrograms('perfetto', PROGRAMS)) {
      const { bytes } = await runner.run(program);
      const view = viewTrace(bytes);
      const zero = view.zero.get(view.primaryClock ?? 0) ?? 0n;
      const imported = importTrace(saved('trace.pftrace', bytes));
      const message = `TRACELANE_SEED=${program.seed}`;
      assert.deepEqual(imported.complaints, [], message);
      const slices = view.slices.filter(({ category }) => category !== METADATA).map(viewed);
      assert.deepEqual(allOf(imported, zero), slices.sort(), message);
      assert.deepEqual(
        imported.counters.map(({ ts, value }) => [Number(BigInt(ts) - zero), Number(value)]).sort(),
        view.counters.map(({ time, value }) => [time, value]).sort(),
        message,
      );
      assert.equal(imported.flows.length, view.flows.length, message);
    }
  });

  test('is the same of its trace in Chrome’s format, converted', async () => {
    for (const program of randomPrograms('json', PROGRAMS)) {
      const { bytes } = await runner.run(program);
      const path = saved('trace.json', bytes);
      const converted = join(folder, 'converted.pftrace');
      await convertTrace(path, converted);
      const [before, later] = [importTrace(path), importTrace(converted)];
      const message = `TRACELANE_SEED=${program.seed}`;
      assert.deepEqual(later.complaints, [], message);
      const all = (imported: Imported) =>
        allOf(imported, startOf(imported)).filter((text) => !isPoint(text));
      assert.deepEqual(all(later), all(before), message);
    }
  });
});

/** Points of flows outside of all slices become moments, when a trace is converted. */
function isPoint(text: string): boolean {
  return / flow \d/.test(text);
}

function startOf({ slices }: Imported): bigint {
  const own = Array.from(slices.values()).filter(
    ({ category, name }) => category !== METADATA && !isPoint(name ?? ''),
  );
  return own.length === 0 ? 0n : BigInt(Math.min(...own.map(({ ts }) => ts)));
}
