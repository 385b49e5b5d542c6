import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodePicture, encodePicture } from '#src/view/wire/picture-bytes.js';
import { Flag, type Picture, type QuestionOf } from '#src/view/wire/questions.js';
import { repetitions } from '../../effort.js';
import { event, X } from '../../reader/read.js';
import { type Loaded, load } from './load-events.js';

const RUNS = repetitions(100, { quick: 30, long: 2000 });

/** A segment of a lane. */
interface Segment {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly flags: number;
}

type Range = Pick<QuestionOf<'draw'>, 'from' | 'to' | 'pixels'>;

async function draw(trace: Loaded, question: Omit<QuestionOf<'draw'>, 'ask'>): Promise<Picture> {
  return (await trace.model.answer({ ask: 'draw', ...question })) as Picture;
}

/** The segments of the only track, by lane. */
function segmentsOf({ slices: [picture], texts }: Picture): Segment[][] {
  const lanes: Segment[][] = [];
  if (picture === undefined) return lanes;
  const { starts, ends, names, flags } = picture;
  for (const [i, lane] of picture.lanes.entries()) {
    lanes[lane] ??= [];
    const [start, end] = [starts[i] as number, ends[i] as number];
    const name = texts[names[i] as number] as string;
    lanes[lane].push({ start, end, name, flags: flags[i] as number });
  }
  return lanes;
}

/** What should be drawn of a lane, from looking at each of its slices. */
function expected(slices: readonly Segment[], { from, to, pixels }: Range): Segment[] {
  const width = (to - from) / pixels;
  const byPixel = new Map<number, Segment[]>();
  const shown: Segment[] = [];
  for (const slice of slices) {
    if ((slice.end <= from && slice.start < from) || slice.start > to) continue;
    if (slice.end - slice.start >= width) shown.push(slice);
    else {
      const pixel = Math.max(0, Math.floor((slice.start - from) / width));
      byPixel.set(pixel, [...(byPixel.get(pixel) ?? []), slice]);
    }
  }
  for (const [pixel, narrow] of byPixel) {
    const length = ({ start, end }: Segment) => end - start;
    const [longest] = [...narrow].sort((a, b) => length(b) - length(a));
    if (longest === undefined) continue;
    if (narrow.length === 1) shown.push(longest);
    else {
      const [start, end] = [from + pixel * width, from + (pixel + 1) * width];
      const flags = (longest.flags & ~Flag.INSTANT) | Flag.JOINED;
      shown.push({ start, end, name: longest.name, flags });
    }
  }
  return shown.sort((a, b) => a.start - b.start);
}

/** Neighbours that are alike are one segment: each pixel of it on its own. */
function pixelByPixel(segments: readonly Segment[], { from, to, pixels }: Range): Segment[] {
  const width = (to - from) / pixels;
  return segments.flatMap((segment) => {
    if ((segment.flags & Flag.JOINED) === 0) return [segment];
    const first = Math.round((segment.start - from) / width);
    const last = Math.round((segment.end - from) / width);
    return Array.from({ length: last - first }, (_, i) => ({
      ...segment,
      start: from + (first + i) * width,
      end: from + (first + i + 1) * width,
    }));
  });
}

/** Slices that nest: each is a place in what is left of the one around it. */
const trees = fc.array(
  fc.record({
    gap: fc.integer({ min: 0, max: 40 }),
    length: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 300 })),
    name: fc.constantFrom('a', 'b', 'c'),
    inner: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('what is drawn', () => {
  test('is what a look at each slice says, for any range and any number of pixels', async () => {
    const ranges = fc.record({
      from: fc.double({ min: -10, max: 2000, noNaN: true }),
      length: fc.double({ min: 0.5, max: 3000, noNaN: true }),
      pixels: fc.integer({ min: 1, max: 300 }),
    });
    const property = fc.asyncProperty(trees, ranges, async (tree, { from, length, pixels }) => {
      const events: object[] = [];
      let time = 0;
      for (const { gap, length, name, inner } of tree) {
        time += gap + 1;
        events.push(X(name, time / 1000, length / 1000));
        let at = time + 1;
        for (const part of inner) {
          if (at + part >= time + length) break;
          events.push(X(name, at / 1000, part / 1000));
          at += part + 1;
        }
        time += length;
      }
      const trace = await load(events);
      const { track, lanes } = await trace.track('thread');
      const { slices, texts, labelNames } = trace.trace.data;
      const range = { from, to: from + length, pixels };
      const drawn = segmentsOf(await draw(trace, { ...range, tracks: [track] }));
      for (let lane = 0; lane < lanes; lane++) {
        const [first, last] = [slices.laneFirst[lane], slices.laneFirst[lane + 1]];
        const own = Array.from(slices.starts.subarray(first, last), (start, i): Segment => {
          const slice = (first as number) + i;
          const name = texts[labelNames[slices.labels[slice] as number] as number] as string;
          return { start, end: slices.ends[slice] as number, name, flags: 0 };
        });
        const shown = pixelByPixel(drawn[lane] ?? [], range);
        const round = (segments: Segment[]) =>
          segments.map(({ start, end, name, flags }) =>
            [start.toFixed(6), end.toFixed(6), name, flags].join(' '),
          );
        assert.deepEqual(round(shown).sort(), round(expected(own, range)).sort());
      }
      trace.trace.file.close();
    });
    await fc.assert(property, { numRuns: RUNS });
  });

  test('goes through bytes, and is the same', async () => {
    const events = Array.from({ length: 300 }, (_, i) => X(`name ${i % 7}`, 3 * i, 1 + (i % 3)));
    events.push(event('C', 'heap', 5, { args: { used: 1.5, free: -2 } }));
    events.push(event('C', 'heap', 700, { args: { used: 1e300, free: 0 } }));
    const trace = await load(events);
    const tracks = (await trace.facts()).tracks.map(({ track }) => track);
    for (const [from, to, pixels] of [
      [0, 900_000, 50],
      [0.25, 100_000.75, 1000],
      [-5e15, 5e15, 100],
      [300_000, 301_000, 1920],
    ] as const) {
      const picture = await draw(trace, { from, to, pixels, tracks });
      assert.deepEqual(decodePicture(encodePicture(picture, { from, to, pixels })), picture);
    }
  });

  test('that is cut off on its way is no picture', async () => {
    const trace = await load([X('a', 0, 5)]);
    const { track } = await trace.track('thread');
    const range = { from: 0, to: 5000, pixels: 10 };
    const bytes = encodePicture(await draw(trace, { ...range, tracks: [track] }), range);
    assert.throws(() => decodePicture(bytes.subarray(0, bytes.length - 1)), /cut off/);
  });

  test('of values that lie in one pixel are the highest and the last', async () => {
    const values = [3, 9, 4, 7, 1];
    const trace = await load([
      ...values.map((value, i) => event('C', 'n', i, { args: { value } })),
      event('C', 'n', 100, { args: { value: 5 } }),
    ]);
    const { track } = await trace.track('counter');
    const { counters } = await draw(trace, { from: 0, to: 100_000, pixels: 10, tracks: [track] });
    assert.deepEqual(
      counters.map(({ times, values: [shown] }) => [[...times], [...(shown ?? [])]]),
      [
        [
          [0, 4000, 100_000],
          [9, 1, 5],
        ],
      ],
    );
    // A value that holds since before.
    const later = await draw(trace, { from: 50_000, to: 60_000, pixels: 10, tracks: [track] });
    assert.deepEqual([...(later.counters[0]?.values[0] ?? [])], [1]);
  });

  test('marks what belongs to a slice, also where it is joined with others', async () => {
    const args = (more: object) => ({ args: more });
    const trace = await load([
      X('mine', 0, 10, args({ 'op.id': 'a' })),
      X('too', 20, 1, args({ 'op.root': 'a' })),
      X('other', 22, 3),
      X('far', 500, 300),
    ]);
    const { track } = await trace.track('thread');
    const question = { from: 0, to: 1_000_000, tracks: [track], belongingTo: trace.slice('mine') };
    const marked = (picture: Picture) =>
      segmentsOf(picture)[0]?.map(({ name, flags }) => `${name} ${(flags & Flag.BELONGS) !== 0}`);
    assert.deepEqual(marked(await draw(trace, { ...question, pixels: 1000 })), [
      'mine true',
      'too true',
      'other false',
      'far false',
    ]);
    assert.deepEqual(marked(await draw(trace, { ...question, pixels: 10 })), [
      'mine true',
      'far false',
    ]);
  });
});
