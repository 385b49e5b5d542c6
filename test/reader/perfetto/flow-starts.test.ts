import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Tracer } from 'tracelane';
import { readTrace } from 'tracelane/reader';
import { checkFile } from '#src/reader/check/check-file.js';
import { convertTrace } from '#src/reader/convert/convert.js';
import { cutTrace } from '#src/reader/cut/cut.js';
import { temporaryFolder } from '../../cli/run-cli.js';
import { Random } from '../../model/generate.js';
import { writePackets } from '../../perfetto/messages.js';
import { loadFrom } from '../../view/model/load-events.js';

const BEGIN = 1;
const END = 2;
const THREADS = 3;
const IDS = 4;
const POINTS = 30;
const PROGRAMS = 100;
const file = temporaryFolder();

/** A slice that begins at a microsecond, with a point of a flow. */
interface Point {
  readonly at: number;
  readonly thread: number;
  readonly id: number;
  readonly ends: boolean;
}

/** As if each thread had written all that it did at once. */
function fileOf(points: readonly Point[]): Buffer {
  const threads = Array.from({ length: THREADS }, (_, thread) => thread);
  return writePackets([
    { trackDescriptor: { uuid: 1, process: { pid: 7 } } },
    ...threads.map((thread) => ({
      trackDescriptor: { uuid: 10 + thread, parentUuid: 1, thread: { pid: 7, tid: 10 + thread } },
    })),
    ...threads.flatMap((thread) =>
      points.filter((point) => point.thread === thread).flatMap(slice),
    ),
  ]);
}

function slice({ at, thread, id, ends }: Point): object[] {
  const packet = (time: number, trackEvent: object) => ({
    timestamp: time * 1000,
    trustedPacketSequenceId: 1 + thread,
    trackEvent: { trackUuid: 10 + thread, ...trackEvent },
  });
  const flow = ends ? { terminatingFlowIds: [id] } : { flowIds: [id] };
  return [packet(at, { type: BEGIN, name: `at ${at}`, ...flow }), packet(at + 1, { type: END })];
}

/** Pairs of slices that follow each other in a flow, which begins anew behind its end. */
function judge(points: readonly Point[]): string[] {
  const last = new Map<number, Point>();
  const arrows: string[] = [];
  for (const point of points) {
    const before = last.get(point.id);
    if (before !== undefined) arrows.push(`at ${before.at} > at ${point.at}`);
    if (point.ends) last.delete(point.id);
    else last.set(point.id, point);
  }
  return arrows.sort();
}

function randomPoints(seed: number): Point[] {
  const random = new Random(seed);
  const begun = new Set<number>();
  return Array.from({ length: POINTS }, (_, i): Point => {
    const id = 1 + random.below(IDS);
    const ends = begun.has(id) && random.chance(30);
    if (ends) begun.delete(id);
    else begun.add(id);
    return { at: 10 * i, thread: random.below(THREADS), id, ends };
  });
}

/** The phase that each point has by its time, and where its flow has started. */
function phasesOf(points: readonly Point[]): string[] {
  const starts = new Map<number, number>();
  return points.map(({ at, id, ends }) => {
    const start = starts.get(id) ?? at;
    const phase = ends ? 'f' : starts.has(id) ? 't' : 's';
    if (ends) starts.delete(id);
    else starts.set(id, start);
    return `${phase} at ${at} of the flow from ${start}`;
  });
}

/** The same of the events of a trace. */
async function phasesIn(path: string): Promise<string[]> {
  const points: { readonly ph: string; readonly ts: number; readonly id: string }[] = [];
  for await (const event of readTrace(path, { phases: ['s', 't', 'f'] })) {
    points.push(event as (typeof points)[number]);
  }
  points.sort((a, b) => a.ts - b.ts);
  const starts = new Map(points.flatMap(({ ph, ts, id }) => (ph === 's' ? [[id, ts]] : [])));
  return points.map(({ ph, ts, id }) => `${ph} at ${ts} of the flow from ${starts.get(id)}`);
}

test('events and converted traces start flows at what is first in time, wherever it stands in the file', async () => {
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const points = randomPoints(seed);
    const bytes = fileOf(points);
    const paths = ['flows.pftrace', 'flows.pftrace.gz', 'flows.json'].map(file);
    const [plain = '', packed = '', converted = ''] = paths;
    writeFileSync(plain, bytes);
    writeFileSync(packed, gzipSync(bytes));
    await convertTrace(plain, converted);
    for (const path of paths) {
      assert.deepEqual(await phasesIn(path), phasesOf(points), `seed ${seed}: ${path}`);
    }
    const { findings } = await checkFile(converted);
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      [],
      `seed ${seed}`,
    );
  }
});

test('a flow that ends and begins again at one moment is two, in the order of the file', async () => {
  const path = file('again.pftrace');
  const points = [
    { at: 0, thread: 0, id: 1, ends: false },
    { at: 100, thread: 1, id: 1, ends: true },
    { at: 100, thread: 2, id: 1, ends: false },
    { at: 200, thread: 0, id: 1, ends: true },
  ];
  writeFileSync(path, fileOf(points));
  assert.deepEqual(await phasesIn(path), [
    's at 0 of the flow from 0',
    'f at 100 of the flow from 0',
    's at 100 of the flow from 100',
    'f at 200 of the flow from 100',
  ]);
});

test('an end of a flow that has ended already, or has not started, leads to no arrow', async () => {
  const points = [
    { at: 0, thread: 0, id: 1, ends: true },
    { at: 100, thread: 1, id: 1, ends: false },
    { at: 200, thread: 2, id: 1, ends: true },
    { at: 300, thread: 0, id: 1, ends: true },
  ];
  const input = file('ends.pftrace');
  writeFileSync(input, fileOf(points));
  const converted = file('ends.json');
  await convertTrace(input, converted);
  for (const path of [input, converted]) {
    const loaded = await loadFrom(path);
    const { from, to } = loaded.trace.data.arrows;
    assert.deepEqual(
      Array.from(from, (slice, i) => `${loaded.nameOf(slice)} > ${loaded.nameOf(to[i])}`),
      ['at 100 > at 200'],
      path,
    );
    const { findings } = await checkFile(path);
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['flow-without-start', 'flow-without-start'],
      path,
    );
  }
});

test('a cut by time keeps each flow that has a point in it, from its start to its end', async () => {
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const points = randomPoints(seed);
    const input = file('cut.pftrace');
    writeFileSync(input, fileOf(points));
    const random = new Random(seed);
    const from = 10 * random.below(POINTS);
    const to = from + 10 * random.below(4);
    const flows = new Map<number, Point[]>();
    const all: Point[][] = [];
    for (const point of points) {
      const flow = flows.get(point.id) ?? [];
      if (flow.length === 0) all.push(flow);
      flow.push(point);
      if (point.ends) flows.delete(point.id);
      else flows.set(point.id, flow);
    }
    const kept = new Set(
      all.filter((flow) => flow.some(({ at }) => at >= from && at <= to)).flat(),
    );
    const expected = phasesOf(points).filter((_, i) => kept.has(points[i] as Point));
    for (const name of ['out.json', 'out.pftrace']) {
      const output = file(name);
      await cutTrace(input, output, { from: from * 1000, to: to * 1000 });
      assert.deepEqual(await phasesIn(output), expected, `seed ${seed}: ${name}`);
    }
  }
});

test('what a flow begins with is what is first in time, wherever it stands in the file', async () => {
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const points = randomPoints(seed);
    const bytes = fileOf(points);
    const trace = await loadFrom(Readable.from([bytes]));
    const { from, to } = trace.trace.data.arrows;
    const arrows = Array.from(
      from,
      (slice, i) => `${trace.nameOf(slice)} > ${trace.nameOf(to[i])}`,
    );
    assert.deepEqual(arrows.sort(), judge(points), `seed ${seed}`);
    const path = file(`${seed}.pftrace`);
    writeFileSync(path, bytes);
    const { findings } = await checkFile(path);
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      [],
      `seed ${seed}`,
    );
  }
});

test('flows between operations that the recorder has written have no findings, converted or not', async () => {
  const recorded = file('recorded.pftrace');
  const tracer = new Tracer(recorded);
  await tracer.start();
  const id = await tracer.trace('client', async () => tracer.flowStart('request'));
  await tracer.trace('server', async () => tracer.flowEnd(id));
  await tracer.stop();
  const converted = file('converted.json');
  await convertTrace(recorded, converted);
  for (const path of [recorded, converted]) {
    const { findings, unread } = await checkFile(path);
    assert.deepEqual([findings, unread], [[], {}], path);
    const { trace } = await loadFrom(path);
    assert.equal(trace.data.arrows.from.length, 1, path);
  }
});

test('points of old writers say themselves whether they start a flow', async () => {
  const calls = (legacyOf: (phase: 's' | 'f' | 't') => object) =>
    [...'ssfftf'].flatMap((phase, i) => {
      const packet = (timestamp: number, trackEvent: object) => ({
        ...{ timestamp, trustedPacketSequenceId: 1, trackEvent: { trackUuid: 2, ...trackEvent } },
      });
      const legacyEvent = legacyOf(phase as 's' | 'f' | 't');
      const [begin, end] = [i * 1000 + 1000, i * 1000 + 1500];
      const isBound = 'bindId' in legacyEvent;
      return [
        packet(begin, { type: BEGIN, name: `${i}`, ...(isBound ? { legacyEvent } : {}) }),
        ...(isBound ? [] : [packet(begin + 1, { name: 'arrow', legacyEvent })]),
        packet(end, { type: END }),
      ];
    });
  const direction = { s: 2, f: 1, t: 3 };
  const written = [
    calls((phase) => ({ bindId: 5, flowDirection: direction[phase] })),
    calls((phase) => ({ phase: phase.charCodeAt(0), unscopedId: 5, bindToEnclosing: true })),
  ];
  for (const packets of written) {
    const thread = { trackDescriptor: { uuid: 2, thread: { pid: 7, tid: 8 } } };
    const path = file('old.pftrace');
    writeFileSync(path, writePackets([thread, ...packets]));
    const json = file('old.json');
    await convertTrace(path, json);
    for (const input of [path, json]) {
      const loaded = await loadFrom(input);
      const { from, to } = loaded.trace.data.arrows;
      const found = Array.from(from, (slice, i) =>
        [slice, to[i] as number].map((one) => loaded.nameOf(one)).join(' to '),
      );
      assert.deepEqual(found, ['1 to 2', '1 to 3', '1 to 4', '4 to 5'], input);
    }
  }
});

test('cut leaves out a flow that had ended before an end without a start', async () => {
  const points = [
    { at: 100, thread: 0, id: 1, ends: false },
    { at: 200, thread: 1, id: 1, ends: true },
    { at: 5000, thread: 2, id: 1, ends: true },
  ];
  const input = file('ends-twice.pftrace');
  writeFileSync(input, fileOf(points));
  const output = file('ends-twice.json');
  await cutTrace(input, output, { from: 4_000_000 });
  const times: number[] = [];
  for await (const { ts } of readTrace(output, { phases: ['s', 't', 'f'] })) times.push(Number(ts));
  assert.deepEqual(times, [5000]);
});
