import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { summarize } from '#src/reader/summary/summarize.js';
import { writePackets } from '../../perfetto/messages.js';
import {
  BEGIN,
  BOOTTIME,
  CLEARED,
  COUNTER,
  END,
  event,
  type Fields,
  INSTANT,
  MONOTONIC,
  read,
} from './make-packets.js';

/** Without names: where these come from is what some of it is about. */
const PROCESS = { trackDescriptor: { uuid: 1, process: { pid: 7 } } };
const thread = (uuid: number, tid: number) => ({
  trackDescriptor: { uuid, parentUuid: 1, thread: { pid: 7, tid } },
});

const OPTIONS = { by: 'name', filter: () => true, top: 9, stretches: 1 } as const;

const summaryOf = (packets: readonly Fields[]) =>
  summarize(Readable.from([writePackets(packets)]), OPTIONS);

async function countersOf(packets: readonly Fields[]) {
  const { counters } = await summaryOf(packets);
  return counters.map(({ name, count, min, max }) => [name, count, min, max]);
}

test('Operations of one id in different scopes are different ones', async () => {
  const legacy = (at: number, letter: string, name: string, idScope: string, id: Fields) =>
    event(at, {
      name,
      categories: ['c'],
      legacyEvent: { phase: letter.charCodeAt(0), idScope, ...id },
    });
  const { groups } = await summaryOf([
    thread(2, 8),
    legacy(1000, 'b', 'first', 'Frame', { unscopedId: 5 }),
    legacy(1500, 'b', 'second', 'Request', { unscopedId: 5 }),
    legacy(1600, 'b', 'third', 'Request', { localId: 5 }),
    legacy(2000, 'e', 'first', 'Frame', { unscopedId: 5 }),
    legacy(2600, 'e', 'third', 'Request', { localId: 5 }),
    legacy(9000, 'e', 'second', 'Request', { unscopedId: 5 }),
  ]);
  const found = groups.map(({ key, count, total }) => [key, count, total]);
  assert.deepEqual(found.sort(), [
    ['first', 1, 1000],
    ['second', 1, 7500],
    ['third', 1, 1000],
  ]);
});

test('Counters of one name are one for each thread, and one where they lie below one track', async () => {
  const counter = (uuid: number, parentUuid: number) => ({
    trackDescriptor: { uuid, parentUuid, name: 'queue', counter: {} },
  });
  const value = (at: number, trackUuid: number, counterValue: number) =>
    event(at, { type: COUNTER, trackUuid, counterValue });
  const found = await countersOf([
    ...[PROCESS, thread(2, 8), thread(3, 9)],
    ...[counter(10, 2), counter(11, 3), counter(12, 2)],
    ...[value(1000, 10, 1), value(1001, 11, 100), value(1002, 12, 2), value(1003, 11, 50)],
  ]);
  assert.deepEqual(found, [
    ['queue', 2, 1, 2],
    ['queue [0x3]', 2, 50, 100],
  ]);
});

test('Counters without a name that are of a kind are called by it', async () => {
  const along = (at: number, more: Fields, values: number[]) =>
    event(at, { ...more, extraCounterTrackUuids: [10, 11], extraCounterValues: values });
  const found = await countersOf([
    ...[PROCESS, thread(2, 8)],
    { trackDescriptor: { uuid: 10, parentUuid: 2, counter: { type: 1, unitMultiplier: 1000 } } },
    { trackDescriptor: { uuid: 11, parentUuid: 2, counter: { type: 2, unitMultiplier: -1 } } },
    along(1000, { type: BEGIN, name: 'work' }, [5, 100]),
    along(2000, { type: END }, [6, 300]),
  ]);
  assert.deepEqual(found, [
    ['thread_time', 2, 5000, 6000],
    ['thread_instruction_count', 2, -300, -100],
  ]);
});

test('Microseconds of old writers are those of the monotonic clock', async () => {
  const start = 6_000_000_000_000_000;
  const sequence = { trustedPacketSequenceId: 1 };
  const clocks = [
    { clockId: BOOTTIME, timestamp: start + 4_000_000 },
    { clockId: MONOTONIC, timestamp: start },
  ];
  const threadDescriptor = { pid: 7, tid: 8, referenceTimestampUs: start / 1000 };
  const packets = [
    { clockSnapshot: { clocks } },
    { ...sequence, sequenceFlags: CLEARED, threadDescriptor },
    { ...sequence, trackEvent: { type: BEGIN, name: 'old', timestampDeltaUs: 5 } },
    { ...sequence, trackEvent: { type: END, timestampDeltaUs: 2 } },
    { ...sequence, timestamp: start + 4_008_000, trackEvent: { type: INSTANT, name: 'new' } },
  ];
  const { events, problems } = await read(writePackets(packets));
  assert.deepEqual(problems, []);
  const found = events.filter(({ ph }) => ph !== 'M').map(({ name, ts, dur }) => [name, ts, dur]);
  assert.deepEqual(found, [
    ['old', 5, 2],
    ['new', 8, undefined],
  ]);
});

test('Names of threads and processes may come as events of Chrome’s format', async () => {
  const named = (name: string, stringValue: string) =>
    event(1000, {
      name,
      legacyEvent: { phase: 'M'.charCodeAt(0) },
      debugAnnotations: [{ name: 'name', stringValue }],
    });
  const packets = [PROCESS, thread(2, 8), named('thread_name', 'io'), named('process_name', 'app')];
  const { events, problems } = await read(writePackets(packets));
  assert.deepEqual(problems, []);
  const found = events.map(({ ph, name, pid, tid, args }) =>
    Object.values({ ph, name, pid, tid, args }),
  );
  assert.deepEqual(found, [
    ['M', 'thread_name', 7, 8, { name: 'io' }],
    ['M', 'process_name', 7, 8, { name: 'app' }],
  ]);
});

test('Processes of different machines are different ones, whatever numbers they have', async () => {
  const of = (machineId: number | undefined, name: string, from: number): Fields[] => {
    const about = { machineId, trustedPacketSequenceId: machineId ?? 1 };
    const at = (timestamp: number, fields: Fields, trackUuid: number) =>
      event(timestamp, { trackUuid, categories: ['c'], ...fields }, about);
    return [
      { ...PROCESS, ...about },
      { ...thread(2, 8), ...about },
      { ...about, trackDescriptor: { uuid: 3, parentUuid: 1 } },
      at(from, { type: BEGIN, name: `${name} slice` }, 2),
      at(from, { type: BEGIN, name: `${name} operation` }, 3),
      at(from + 1000, { type: END }, 2),
      at(from + 1000, { type: END }, 3),
    ];
  };
  const host = of(undefined, 'host', 1000);
  const [guest, other] = [of(70, 'guest', 1500), of(71, 'other', 1700)];
  // In turns, as they are written at once.
  const packets = host.flatMap((packet, i) => [packet, guest[i] ?? {}, other[i] ?? {}]);
  const { groups, processes } = await summaryOf(packets);
  assert.deepEqual(
    groups.map(({ key, total }) => [key, total]).sort(),
    ['guest', 'host', 'other'].flatMap((name) => [
      [`${name} operation`, 1000],
      [`${name} slice`, 1000],
    ]),
  );
  assert.deepEqual(processes.map(({ pid }) => pid).sort(), [10_000_007, 20_000_007, 7]);
});
