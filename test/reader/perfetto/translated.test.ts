import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { summarize } from '#src/reader/summary/summarize.js';
import type { TreeNode } from '#src/reader/summary/summary.js';
import { END_OF_TRACK_TIDS, FIRST_TRACK_TID } from '#src/trace-event/thread-tracks.js';
import { writePackets } from '../../perfetto/messages.js';
import {
  BEGIN,
  begin,
  brief,
  COUNTER,
  END,
  end,
  event,
  eventsOf,
  type Fields,
  HEAD,
  INSTANT,
  read,
} from './make-packets.js';

describe('what is in Perfetto’s format is read as', () => {
  test('slices of threads, which are complete where the end comes right behind the begin', async () => {
    const events = await eventsOf(
      begin(1000, 'outer'),
      begin(2000, 'inner'),
      end(2500),
      end(4001),
      begin(5000, 'open'),
    );
    assert.deepEqual(events.map(brief), ['B outer 1', 'X inner 2 +0.5', 'E  4.001', 'B open 5']);
    assert.ok(events.every(({ pid, tid }) => pid === 7 && tid === 8));
  });

  test('slices that begin in one moment, each in the one before it', async () => {
    const packets = [
      begin(1000, 'outer'),
      begin(1000, 'middle'),
      begin(1000, 'inner'),
      end(3000),
      end(4000),
      begin(5000, 'empty'),
      end(5000),
      end(5000),
      begin(6000, 'open'),
      begin(6000, 'in it'),
      end(7000),
    ];
    const file = writePackets([...HEAD, ...packets]);
    const options = { by: 'name', filter: () => true, top: 1, stretches: 1, tree: true } as const;
    const { tree } = await summarize(Readable.from([file]), options);
    const lines = (nodes: readonly TreeNode[], indent = ''): string[] =>
      nodes.flatMap(({ name, total, self, unfinished, children }) => [
        `${indent}${name} ${total} ${self} ${unfinished}`,
        ...lines(children, `${indent}- `),
      ]);
    assert.deepEqual(lines(tree ?? []), [
      'outer 4001 1001 0',
      '- middle 3000 1000 0',
      '- - inner 2000 2000 0',
      '- empty 0 0 0',
      'open 0 0 1',
      '- in it 1000 1000 0',
    ]);
  });

  test('an end of its own where it says more than its time', async () => {
    const events = await eventsOf(
      begin(1000, 'a'),
      end(2000, { debugAnnotations: [{ name: 'late', intValue: 1 }] }),
    );
    assert.deepEqual(events.map(brief), ['B a 1', 'E  2']);
    assert.deepEqual(events[1]?.['args'], { late: 1 });
  });

  test('async operations on all tracks that belong to no thread, nested and with instants', async () => {
    const events = await eventsOf(
      { trackDescriptor: { uuid: 50, parentUuid: 1, name: 'operation' } },
      begin(1000, 'request', { trackUuid: 50 }),
      begin(2000, 'query', {
        ...{ trackUuid: 50, categories: ['db'] },
        debugAnnotations: [{ name: 'rows', intValue: 1 }],
      }),
      event(2100, { type: INSTANT, name: 'row', trackUuid: 50 }),
      event(2200, { type: INSTANT, name: 'other', categories: ['x'], trackUuid: 50 }),
      end(3000, { trackUuid: 50 }),
      end(4000, { trackUuid: 50 }),
    );
    assert.deepEqual(
      events.map(({ ph, name, cat, id, args }) => [ph, name, cat, id, args]),
      // What has another category would be drawn beside it.
      [
        ['b', 'request', 'c', '0x32', {}],
        ['b', 'query', 'c', '0x32', { category: 'db', rows: 1 }],
        ['n', 'row', 'c', '0x32', {}],
        ['n', 'other', 'c', '0x32', { category: 'x' }],
        ['e', 'query', 'c', '0x32', {}],
        ['e', 'request', 'c', '0x32', {}],
      ],
    );
  });

  test('operations that another writer ends, whose packets stand before the begin', async () => {
    const track = { trackDescriptor: { uuid: 50, parentUuid: 1, name: 'operation' } };
    const by = (sequence: number) => ({ trustedPacketSequenceId: sequence });
    const said = { debugAnnotations: [{ name: 'said', stringValue: 'at the end' }] };
    const events = await eventsOf(
      track,
      begin(1000, 'outer', { trackUuid: 50 }),
      event(9000, { type: END, trackUuid: 50 }, by(2)),
      event(12_000, { type: END, trackUuid: 50, ...said }, by(3)),
      begin(20_000, 'later', { trackUuid: 50 }),
      event(5000, { type: BEGIN, name: 'inner', categories: ['db'], trackUuid: 50 }, by(4)),
      end(21_000, { trackUuid: 50 }),
      event(22_000, { type: END, trackUuid: 50 }, by(4)),
    );
    assert.deepEqual(
      events.map(({ ph, name, cat, ts, args }) => [ph, name, cat, ts, args]),
      [
        ['b', 'outer', 'c', 1, {}],
        ['b', 'inner', 'c', 5, { category: 'db' }],
        ['e', 'inner', 'c', 9, {}],
        ['e', 'outer', 'c', 12, { said: 'at the end' }],
        ['b', 'later', 'c', 20, {}],
        ['e', 'later', 'c', 21, {}],
        ['e', '(unnamed)', 'default', 22, {}],
      ],
    );
  });

  test('operations that are told of when they are over: an end ends what is innermost at its time', async () => {
    const on = { trackUuid: 50 };
    const events = await eventsOf(
      { trackDescriptor: { uuid: 50, parentUuid: 1, name: 'navigation' } },
      ...[begin(1000, 'total', on), end(10_000, on)],
      ...[begin(5000, 'response', on), end(12_000, on)],
      // One that begins when another one ends, and moments of both.
      ...[begin(20_000, 'first', on), end(21_000, on), begin(21_000, 'second', on)],
      ...[end(22_000, on), event(20_500, { type: INSTANT, name: 'moment', ...on })],
    );
    assert.deepEqual(
      events.map(({ ph, name, ts }) => `${ph} ${name} ${ts}`),
      [
        ...['b total 1', 'b response 5', 'e response 10', 'e total 12'],
        ...['b first 20', 'n moment 20.5', 'e first 21', 'b second 21', 'e second 22'],
      ],
    );
  });

  test('moments of operations that tracelane has recorded, which stand before these in the file', async () => {
    const moment = event(2100, { type: INSTANT, name: 'row', trackUuid: 50, categories: ['db'] });
    const operation = [
      moment,
      begin(2000, 'query', { trackUuid: 50, categories: ['db'] }),
      end(3000, { trackUuid: 50 }),
    ];
    const track = { trackDescriptor: { uuid: 50, parentUuid: 1, name: 'query' } };
    const labels = ['recorded by tracelane', 'Node v26.0.0'];
    const process = { uuid: 1, process: { pid: 7, processLabels: labels } };
    const recorded = await eventsOf({ trackDescriptor: process }, track, ...operation);
    assert.deepEqual(
      recorded.map(({ ph, name, cat, id }) => [ph, name, cat, id]),
      [
        ['n', 'row', 'db', '0x32'],
        ['b', 'query', 'db', '0x32'],
        ['e', 'query', 'db', '0x32'],
      ],
    );
    // Other writers put moments on tracks on which there are no operations, too.
    const [first] = await eventsOf(track, { ...moment, timestamp: 1900 });
    assert.equal(first?.['ph'], 'i');
  });

  test('threads of their own, for tracks below a thread', async () => {
    const { events } = await read(
      writePackets([
        ...HEAD,
        { trackDescriptor: { uuid: 9, parentUuid: 2, name: 'samples' } },
        begin(1000, 'f', { trackUuid: 9 }),
        end(2000, { trackUuid: 9 }),
      ]),
    );
    const slice = events.find(({ ph }) => ph === 'X');
    const named = events.find(({ name, tid }) => name === 'thread_name' && tid === slice?.['tid']);
    assert.equal(slice?.['tid'], FIRST_TRACK_TID + 8);
    assert.deepEqual(named?.['args'], { name: 'samples' });
  });

  test('threads whose numbers nobody else has, for several tracks below a thread', async () => {
    const { events } = await read(
      writePackets([
        ...HEAD,
        {
          trackDescriptor: { uuid: 3, parentUuid: 1, thread: { pid: 7, tid: FIRST_TRACK_TID + 9 } },
        },
        { trackDescriptor: { uuid: 9, parentUuid: 2, name: 'first' } },
        { trackDescriptor: { uuid: 10, parentUuid: 2, name: 'second' } },
      ]),
    );
    const tids = events.filter(({ name }) => name === 'thread_name').map(({ tid }) => tid);
    assert.deepEqual(tids, [8, FIRST_TRACK_TID + 8, END_OF_TRACK_TIDS]);
  });

  test('instants of a thread, a process or everything', async () => {
    const instant = { type: INSTANT, name: 'now' };
    const events = await eventsOf(
      event(1000, instant),
      event(2000, { ...instant, trackUuid: 1 }),
      event(3000, { ...instant, trackUuid: 0 }),
    );
    assert.deepEqual(
      events.map(({ s }) => s),
      ['t', 'p', 'g'],
    );
  });

  test('counters, whole, with fractions, in steps and by units, also such that come with a slice', async () => {
    const counter = (uuid: number, more: Fields = {}) => ({
      trackDescriptor: { uuid, parentUuid: 1, name: `n${uuid}`, counter: more },
    });
    const events = await eventsOf(
      counter(60),
      counter(61, { isIncremental: true }),
      counter(62, { unitMultiplier: 1000 }),
      event(1000, { type: COUNTER, trackUuid: 60, counterValue: -5 }),
      event(2000, { type: COUNTER, trackUuid: 60, doubleCounterValue: 0.5 }),
      event(3000, { type: COUNTER, trackUuid: 61, counterValue: 5 }),
      event(4000, { type: COUNTER, trackUuid: 61, counterValue: -2 }),
      begin(5000, 'a', { extraCounterTrackUuids: [62], extraCounterValues: [3] }),
    );
    const counters = events.filter(({ ph }) => ph === 'C');
    assert.deepEqual(
      counters.map(({ name, args }) => [name, args]),
      [
        ['n60', { value: -5 }],
        ['n60', { value: 0.5 }],
        ['n61', { value: 5 }],
        ['n61', { value: 3 }],
        ['n62', { value: 3000 }],
      ],
    );
  });
  test('metadata that names and sorts processes and threads', async () => {
    const { events } = await read(
      writePackets([
        {
          trackDescriptor: {
            uuid: 1,
            process: { pid: 7, processName: 'app', legacySortIndex: -3, processLabels: ['a', 'b'] },
          },
        },
        { trackDescriptor: { uuid: 2, thread: { pid: 7, tid: 8, legacySortIndex: 4 } } },
        begin(1, 'x'),
      ]),
    );
    const args = (name: string) => events.find((one) => one['name'] === name)?.['args'];
    assert.deepEqual(args('process_name'), { name: 'app' });
    assert.deepEqual(args('process_sort_index'), { sort_index: -3 });
    assert.deepEqual(args('process_labels'), { labels: 'a, b' });
    assert.deepEqual(args('thread_sort_index'), { sort_index: 4 });
  });

  test('arguments of each type, in one another', async () => {
    const value = (name: string, more: Fields) => ({ name, ...more });
    const events = await eventsOf(
      event(1000, {
        type: INSTANT,
        name: 'args',
        debugAnnotations: [
          value('bool', { boolValue: true }),
          value('int', { intValue: '-9007199254740993' }),
          value('uint', { uintValue: '18446744073709551615' }),
          value('double', { doubleValue: 0.25 }),
          value('nan', { doubleValue: Number.NaN }),
          value('text', { stringValue: 'a "b"\\ \n é \u2028' }),
          value('pointer', { pointerValue: 4096 }),
          value('json', { legacyJsonValue: '{"a":[1]}' }),
          value('no json', { legacyJsonValue: '{' }),
          value('object', {
            dictEntries: [
              value('list', { arrayValues: [{ intValue: 1 }, { stringValue: 'x' }, {}] }),
            ],
          }),
          value('nested', {
            nestedValue: {
              nestedType: 1,
              dictKeys: ['k', 'l'],
              dictValues: [
                { intValue: -1 },
                { nestedType: 2, arrayValues: [{ boolValue: true }, { stringValue: 's' }] },
              ],
            },
          }),
          value('nothing', {}),
        ],
      }),
    );
    assert.deepEqual(events[0]?.['args'], {
      bool: true,
      int: -9007199254740992,
      uint: 18446744073709552000,
      double: 0.25,
      nan: 'NaN',
      text: 'a "b"\\ \n é \u2028',
      pointer: '0x1000',
      json: { a: [1] },
      'no json': '{',
      object: { list: [1, 'x', null] },
      nested: { k: -1, l: [true, 's'] },
      nothing: null,
    });
  });
});
