import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { colorIndex, css, luminance, makePalette } from '#src/view/page/theme/colors.js';

const parts = (color: string) =>
  [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)) as [number, number, number];

describe('the colours of slices', () => {
  test('digits make no difference, other letters do', () => {
    assert.equal(colorIndex('GET /user/17', 16), colorIndex('GET /user/4711', 16));
    const names = ['read', 'write', 'parse', 'render', 'connect', 'query', 'gzip', 'hash'];
    assert.ok(new Set(names.map((name) => colorIndex(name, 16))).size >= 5);
  });

  test('names spread over all of them', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    const seen = new Set<number>();
    for (const a of letters) for (const b of letters) seen.add(colorIndex(a + b, 16));
    assert.equal(seen.size, 16);
  });

  for (const theme of ['light', 'dark'] as const) {
    test(`each text can be read on its colour, ${theme}`, () => {
      const { fills, inks } = makePalette(theme);
      for (const [i, fill] of fills.entries()) {
        const [a, b] = [luminance(parts(css(fill))), luminance(parts(inks[i] ?? ''))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        assert.ok(contrast >= 4.5, `${css(fill)} with ${inks[i]}: ${contrast}`);
      }
    });

    test(`no two are alike, also to those who see no red or no green, ${theme}`, () => {
      const colors = makePalette(theme).fills.map((fill) => parts(css(fill)));
      for (const [who, seen] of Object.entries(SEEN)) {
        const all = colors.map((color) => toOklab(seen(color.map(linear))));
        for (const [i, a] of all.entries())
          for (const [j, b] of all.entries()) {
            if (j <= i) continue;
            const apart = Math.hypot(...a.map((part, at) => part - (b[at] ?? 0)));
            assert.ok(apart > 0.04, `${who}: ${colors[i]} and ${colors[j]}, ${apart}`);
          }
      }
    });
  }
});

type Vector = readonly number[];

const times = (rows: readonly Vector[]) => (vector: Vector) =>
  rows.map((row) => row.reduce((sum, factor, at) => sum + factor * (vector[at] ?? 0), 0));

/** What is seen of linear red, green and blue, by Machado, Oliveira and Fernandes (2009). */
const SEEN: Readonly<Record<string, (color: Vector) => Vector>> = {
  everyone: (color) => color,
  'without red': times([
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ]),
  'without green': times([
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ]),
};

function linear(part: number): number {
  const value = part / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** Where equal distances are seen as equal. */
function toOklab(color: Vector): Vector {
  const cones = times([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
  ])(color.map((part) => Math.max(part, 0)));
  return times([
    [0.2104542553, 0.793617785, -0.0040720468],
    [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766],
  ])(cones.map(Math.cbrt));
}
