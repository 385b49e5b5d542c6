import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TreeNode } from '#src/reader/summary/summary.js';
import { writePackets } from '../../perfetto/messages.js';
import { summaryOf } from '../read.js';

const BEGIN = 1;
const END = 2;
const CLEARED = 1;

type Fields = Readonly<Record<string, unknown>>;

const [PROCESS, THREAD, OPERATIONS] = [1, 2, 3];
const TRACKS = [
  { uuid: PROCESS, process: { pid: 7 } },
  { uuid: THREAD, parentUuid: PROCESS, thread: { pid: 7, tid: 8, threadName: 'its own' } },
  { uuid: OPERATIONS, parentUuid: PROCESS, name: 'operations' },
];

function packet(timestamp: number, trackEvent: Fields): Fields {
  return { timestamp, trustedPacketSequenceId: 1, trackEvent };
}

const begin = (trackUuid: number | undefined, at: number, name: string, more: Fields = {}) =>
  packet(at, { type: BEGIN, trackUuid, name, categories: ['c'], ...more });
const end = (trackUuid: number | undefined, at: number, more: Fields = {}) =>
  packet(at, { type: END, trackUuid, ...more });

/** What trees of calls say of each: its name, how long it took, and what lies in it. */
async function shownOf(...packets: readonly Fields[]): Promise<unknown[]> {
  const shown = (nodes: readonly TreeNode[]): unknown[] =>
    nodes.map(({ name, total, children }) => [name, total, ...shown(children)]);
  const described = TRACKS.map((trackDescriptor) => ({
    ...{ trustedPacketSequenceId: 1, trackDescriptor },
  }));
  const start = { trustedPacketSequenceId: 1, sequenceFlags: CLEARED };
  const { tree } = await summaryOf(Buffer.from(writePackets([start, ...described, ...packets])));
  return shown(tree ?? []);
}

describe('in packets of any order', () => {
  for (const [where, track] of [
    ['a thread', THREAD],
    ['operations', OPERATIONS],
  ] as const) {
    test(`an end is of the last begin that has its name and category (${where})`, async () => {
      const named = await shownOf(
        ...[begin(track, 1000, 'outer'), begin(track, 2000, 'other', { categories: ['d'] })],
        ...[end(track, 5000, { name: 'outer' }), end(track, 9000, { name: 'nothing' })],
      );
      assert.deepEqual(named.flat()[1], 4000);
      const categorised = await shownOf(
        ...[begin(track, 1000, 'outer'), begin(track, 2000, 'inner', { categories: ['d'] })],
        ...[end(track, 5000, { categories: ['e'] }), end(track, 6000, { categories: ['d'] })],
        end(track, 7000),
      );
      assert.deepEqual(categorised.flat(2), ['outer', 6000, 'inner', 4000]);
    });
  }

  test('an end is of what began last by the time, and not by the file', async () => {
    const shown = await shownOf(
      ...[
        begin(THREAD, 3000, 'inner'),
        begin(THREAD, 1000, 'outer'),
        begin(THREAD, 2000, 'middle'),
      ],
      ...[end(THREAD, 4000), end(THREAD, 5000), end(THREAD, 6000)],
    );
    assert.deepEqual(shown, [['outer', 5000, ['middle', 3000, ['inner', 1000]]]]);
  });

  test('what names no track is of the thread that its sequence has described last', async () => {
    const shown = await shownOf(begin(undefined, 1000, 'work'), end(THREAD, 3000));
    assert.deepEqual(shown, [['work', 2000]]);
  });

  test('what names no track by 0 is of that thread if it is told by a letter, whatever the default is', async () => {
    const sequence = { trustedPacketSequenceId: 1 };
    for (const trackUuid of [0, 99]) {
      const defaults = { ...sequence, tracePacketDefaults: { trackEventDefaults: { trackUuid } } };
      const legacy = (letter: string) => ({ legacyEvent: { phase: letter.charCodeAt(0) } });
      const shown = await shownOf(
        ...[defaults, packet(1000, { trackUuid: 0, name: 'work', ...legacy('B') })],
        ...[packet(2000, { trackUuid: 0, ...legacy('E') })],
      );
      assert.deepEqual(shown, [['work', 1000]]);
    }
  });

  test('ids of a process and a thread say nothing where a track is named', async () => {
    const legacyEvent = { phase: 'B'.charCodeAt(0), pidOverride: 70, tidOverride: 80 };
    const shown = await shownOf(
      packet(1000, { trackUuid: THREAD, name: 'work', legacyEvent }),
      end(THREAD, 3000),
    );
    assert.deepEqual(shown, [['work', 2000]]);
  });
});
