import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writePackets } from '../../perfetto/messages.js';
import { BEGIN, brief, END, eventsOf, type Fields, HEAD, INSTANT, read } from './make-packets.js';

const LATER = 30;

/** Events of a track, as another sequence writes them. */
function told(timestamp: number, type: number, name?: string): Fields {
  const trackEvent = { trackUuid: LATER, type, name, categories: ['c'] };
  return { timestamp, trustedPacketSequenceId: 2, trackEvent };
}

const EVENTS = [
  told(1000, BEGIN, 'outer'),
  told(2000, BEGIN, 'inner'),
  told(2500, INSTANT, 'moment'),
  told(3000, END),
  told(4000, END),
];

test('operations are of the process that their track is said to be of behind them', async () => {
  const events = await eventsOf(...EVENTS, { trackDescriptor: { uuid: LATER, parentUuid: 1 } });
  assert.deepEqual(events.map(brief), [
    ...['b outer 1', 'b inner 2', 'n moment 2.5', 'e inner 3', 'e outer 4'],
  ]);
  assert.deepEqual([...new Set(events.map(({ pid }) => pid))], [7]);
});

test('slices are of the thread that their track is said to be behind them', async () => {
  const thread = { pid: 7, tid: 9, threadName: 'later' };
  const { events } = await read(
    writePackets([...HEAD, ...EVENTS, { trackDescriptor: { uuid: LATER, parentUuid: 1, thread } }]),
  );
  const shown = events.filter(({ ph }) => ph !== 'M');
  assert.deepEqual(shown.map(brief), ['B outer 1', 'B inner 2', 'i moment 2.5', 'E  3', 'E  4']);
  assert.deepEqual([...new Set(shown.map(({ pid, tid }) => `${pid} ${tid}`))], ['7 9']);
});

test('slices are below the thread that their track is said to be below of behind them', async () => {
  const later = { trackDescriptor: { uuid: LATER, parentUuid: 2, name: 'below' } };
  const events = await eventsOf(...EVENTS, later, told(5000, BEGIN, 'next'), told(6000, END));
  assert.deepEqual(events.map(brief), [
    ...['X next 5 +1'],
    ...['B outer 1', 'B inner 2', 'i moment 2.5', 'E  3', 'E  4'],
  ]);
  assert.deepEqual([...new Set(events.map(({ tid }) => tid))], [1_000_000_008]);
});
