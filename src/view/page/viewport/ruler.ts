import type { View } from './view.js';

/** The smallest of 1, 2 and 5 times a power of ten that is not below a number. */
export function roundStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(atLeast, 1)));
  const step = [1, 2, 5].find((factor) => factor * power >= atLeast) ?? 10;
  return step * power;
}

/** Times at which the ruler has a line, so that two of them are at least so many pixels apart. */
export function ticks(
  view: View,
  width: number,
  distance: number,
): { times: number[]; step: number } {
  const step = roundStep(((view.to - view.from) / width) * distance);
  const times: number[] = [];
  for (let at = Math.ceil(view.from / step); at * step <= view.to; at++) times.push(at * step);
  return { times, step };
}
