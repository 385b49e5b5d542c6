import type { OpenSpan, Stream } from './stream.js';

/** Ended spans are swept out of a list when there are so many, and they are half of it. */
const SWEEP = 64;

/** Index of an open span in its stream's list, or -1. */
export function findSpan(stream: Stream, beginNumber: number): number {
  const index = indexOf(stream, beginNumber);
  return index >= 0 && stream.spans[index].ended ? -1 : index;
}

/** Takes a span that has ended out of its stream's list, if it has not been swept out yet. */
export function dropOne(span: OpenSpan): void {
  const { stream, beginNumber } = span;
  const index = indexOf(stream, beginNumber);
  if (index >= 0 && stream.spans[index] === span) stream.spans.splice(index, 1);
}

/** By bisection: begin numbers only go up. */
function indexOf({ spans }: Stream, beginNumber: number): number {
  let low = 0;
  let high = spans.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    // The difference in 32 bits is right also where the numbers have wrapped around.
    const difference = (spans[middle].beginNumber - beginNumber) | 0;
    if (difference === 0) return middle;
    if (difference < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/**
 * The last one of a list, if there is one. Where there is none, `list[list.length - 1]` asks for a
 * property called `-1`, which takes V8 as long as all else that is done for a span.
 */
export function last<Item>(list: readonly Item[]): Item | undefined {
  return list.length === 0 ? undefined : list[list.length - 1];
}

/** The innermost open span outside of the one at `index`. */
export function enclosing({ spans }: Stream, index: number): OpenSpan | undefined {
  let i = index - 1;
  while (i >= 0 && spans[i].ended) i--;
  return i < 0 ? undefined : spans[i];
}

/** Drops ended spans from the end of the list, so that the last one is open. */
export function sweepTop({ spans }: Stream): void {
  while (spans.length > 0 && spans[spans.length - 1].ended) spans.pop();
}

export function sweepAll(stream: Stream): void {
  const { spans, openSpans } = stream;
  const over = spans.length - openSpans;
  if (over >= SWEEP && over >= openSpans) dropEnded(stream);
}

export function dropEnded({ spans }: Stream): void {
  let to = 0;
  for (const span of spans) if (!span.ended) spans[to++] = span;
  spans.length = to;
}
