import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertTrace } from '#src/reader/convert/convert.js';
import { readTrace } from '#src/reader/source/read-trace.js';
import { slice, temporaryFolder } from '../../cli/run-cli.js';
import { Random } from '../../model/generate.js';
import { loadFrom } from '../../view/model/load-events.js';

const PROGRAMS = 200;
const POINTS = 12;
const FIRST_ID = 2n ** 60n;
const file = temporaryFolder();

/** Slices that do not overlap, each with a point of a flow in it. */
function eventsOf(points: readonly (readonly [phase: string, id: string])[]): object[] {
  return points.flatMap(([ph, id], i) => {
    const tid = 1 + (i % 3);
    return [
      slice(`slice ${i}`, 10 * i, 5, { tid }),
      { ...slice('flow', 10 * i + 1, 0, { tid }), ph, id, dur: undefined, bp: 'e' },
    ];
  });
}

async function arrowsOf(path: string): Promise<string[]> {
  const loaded = await loadFrom(path);
  const { from, to } = loaded.trace.data.arrows;
  return Array.from(from, (at, i) => `${loaded.nameOf(at)} > ${loaded.nameOf(to[i])}`).sort();
}

/** What a trace in Chrome's format shows, and what is left of it in Perfetto's. */
async function convert(points: readonly (readonly [phase: string, id: string])[]) {
  const [json, perfetto] = [file('flows.json', eventsOf(points)), file('flows.pftrace')];
  await convertTrace(json, perfetto);
  return { before: await arrowsOf(json), after: await arrowsOf(perfetto) };
}

test('a flow that ends several times leads to each end in both formats', async () => {
  const { before, after } = await convert([...'sftff'].map((phase) => [phase, '1'] as const));
  const arrows = ['0 > 1', '0 > 2', '2 > 3', '2 > 4'];
  const expected = arrows.map((arrow) => arrow.replace(/\d/g, 'slice $&'));
  assert.deepEqual(before, expected);
  assert.deepEqual(after, expected);
});

test('the end of a flow in a slice that was never ended is a moment, with what it says', async () => {
  const on = { ...slice('', 0, 0), dur: undefined };
  const events = [
    { ...on, name: 'open', ph: 'B', ts: 1 },
    slice('sends', 2, 5),
    { ...on, name: 'job', ph: 's', id: 1, ts: 3 },
    { ...on, name: 'job', ph: 'f', id: 1, ts: 9, bp: 'e', args: { left: 1, list: [2] } },
  ];
  const { leftOut } = await convertTrace(file('open.json', events), file('open.pftrace'));
  assert.deepEqual(leftOut, {});
  const read = [];
  for await (const { ph, ts, name, args } of readTrace(file('open.pftrace'))) {
    if (ph === 'i' || ph === 's' || ph === 'f') read.push([ph, ts, name, args ?? {}]);
  }
  assert.deepEqual(read, [
    ['s', 2, 'flow', {}],
    ['i', 9, 'job', { left: 1, list: [2] }],
    ['f', 9, 'flow', {}],
  ]);
});

test('flows of any points lead from the same slices to the same in both formats', async () => {
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const random = new Random(seed);
    const begun = new Set<string>();
    const points = Array.from({ length: POINTS }, () => {
      // Ids that are neighbours, also beyond 2^53.
      const id = `0x${(FIRST_ID + BigInt(random.below(3))).toString(16)}`;
      const phase = begun.has(id) ? (random.chance(50) ? 'f' : 't') : 's';
      begun.add(id);
      return [phase, id] as const;
    });
    const { before, after } = await convert(points);
    assert.deepEqual(after, before, `seed ${seed}: ${points.join(' ')}`);
  }
});
