/** The part of the trace that is on the screen, in nanoseconds. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** Nothing is shown larger than this over the whole width: times are whole nanoseconds. */
const SHORTEST = 20;
/** How much of the trace's length may be seen as empty space on either side of it. */
const MARGIN = 0.02;

/** Numbers tell times apart by this part of them, and a view needs some that are apart. */
const FINEST = 2 ** -52;
const APART = 64;

function shortest({ from, to }: View): number {
  return Math.max(SHORTEST, Math.max(Math.abs(from), Math.abs(to)) * FINEST * APART);
}

export function lengthOf({ from, to }: View): number {
  return to - from;
}

export function timeAt(view: View, width: number, x: number): number {
  return view.from + (x / width) * (view.to - view.from);
}

export function xAt(view: View, width: number, time: number): number {
  return ((time - view.from) / (view.to - view.from)) * width;
}

/** All of a trace, with a little space on both sides. */
export function whole(start: number, end: number): View {
  const margin = Math.max(end - start, SHORTEST) * MARGIN;
  return { from: start - margin, to: end + margin };
}

/** The nearest view of a length that is allowed and that lies within the limits. */
export function limited({ from, to }: View, limits: View): View {
  const longest = lengthOf(limits);
  const length = Math.min(Math.max(to - from, Math.min(shortest(limits), longest)), longest);
  const middle = (from + to) / 2;
  const start = Math.min(Math.max(middle - length / 2, limits.from), limits.to - length);
  return { from: start, to: start + length };
}

/** Makes the view `factor` times as long; what stands at `time` stays where it is. */
export function zoomed(view: View, limits: View, time: number, factor: number): View {
  const length = lengthOf(view) * factor;
  const kept = Math.min(Math.max(length, shortest(limits)), lengthOf(limits));
  const from = time - ((time - view.from) / lengthOf(view)) * kept;
  return limited({ from, to: from + kept }, limits);
}

export function moved(view: View, limits: View, by: number): View {
  return limited({ from: view.from + by, to: view.to + by }, limits);
}

/** A view in which a range is well seen, and something of what is around it. */
export function around(from: number, to: number, limits: View): View {
  const margin = Math.max(to - from, SHORTEST) * 0.15;
  return limited({ from: from - margin, to: to + margin }, limits);
}

/** The view with a range moved into it, and made longer only where the range needs it. */
export function showing(view: View, limits: View, from: number, to: number): View {
  if (from >= view.from && to <= view.to) return view;
  if (to - from > lengthOf(view) * 0.9) return around(from, to, limits);
  return moved(view, limits, (from + to) / 2 - (view.from + view.to) / 2);
}
