import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { checkFile } from '#src/reader/check/check-file.js';
import { summarize } from '#src/reader/summary/summarize.js';
import { writePackets } from '../../perfetto/messages.js';
import {
  BEGIN,
  CLEARED,
  COUNTER,
  END,
  event as eventOf,
  eventsOf,
  type Fields,
  HEAD,
  NEEDS_STATE,
} from './make-packets.js';

const STATE = 5;

const counter = (uuid: number, more: Fields = {}) => ({
  trustedPacketSequenceId: 1,
  trackDescriptor: { uuid, parentUuid: 2, name: `n${uuid}`, counter: more },
});

/** One that needs what its sequence has said. */
const event = (timestamp: number, trackEvent: Fields, more: Fields = {}) =>
  eventOf(timestamp, trackEvent, { sequenceFlags: NEEDS_STATE, ...more });

async function countersOf(...packets: readonly Fields[]): Promise<unknown[]> {
  const events = await eventsOf(...packets);
  return events
    .filter(({ ph }) => ph === 'C')
    .map(({ name, args }) => [name, (args as { value: number }).value]);
}

describe('what a sequence of packets has said', () => {
  test('is not believed any more where packets of it were lost, until it begins anew', async () => {
    const named = (iid: number, name: string, flags = 0) => ({
      trustedPacketSequenceId: 1,
      sequenceFlags: flags,
      internedData: { eventNames: [{ iid, name }] },
    });
    const packets = [
      named(1, 'a', CLEARED),
      event(1000, { type: BEGIN, nameIid: 1 }),
      event(2000, { type: END }),
      event(3000, { type: BEGIN, nameIid: 2 }, { previousPacketDropped: 1 }),
      event(4000, { type: END }),
      event(5000, { type: BEGIN, name: 'sure' }, { sequenceFlags: 0 }),
      event(6000, { type: END }, { sequenceFlags: 0 }),
      { ...named(1, 'b', CLEARED), previousPacketDropped: 1 },
      event(7000, { type: BEGIN, nameIid: 1 }),
      event(8000, { type: END }),
    ];
    const events = await eventsOf(...packets);
    assert.deepEqual(
      events.map(({ name, ts, dur }) => [name, ts, dur]),
      [
        ['a', 1, 1],
        ['sure', 5, 1],
        ['b', 7, 1],
      ],
    );
    const { unread } = await checkFile(Readable.from([writePackets([...HEAD, ...packets])]));
    assert.deepEqual(unread, { 'track_event without its beginning': 2 });
  });

  test('is where counters that grow begin again, when it begins anew', async () => {
    const grown = (at: number, trackUuid: number, counterValue: number) =>
      event(at, { type: COUNTER, trackUuid, counterValue });
    const counters = await countersOf(
      { trustedPacketSequenceId: 1, sequenceFlags: CLEARED },
      counter(3, { isIncremental: true }),
      { ...counter(4, { isIncremental: true }), trustedPacketSequenceId: 9 },
      grown(1000, 3, 10),
      grown(1000, 4, 10),
      grown(2000, 3, 5),
      { trustedPacketSequenceId: 1, sequenceFlags: CLEARED },
      grown(3000, 3, 17),
      grown(3000, 4, 7),
      { ...grown(4000, 4, 2), trustedPacketSequenceId: 9, sequenceFlags: 0 },
      grown(5000, 4, 1),
    );
    assert.deepEqual(counters, [
      ['n3', 10],
      ['n4', 10],
      ['n3', 15],
      ['n3', 17],
      ['n4', 7],
      // Each sequence counts by itself.
      ['n4', 2],
      ['n4', 8],
    ]);
  });

  test('are the tracks of counters that come with events which do not name these', async () => {
    const trackEventDefaults = {
      trackUuid: 2,
      extraCounterTrackUuids: [3],
      extraDoubleCounterTrackUuids: [4, 5],
    };
    const counters = await countersOf(
      ...[3, 4, 5, 6].map((uuid) => counter(uuid)),
      {
        trustedPacketSequenceId: 1,
        sequenceFlags: CLEARED,
        tracePacketDefaults: { trackEventDefaults },
      },
      event(1000, {
        type: BEGIN,
        extraCounterValues: [1],
        extraDoubleCounterValues: [0.5, 1.5],
      }),
      event(2000, { type: END, extraCounterTrackUuids: [6], extraCounterValues: [2] }),
      // More values than there are tracks.
      event(3000, { type: BEGIN, extraCounterValues: [3, 4] }),
    );
    assert.deepEqual(counters, [
      ['n3', 1],
      ['n4', 0.5],
      ['n5', 1.5],
      ['n6', 2],
      ['n3', 3],
    ]);
  });
});

test('an event of a type that is not known is counted', async () => {
  const packets = [
    ...HEAD,
    { trustedPacketSequenceId: 1, sequenceFlags: CLEARED },
    event(1000, { type: STATE, name: 'on' }),
    event(2000, { name: 'of none' }),
  ];
  const { unread, events } = await checkFile(Readable.from([writePackets(packets)]));
  // What is left are the names of the process and its thread.
  assert.deepEqual([unread, events], [{ 'track_event of another type': 2 }, 2]);
});

/** All ways to put lists into one, each in its order. */
function* interleaved<T>(lists: readonly (readonly T[])[]): Generator<readonly T[]> {
  if (lists.every((list) => list.length === 0)) yield [];
  for (const [i, [first, ...rest]] of lists.entries()) {
    if (first === undefined) continue;
    for (const others of interleaved(lists.with(i, rest))) yield [first, ...others];
  }
}

test('slices of a thread of which several sequences tell are as long as their times say, wherever they stand', async () => {
  const slice = (trustedPacketSequenceId: number, name: string, from: number, to: number) =>
    [
      { type: BEGIN, name, from },
      { type: END, from: to },
    ].map(({ from: timestamp, ...fields }) => ({
      ...{ timestamp, trustedPacketSequenceId, trackEvent: { trackUuid: 2, ...fields } },
    }));
  const written = [
    slice(1, 'around', 1000, 5000),
    slice(2, 'inside', 2000, 3000),
    slice(3, 'innermost', 2200, 2600),
  ];
  const options = { by: 'name', filter: () => true, top: 9, stretches: 1 } as const;
  for (const packets of interleaved(written)) {
    const file = Readable.from([writePackets([...HEAD, ...packets])]);
    const { groups } = await summarize(file, options);
    const found = groups.map(({ key, total, self }) => [key, total, self]).sort();
    const order = packets.map(({ timestamp }) => timestamp).join();
    assert.deepEqual(
      found,
      [
        ['around', 4000, 3000],
        ['innermost', 400, 400],
        ['inside', 1000, 600],
      ],
      order,
    );
  }
});
