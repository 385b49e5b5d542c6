import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { readTrace } from 'tracelane/reader';
import { checkFile } from '#src/reader/check/check-file.js';
import { cutTrace } from '#src/reader/cut/cut.js';
import { type RawEvent, readEntries } from '#src/reader/source/entries.js';
import { summarize } from '#src/reader/summary/summarize.js';
import { writePackets } from '../../perfetto/messages.js';

const RUNS = process.env['TRACELANE_QUICK'] ? 30 : 100;
const folder = mkdtempSync(join(tmpdir(), 'tracelane-columns-'));
after(() => rmSync(folder, { recursive: true }));

type Packet = Readonly<Record<string, unknown>>;

const TRACKS: readonly Packet[] = [
  { trackDescriptor: { uuid: 1, process: { pid: 7, processName: 'app' } } },
  { trackDescriptor: { uuid: 2, parentUuid: 1, thread: { pid: 7, tid: 8, threadName: 'main' } } },
  { trackDescriptor: { uuid: 3, parentUuid: 1, thread: { pid: -7, tid: 9 } } },
  { trackDescriptor: { uuid: 4, parentUuid: 2, name: 'below' } },
  { trackDescriptor: { uuid: 50, parentUuid: 1, name: 'operations' } },
  { trackDescriptor: { uuid: 60, parentUuid: 1, name: 'n', counter: {} } },
];

const OF_CHROMES = new Set([
  'equal-timestamps',
  'thread-zero',
  'begin-end-interleaved',
  // What starts a flow is what is first in time; events one by one have it by their order in the file.
  'flow-started-twice',
  'flow-without-start',
  'flow-order',
]);

const TEXTS = {
  eventNames: ['a', 'b', 'ä "quoted"'].map((name, i) => ({ iid: i + 1, name })),
  eventCategories: ['x', 'y'].map((name, i) => ({ iid: i + 1, name })),
  debugAnnotationNames: ['k', 'l'].map((name, i) => ({ iid: i + 1, name })),
  debugAnnotationStringValues: [{ iid: 1, str: Buffer.from('value') }],
};

/** What a sequence begins with: its own clocks, a track that goes without saying, and texts. */
function begun(sequence: number): Packet {
  const clocks = [
    { clockId: 64, timestamp: 0 },
    { clockId: 65, timestamp: 0, isIncremental: true },
    { clockId: 6, timestamp: 1000 },
  ];
  return {
    trustedPacketSequenceId: sequence,
    sequenceFlags: 1,
    clockSnapshot: { clocks },
    tracePacketDefaults: {
      timestampClockId: sequence === 3 ? 6 : 65,
      trackEventDefaults: { trackUuid: sequence },
    },
    internedData: TEXTS,
  };
}

const some = <T>(usual: T, weight: number, ...others: readonly T[]) =>
  fc.oneof(
    { weight, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

/** Events that say by a letter of Chrome's format what they are. */
const LEGACY: readonly Packet[] = Object.entries({
  X: { durationUs: 5 },
  R: { instantEventScope: 1 },
  b: { unscopedId: 3 },
  e: { localId: 3 },
  s: { bindId: 3 },
  f: { bindId: 3, bindToEnclosing: true },
  P: { unscopedId: 4 },
  B: { tidOverride: 77 },
}).map(([letter, more]) => ({ legacyEvent: { phase: letter.charCodeAt(0), ...more } }));

const eventPacket = fc
  .record({
    sequence: fc.constantFrom(2, 2, 3),
    type: fc.constantFrom(1, 1, 1, 2, 2, 2, 2, 3, 4),
    name: fc.constantFrom<Packet>({ nameIid: 1 }, { nameIid: 2 }, { nameIid: 3 }, { name: 'own' }),
    categories: some<Packet>(
      { categoryIids: [1] },
      6,
      {},
      { categoryIids: [1, 2] },
      { categories: ['z'] },
    ),
    track: some<Packet>(
      {},
      8,
      { trackUuid: 2 },
      { trackUuid: 4 },
      { trackUuid: 50 },
      { trackUuid: 60 },
    ),
    time: fc.constantFrom(0, 1, 100, 1000, 70_000, 2 ** 30, 2 ** 40),
    clock: some<Packet>({}, 6, { timestampClockId: 64 }, { timestampClockId: 6 }),
    args: some<Packet>(
      {},
      3,
      { debugAnnotations: [{ nameIid: 1, intValue: 5 }] },
      {
        debugAnnotations: [
          { nameIid: 2, stringValueIid: 1 },
          { name: 'own', boolValue: true },
        ],
      },
      { debugAnnotations: [{ nameIid: 1, legacyJsonValue: '[1]' }] },
    ),
    more: some<Packet>(
      {},
      6,
      { correlationId: '123456789012345' },
      { flowIds: [3] },
      { terminatingFlowIds: [3] },
      ...LEGACY,
    ),
    state: some<Packet>(
      {},
      6,
      { sequenceFlags: 2 },
      {
        internedData: {
          debugAnnotationStringValues: [{ iid: 1, str: Buffer.from('another value') }],
        },
      },
      { internedData: { eventNames: [{ iid: 2, name: 'renamed' }] } },
    ),
  })
  .map(({ sequence, type, name, categories, track, time, clock, args, more, state }) => ({
    timestamp: time,
    trustedPacketSequenceId: sequence,
    ...clock,
    ...state,
    trackEvent: {
      type,
      ...(type === 2 ? {} : { ...name, ...categories }),
      ...track,
      ...(type === 4 ? { counterValue: 5 } : {}),
      ...args,
      ...more,
    },
  }));

const trace = fc
  .record({
    packets: fc.array(
      fc.oneof(
        { weight: 20, arbitrary: eventPacket },
        { weight: 1, arbitrary: fc.constantFrom(begun(2), begun(3)) },
      ),
      { maxLength: 40 },
    ),
    piece: fc.integer({ min: 1, max: 400 }),
  })
  .map(({ packets, piece }) => {
    const bytes = writePackets([...TRACKS, begun(2), begun(3), ...packets]);
    return Array.from({ length: Math.ceil(bytes.length / piece) }, (_, i) =>
      bytes.subarray(i * piece, (i + 1) * piece),
    );
  });

async function eventsOf(pieces: readonly Buffer[]): Promise<RawEvent[]> {
  const events: RawEvent[] = [];
  for await (const event of readTrace(Readable.from(pieces))) events.push(event as never);
  return events;
}

const OPTIONS = { by: 'name', filter: () => true, top: 9, stretches: 7, tree: true } as const;

/** What does not depend on where things stand in the file, and what it lacks. */
function comparable(value: object): unknown {
  const json = JSON.stringify(value, (key, one) =>
    key === 'offset' || key === 'unread' ? undefined : one,
  );
  return JSON.parse(json);
}

describe('a trace in Perfetto’s format and the same events in Chrome’s', () => {
  /**
   * Both as streams: what is given to a command is read without the texts of events that it does not
   * need.
   */
  const compare = (of: (trace: Readable) => Promise<object>) =>
    fc.assert(
      fc.asyncProperty(trace, async (pieces) => {
        const json = Buffer.from(JSON.stringify(await eventsOf(pieces)));
        const [packets, events] = [
          await of(Readable.from(pieces)),
          await of(Readable.from([json])),
        ];
        assert.deepEqual(comparable(packets), comparable(events));
      }),
      { numRuns: RUNS },
    );

  test('have the same summary', () =>
    compare(async (input) => {
      const { groups, unfinished, ...others } = await summarize(input, OPTIONS);
      // They come in the order of the file, in which operations are held back.
      const sorted = [groups, unfinished].map((rows) =>
        rows.map((row) => JSON.stringify(comparable(row))).sort(),
      );
      return { sorted, ...others };
    }));

  test('are checked alike, but for what is said of Chrome’s format only', () =>
    compare(async (input) => {
      const { form, events, findings } = await checkFile(input);
      const both = findings.filter(({ rule }) => !OF_CHROMES.has(rule));
      // What is held of operations comes later than its packets stand in the file.
      return { form, events, findings: both.sort((a, b) => a.event - b.event) };
    }));

  test('are the same one by one, with a filter and without, in batches or not', () =>
    fc.assert(
      fc.asyncProperty(trace, async (pieces) => {
        const events = await eventsOf(pieces);
        const found: (RawEvent | undefined)[] = [];
        await readEntries(Readable.from(pieces), {
          onEntry: ({ event }) => found.push(event),
          onProblem: () => {},
        });
        assert.deepEqual(found, events);
        const inBatches: unknown[] = [];
        await readEntries(Readable.from(pieces), {
          onEntry: ({ event }) => inBatches.push(event),
          // Who copies a trace takes the bytes of a batch as they are.
          onBatch: ({ bytes, from, to }) =>
            inBatches.push(...JSON.parse(`[${bytes.toString('utf8', from, to)}]`)),
          onProblem: () => {},
        });
        assert.deepEqual(inBatches, events);
        const filter = { phases: ['X', 'C'], names: ['a', 'own', 'n'] };
        const chosen: unknown[] = [];
        for await (const event of readTrace(Readable.from(pieces), filter)) chosen.push(event);
        const isWanted = ({ ph, name }: RawEvent) =>
          filter.phases.includes(ph as string) && filter.names.includes(name as string);
        assert.deepEqual(chosen, events.filter(isWanted));
      }),
      { numRuns: RUNS },
    ));
});

describe('of a file in Perfetto’s format', () => {
  const span = (at: number, name: string, value: string): Packet[] => [
    {
      timestamp: at,
      trustedPacketSequenceId: 2,
      timestampClockId: 64,
      internedData: { debugAnnotationStringValues: [{ iid: 1, str: Buffer.from(value) }] },
      trackEvent: {
        type: 1,
        name,
        categoryIids: [1],
        debugAnnotations: [{ nameIid: 1, stringValueIid: 1 }],
      },
    },
    { timestamp: at, trustedPacketSequenceId: 2, trackEvent: { type: 2 } },
  ];
  const spans = Array.from({ length: 300 }, (_, i) =>
    span(1000 * i, `span ${i}`, `v${'x'.repeat(i % 50)}${i}`),
  );
  const packets = [...TRACKS, begun(2), ...spans.flat(), begun(2), ...span(1e9, 'last', 'end')];

  test('the arguments that a summary shows are read back, by the texts that were known there', async () => {
    const path = join(folder, 'arguments.pftrace');
    writeFileSync(path, writePackets(packets));
    const { longest } = await summarize(path, { ...OPTIONS, top: 400 });
    assert.equal(longest.length, 301);
    const expected = new Map<unknown, unknown>();
    for (const { name, args, ph } of await eventsOf([writePackets(packets)])) {
      if (ph === 'X') expected.set(name, args);
    }
    for (const { name, args } of longest) assert.deepEqual(args, expected.get(name), name);
    assert.deepEqual(expected.get('span 7'), { k: 'vxxxxxxx7' });
  });

  test('the same is cut out as of its events in JSON', async () => {
    const [input, json] = [join(folder, 'cut.pftrace'), join(folder, 'cut.json')];
    writeFileSync(input, writePackets(packets));
    writeFileSync(json, JSON.stringify(await eventsOf([writePackets(packets)])));
    for (const [i, options] of [
      { from: 50_000, to: 90_000 },
      { depth: 1 },
      { maxSize: 5000 },
    ].entries()) {
      const outputs = [input, json].map((_, file) => join(folder, `cut ${i} ${file}.json`));
      const [fromPackets, fromJson] = outputs as [string, string];
      await cutTrace(input, fromPackets, options);
      await cutTrace(json, fromJson, options);
      const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
      assert.deepEqual(read(fromPackets), read(fromJson));
    }
  });
});
