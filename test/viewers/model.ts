import { Readable } from 'node:stream';
import { loadTrace } from '#src/view/load/load-trace.js';
import { type ModelData, NONE } from '#src/view/model/model-data.js';
import { Flag } from '#src/view/wire/questions.js';

/** A slice or an operation. Times are nanoseconds, as they stand in the file. */
export interface ModelSlice {
  readonly track: number;
  readonly name: string;
  readonly category: string;
  readonly start: number;
  /** Infinity: it was never ended. */
  readonly end: number;
  /** In so many others. */
  readonly depth: number;
}

export interface ModelView {
  readonly slices: readonly ModelSlice[];
  readonly operations: readonly ModelSlice[];
  /** By the names of what they join. */
  readonly arrows: readonly { readonly from: string; readonly to: string }[];
  /** What no picture may show, whatever the trace is. */
  readonly faults: readonly string[];
}

/** What tracelane's own viewer makes of a trace. */
export async function importIntoModel(text: string): Promise<ModelView> {
  const trace = await loadTrace(Readable.from([Buffer.from(text)]));
  try {
    const zero = originOf(text);
    const { tracks, arrows } = trace.data;
    const all = Array.from(trace.data.slices.starts.keys(), (slice) =>
      sliceOf(trace.data, slice, zero),
    ).filter((_, slice) => ((trace.data.slices.flags[slice] as number) & Flag.INSTANT) === 0);
    const isOperation = ({ track }: ModelSlice) => tracks[track]?.kind === 'operations';
    const nameOf = (slice: number) => sliceOf(trace.data, slice, zero).name;
    return {
      slices: all.filter((slice) => !isOperation(slice)),
      operations: all.filter(isOperation),
      arrows: Array.from(arrows.from, (from, arrow) => {
        return { from: nameOf(from), to: nameOf(arrows.to[arrow] as number) };
      }),
      faults: faultsOf(trace.data),
    };
  } finally {
    trace.file.close();
  }
}

/** The model counts from the first event. */
function originOf(text: string): number {
  const events = JSON.parse(text) as { readonly ph: string; readonly ts: number }[];
  const times = events.filter(({ ph }) => ph !== 'M').map(({ ts }) => Math.round(1000 * ts));
  return times.length === 0 ? 0 : Math.min(...times);
}

function sliceOf({ slices, tracks, ...data }: ModelData, slice: number, zero: number): ModelSlice {
  const label = slices.labels[slice] as number;
  const lane = slices.laneFirst.findLastIndex((first) => first <= slice);
  const track = tracks.findIndex(
    ({ firstLane, lanes }) => firstLane <= lane && lane < firstLane + lanes,
  );
  let depth = 0;
  for (let at = slices.parents[slice] as number; at !== NONE; at = slices.parents[at] as number) {
    depth++;
  }
  const isOpen = ((slices.flags[slice] as number) & Flag.UNFINISHED) !== 0;
  return {
    track,
    name: data.texts[data.labelNames[label] as number] as string,
    category: data.texts[data.labelCategories[label] as number] as string,
    start: zero + (slices.starts[slice] as number),
    end: isOpen ? Infinity : zero + (slices.ends[slice] as number),
    depth,
  };
}

/** In a lane nothing overlaps; what lies in another one does so in time, and in a lower lane. */
function faultsOf({ slices }: ModelData): string[] {
  const { starts, ends, parents, laneFirst, count } = slices;
  const faults: string[] = [];
  const at = (column: Float64Array | Uint32Array, place: number) => column[place] as number;
  for (let lane = 0; lane + 1 < laneFirst.length; lane++) {
    for (let slice = at(laneFirst, lane) + 1; slice < at(laneFirst, lane + 1); slice++) {
      if (at(ends, slice - 1) > at(starts, slice)) faults.push(`has an overlap in lane ${lane}`);
    }
  }
  for (let slice = 0; slice < count; slice++) {
    const parent = at(parents, slice);
    if (parent === NONE) continue;
    const isInside = at(starts, parent) <= at(starts, slice) && at(ends, slice) <= at(ends, parent);
    if (!isInside || parent >= slice) faults.push(`has slice ${slice} not inside of ${parent}`);
  }
  return faults;
}
