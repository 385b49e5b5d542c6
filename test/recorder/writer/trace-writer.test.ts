import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Arena } from '#src/recorder/arena/arena.js';
import { countRecorded } from '#src/recorder/arena/counts.js';
import {
  CHUNK_SEALED,
  CHUNK_WRITING,
  COUNTER_DROPPED,
  COUNTER_UNMATCHED,
  HEADER_COMMIT,
  HEADER_STATE,
  RECORDING_ON,
  SLOT_STATE,
  SLOT_WAKE,
} from '#src/recorder/arena/layout.js';
import { IdSource } from '#src/recorder/assemble/ids.js';
import { ChromeJson } from '#src/recorder/format/chrome-json.js';
import { IdTexts } from '#src/recorder/format/id-texts.js';
import { jsonFraming } from '#src/recorder/format/json-framing.js';
import { CategoryFilter } from '#src/recorder/record/category-filter.js';
import { Recorder } from '#src/recorder/record/recorder.js';
import { FileSink } from '#src/recorder/writer/file-sink.js';
import { TraceWriter } from '#src/recorder/writer/trace-writer.js';
import { OWN_ID } from '#src/trace-event/lineage.js';
import { MemoryDisk } from './memory-disk.js';

interface Event {
  name: string;
  ph: string;
  tid: number;
  ts: number;
  dur?: number;
  args: Record<string, unknown>;
}

const CHUNK = 64 * 1024;

/** The whole way from records to bytes in one thread, with a sink in memory. */
function pipeline(chunks: number, overflow: 'block' | 'drop' = 'drop') {
  const arena = Arena.allocate(chunks * CHUNK, [1, 2], 1);
  arena.int32[SLOT_STATE] = RECORDING_ON;
  const header = '[{"name":"start","ph":"M"}';
  const disk = new MemoryDisk(`${header}\n]\n`);
  const base = performance.now();
  const writer = new TraceWriter(arena, {
    format: new ChromeJson(new IdTexts(1, 'test'), 0),
    sink: new FileSink(disk, header.length, jsonFraming),
    header: Buffer.from(header),
    pid: 1,
    ids: new IdSource(1, 0),
    base,
    parts: undefined,
    journal: undefined,
    maxOpen: 20_000,
  });
  return {
    arena,
    writer,
    fail: () => {
      disk.capacity = disk.bytes.length;
    },
    /** A recorder as another thread would have it. */
    thread: (tid: number) =>
      new Recorder(arena, new CategoryFilter('*'), {
        tid,
        threadName: `thread ${tid}`,
        parentTid: 0,
        overflow,
        immediate: false,
      }),
    text: () => disk.bytes.toString('latin1'),
    events: () =>
      (JSON.parse(disk.text) as Event[]).filter(({ ph, name }) => ph !== 'M' && name !== 'start'),
    names: () =>
      (JSON.parse(disk.text) as Event[])
        .filter(({ ph }) => ph !== 'M')
        .map(({ ph, name }) => `${ph} ${name}`),
  };
}

describe('the writer', () => {
  test('takes the records of all threads in the order of time', () => {
    const { thread, writer, names } = pipeline(8);
    const a = thread(1);
    const b = thread(2);
    for (let i = 0; i < 5; i++) {
      a.instant(`a${i}`, undefined, undefined, 0);
      b.instant(`b${i}`, undefined, undefined, 0);
    }
    writer.flush();
    assert.deepEqual(
      names(),
      ['a0', 'b0', 'a1', 'b1', 'a2', 'b2', 'a3', 'b3', 'a4', 'b4'].map((name) => `i ${name}`),
    );
  });

  test('leaves what is later than the flush for the next one', () => {
    const { thread, writer, names, arena } = pipeline(4);
    const recorder = thread(1);
    const later = performance.now() + 60_000;
    recorder.instant('now', undefined, undefined, 0);
    recorder.instant('later', undefined, undefined, 0);
    // The second instant's time, the last record of the chunk, is moved to the future.
    const words = arena.int32[arena.header(0) + HEADER_COMMIT] & 0xffff;
    arena.float64[arena.body(0) + words - 1] = later;
    writer.flush();
    assert.deepEqual(names(), ['i now']);
    writer.flush();
    assert.deepEqual(names(), ['i now']);
    writer.finish();
    assert.deepEqual(names(), ['i now', 'i later']);
  });

  test('gets ends with their arguments that had no room, when there is some again', () => {
    const { thread, writer, events } = pipeline(2);
    const recorder = thread(1);
    const begun = recorder.begin('begun', undefined, undefined);
    recorder.asyncBegin('operation', undefined, undefined, 'id');
    for (let i = 0; i < 10_000; i++) recorder.instant('x', undefined, undefined, 0);
    recorder.end(begun, { result: 1 });
    recorder.endById('id', { result: 2 });
    writer.flush();
    recorder.instant('after', undefined, undefined, 0);
    writer.flush();
    const ended = events().filter(({ args }) => 'result' in args);
    assert.deepEqual(
      ended.map(({ ph, args }) => [ph, args['result']]),
      [
        ['X', 1],
        ['e', 2],
      ],
    );
  });

  test('gets no end in a new stream of what the one before has begun', () => {
    const { arena, thread, writer, names } = pipeline(2);
    const recorder = thread(1);
    const other = thread(2);
    const begun = recorder.begin('begun', undefined, undefined);
    for (let i = 0; i < 10_000; i++) other.instant('x', undefined, undefined, 0);
    for (let i = 0; i < 10_000; i++) recorder.instant('y', undefined, undefined, 0);
    recorder.end(begun, undefined);
    // There is no writer that would make room, as where it has died.
    recorder.close();
    writer.flush();
    writer.flush();
    recorder.begin('again', undefined, undefined);
    writer.finish();
    assert.equal(names().filter((name) => name === 'B again').length, 1);
    assert.equal(arena.counters[COUNTER_UNMATCHED], 0n);
  });

  test('gives sealed chunks back once they are read, and wakes those that wait', () => {
    const { arena, thread, writer } = pipeline(4);
    const recorder = thread(1);
    const woken = arena.int32[SLOT_WAKE];
    for (let i = 0; i < 10_000; i++) recorder.instant('x', undefined, undefined, 0);
    const states = () =>
      Array.from({ length: 4 }, (_, chunk) => arena.int32[arena.header(chunk) + HEADER_STATE] & 3);
    assert.deepEqual(states(), [CHUNK_SEALED, CHUNK_SEALED, CHUNK_WRITING, 0]);
    assert.ok(arena.int32[SLOT_WAKE] > woken);
    assert.equal(countRecorded(arena), 10_000);
    writer.flush();
    assert.deepEqual(states(), [0, 0, CHUNK_WRITING, 0]);
    assert.equal(countRecorded(arena), 10_000, 'what was read still counts');
  });

  test('shows what the begin and the end of a span say as one, the later value where both say it', () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      fc.constantFrom(null, true, false),
      fc.constant({ deep: [1, 'two'] }),
      // Goes in fragments.
      fc.constant('long '.repeat(14_000)),
    );
    const args = fc.dictionary(fc.constantFrom('a', 'b', 'ü', 'category', 'e'), value);
    const text = (of: object) =>
      JSON.stringify(Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)));
    // As the innermost span, as one that is open when its chunk is freed, and as an operation that gets
    // more of them while it is open.
    const kinds = fc.constantFrom('leaf', 'kept', 'operation');
    fc.assert(
      fc.property(fc.array(fc.tuple(args, args, kinds), { maxLength: 2 }), (spans) => {
        const { thread, writer, events } = pipeline(64);
        const recorder = thread(1);
        for (const [first, second, kind] of spans) {
          const span =
            kind === 'operation'
              ? recorder.beginAsyncCall('span', 'c', first)
              : recorder.begin('span', 'c', first);
          if (kind !== 'leaf') writer.flush();
          if (kind === 'operation') recorder.addArguments(span, second);
          recorder.end(span, kind === 'operation' ? undefined : second);
        }
        writer.finish();
        const shown = events().filter(({ ph }) => ph !== 'e');
        assert.deepEqual(
          shown.map(({ args: { [OWN_ID]: _, ...rest } }) => text(rest)),
          spans.map(([first, second]) => text({ ...first, ...second })),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('keeps arguments of spans that are open when their chunk is given back', () => {
    const { thread, writer, events } = pipeline(4);
    const recorder = thread(1);
    const span = recorder.begin('long', 'c', { text: 'kept', n: 1.5, deep: { a: 1 } });
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 4000; i++) recorder.instant('x', undefined, { i }, 0);
      writer.flush();
    }
    recorder.end(span, { end: true });
    writer.finish();
    const long = events().find(({ name }) => name === 'long');
    assert.deepEqual(long?.args, { text: 'kept', n: 1.5, deep: { a: 1 }, end: true });
  });

  test('gets every end of a recorded span, though the arena was full, and a mark of what was dropped', () => {
    const { arena, thread, writer, events } = pipeline(2);
    const recorder = thread(1);
    const open = [];
    let issued = 0;
    for (; arena.counters[COUNTER_DROPPED] === 0n; issued++) {
      open.push(recorder.begin('span', undefined, undefined));
    }
    for (const span of open.reverse()) recorder.end(span, undefined);
    writer.flush();
    recorder.instant('after', undefined, undefined, 0);
    writer.finish();
    const spans = events().filter(({ name }) => name === 'span');
    assert.equal(spans.length, issued - 1);
    assert.ok(spans.every(({ ph }) => ph === 'X'));
    const [mark] = events().filter(({ name }) => name === 'events dropped');
    assert.deepEqual(mark?.args, { count: 1 });
  });

  test('gives no two events of a thread the same time', () => {
    const { thread, writer, events } = pipeline(8);
    const recorder = thread(1);
    for (let i = 0; i < 5000; i++)
      recorder.end(recorder.begin('x', undefined, undefined), undefined);
    writer.finish();
    const times = events().flatMap(({ ts, dur = 0 }) =>
      [ts * 1000, (ts + dur) * 1000].map(Math.round),
    );
    assert.equal(new Set(times).size, 10_000);
  });

  test('that fails to write goes on giving chunks back, and says what was lost', () => {
    const { arena, thread, writer, fail, names } = pipeline(4);
    const recorder = thread(1);
    recorder.instant('written', undefined, undefined, 0);
    writer.flush();
    fail();
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 4000; i++) recorder.instant('lost', undefined, undefined, 0);
      writer.flush();
    }
    writer.finish();
    assert.deepEqual(names(), ['i written']);
    assert.equal(arena.counters[COUNTER_DROPPED], 0n);
  });

  test('neither crashes nor hangs whatever bytes stand in the arena', () => {
    let seed = 12345;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      return (seed >>> 8) % below;
    };
    for (let round = 0; round < 300; round++) {
      const { arena, thread, writer, text } = pipeline(3);
      const recorder = thread(1);
      for (let i = 0; i < 300; i++) {
        const span = recorder.begin(`name ${i % 5}`, 'c', { i, text: 'some text' });
        recorder.flowStep(recorder.flowStart('flow', 'c', { i }, undefined), undefined);
        recorder.counter('counter', undefined, { a: i });
        recorder.asyncInstant(recorder.asyncBegin('op', 'c', undefined, `id ${i}`), 'n', 'c', {});
        recorder.end(span, { i });
      }
      const words = arena.int32[arena.header(0) + HEADER_COMMIT] & 0xffff;
      const first = arena.body(0) << 1;
      for (let flips = random(40) + 1; flips > 0; flips--) {
        // Half of them small numbers: those that look most like something.
        const value = random(2) === 0 ? random(64) : random(2 ** 24) * random(256);
        arena.int32[first + random(words * 2)] = value;
      }
      if (round % 3 === 0) arena.int32[arena.header(0) + HEADER_COMMIT] -= random(words);
      writer.flush();
      writer.finish();
      // Text that turned into JSON by a flipped bit stands in the file as it is.
      assert.ok(text().startsWith('[{') && text().endsWith('}\n]\n'));
    }
  });
});
