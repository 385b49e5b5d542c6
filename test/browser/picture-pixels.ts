import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { colorIndex, makePalette } from '#src/view/page/theme/colors.js';
import { LANE, PAD } from '#src/view/page/tracks/track-list.js';
import { whole, xAt } from '#src/view/page/viewport/view.js';
import { slice } from '../cli/run-cli.js';
import { until } from './viewer-page.js';

/** A page of a browser, whatever library drives that. */
export interface Evaluating {
  evaluate(
    script: (heights: readonly number[]) => number[][],
    heights: readonly number[],
  ): Promise<number[][]>;
}

export const { fills, edges } = makePalette('light');
export const GROUND = 0xffffffff;
/** Of a canvas on which nothing was drawn yet. */
const CLEAR = 0;
/** A process has a row of its own over its threads. */
const HEADER = 24;

/** A slice in a slice in a slice, on one thread. */
export const THREE = [slice('outer', 0, 1000), slice('inner', 250, 500), slice('inmost', 300, 100)];
const ENDS_OF_THREE: readonly [name: string, start: number, end: number][] = [
  ['outer', 0, 1e6],
  ['inner', 250e3, 750e3],
  ['inmost', 300e3, 400e3],
];

/** Each of the slices begins and ends at its pixels, in its colour, in its lane. */
export function assertThree(rows: readonly (readonly number[])[]): void {
  const width = rows[0]?.length ?? 0;
  const view = whole(0, 1e6);
  for (const [lane, [name, start, end]] of ENDS_OF_THREE.entries()) {
    const pixels = rows[lane] ?? [];
    const left = Math.round(xAt(view, width, start));
    const right = Math.round(xAt(view, width, end));
    const color = colorIndex(name, fills.length);
    const seen = [left - 1, left, left + 1, right - 1, right].map((x) => pixels[x]);
    const [fill, edge] = [fills[color], edges[color]];
    assert.deepEqual(seen, [GROUND, edge, fill, fill, GROUND], name);
  }
}

/** The pixels of lanes, each of the line right below its upper edge, where no text is. */
export async function lanesOf(
  page: Evaluating,
  lanes: readonly number[],
  top = HEADER,
): Promise<readonly (readonly number[])[]> {
  const heights = lanes.map((lane) => top + PAD + lane * LANE + 1);
  let rows: readonly (readonly number[])[] = [];
  // It is drawn once more when the page has found out how much room there is.
  await until('the picture is drawn, and stays as it is', async () => {
    const before = rows;
    rows = await pixelsAt(page, heights);
    const isDrawn = rows.some((row) => row.some((pixel) => pixel !== GROUND && pixel !== CLEAR));
    return isDrawn && isDeepStrictEqual(rows, before);
  });
  return rows;
}

function pixelsAt(page: Evaluating, heights: readonly number[]): Promise<number[][]> {
  return page.evaluate((all: readonly number[]) => {
    const canvas = document.querySelector<HTMLCanvasElement>('.picture');
    const context = canvas?.getContext('2d');
    if (!canvas || !context) return [];
    return all.map((y) => {
      const { data } = context.getImageData(0, y, canvas.width, 1);
      return Array.from(new Uint32Array(data.buffer));
    });
  }, heights);
}
