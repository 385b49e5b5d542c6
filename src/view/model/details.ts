import {
  Flag,
  type InnerCalls,
  type ListAnswer,
  type ListQuestion,
  type SliceFacts,
  type StepQuestion,
} from '../wire/questions.js';
import { NONE } from './model-data.js';
import { firstAbove, firstFrom } from './search.js';
import type { Tables } from './tables.js';

/** So many names are listed of what lies inside of a slice. */
const MAX_CALLEES = 100;

/** What lies around a slice, from the outermost. */
export function callers(tables: Tables, slice: number): SliceFacts[] {
  const { parents } = tables.slices;
  const found: SliceFacts[] = [];
  for (let at = parents[slice]; at !== NONE; at = parents[at]) found.unshift(tables.facts(at));
  return found;
}

/** What lies right inside of a slice by name, and the time in which nothing of it ran. */
export function inside(
  tables: Tables,
  slice: number,
): { readonly callees: InnerCalls[]; readonly busy: number } {
  const { data, slices } = tables;
  const { starts, ends, labels } = slices;
  const byName = new Map<number, { count: number; total: number }>();
  let busy = 0;
  for (const child of childrenOf(tables, slice)) {
    if (tables.has(child, Flag.INSTANT)) continue;
    const time = Math.min(ends[child], ends[slice]) - starts[child];
    if (!tables.has(child, Flag.UNFINISHED)) busy += time;
    const name = data.labelNames[labels[child]];
    const calls = byName.get(name) ?? { count: 0, total: 0 };
    calls.count++;
    calls.total += time;
    byName.set(name, calls);
  }
  const callees = Array.from(byName, ([name, calls]) => ({ name: data.texts[name], ...calls }))
    .sort((a, b) => b.total - a.total)
    .slice(0, MAX_CALLEES);
  return { callees, busy };
}

/**
 * What has this slice as its parent. It lies in lower lanes of the same track; what overlaps others has a
 * lane below them itself, and what lies in it may be in any.
 */
function* childrenOf(tables: Tables, slice: number): Generator<number> {
  const { starts, ends, parents, laneFirst } = tables.slices;
  const lane = tables.laneOf(slice);
  const { firstLane, lanes } = tables.data.tracks[tables.trackOfLane[lane]];
  const top = tables.has(slice, Flag.OVERLAPS) ? firstLane : lane + 1;
  for (let other = top; other < firstLane + lanes; other++) {
    const [begin, end] = [laneFirst[other], laneFirst[other + 1]];
    const last = firstAbove(starts, ends[slice], begin, end);
    for (let child = firstFrom(starts, starts[slice], begin, end); child < last; child++) {
      if (parents[child] === slice) yield child;
    }
  }
}

/** The slice before or after one in its lane, or of its name in the whole trace. */
export function step(tables: Tables, { slice, by, forward }: StepQuestion): number | undefined {
  if (by === 'name') return sameName(tables, slice, forward);
  const next = forward ? slice + 1 : slice - 1;
  const { laneFirst } = tables.slices;
  const lane = tables.laneOf(slice);
  return next >= laneFirst[lane] && next < laneFirst[lane + 1] ? next : undefined;
}

/** In the order of time; those that begin at once, in the order of their numbers. */
function sameName({ data, slices }: Tables, slice: number, forward: boolean): number | undefined {
  const { labels, starts, count } = slices;
  const name = data.labelNames[labels[slice]];
  const isName = Uint8Array.from(data.labelNames, (other) => (other === name ? 1 : 0));
  const own = starts[slice];
  let best: number | undefined;
  for (let other = 0; other < count; other++) {
    if (isName[labels[other]] === 0 || other === slice) continue;
    const start = starts[other];
    const isAfter = start > own || (start === own && other > slice);
    if (isAfter !== forward) continue;
    if (best === undefined) best = other;
    else if (forward ? start < starts[best] : start >= starts[best]) best = other;
  }
  return best;
}

/** The longest slices of a time, in its order. */
export function list(tables: Tables, { from, to, tracks, limit }: ListQuestion): ListAnswer {
  const { starts, ends } = tables.slices;
  const found: number[] = [];
  let count = 0;
  const length = (slice: number): number => ends[slice] - starts[slice];
  /** What is shorter is none of the longest. */
  let least = -1;
  const keepLongest = (): void => {
    found.sort((a, b) => length(b) - length(a) || a - b).splice(limit);
    if (found.length === limit) least = length(found[limit - 1]);
  };
  for (const track of new Set(tracks)) {
    const { firstLane, lanes } = tables.data.tracks[track];
    for (let lane = firstLane; lane < firstLane + lanes; lane++) {
      const [first, end] = tables.inTime(lane, from, to);
      count += end - first;
      for (let slice = first; slice < end; slice++) {
        if (ends[slice] - starts[slice] < least) continue;
        found.push(slice);
        if (found.length >= 2 * limit + 1000) keepLongest();
      }
    }
  }
  keepLongest();
  found.sort((a, b) => starts[a] - starts[b] || a - b);
  return { count, slices: found.map((slice) => tables.facts(slice)) };
}
