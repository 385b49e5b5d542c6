import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import zlib, { deflateSync, gzipSync } from 'node:zlib';
import { Tracer } from 'tracelane';
import { type ReadProblem, readTrace } from 'tracelane/reader';
import { checkFile } from '#src/reader/check/check-file.js';
import { summarize } from '#src/reader/summary/summarize.js';
import type { TreeNode } from '#src/reader/summary/summary.js';
import { END_OF_TRACK_TIDS, FIRST_TRACK_TID } from '#src/trace-event/thread-tracks.js';
import { writePackets } from '../../perfetto/messages.js';

const BEGIN = 1;
const END = 2;
const INSTANT = 3;
const COUNTER = 4;
const CLEARED = 1;
const NEEDS_STATE = 2;
const BOOTTIME = 6;
const REALTIME = 1;
const MONOTONIC = 3;

const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer };

/** Ids of processes and threads that events say themselves are for those that name no track. */
const ROOT = { trackUuid: 0 };
const PROCESS = { trackDescriptor: { uuid: 1, process: { pid: 7, processName: 'app' } } };
const THREAD = {
  trackDescriptor: { uuid: 2, parentUuid: 1, thread: { pid: 7, tid: 8, threadName: 'main' } },
};

type Fields = Readonly<Record<string, unknown>>;

/** A packet of a track event, at nanoseconds. */
function event(timestamp: number | string, trackEvent: Fields, more: Fields = {}): Fields {
  return {
    timestamp,
    trustedPacketSequenceId: 1,
    trackEvent: { trackUuid: 2, ...trackEvent },
    ...more,
  };
}

const begin = (at: number, name: string, more: Fields = {}) =>
  event(at, { type: BEGIN, name, categories: ['c'], ...more });
const end = (at: number, more: Fields = {}) => event(at, { type: END, ...more });

interface Read {
  readonly events: Fields[];
  readonly problems: readonly ReadProblem[];
}

async function read(file: Buffer | readonly Buffer[]): Promise<Read> {
  const problems: ReadProblem[] = [];
  const events: Fields[] = [];
  const pieces = Buffer.isBuffer(file) ? [file] : [...file];
  const options = { onProblem: (problem: ReadProblem) => void problems.push(problem) };
  for await (const one of readTrace(Readable.from(pieces), options)) events.push(one as never);
  return { events, problems };
}

/** The events of some packets, without what is the same in all. */
async function eventsOf(...packets: readonly Fields[]): Promise<Fields[]> {
  const { events, problems } = await read(writePackets([PROCESS, THREAD, ...packets]));
  assert.deepEqual(problems, []);
  return events.filter(({ ph }) => ph !== 'M');
}

const brief = ({ ph, name, ts, dur }: Fields) =>
  `${ph} ${name} ${ts}${dur === undefined ? '' : ` +${dur}`}`;

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
    const file = writePackets([PROCESS, THREAD, ...packets]);
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
      begin(2000, 'query', { trackUuid: 50, categories: ['db'] }),
      event(2100, { type: INSTANT, name: 'row', trackUuid: 50 }),
      end(3000, { trackUuid: 50 }),
      end(4000, { trackUuid: 50 }),
    );
    assert.deepEqual(
      events.map(({ ph, name, cat, id }) => [ph, name, cat, id]),
      [
        ['b', 'request', 'c', '0x32'],
        ['b', 'query', 'db', '0x32'],
        ['n', 'row', 'db', '0x32'],
        ['e', 'query', 'db', '0x32'],
        ['e', 'request', 'c', '0x32'],
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
        ['b', 'inner', 'db', 5, {}],
        ['e', 'inner', 'db', 9, {}],
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
        ...[PROCESS, THREAD],
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
        ...[PROCESS, THREAD],
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

  test('flows between slices, with steps', async () => {
    const events = await eventsOf(
      begin(1000, 'a', { flowIds: [255] }),
      end(2000),
      begin(3000, 'b', { flowIds: [255] }),
      end(4000),
      begin(5000, 'c', { terminatingFlowIds: [255] }),
      end(6000),
    );
    const points = events.filter(({ name }) => name === 'flow');
    assert.deepEqual(
      points.map(({ ph, id, ts }) => [ph, id, ts]),
      [
        ['s', '0xff', 1],
        ['t', '0xff', 3],
        ['f', '0xff', 5],
      ],
    );
  });

  test('flows between operations and slices, by slices that are made for their points', async () => {
    const packets = writePackets([
      ...[PROCESS, THREAD],
      { trackDescriptor: { uuid: 50, parentUuid: 1 } },
      begin(1000, 'operation', { trackUuid: 50, flowIds: [1, 2] }),
      begin(2000, 'slice', { terminatingFlowIds: [1] }),
      end(3000),
      end(4000, { trackUuid: 50, terminatingFlowIds: [2] }),
    ]);
    const { events } = await read(packets);
    const flows = events.filter(({ tid, ph }) => tid === FIRST_TRACK_TID + 7 && ph !== 'M');
    assert.deepEqual(
      flows.map(({ ph, name, ts, dur, id }) => [ph, name, ts, dur ?? id]),
      [
        ['X', 'flow', 1, 0.001],
        ['s', 'flow', 1, '0x1'],
        ['s', 'flow', 1, '0x2'],
        ['X', 'flow', 4, 0.001],
        ['f', 'flow', 4, '0x2'],
      ],
    );
    const { findings } = await checkFile(Readable.from([packets]));
    assert.deepEqual(findings, []);
  });

  test('events that say by a letter of Chrome’s format what they are', async () => {
    const legacy = (at: number, letter: string, name: string, more: Fields, fields: Fields = {}) =>
      event(at, {
        name,
        categories: ['c'],
        legacyEvent: { phase: letter.charCodeAt(0), ...more },
        ...fields,
      });
    const events = await eventsOf(
      legacy(1000, 'B', 'old', {}),
      legacy(3000, 'E', '', {}),
      legacy(4000, 'X', 'whole', { durationUs: 2 }),
      legacy(7000, 'R', 'mark', { instantEventScope: 2 }),
      legacy(8000, 'b', 'global', { unscopedId: 5 }),
      legacy(8500, 'n', 'moment', { globalId: 5 }),
      legacy(9000, 'e', 'global', { unscopedId: 5 }),
      legacy(10_000, 'S', 'local', { localId: 5 }),
      legacy(11_000, 's', 'arrow', { bindId: 6 }),
      legacy(12_000, 'f', 'arrow', { bindId: 6 }),
      legacy(13_000, 't', 'arrow', { bindId: 6, bindToEnclosing: true }),
      legacy(14_000, 'X', 'of another', { durationUs: 1, pidOverride: 20, tidOverride: 21 }, ROOT),
      legacy(15_000, 'P', 'chunk', {}, { debugAnnotations: [{ name: 'n', intValue: 3 }] }),
      event(16_000, { type: BEGIN, name: 'out', legacyEvent: { bindId: 7, flowDirection: 2 } }),
      event(17_000, { type: END }),
      event(18_000, { type: BEGIN, name: 'in', legacyEvent: { bindId: 7, flowDirection: 1 } }),
      event(19_000, { type: END }),
    );
    const fields = events.map(({ ph, name, ts, dur, pid, tid, id, s, bp, args }) =>
      Object.values({ ph, name, ts, dur, pid, tid, id, s, bp, args }).filter(
        (value) => value !== undefined && value !== '',
      ),
    );
    assert.deepEqual(fields, [
      ['X', 'old', 1, 2, 7, 8, {}],
      ['X', 'whole', 4, 2, 7, 8, {}],
      ['i', 'mark', 7, 7, 8, 'p', {}],
      ['b', 'global', 8, 7, 8, '0x5', {}],
      ['n', 'moment', 8.5, 7, 8, '0x5', {}],
      ['e', 'global', 9, 7, 8, '0x5', {}],
      ['S', 'local', 10, 7, 8, '0x70000000000000005', {}],
      ['s', 'arrow', 11, 7, 8, '0x6', {}],
      ['f', 'arrow', 12, 7, 8, '0x6', {}],
      ['t', 'arrow', 13, 7, 8, '0x6', 'e', {}],
      ['X', 'of another', 14, 1, 20, 21, {}],
      ['P', 'chunk', 15, 7, 8, { n: 3 }],
      ['B', 'out', 16, 7, 8, {}],
      ['s', 'flow', 16, 7, 8, '0x7', {}],
      ['E', 17, 7, 8, {}],
      ['B', 'in', 18, 7, 8, {}],
      ['f', 'flow', 18, 7, 8, '0x7', 'e', {}],
      ['E', 19, 7, 8, {}],
    ]);
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

describe('packets', () => {
  test('take names, categories, texts and their track from those before them', async () => {
    const interned = {
      eventNames: [{ iid: 1, name: 'named' }],
      eventCategories: [
        { iid: 1, name: 'x' },
        { iid: 2, name: 'y' },
      ],
      debugAnnotationNames: [{ iid: 1, name: 'key' }],
      debugAnnotationStringValues: [{ iid: 1, str: Buffer.from('value') }],
    };
    const event = {
      type: INSTANT,
      nameIid: 1,
      categoryIids: [1, 2],
      debugAnnotations: [{ nameIid: 1, stringValueIid: 1 }],
    };
    const state = { trustedPacketSequenceId: 3, sequenceFlags: NEEDS_STATE };
    const events = await eventsOf(
      // Nothing is known of it yet.
      { ...state, timestamp: 1000, trackEvent: event },
      {
        ...state,
        sequenceFlags: CLEARED,
        internedData: interned,
        tracePacketDefaults: { trackEventDefaults: { trackUuid: 2 } },
      },
      { ...state, timestamp: 2000, trackEvent: event },
      // The same numbers stand for other names from here on.
      {
        ...state,
        sequenceFlags: CLEARED,
        internedData: { eventNames: [{ iid: 1, name: 'other' }] },
        tracePacketDefaults: { trackEventDefaults: { trackUuid: 2 } },
      },
      { ...state, timestamp: 3000, trackEvent: { type: INSTANT, nameIid: 1 } },
    );
    assert.deepEqual(
      events.map(({ name, cat, args, tid }) => [name, cat, args, tid]),
      [
        ['named', 'x,y', { key: 'value' }, 8],
        ['other', '', {}, 8],
      ],
    );
  });

  test('have times of clocks that snapshots tie to that of the trace', async () => {
    const own = { trustedPacketSequenceId: 5 };
    const events = await eventsOf(
      {
        ...own,
        clockSnapshot: {
          clocks: [
            { clockId: BOOTTIME, timestamp: 1_000_000 },
            { clockId: MONOTONIC, timestamp: 400_000 },
            { clockId: 64, timestamp: 1000, isIncremental: true, unitMultiplierNs: 1000 },
          ],
        },
      },
      { ...event(2_000_000, { type: INSTANT, name: 'boot' }), ...own },
      { ...event(500_000, { type: INSTANT, name: 'mono' }), ...own, timestampClockId: MONOTONIC },
      { ...event(5, { type: INSTANT, name: 'first' }), ...own, timestampClockId: 64 },
      { ...event(7, { type: INSTANT, name: 'second' }), ...own, timestampClockId: 64 },
      {
        ...event('18446744073709551613', { type: INSTANT, name: 'back' }),
        ...own,
        timestampClockId: 64,
      },
    );
    assert.deepEqual(events.map(brief), [
      'i boot 2000',
      'i mono 1100',
      'i first 1005',
      'i second 1012',
      'i back 1009',
    ]);
  });

  test('that count from 1970 keep their nanoseconds, and say when that was', async () => {
    const { events } = await read(
      writePackets([
        ...[PROCESS, THREAD],
        {
          clockSnapshot: {
            primaryTraceClock: REALTIME,
            clocks: [{ clockId: REALTIME, timestamp: '1764000000000000000' }],
          },
        },
        event('1764000000000000001', { type: INSTANT, name: 'a' }),
        event('1764000000000001002', { type: INSTANT, name: 'b' }),
      ]),
    );
    assert.deepEqual(events.filter(({ ph }) => ph === 'i').map(brief), ['i a 0.001', 'i b 1.002']);
    const start = events.find(({ name }) => name === 'trace_start')?.['args'] as Fields;
    assert.equal(start['wallMicroseconds'], 1_764_000_000_000_000);
  });

  test('of old writers have times in microseconds and the thread of their sequence', async () => {
    const { events } = await read(
      writePackets([
        {
          trustedPacketSequenceId: 2,
          threadDescriptor: { pid: 3, tid: 4, threadName: 'old', referenceTimestampUs: 100 },
        },
        { trustedPacketSequenceId: 2, trackEvent: { type: BEGIN, name: 'a', timestampDeltaUs: 5 } },
        { trustedPacketSequenceId: 2, trackEvent: { type: END, timestampDeltaUs: 2 } },
        {
          trustedPacketSequenceId: 2,
          trackEvent: { type: INSTANT, name: 'b', timestampAbsoluteUs: 9 },
        },
      ]),
    );
    assert.deepEqual(
      events
        .filter(({ ph }) => ph !== 'M')
        .map((one) => `${brief(one)} ${one['pid']}/${one['tid']}`),
      ['X a 105 +2 3/4', 'i b 9 3/4'],
    );
  });

  test('may be packed in one another', async () => {
    const inside = writePackets([begin(1000, 'packed'), end(2000)]);
    const events = await eventsOf(
      { compressedPackets: deflateSync(inside) },
      event(3000, { type: INSTANT, name: 'behind' }),
    );
    assert.deepEqual(events.map(brief), ['X packed 1 +1', 'i behind 3']);
  });

  test('may be packed by zstd, where Node can unpack it', async () => {
    const inside = writePackets([begin(1000, 'packed'), end(2000)]);
    const packed = zstdCompressSync?.(inside) ?? Buffer.from('28b52ffd00', 'hex');
    const packets = writePackets([PROCESS, THREAD, { zstdCompressedPackets: packed }]);
    const { unread } = await checkFile(Readable.from([packets]));
    if (zstdCompressSync === undefined) {
      const what = 'compressed_packets that are packed by zstd, which needs Node 22.15';
      assert.deepEqual(unread, { [what]: 1 });
      return;
    }
    assert.deepEqual(unread, {});
    const { events } = await read(packets);
    assert.deepEqual(events.filter(({ ph }) => ph !== 'M').map(brief), ['X packed 1 +1']);
  });

  test('with other things in them are counted by their names, as are those that cannot be understood', async () => {
    const packets = writePackets([
      ...[PROCESS, THREAD],
      { perfSample: { cpu: 1 } },
      { perfSample: { cpu: 2 } },
      { compressedPackets: Buffer.from('nothing that was packed') },
      { trackDescriptor: { uuid: 50, parentUuid: 1 } },
      begin(1000, 'operation', { trackUuid: 50 }),
      { ...event(5, { type: INSTANT, name: 'when?' }), timestampClockId: 99 },
      { ...event(5, { type: INSTANT, nameIid: 1 }), sequenceFlags: NEEDS_STATE },
      event(6, { name: 'macro', legacyEvent: { phase: 98 } }),
      { statsdAtom: Buffer.from('') },
      event(7, { type: INSTANT, taskExecution: Buffer.from(''), threadTimeAbsoluteUs: 5 }),
    ]);
    const { unread, errors, events } = await checkFile(Readable.from([packets]));
    assert.deepEqual(unread, {
      perf_sample: 2,
      'compressed_packets that are damaged': 1,
      legacy_event: 1,
      'track_event without a time': 1,
      'track_event without its beginning': 1,
      statsd_atom: 1,
      'task_execution of track events': 1,
      'thread_time of track events': 1,
    });
    assert.equal(errors, 0);
    assert.equal(events, 4);
  });
});

test('what the recorder has erased in its file is nothing that was not read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'erased-'));
  try {
    const tracer = new Tracer(join(folder, 'trace.pftrace'), { writer: 'inline' }).start();
    for (const name of ['a', 'b']) {
      const span = tracer.span(name);
      tracer.flushSync();
      span.end();
    }
    tracer.stopSync();
    const { unread, errors } = await checkFile(tracer.outputFile);
    assert.deepEqual([unread, errors], [{}, 0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('a file in Perfetto’s format', () => {
  const packets = [
    ...[PROCESS, THREAD],
    begin(1000, 'outer', { debugAnnotations: [{ name: 'n', intValue: 300 }] }),
    begin(2000, 'inner'),
    end(3000),
    event(3500, { type: INSTANT, name: 'now' }),
    end(4000),
  ];
  const whole = writePackets(packets);
  /** Of less than that nobody can say what it is. */
  const least = writePackets([PROCESS]).length;

  test('without track events has nothing wrong with it', async () => {
    const { trackDescriptor } = THREAD;
    const { events, counts } = await checkFile(
      Readable.from([writePackets([{ timestamp: 1, trustedPacketSequenceId: 1 }])]),
    );
    assert.deepEqual([events, counts], [0, new Map()]);
    const nameless = { trackDescriptor: { ...trackDescriptor, thread: { pid: 7, tid: 8 } } };
    const { errors } = await checkFile(Readable.from([writePackets([nameless])]));
    assert.equal(errors, 0);
  });

  test('is read alike in pieces of any size', async () => {
    const { events } = await read(whole);
    for (const size of [1, 2, 3, 7, 50]) {
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        whole.subarray(i * size, (i + 1) * size),
      );
      assert.deepEqual((await read(pieces)).events, events, `pieces of ${size}`);
    }
  });

  test('that was cut off loses no more than the packet that was cut, and the damage is told', async () => {
    for (let length = least; length < whole.length; length++) {
      const ends = packets.map((_, i) => writePackets(packets.slice(0, i + 1)).length);
      const kept = ends.filter((end) => end <= length).length;
      const { events, problems } = await read(whole.subarray(0, length));
      const expected = await read(writePackets(packets.slice(0, kept)));
      assert.deepEqual(events, expected.events, `${length} bytes`);
      assert.equal(problems.length > 0, !ends.includes(length), `${length} bytes`);
    }
  });

  test('may be packed by gzip, and by zstd where Node knows it', async () => {
    const { events } = await read(whole);
    assert.deepEqual((await read(gzipSync(whole))).events, events);
    const packed = zstdCompressSync?.(whole) ?? Buffer.from('28b52ffd00', 'hex');
    if (zstdCompressSync !== undefined) {
      assert.deepEqual((await read(packed)).events, events);
    } else {
      await assert.rejects(read(packed), /packed by zstd.*Node 22\.15 or newer/);
    }
  });

  test('is told apart from JSON that begins with a line break', async () => {
    for (const text of [
      '\n[{"ph":"i","name":"x","ts":1}]',
      '\n{"traceEvents":[{"ph":"i","name":"x","ts":1}]}',
    ]) {
      const { events } = await read(Buffer.from(text));
      assert.deepEqual(events, [{ ph: 'i', name: 'x', ts: 1 }]);
    }
  });

  test('may begin with a packet of any kind', async () => {
    for (const first of [{ statsdAtom: Buffer.alloc(89, 'x') }, { unknown: 1 }]) {
      // The length of the first one is the bracket that JSON begins with, or a space.
      const bytes = 'unknown' in first ? Buffer.from('0a03c03e01', 'hex') : writePackets([first]);
      const { events } = await read(Buffer.concat([bytes, whole]));
      assert.deepEqual(events.length, (await read(whole)).events.length);
    }
  });

  test('of random bytes ends the reading without a crash', async () => {
    let seed = 1;
    const random = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return seed;
    };
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.from(whole);
      for (let j = 0; j < 3; j++)
        bytes[least + 1 + (random() % (bytes.length - least - 1))] = random() & 255;
      const { events } = await read(bytes);
      assert.ok(events.length <= packets.length + 2);
    }
  });
});
