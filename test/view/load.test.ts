import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync, inflateSync } from 'node:zlib';
import { summarize } from '#src/reader/summary/summarize.js';
import { packArguments } from '#src/view/report/pack-arguments.js';
import type { SliceDetails, Statistics } from '#src/view/wire/questions.js';
import { temporaryFolder } from '../cli/run-cli.js';
import { B, E, event, X } from '../reader/read.js';
import { load, loadFrom } from './model/load-events.js';

const CORPUS = new URL('../../../test/corpus/', import.meta.url);
const file = temporaryFolder();

const named = (pid: number, name: string) => event('M', 'process_name', 0, { pid, args: { name } });
const threadNamed = (tid: number, name: string) =>
  event('M', 'thread_name', 0, { tid, args: { name } });
const async = (ph: string, name: string, ts: number, id: number, more = {}) =>
  event(ph, name, ts, { id, ...more });

describe('the tracks of a trace', () => {
  test('have a slice in the lane of its depth, with instants of the thread among them', async () => {
    const trace = await load([
      X('outer', 0, 10),
      X('inner', 2, 3),
      event('i', 'moment', 3, { s: 't' }),
      B('begun', 6),
      E('begun', 8),
    ]);
    assert.deepEqual(trace.lines(await trace.track('thread')), [
      '0 outer 0+10',
      '1 inner 2+3',
      '1 begun 6+2',
      '2 moment 3+0 instant',
    ]);
  });

  test('show what was never ended until the end of the trace', async () => {
    const trace = await load([B('open', 1), X('inside', 2, 3), X('last', 7, 2)]);
    assert.deepEqual(trace.lines(await trace.track('thread')), [
      '0 open 0+8 unfinished',
      '1 inside 1+3',
      '1 last 6+2',
    ]);
  });

  test('have what overlaps in a lane of its own', async () => {
    const trace = await load([X('a', 0, 10), X('b', 5, 10), X('c', 6, 10), X('d', 16, 1)]);
    assert.deepEqual(trace.lines(await trace.track('thread')), [
      '0 a 0+10',
      '0 d 16+1',
      '1 b 5+10 overlaps',
      '2 c 6+10 overlaps',
    ]);
  });

  test('show an error in the arguments of either end', async () => {
    const trace = await load([
      X('right', 0, 1, { args: { error: null, inner: 'error' } }),
      X('nested', 1, 0.5, { args: { response: { error: 'none of the call' }, error: 0 } }),
      X('wrong', 2, 1, { args: { error: { name: 'TypeError' } } }),
      B('late', 4),
      E('late', 5, { args: { error: 'no' } }),
    ]);
    assert.deepEqual(trace.lines(await trace.track('thread')), [
      '0 right 0+1',
      '0 nested 1+0.5',
      '0 wrong 2+1 failed',
      '0 late 4+1 failed',
    ]);
  });

  test('have operations in as few lanes as they need, inner ones below what they lie in', async () => {
    const trace = await load([
      async('b', 'first', 0, 1),
      async('b', 'part', 1, 1),
      async('n', 'moment', 2, 1),
      async('e', 'part', 3, 1),
      async('e', 'first', 5, 1),
      async('b', 'parallel', 1, 2),
      async('e', 'parallel', 4, 2),
      async('b', 'second', 5, 3),
      async('e', 'second', 9, 3),
    ]);
    const track = await trace.track('operations');
    assert.deepEqual(trace.lines(track).sort(), [
      '0 first 0+5',
      '1 part 1+2',
      '2 moment 2+0 instant',
      '3 parallel 1+3',
      '3 second 5+4',
    ]);
  });

  test('stand below their process, in the order that the trace asks for', async () => {
    const counter = event('C', 'heap', 1, { args: { used: 3, free: 1 } });
    const { facts } = await load([
      named(7, 'server'),
      named(9, 'first'),
      event('M', 'process_sort_index', 0, { pid: 9, args: { sort_index: -1 } }),
      threadNamed(8, 'worker'),
      threadNamed(9, 'worker'),
      event('M', 'thread_sort_index', 0, { tid: 9, args: { sort_index: -5 } }),
      X('a', 0, 1),
      X('b', 0, 1, { tid: 9 }),
      X('c', 0, 1, { tid: 7 }),
      X('d', 0, 1, { pid: 9, tid: 1 }),
      event('i', 'of the process', 1, { s: 'p' }),
      event('i', 'of all', 1, { s: 'g' }),
      counter,
    ]).then(async (trace) => ({ facts: await trace.facts() }));
    const shown = facts.tracks.map(({ track, parent, kind, name, note }) => {
      const place = facts.tracks.findIndex((other) => other.track === parent);
      assert.ok(place < facts.tracks.findIndex((other) => other.track === track));
      return `${place < 0 ? '' : '- '}${kind} ${name} ${note}`.trim();
    });
    assert.deepEqual(shown, [
      'instants instants of all processes',
      'process first',
      '- thread thread 1',
      'process server',
      '- instants instants',
      '- thread worker 9',
      '- thread thread 7',
      '- thread worker 8',
      '- counter heap',
    ]);
  });

  test('have the samples of a thread right below it', async () => {
    const samples = 1_000_000_008;
    const trace = await load([
      threadNamed(8, 'main'),
      threadNamed(samples, 'main: CPU samples'),
      threadNamed(12, 'worker'),
      X('in samples', 0, 1, { tid: samples }),
      X('a', 0, 1),
      X('b', 0, 1, { tid: 12 }),
    ]);
    const { tracks } = await trace.facts();
    assert.deepEqual(
      tracks.slice(1).map(({ kind, name }) => `${kind} ${name}`),
      ['thread main', 'samples main: CPU samples', 'thread worker'],
    );
  });

  test('say how far the areas of a counter go, also where some are below zero', async () => {
    const counter = (ts: number, args: object) => event('C', 'queue', ts, { args });
    for (const [values, expected] of [
      [[{ in: 3, out: -2 }], [-2, 3]],
      [
        [
          { in: 10, out: -8 },
          { in: 4, out: 4 },
        ],
        [-8, 10],
      ],
      [
        [{ in: -3 }, { in: -5 }],
        [-5, -3],
      ],
    ] as const) {
      const trace = await load(values.map((args, ts) => counter(ts, args)));
      const { lowest, highest } = await trace.track('counter');
      assert.deepEqual([lowest, highest], expected);
    }
  });

  test('have the values of counters in the order of time, with the series of all events', async () => {
    const counter = (ts: number, args: object) => event('C', 'queue', ts, { args });
    const trace = await load([
      counter(1, { in: 1 }),
      counter(9, { in: 4, out: 2 }),
      counter(5, { in: 2 }),
    ]);
    const { track, series, count, lowest, highest } = await trace.track('counter');
    assert.deepEqual([series, count, lowest, highest], [['in', 'out'], 3, 1, 6]);
    const [data] = trace.trace.data.counters;
    assert.equal(data?.track, track);
    assert.deepEqual([...(data?.times ?? [])], [0, 4000, 8000]);
    assert.deepEqual(
      data?.values.map((values) => [...values]),
      [
        [1, 2, 4],
        [0, 0, 2],
      ],
    );
  });
});

describe('of a trace of tracelane', () => {
  const start = event('M', 'trace_start', 0, {
    args: { recorder: 'tracelane', clock: 'relative', wallMicroseconds: 5_000_000 },
  });

  test('the wall clock is known', async () => {
    const trace = await load([start, X('a', 1000, 1)]);
    const { wallClock, start: first } = await trace.facts();
    assert.equal((wallClock as number) + first / 1e6, 5001);
  });

  test('dropped events are a gap', async () => {
    const dropped = event('i', 'events dropped', 9, { s: 't', args: { count: 3 } });
    const trace = await load([start, X('a', 1, 2), X('b', 10, 1), dropped]);
    const { gaps } = await trace.facts();
    assert.deepEqual(gaps, [{ start: 2000, end: 8000, text: '3 events were dropped' }]);
  });

  test('operations that were begun in others of another track lie below these', async () => {
    const args = (more: object) => ({ args: more });
    const trace = await load([
      async('b', 'request', 0, 1, args({ 'op.id': 'r' })),
      async('b', 'one', 1, 2, args({ 'op.root': 'r' })),
      async('b', 'other', 2, 3, args({ 'op.root': 'r' })),
      async('e', 'one', 5, 2),
      async('e', 'other', 6, 3),
      async('e', 'request', 9, 1),
    ]);
    assert.deepEqual(trace.lines(await trace.track('operations')), [
      '0 request 0+9',
      '1 one 1+4',
      '2 other 2+4',
    ]);
  });
});

describe('a trace is loaded', () => {
  const events = [X('a', 0, 10, { args: { n: 1 } }), X('b', 2, 3, { args: { text: 'needle' } })];
  const text = JSON.stringify(events);

  const details = async (trace: Awaited<ReturnType<typeof load>>, name: string) =>
    (await trace.model.answer({ ask: 'slice', slice: trace.slice(name) })) as SliceDetails;

  for (const [what, input] of [
    ['from a file', () => file('plain.json', text)],
    ['from a packed file', () => file('packed.json.gz', gzipSync(text))],
    [
      'from a pipe',
      async function* () {
        yield Buffer.from(text);
      },
    ],
    [
      'from a pipe of packed bytes',
      async function* () {
        yield gzipSync(text);
      },
    ],
  ] as const) {
    test(`${what}, with the arguments of its events`, async () => {
      const trace = await loadFrom(input());
      const b = await details(trace, 'b');
      assert.deepEqual(b.args, { text: 'needle' });
      assert.equal(b.offset, text.indexOf('{"ph":"X","name":"b"'));
      const hits = await trace.model.answer({ ask: 'find', text: 'arg:needle', limit: 9 });
      assert.equal((hits as { count: number }).count, 1);
    });
  }

  test('with the arguments of both ends of what has two, which are found, too', async () => {
    const trace = await load([
      X('whole', 0, 1, { args: { n: 1 } }),
      B('pair', 2, { args: { both: 'begin', n: 1 } }),
      B('inner', 3),
      E('inner', 4, { args: { rows: 3 } }),
      E('pair', 5, { args: { both: 'end', rows: 5, needle: true } }),
      async('b', 'operation', 6, 1, { args: { n: 1 } }),
      async('e', 'operation', 7, 1, { args: { 'error.type': 'EBAD' } }),
    ]);
    for (const [name, args] of [
      ['whole', { n: 1 }],
      ['pair', { both: 'end', n: 1, rows: 5, needle: true }],
      ['inner', { rows: 3 }],
      ['operation', { n: 1, 'error.type': 'EBAD' }],
    ] as const) {
      assert.deepEqual((await details(trace, name)).args, args, name);
      const [block] = await packArguments(trace.trace);
      const lines = inflateSync(block?.bytes ?? assert.fail())
        .toString()
        .split('\n');
      assert.deepEqual(JSON.parse(lines[trace.slice(name)] ?? ''), args, name);
    }
    for (const [text, count] of [
      ['rows', 2],
      ['needle', 1],
      ['EBAD', 1],
      ['n', 3],
    ] as const) {
      const hits = await trace.model.answer({ ask: 'find', text: `arg:${text}`, limit: 9 });
      assert.equal((hits as { count: number }).count, count, text);
    }
  });

  test('of a copy to the end of a search in it, where the trace is replaced meanwhile', async () => {
    const args = { text: 'x'.repeat(1000) };
    const events = Array.from({ length: 20_000 }, (_, i) => X('call', i, 1, { args }));
    events.push(X('last', 20_000, 1, { args: { text: 'needle' } }));
    const { trace, model } = await load(events);
    const found = model.answer({ ask: 'find', text: 'arg:needle', limit: 9 });
    trace.file.close();
    assert.equal(((await found) as { count: number }).count, 1);
    assert.throws(() => trace.file.open(), /closed/);
  });

  test('and found by its arguments also where names have the text a hundred thousand times', async () => {
    const called = 'ab'.repeat(100_000);
    const trace = await load([
      X(called, 0, 10, { args: { x: 'b' } }),
      X(called, 2, 3, { args: { a: { deep: 'b' }, b: 1 }, cat: 'a}' }),
      X('a', 2, 3),
    ]);
    for (const [wanted, count] of [
      ['b', 2],
      ['deep', 1],
      ['a', 1],
      ['ab', 0],
    ] as const) {
      const hits = await trace.model.answer({ ask: 'find', text: `arg:${wanted}`, limit: 9 });
      assert.equal((hits as { count: number }).count, count, wanted);
    }
  });

  const skip = process.platform === 'win32' && 'there are no named pipes';
  test('and says so when its file has been removed, or has become a pipe', { skip }, async () => {
    const path = file('gone.json', text);
    const { model } = await loadFrom(path);
    const find = () => model.answer({ ask: 'find', text: 'arg:needle', limit: 9 });
    rmSync(path);
    await assert.rejects(find(), { code: 'TRACELANE_CANNOT_READ', message: /removed or replaced/ });
    execFileSync('mkfifo', [path]);
    await assert.rejects(find(), { code: 'TRACELANE_CANNOT_READ', message: /removed or replaced/ });
  });

  test('are those of the trace that was read, and of no other that has its name now', async () => {
    const events = (what: string, count: number) =>
      Array.from({ length: count }, (_, i) => X(`${what} ${i}`, i, 1, { args: { what } }));
    const path = file('written-anew.json', events('old', 3));
    const trace = await loadFrom(path);
    const args = async (name: string) => {
      const details = await trace.model.answer({ ask: 'slice', slice: trace.slice(name) });
      return (details as SliceDetails).args;
    };
    const find = () => trace.model.answer({ ask: 'find', text: 'arg:new', limit: 9 });
    assert.deepEqual(await args('old 2'), { what: 'old' });
    file('written-anew.json', [...events('old', 3), ...events('more', 99)]);
    assert.deepEqual(await args('old 2'), { what: 'old' });
    file('written-anew.json', events('new', 3));
    assert.match(String(await args('old 2')), /the file has changed/);
    await assert.rejects(find(), { code: 'TRACELANE_CANNOT_READ', message: /removed or replaced/ });
  });

  test('from a pipe by way of a copy, which is gone when it is closed', async (t) => {
    // A folder of its own: other tests make copies in the common one at the same time.
    const folder = mkdtempSync(join(tmpdir(), 'copies-'));
    const { TMPDIR, TEMP } = process.env;
    Object.assign(process.env, { TMPDIR: folder, TEMP: folder });
    t.after(() => {
      for (const [name, value] of Object.entries({ TMPDIR, TEMP })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      rmSync(folder, { recursive: true });
    });
    const { trace } = await load(text);
    // Where the system allows it, it has no name: nothing is left, whatever ends the process.
    assert.equal(readdirSync(folder).length, process.platform === 'win32' ? 1 : 0);
    trace.file.close();
    assert.deepEqual(readdirSync(folder), []);
  });

  test('as far as it goes where it is cut off, and says so', async () => {
    const trace = await load(text.slice(0, -20));
    const { notes, events } = await trace.facts();
    assert.equal(events, 1);
    assert.deepEqual(notes, ['The file is cut off: what stood behind is missing.']);
  });

  test('without what has no place in time, and says so', async () => {
    const trace = await load([
      ...[X('a', 0, 10), X('far', 1e17, 1), X('back', 1, -5), X('also back', 1, -5)],
      { ph: 'i', name: 'never', pid: 1, tid: 1 } as never,
    ]);
    const { notes } = await trace.facts();
    assert.deepEqual(notes, [
      '1 event has no time, and is left out: tracelane check shows it.',
      '1 event has a time that does not fit into 64 bits as nanoseconds, and is left out: tracelane check shows it.',
      '2 events have a negative duration, and are left out: tracelane check shows them.',
    ]);
    assert.deepEqual(trace.lines(await trace.track('thread')), ['0 a 0+10']);
  });

  test('not where it is none', async () => {
    await assert.rejects(load('nothing'), { code: 'TRACELANE_NOT_A_TRACE' });
  });
});

describe('of files that other tools have made, and of broken ones,', () => {
  const folders = ['real', 'meaning', 'broken'];
  const names = folders.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, CORPUS))
      .filter((name) => !name.includes('.expected.'))
      .map((name) => `${folder}/${name}`),
  );
  for (const name of names) {
    test(`the numbers are those of the summary: ${name}`, async () => {
      const path = fileURLToPath(new URL(name, CORPUS));
      const options = { by: 'name', filter: () => true, top: 5, stretches: 5 } as const;
      const summary = await summarize(path, options).catch((error) => error as Error);
      if (summary instanceof Error) {
        await assert.rejects(loadFrom(path), { message: summary.message });
        return;
      }
      const trace = await loadFrom(path);
      const { start: from, end, tracks } = await trace.facts();
      const to = Math.max(end, from + 1);
      const answer = await trace.model.answer({ ask: 'statistics', from, to });
      const { names: shown, threads } = answer as Statistics;
      const sums = new Map<string, [count: number, total: number, self: number]>();
      for (const { name: key, count, total, self } of shown) {
        const [counts, totals, selfs] = sums.get(key) ?? [0, 0, 0];
        sums.set(key, [counts + count, totals + total, selfs + (self ?? 0)]);
      }
      const expected = summary.groups
        .filter(({ count }) => count > 0)
        .map(({ key, count, total, self = 0 }) => [key, [count, total, self]]);
      assert.deepEqual(Object.fromEntries(sums), Object.fromEntries(expected));
      const busy = threads.map((thread) => thread.busy).filter((time) => time > 0);
      const known = summary.threads.map((thread) => thread.busy).filter((time) => time > 0);
      const isSamples = tracks.some(({ kind }) => kind === 'samples');
      if (!isSamples) assert.deepEqual(busy.sort(), known.sort());
    });
  }
});
