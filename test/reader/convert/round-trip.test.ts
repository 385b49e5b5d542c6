import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { convertTrace } from '#src/reader/convert/convert.js';
import { temporaryFolder } from '../../cli/run-cli.js';
import { viewTrace } from '../../perfetto/view.js';
import { B, E, event, summaryOf, times, X } from '../read.js';
import { shownBy } from './timeline.js';

const CORPUS = new URL('../../../../test/corpus/', import.meta.url);
const file = temporaryFolder();

const traces = ['real', 'meaning', 'broken'].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, CORPUS))
    .filter((name) => !name.includes('expected') && !/container-|empty\.json/.test(name))
    .map((name) => `${folder}/${name}`),
);

/** What is shown otherwise, and why. */
const EXCEPTIONS: Readonly<Record<string, 'slices' | 'operations'>> = {
  // Threads that are called by a text get numbers; the text is their name.
  'meaning/inf-nan-in-args.json': 'slices',
  'broken/string-tid.json': 'slices',
  // A complete event without a duration becomes a begin, and those come behind slices of the same time.
  'real/webpack.json': 'slices',
  // A track belongs to the process of the first operation on it.
  'broken/async-id-shared.json': 'operations',
};

describe('what a trace shows', () => {
  for (const name of traces) {
    test(`is the same after it was made Perfetto's: ${name}`, async () => {
      const path = fileURLToPath(new URL(name, CORPUS));
      const converted = file(`${name.replaceAll('/', '-')}.pftrace`);
      const result = await convertTrace(path, converted);
      const [before, after] = [await shownBy(path), await shownBy(converted)];
      for (const kind of ['slices', 'operations'] as const) {
        if (result.overlapping === 0 && EXCEPTIONS[name] !== kind) {
          assert.deepEqual(after[kind], before[kind]);
        } else assert.equal(after[kind].length, before[kind].length);
      }
      assert.deepEqual(after.counters, before.counters);
      assert.deepEqual(after.flows, before.flows);
      for (const moment of before.moments) assert.ok(after.moments.includes(moment), moment);
      for (const said of before.names) assert.ok(after.names.includes(said), said);
      const problems = viewTrace(readFileSync(converted)).problems;
      assert.deepEqual(
        problems.filter((problem) => !/^the flow \d+ ends and has not begun$/.test(problem)),
        [],
      );
    });
  }
});

test('an operation that was never ended does not end with the one around it', async () => {
  const point = (ph: string, name: string, ts: number) => ({
    ...{ ph, name, cat: 'c', id: '1', ts, pid: 1, tid: 1, args: {} },
  });
  const path = file('never-ended.json', [
    ...[point('b', 'outer', 0), point('b', 'never ended', 10), point('e', 'outer', 30)],
    ...[point('b', 'next', 40), point('e', 'next', 50)],
  ]);
  await convertTrace(path, file('never-ended.pftrace'));
  const timesIn = async (input: string) =>
    (await shownBy(input)).operations.map((line) => /\d+\.\.\S*/.exec(line)?.[0]);
  assert.deepEqual(await timesIn(file('never-ended.pftrace')), await timesIn(path));
});

test('a begin at the time of a complete event lies in it, also where it stands before it, or has no end', async () => {
  const traces = [
    [B('begun', 10), X('whole', 10, 20), E('begun', 30)],
    [B('begun', 10), X('whole', 10, 20), E('begun', 20), X('next', 40, 5)],
    [B('never', 10), X('whole', 10, 20), X('next', 40, 5)],
    [X('whole', 10, 20), B('never', 10), B('begun', 10), E('begun', 15), X('next', 40, 5)],
    [B('outer', 10), B('inner', 10), E('inner', 15), X('next', 40, 5)],
    [X('outer', 0, 20), X('outer', 0, 20), B('begun', 0), X('empty', 0, 0), E('begun', 20)],
  ];
  for (const [i, events] of traces.entries()) {
    const path = file(`begun-${i}.json`, events);
    const converted = file(`begun-${i}.pftrace`);
    const { overlapping } = await convertTrace(path, converted);
    assert.equal(overlapping, 0);
    assert.deepEqual(await times(readFileSync(converted)), await times(events), `trace ${i}`);
  }
});

test('counters with ids, and processes whose name is said to be empty, are called the same', async () => {
  const count = (ts: number, id: unknown) => ({ ...event('C', 'queue', ts), id, args: { n: ts } });
  const named = (name: string) => ({ ...event('M', 'process_name', 0), args: { name } });
  const events = [count(1, 1), count(2, 'x'), named('shop'), named(''), X('work', 1, 5)];
  await convertTrace(file('counted.json', events), file('counted.pftrace'));
  const [before, after] = [
    await summaryOf(events),
    await summaryOf(readFileSync(file('counted.pftrace'))),
  ];
  const names = before.counters.map(({ name, series }) => `${name} ${series}`);
  assert.deepEqual(names, ['queue [1] n', 'queue [x] n']);
  assert.deepEqual(
    after.counters.map(({ name }) => name),
    names,
  );
  assert.deepEqual(
    after.threads.map(({ label }) => label),
    before.threads.map(({ label }) => label),
  );
});

test('points of flows outside of slices are parts of an instant, and stay it when they are converted again', async () => {
  const point = (ph: string, ts: number) => ({ ...event(ph, 'flow', ts), id: 1, bp: 'e' });
  const events = [
    ...[point('s', 10), event('i', 'moment', 20, { s: 't' }), point('t', 20)],
    ...[X('work', 30, 5), point('f', 30)],
  ];
  const [once, twice] = [file('once.pftrace'), file('twice.pftrace')];
  await convertTrace(file('points.json', events), once);
  await convertTrace(once, twice);
  const [first, second] = [
    await summaryOf(readFileSync(once)),
    await summaryOf(readFileSync(twice)),
  ];
  // The first point gets a moment of its own, and the slice with a point has two ends.
  assert.equal(first.events, events.length + 2);
  assert.equal(second.events, first.events);
  assert.deepEqual((await shownBy(twice)).moments, (await shownBy(once)).moments);
  assert.deepEqual(viewTrace(readFileSync(twice)).problems, []);
});

test('what the clocks of the system showed at time 0 is kept', async () => {
  const clocks = {
    wallMicroseconds: 1_790_000_000_000_000,
    monotonicNanoseconds: '9007199254740993',
    bootNanoseconds: '9007299254740995',
  };
  const args = { recorder: 'tracelane', clock: 'relative', ...clocks };
  const start = { ...event('M', 'trace_start', 0), args };
  const [packets, json] = [file('clocks.pftrace'), file('clocks-again.json')];
  await convertTrace(file('clocks.json', [start, X('first', 0, 1), X('last', 5, 1)]), packets);
  const { zero, primaryClock } = viewTrace(readFileSync(packets));
  assert.deepEqual(
    [zero.get(1), zero.get(3), zero.get(6), primaryClock],
    [...[1_790_000_000_000_000_000n, 9007199254740993n, 9007299254740995n, 3]],
  );
  await convertTrace(packets, json);
  const events: { name: string; args: object }[] = JSON.parse(readFileSync(json, 'utf8'));
  assert.deepEqual(events.find(({ name }) => name === 'trace_start')?.args, {
    clock: 'relative',
    ...clocks,
  });
});

test('slices without a length lie in one another if they begin at once, and moments in them', async () => {
  const events = [
    ...[X('outer', 0, 10), X('a', 5, 0), X('b', 5, 0), X('c', 7, 0)],
    ...[event('i', 'in c', 7, { s: 't' }), event('i', 'alone', 8, { s: 't' })],
    // A begin and an end at once are over when the next ones come.
    ...[B('d', 9), E('d', 9), B('e', 9), E('e', 9), X('last', 10, 0)],
  ];
  await convertTrace(file('empty-ones.json', events), file('empty-ones.pftrace'));
  const { slices, problems } = viewTrace(readFileSync(file('empty-ones.pftrace')));
  assert.deepEqual(
    slices.map(({ name, parent }) => [name, parent?.name]),
    [
      ...[
        ['outer', undefined],
        ['a', 'outer'],
        ['b', 'a'],
        ['c', 'outer'],
        ['in c', 'c'],
      ],
      ...[
        ['alone', 'outer'],
        ['d', 'outer'],
        ['e', 'outer'],
        ['last', undefined],
      ],
    ],
  );
  assert.deepEqual(problems, []);
});

test('threads of any number stay threads, and have the texts for names by which they are called', async () => {
  const numbers = [5, 1_000_000_007, 1_999_999_999, 2_147_483_647];
  const events = [
    ...numbers.map((tid) => X('work', 0, 1, { tid })),
    ...[X('named', 0, 1, { tid: 'worker' }), X('negative', 0, 1, { tid: -5 })],
    X('samples', 0, 1, { tid: 1_000_000_005 }),
  ];
  await convertTrace(file('numbers.json', events), file('numbers.pftrace'));
  const { slices, tracks } = viewTrace(readFileSync(file('numbers.pftrace')));
  const shown = slices.map(({ name, track }) => {
    const { kind, name: called, tid, parent = '' } = tracks.get(track) ?? {};
    const isNamed = called === 'worker' || called === '-5';
    return [name, kind, isNamed ? called : (tid ?? tracks.get(parent)?.tid)];
  });
  assert.deepEqual(shown, [
    ...numbers.map((tid) => ['work', 'thread', tid]),
    ['named', 'thread', 'worker'],
    ['negative', 'thread', '-5'],
    // As tracelane numbers what lies below a thread.
    ['samples', 'other', 5],
  ]);
});

test('a begin that was never ended ends with the complete event around it', async () => {
  const events = [B('outer', 0), X('whole', 10, 20), B('lost', 15), E('outer', 100)];
  await convertTrace(file('lost.json', events), file('lost.pftrace'));
  const { slices, tracks } = viewTrace(readFileSync(file('lost.pftrace')));
  assert.deepEqual(
    slices.map(({ name, start, end, parent }) => [name, start, end, parent?.name]),
    [
      ['outer', 0, 100_000, undefined],
      ['whole', 10_000, 30_000, 'outer'],
      ['lost', 15_000, 30_000, 'whole'],
    ],
  );
  assert.ok(!Array.from(tracks.values(), ({ name }) => name).includes('overlapping'));
});
