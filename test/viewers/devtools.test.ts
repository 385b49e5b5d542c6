import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CRASHES_DEVTOOLS } from '#src/trace-event/breaking-names.js';
import { importIntoDevTools } from './devtools.js';
import { complete, event, sampleEvents, traceText } from './sample-trace.js';

const slice = (name: string, start: number, duration: number, depth: number, more = {}) => {
  return { name, cat: 'default', start, duration, depth, args: {}, ...more };
};

describe('DevTools on the sample trace', () => {
  const importing = importIntoDevTools(traceText(sampleEvents));

  test('it shows a generic trace with the process by its name', async () => {
    const { generic, processNames } = await importing;
    assert.equal(generic, true);
    assert.deepEqual(processNames, { 10: 'app' });
  });

  test('it nests complete events by time, in whatever order the file has them', async () => {
    const { threads } = await importing;
    assert.deepEqual(
      threads.map(({ pid, tid, name }) => [pid, tid, name]),
      [
        [10, 1, 'main'],
        [10, 2, 'worker'],
      ],
    );
    assert.deepEqual(threads[0]?.slices.slice(0, 3), [
      slice('outer', 1000.001, 500.5, 0),
      slice('inner', 1100, 100.25, 1, { cat: 'db', args: { rows: 3 } }),
      slice('leaf', 1120.5, 0.001, 2),
    ]);
    assert.deepEqual(threads[1]?.slices, [slice('job', 1300, 50, 0, { cat: 'db' })]);
  });

  test('it draws an unfinished span without width, and what ran inside beside it', async () => {
    const { threads } = await importing;
    assert.deepEqual(threads[0]?.slices.slice(3), [
      slice('stuck', 1600, 0, 0, { args: { on: 'lock' } }),
      slice('poll', 1700, 10, 0),
    ]);
  });

  test('it pairs async events by cat, id and name', async () => {
    const { asyncSlices } = await importing;
    const common = { cat: 'default', id: '0xa0001', pid: 10, tid: 1 };
    const note = { name: 'load', cat: 'default', time: 1025, args: {} };
    assert.deepEqual(asyncSlices, [
      { ...common, name: 'load', start: 1010, duration: 30, instants: [note] },
      { ...common, name: 'read', start: 1020, duration: 10.5, instants: [] },
    ]);
  });

  test('it joins the slices of which a flow has the timestamp and the category', async () => {
    const { flows } = await importing;
    assert.deepEqual(flows, [
      [
        { name: 'inner', pid: 10, tid: 1, start: 1100 },
        { name: 'job', pid: 10, tid: 2, start: 1300 },
      ],
    ]);
  });

  test('it does not take an i for an instant', async () => {
    const { threads } = await importing;
    assert.deepEqual(
      threads.flatMap(({ instants }) => instants),
      [],
    );
  });
});

describe('DevTools', () => {
  test('it draws an instant of the older spelling', async () => {
    const { threads } = await importIntoDevTools(
      traceText([complete('work', 1, 9), event('I', 'mark', 2, { s: 't', args: { n: 1 } })]),
    );
    assert.deepEqual(threads[0]?.instants, [
      { name: 'mark', cat: 'default', time: 2, args: { n: 1 } },
    ]);
    assert.deepEqual(threads[0]?.slices, [slice('work', 1, 9, 0)]);
  });

  test('it leaves out a slice that outlives its parent', async () => {
    const { threads } = await importIntoDevTools(
      traceText([complete('parent', 1, 5), complete('child', 2, 8), complete('next', 12, 1)]),
    );
    assert.deepEqual(
      threads[0]?.slices.map(({ name }) => name),
      ['parent', 'next'],
    );
  });

  test('it shows a begin and its end as one slice when nothing comes between them', async () => {
    const { threads } = await importIntoDevTools(
      traceText([event('B', 'work', 1), complete('part', 2, 1), event('E', 'work', 5)]),
    );
    assert.deepEqual(threads[0]?.slices, [slice('work', 1, 4, 0), slice('part', 2, 1, 1)]);
  });

  test('it does not join a flow to the slice around it, nor one of another category', async () => {
    const { flows } = await importIntoDevTools(
      traceText([
        complete('a', 1, 8),
        complete('b', 11, 8),
        event('s', 'inside', 2, { id: '0x1' }),
        event('f', 'inside', 12, { id: '0x1', bp: 'e' }),
        event('s', 'other', 1, { id: '0x2', cat: 'flow' }),
        event('f', 'other', 11, { id: '0x2', cat: 'flow', bp: 'e' }),
      ]),
    );
    assert.deepEqual(flows, []);
  });

  test('it knows an async id by its spelling, and 0 for none', async () => {
    const pair = (name: string, begin: unknown, end: unknown) => [
      event('b', name, 1, { id: begin }),
      event('e', name, 2, { id: end }),
    ];
    const { asyncSlices } = await importIntoDevTools(
      traceText([
        ...pair('same', '0x12a', '0x12a'),
        ...pair('case', '0x12b', '0x12B'),
        ...pair('type', 7, '7'),
        ...pair('none', 0, 0),
      ]),
    );
    assert.deepEqual(
      asyncSlices.map(({ name, id }) => [name, id]),
      [
        ['same', '0x12a'],
        ['type', 7],
      ],
    );
  });

  test('it refuses a file that is not whole', async () => {
    await assert.rejects(importIntoDevTools(traceText(sampleEvents).slice(0, -2)), SyntaxError);
  });

  test('it reads traces that are opened at once apart from each other', async () => {
    const names = ['first', 'second', 'third'];
    const views = await Promise.all(
      names.map((name) => importIntoDevTools(traceText([complete(name, 1, 2)]))),
    );
    assert.deepEqual(
      views.map(({ threads }) => threads.flatMap(({ slices }) => slices.map(({ name }) => name))),
      names.map((name) => [name]),
    );
  });

  test('it refuses a file with an event that borrows the name of one of its own', async () => {
    for (const name of CRASHES_DEVTOOLS) {
      const borrowed = [
        complete(name, 1, 9),
        event('b', name, 2, { id: 1 }),
        event('e', name, 3, { id: 1 }),
      ];
      await assert.rejects(importIntoDevTools(traceText(borrowed)), Error, name);
    }
  });
});
