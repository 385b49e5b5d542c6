import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, test } from 'node:test';
import { type FlowId, type SpanId, Tracer } from 'tracelane';
import { readTrace, type TraceEvent } from 'tracelane/reader';
import { checkFile } from '#src/reader/check/check-file.js';
import { FIRST_TRACK_TID } from '#src/trace-event/thread-tracks.js';
import { Random } from '../../model/generate.js';
import { writePackets } from '../../perfetto/messages.js';
import { begin as beginOf, end, eventsOf, type Fields, HEAD, read } from './make-packets.js';

const PROGRAMS = 40;
const STEPS = 30;

const begin = (at: number, more: Fields = {}) => beginOf(at, `from ${at}`, more);

/** The phase and the time of all that is read of threads. */
async function pointsOf(...packets: object[]): Promise<(readonly [string, number])[]> {
  const file = writePackets([...HEAD, ...packets]);
  const seen: (readonly [string, number])[] = [];
  for await (const { ph, ts = 0 } of readTrace(Readable.from([file]))) {
    if (ph !== undefined && 'BEXstf'.includes(ph)) seen.push([ph, ts]);
  }
  return seen;
}

describe('points of flows in files of Perfetto', () => {
  test('lie in slices, as starts, steps and ends', async () => {
    const events = await eventsOf(
      beginOf(1000, 'a', { flowIds: [255] }),
      end(2000),
      beginOf(3000, 'b', { flowIds: [255] }),
      end(4000),
      beginOf(5000, 'c', { terminatingFlowIds: [255] }),
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

  test('that lead to other processes have the name and the category that they have in JSON', async () => {
    const at = (time: number, more: Fields) => [
      beginOf(time, 'traceparent', { categories: ['http'], ...more }),
      end(time + 1),
    ];
    const packets = [
      ...HEAD,
      ...at(1000, { terminatingFlowIds: [255] }),
      ...at(2000, { flowIds: [256] }),
    ];
    const { events } = await read(writePackets(packets));
    const points = events.filter(({ ph }) => ph === 's' || ph === 'f');
    assert.deepEqual(
      points.map(({ ph, id, name, cat }) => [ph, id, name, cat]),
      [
        ['f', '0xff', 'traceparent', 'http'],
        ['s', '0x100', 'traceparent', 'http'],
      ],
    );
    const { findings } = await checkFile(Readable.from([writePackets(packets)]));
    assert.deepEqual(
      findings.filter(({ rule }) => rule === 'flow-without-start'),
      [],
    );
  });

  test('lie in slices that are made for them, where they are of operations', async () => {
    const packets = writePackets([
      ...HEAD,
      { trackDescriptor: { uuid: 50, parentUuid: 1 } },
      beginOf(1000, 'operation', { trackUuid: 50, flowIds: [1, 2] }),
      beginOf(2000, 'slice', { terminatingFlowIds: [1] }),
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

  test('that stand in the end of a slice are read inside of that slice', async () => {
    const seen = await pointsOf(
      begin(1000, { flowIds: [5] }),
      end(2000, { terminatingFlowIds: [5] }),
    );
    assert.deepEqual(seen, [
      ...[['B', 1] as const, ['s', 1] as const],
      ...[['f', 1.999] as const, ['E', 2] as const],
    ]);
    // There is no time before its end.
    const empty = await pointsOf(
      begin(1000, { flowIds: [5] }),
      end(1000, { terminatingFlowIds: [5] }),
    );
    assert.deepEqual(
      empty.map(([phase]) => phase),
      ['B', 's', 'f', 'E'],
    );
  });

  test('are steps where their slice stands behind the end of the flow, and began before it', async () => {
    const seen = await pointsOf(
      ...[begin(1000, { flowIds: [5] }), end(2000)],
      ...[begin(5000, { terminatingFlowIds: [5] }), end(6000)],
      ...[begin(3000, { flowIds: [5] }), end(7000)],
      // A flow of its own, with the id of the one that is over.
      ...[begin(8000, { flowIds: [5] }), end(9000)],
    );
    assert.deepEqual(
      seen.filter(([phase]) => 'stf'.includes(phase)),
      [
        ['s', 1],
        ['f', 5],
        ['t', 3],
        ['s', 8],
      ],
    );
  });

  test('are of the operation that they are in, which began before their flow got there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flow-points-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'operation.pftrace');
    const tracer = new Tracer(file, { writer: 'inline', childProcesses: false }).start();
    await tracer.trace(
      'outer',
      () =>
        tracer.trace(
          'inner',
          async () => {
            await null;
            const span = tracer.span('sends');
            const flow = tracer.flowStart('job', undefined, 'queue');
            span.end();
            tracer.flowStep(flow, { left: 1 });
          },
          'db',
        ),
      'http',
    );
    await tracer.stop();
    const moments = [];
    const begins = new Map<unknown, unknown>();
    for await (const event of readTrace(file)) {
      const { ph, name, cat, id, args } = event as TraceEvent & { readonly id?: string };
      if (ph === 'b') begins.set(id, cat);
      if (ph === 'n') moments.push([name, cat === begins.get(id), args]);
    }
    assert.deepEqual(moments, [['job', true, { left: 1 }]]);
    assert.deepEqual((await checkFile(file)).findings, []);
  });

  test('are told to be wrong by no check, however a program has nested its spans', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flow-points-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      const random = new Random(seed);
      const file = join(folder, `${seed}.pftrace`);
      const tracer = new Tracer(file, { writer: 'inline', childProcesses: false }).start();
      const spans: SpanId[] = [];
      const flows: FlowId[] = [];
      const one = <T>(list: readonly T[]) => list[random.below(list.length)] as T;
      const take = <T>(list: T[]) => list.splice(random.below(list.length), 1)[0] as T;
      const steps = [
        () => spans.push(tracer.beginSpan('span')),
        () => spans.length > 0 && tracer.endSpan(take(spans)),
        () => flows.push(tracer.flowStart('flow')),
        () => flows.length > 0 && tracer.flowStep(one(flows)),
        () => flows.length > 0 && tracer.flowEnd(take(flows)),
      ];
      for (let i = 0; i < STEPS; i++) one(steps)();
      await tracer.stop();
      const { findings } = await checkFile(file);
      assert.deepEqual(findings, [], `seed ${seed}`);
    }
  });
});
