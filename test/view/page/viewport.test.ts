import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wantedRange } from '#src/view/page/asking/pictures.js';
import { roundStep, ticks } from '#src/view/page/viewport/ruler.js';
import {
  around,
  lengthOf,
  limited,
  moved,
  showing,
  timeAt,
  whole,
  xAt,
  zoomed,
} from '#src/view/page/viewport/view.js';

const LIMITS = whole(0, 1e9);

describe('the part of a trace that is on the screen', () => {
  test('what stands under the mouse stays there when it zooms', () => {
    let view = LIMITS;
    for (const [x, factor] of [
      [200, 0.1],
      [900, 0.01],
      [500, 7],
    ] as const) {
      const time = timeAt(view, 1000, x);
      view = zoomed(view, LIMITS, time, factor);
      assert.ok(Math.abs(xAt(view, 1000, time) - x) < 1e-6);
    }
  });

  test('it is never longer than the trace, nor shorter than 20 ns, nor beyond its limits', () => {
    assert.deepEqual(zoomed(LIMITS, LIMITS, 3e8, 50), LIMITS);
    assert.equal(Math.round(lengthOf(zoomed(LIMITS, LIMITS, 3e8, 1e-12))), 20);
    const left = moved(around(1e8, 2e8, LIMITS), LIMITS, -1e12);
    assert.equal(left.from, LIMITS.from);
    const right = moved(left, LIMITS, 1e12);
    assert.equal(right.to, LIMITS.to);
    assert.equal(Math.round(lengthOf(right)), Math.round(lengthOf(left)));
  });

  test('of a trace of fifty years, too, it has times that are apart, and the ruler an end', () => {
    const limits = whole(0, 1.7e18);
    const view = zoomed(limits, limits, 1.7e18, 1e-30);
    assert.ok(view.to > view.from && lengthOf(view) < 1e5);
    const middle = timeAt(view, 1000, 500);
    assert.ok(middle > view.from && middle < view.to);
    const { times } = ticks(view, 1000, 100);
    assert.ok(times.length > 0 && times.length <= 11, `${times.length}`);
  });

  test('a trace of one moment has a view that is not empty', () => {
    const limits = whole(5, 5);
    assert.ok(lengthOf(limits) > 0);
    assert.deepEqual(limited({ from: 5, to: 5 }, limits), limits);
  });

  test('it moves for a slice only if that is not in it, and grows only if it must', () => {
    const view = { from: 100, to: 1100 };
    assert.equal(showing(view, LIMITS, 200, 300), view);
    assert.deepEqual(showing(view, LIMITS, 2000, 2200), { from: 1600, to: 2600 });
    const grown = showing(view, LIMITS, 2000, 9000);
    assert.ok(grown.from < 2000 && grown.to > 9000);
  });
});

describe('the ruler', () => {
  test('its steps are 1, 2 and 5 times a power of ten', () => {
    assert.deepEqual([0.3, 1, 1.1, 2.5, 7, 40, 51].map(roundStep), [1, 1, 2, 5, 10, 50, 100]);
  });

  test('its lines are as far apart as asked for, and on whole steps', () => {
    const { times, step } = ticks({ from: 12_345, to: 98_765 }, 1000, 100);
    assert.equal(step, 10_000);
    assert.deepEqual([times[0], times.at(-1), times.length], [20_000, 90_000, 8]);
  });
});

describe('what the page asks to draw', () => {
  test('it is three times the view, at a power of two of nanoseconds a pixel', () => {
    const view = { from: 4e8, to: 5e8 };
    const { from, to, resolution } = wantedRange(view, LIMITS, 1000);
    assert.equal(resolution, 2 ** Math.floor(Math.log2(1e5)));
    assert.ok(from <= 3e8 && from > 3e8 - resolution && to >= 6e8 && to < 6e8 + resolution);
  });

  test('no question is about more pixels than are answered, whatever the screen', () => {
    for (const pixels of [300, 1920, 5120, 7680, 20_000])
      for (const length of [20, 1e3, 1234567, 9e8]) {
        const view = { from: 1e7, to: 1e7 + length };
        const { from, to, resolution } = wantedRange(view, LIMITS, pixels);
        assert.ok((to - from) / resolution <= 16_384, `${pixels} pixels, ${length} ns`);
        assert.ok(from <= view.from && to >= Math.min(view.to, LIMITS.to));
      }
  });
});
