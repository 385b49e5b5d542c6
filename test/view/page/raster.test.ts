import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { colorsOf, prepare } from '#src/view/page/picture/prepared.js';
import { type Look, paintLane, type Wide } from '#src/view/page/picture/raster.js';
import { makePalette } from '#src/view/page/theme/colors.js';
import { Flag, type Picture } from '#src/view/wire/questions.js';

const palette = makePalette('light');
const LOOK: Look = {
  ...{ palette, byCategory: false, dims: false, failed: 0xff0000ff },
  ...{ labelFrom: 26, fade: 10 },
};

type Segment = readonly [lane: number, start: number, end: number, name: string, flags?: number];

/** A row of 100 pixels, in which each name is one letter. */
function paint(segments: readonly Segment[], lane = 0, view = { from: 0, to: 100 }, look = LOOK) {
  const texts = [...new Set(segments.map(([, , , name]) => name))];
  const column = (at: (segment: Segment) => number) => segments.map(at);
  const slices = {
    track: 1,
    lanes: Uint16Array.from(column(([its]) => its)),
    starts: Float64Array.from(column(([, start]) => start)),
    ends: Float64Array.from(column(([, , end]) => end)),
    names: Uint32Array.from(column(([, , , name]) => texts.indexOf(name))),
    categories: new Uint32Array(segments.length),
    slices: Uint32Array.from(segments.keys()),
    flags: Uint8Array.from(column(([, , , , flags = 0]) => flags)),
  };
  const picture: Picture = { version: 1, texts, slices: [slices], counters: [] };
  const colors = colorsOf(picture, palette.fills.length);
  const row = new Uint32Array(100);
  const wide: Wide = { labels: [], failed: [], instants: [] };
  paintLane(row, prepare(slices, texts, colors), lane, view, look, wide);
  const letter = (pixel: number) => {
    if (pixel === 0) return '.';
    if (pixel === LOOK.failed) return '!';
    if (pixel === palette.dimmed || pixel === palette.dimmedEdge) return '-';
    const at = texts.findIndex((_, i) => {
      const color = colors[i] ?? 0;
      return pixel === palette.fills[color] || pixel === palette.edges[color];
    });
    return texts[at] ?? '?';
  };
  return { row, wide, text: Array.from(row, letter).join('') };
}

describe('a lane as a row of pixels', () => {
  test('slices begin and end at their pixels, gaps between them stay empty', () => {
    const { text, wide } = paint([
      [0, 0, 10, 'a'],
      [0, 12, 40, 'b'],
      [0, 40, 43, 'a'],
    ]);
    assert.equal(text.slice(0, 50), `${'a'.repeat(10)}..${'b'.repeat(28)}aaa.......`);
    assert.deepEqual(wide.labels, [1, 12, 40]);
  });

  test('only its own lane is drawn, and only what is in the view', () => {
    const segments: Segment[] = [
      [0, 0, 1000, 'a'],
      [2, 0, 5, 'b'],
      [2, 90, 210, 'c'],
      [2, 600, 700, 'd'],
    ];
    assert.equal(paint(segments, 1).text, '.'.repeat(100));
    assert.equal(paint(segments, 2).text.trim(), `bbbbb${'.'.repeat(85)}${'c'.repeat(10)}`);
    const late = paint(segments, 2, { from: 200, to: 300 });
    assert.equal(late.text, `${'c'.repeat(10)}${'.'.repeat(90)}`);
    assert.equal(paint(segments, 3).text, '.'.repeat(100));
  });

  test('of slices that share a pixel the longest has it, and none is lost', () => {
    const { text } = paint([
      [0, 10.1, 10.2, 'a'],
      [0, 10.2, 10.4, 'b'],
      [0, 10.4, 10.45, 'a'],
      [0, 50, 50.1, 'a'],
    ]);
    assert.equal(text[10], 'b');
    assert.equal(text[50], 'a');
    assert.equal(text.replaceAll('.', ''), 'ba');
  });

  test('an instant over a slice does not hide where that goes on', () => {
    const { text, wide } = paint(
      [
        [0, 0, 400, 'a'],
        [0, 150, 150, 'b', Flag.INSTANT],
      ],
      0,
      { from: 200, to: 300 },
    );
    assert.equal(text, 'a'.repeat(100));
    assert.deepEqual(wide.instants, []);
  });

  test('what does not belong is grey, what has failed stands out, what never ended fades', () => {
    const look = { ...LOOK, dims: true };
    const segments: Segment[] = [
      [0, 0, 10, 'a', Flag.BELONGS],
      [0, 10, 20, 'b'],
      [0, 30, 31, 'c', Flag.FAILED | Flag.BELONGS],
    ];
    const dimmed = paint(segments, 0, { from: 0, to: 100 }, look).text;
    assert.equal(dimmed.slice(0, 32), `${'a'.repeat(10)}${'-'.repeat(10)}${'.'.repeat(10)}!.`);
    const { row } = paint([[0, 0, 60, 'a', Flag.UNFINISHED]]);
    const alpha = Array.from(row.slice(45, 61), (pixel) => pixel >>> 24);
    assert.equal(alpha[0], 255);
    assert.ok((alpha[14] ?? 255) < 80);
    assert.equal(alpha[15], 0);
  });
});
