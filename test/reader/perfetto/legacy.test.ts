import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { writePackets } from '../../perfetto/messages.js';
import { BEGIN, brief, END, event, eventsOf, type Fields, INSTANT, read } from './make-packets.js';

/** Ids of processes and threads that events say themselves are for those that name no track. */
const ROOT = { trackUuid: 0 };

describe('what older writers have put into Perfetto’s format is read as', () => {
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

  test('times in microseconds, and the thread of a sequence', async () => {
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
});
