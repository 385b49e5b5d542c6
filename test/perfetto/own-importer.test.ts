import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { convertTrace } from '#src/reader/convert/convert.js';
import { generate } from '../model/generate.js';
import type { Result } from '../model/ledger.js';
import {
  type Imported,
  type ImportedSlice,
  importTrace,
  TRACE_PROCESSOR,
} from './trace-processor.js';
import { type Slice, viewTrace } from './view.js';

const ROOT = fileURLToPath(new URL('../model/root.js', import.meta.url));
const PROGRAMS = Number(process.env['TRACELANE_PROGRAMS'] ?? 100);
const SEEDS = 2 ** 31;
/** What is told of the process and its threads is no part of what the program did. */
const METADATA = '__metadata';

const folder = mkdtempSync(join(tmpdir(), 'tracelane-'));
let runner: ChildProcess | undefined;

after(() => {
  runner?.disconnect();
  rmSync(folder, { recursive: true, force: true });
});

/** The trace of a random program, as a file. */
async function traceOf(
  seed: number,
  format: 'json' | 'perfetto',
): Promise<Result & { path: string }> {
  const program = generate(seed);
  runner ??= fork(ROOT, { execArgv: ['--no-warnings'], serialization: 'advanced' });
  runner.send({ ...program, options: { ...program.options, format } });
  const [{ result, error }] = await once(runner, 'message');
  assert.equal(error, undefined);
  const path = join(folder, format === 'json' ? 'trace.json' : 'trace.pftrace');
  writeFileSync(path, result.bytes);
  return { ...result, path };
}

function seeds(): number[] {
  const first = Number(process.env['TRACELANE_SEED'] ?? Math.floor(Math.random() * SEEDS));
  const count = process.env['TRACELANE_SEED'] === undefined ? PROGRAMS : 1;
  return Array.from({ length: count }, (_, i) => (first + i) % SEEDS);
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
    for (const seed of seeds()) {
      const { bytes, path } = await traceOf(seed, 'perfetto');
      const view = viewTrace(bytes);
      const zero = view.zero.get(view.primaryClock ?? 0) ?? 0n;
      const imported = importTrace(path);
      const message = `TRACELANE_SEED=${seed}`;
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
    for (const seed of seeds()) {
      const { path } = await traceOf(seed, 'json');
      const converted = join(folder, 'converted.pftrace');
      await convertTrace(path, converted);
      const [before, later] = [importTrace(path), importTrace(converted)];
      const message = `TRACELANE_SEED=${seed}`;
      assert.deepEqual(later.complaints, [], message);
      // Points of flows outside of all slices become moments.
      const isPoint = (text: string) => / flow \d/.test(text);
      const all = (imported: Imported) =>
        allOf(imported, startOf(imported)).filter((text) => !isPoint(text));
      assert.deepEqual(all(later), all(before), message);
    }
  });
});

function startOf({ slices }: Imported): bigint {
  const own = Array.from(slices.values()).filter(
    ({ category, name }) => category !== METADATA && !/ flow \d/.test(name ?? ''),
  );
  return BigInt(Math.min(...own.map(({ ts }) => ts)));
}
