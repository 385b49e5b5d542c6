import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { colorIndex } from '#src/view/page/theme/colors.js';
import { whole, xAt } from '#src/view/page/viewport/view.js';
import { decodePicture } from '#src/view/wire/picture-bytes.js';
import { Flag, type SlicesPicture, type TraceFacts } from '#src/view/wire/questions.js';
import { temporaryFolder } from '../cli/run-cli.js';
import { launch, screenshot, withoutBrowser } from './browser.js';
import { assertThree, edges, fills, GROUND, lanesOf, THREE } from './picture-pixels.js';
import { inViewer } from './viewer-page.js';

const file = temporaryFolder();
const REAL = fileURLToPath(new URL('../../../test/corpus/real/tracelane.json', import.meta.url));

describe('what the viewer draws', { skip: withoutBrowser }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  test('a slice begins and ends at its pixels, in its colour, at its depth', async () => {
    await inViewer(browser, file('three.json', THREE), async ({ page, problems }) => {
      assertThree(await lanesOf(page, [0, 1, 2]));
      await page.screenshot(screenshot('viewer-pixels'));
      assert.deepEqual(problems, []);
    });
  });

  test('each pixel of a real trace is that of a slice which is there, and none is missing', () =>
    inViewer(browser, REAL, async ({ page }) => {
      const facts = await ask<TraceFacts>(page, { ask: 'trace' });
      const view = whole(facts.start, facts.end);
      let compared = 0;
      for (const { track, lanes, kind } of facts.tracks) {
        if (lanes === 0 || lanes > 6 || kind === 'instants') continue;
        const top = await topOf(page, track, facts);
        if (top === undefined) continue;
        const pixels = await lanesOf(page, lanesFrom(lanes), top);
        const { from, to } = { from: facts.start, to: facts.end };
        const question = { ask: 'draw', from, to, pixels: 8000, tracks: [track] };
        const bytes = await ask<number[]>(page, question);
        const picture = decodePicture(Uint8Array.from(bytes));
        const segments = picture.slices[0];
        if (segments === undefined) continue;
        for (const [lane, row] of pixels.entries())
          compared += compare(row, lane, segments, picture.texts, view);
      }
      assert.ok(compared > 2000, `only ${compared} pixels were compared`);
    }));
});

const lanesFrom = (lanes: number) => Array.from({ length: lanes }, (_, lane) => lane);

/** How many pixels of a lane were compared with the segments that cover them. */
function compare(
  row: readonly number[],
  lane: number,
  segments: SlicesPicture,
  texts: readonly string[],
  view: { from: number; to: number },
): number {
  const allowed = row.map(() => new Set<number>());
  const skipped = new Set<number>();
  const { lanes, starts, ends, names, flags } = segments;
  for (const [i, its] of lanes.entries()) {
    if (its !== lane) continue;
    const left = Math.round(xAt(view, row.length, starts[i] ?? 0));
    const right = Math.max(Math.round(xAt(view, row.length, ends[i] ?? 0)), left + 1);
    const color = colorIndex(texts[names[i] ?? 0] ?? '', fills.length);
    const isOdd = (flags[i] ?? 0) & (Flag.INSTANT | Flag.UNFINISHED | Flag.FAILED | Flag.JOINED);
    for (let x = left - 4; x < right + 4; x++) {
      if (isOdd) skipped.add(x);
      else if (x >= left && x < right) {
        allowed[x]?.add(fills[color] ?? 0);
        allowed[x]?.add(edges[color] ?? 0);
      }
    }
  }
  let compared = 0;
  for (const [x, pixel] of row.entries()) {
    if (skipped.has(x)) continue;
    const colors = allowed[x] ?? new Set();
    const fits = colors.size === 0 ? pixel === GROUND : colors.has(pixel);
    assert.ok(fits, `lane ${lane}, pixel ${x}: ${pixel.toString(16)} of ${[...colors]}`);
    compared++;
  }
  return compared;
}

/** Where a track's lanes begin in the picture, by its row in the list. */
async function topOf(page: Page, track: number, { tracks }: TraceFacts) {
  const facts = tracks.find((one) => one.track === track);
  const row = page.getByRole('treeitem', { name: `${facts?.name} ${facts?.note}` }).first();
  const [its, all] = [await row.boundingBox(), await page.locator('.picture').boundingBox()];
  if (its === null || all === null || its.y + its.height > all.y + all.height) return undefined;
  return its.y - all.y;
}

/** Asks as the page does: the picture comes as its bytes, all else as it is. */
function ask<Answer>(page: Page, question: object): Promise<Answer> {
  return page.evaluate(async (body) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch('ask', { method: 'POST', headers, body });
    if (response.headers.get('content-type') !== 'application/octet-stream') return response.json();
    return Array.from(new Uint8Array(await response.arrayBuffer()));
  }, JSON.stringify(question)) as Promise<Answer>;
}
