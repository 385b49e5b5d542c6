import { OpenByStretch } from '../../reader/summary/open-by-stretch.js';
import { Flag, type TraceFacts, type TrackFacts } from '../wire/questions.js';
import { NONE } from './model-data.js';
import type { Tables } from './tables.js';

/** Into so many equal parts the whole trace is cut, for the minimap and the marks on it. */
export const PARTS = 512;

/** What is known of a trace before anything is drawn. */
export function traceFacts(
  tables: Tables,
  requests: number,
): Omit<TraceFacts, 'version' | 'growing'> {
  const { name, events, start, end, zero, wallClock, gaps, notes, order } = tables.data;
  const tracks = order.map((track) => trackFacts(tables, track));
  const activity = activityOf(tables);
  const times = { start, end, zero, wallClock };
  return { name, events, ...times, tracks, gaps, notes, requests, activity };
}

function trackFacts(tables: Tables, track: number): TrackFacts {
  const { parent, kind, name, note, lanes, counter } = tables.data.tracks[track];
  const [first, end] = tables.range(track);
  const facts = { track, parent, kind, name, note, lanes };
  if (counter < 0) return { ...facts, count: end - first, series: [], lowest: 0, highest: 0 };
  const { series, times, values } = tables.data.counters[counter];
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let place = 0; place < times.length; place++) {
    let [above, below] = [0, 0];
    for (const column of values) {
      above += Math.max(column[place], 0);
      below += Math.min(column[place], 0);
    }
    lowest = Math.min(lowest, below < 0 ? below : above);
    highest = Math.max(highest, above > 0 ? above : below);
  }
  return { ...facts, count: times.length, series, lowest, highest };
}

/** How many outermost slices and operations are open in each part of the trace, against the busiest. */
function activityOf(tables: Tables): number[] {
  const { start, end, tracks } = tables.data;
  const { starts, ends, laneFirst, parents } = tables.slices;
  const open = new OpenByStretch({ start, end, stretches: PARTS });
  for (const { kind, firstLane, lanes } of tracks) {
    if (lanes === 0 || kind === 'samples' || kind === 'instants') continue;
    const last = kind === 'operations' ? firstLane + lanes : firstLane + 1;
    for (let slice = laneFirst[firstLane]; slice < laneFirst[last]; slice++) {
      if (kind === 'operations' && parents[slice] !== NONE) continue;
      if (!tables.has(slice, Flag.INSTANT)) open.add(starts[slice], ends[slice]);
    }
  }
  const values = open.values();
  const most = values.reduce((largest, value) => Math.max(largest, value), 0);
  return values.map((value) => (most > 0 ? round(value / most) : 0));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** The part of the trace in which a time lies. */
export function partOf({ data: { start, end } }: Tables, time: number): number {
  const part = Math.floor(((time - start) / (end - start)) * PARTS);
  return Math.min(PARTS - 1, Math.max(0, part || 0));
}
