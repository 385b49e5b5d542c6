import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import zlib, { deflateSync } from 'node:zlib';
import { checkFile } from '#src/reader/check/check-file.js';
import { writePackets } from '../../perfetto/messages.js';
import {
  BOOTTIME,
  begin,
  brief,
  CLEARED,
  end,
  event,
  eventsOf,
  type Fields,
  HEAD,
  INSTANT,
  MONOTONIC,
  NEEDS_STATE,
  read,
} from './make-packets.js';

const REALTIME = 1;

const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer };

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
        ...HEAD,
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
    const packets = writePackets([...HEAD, { zstdCompressedPackets: packed }]);
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
      ...HEAD,
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
      begin(2000, 'of a request', { correlationId: 5 }),
      end(3000),
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
      'correlation_id of track events': 1,
    });
    assert.equal(errors, 0);
    assert.equal(events, 5);
  });
});
