import { isRequest, RequestTimes } from '../../reader/requests/request-times.js';
import { sortRows } from '../../reader/timeline/sort-rows.js';
import { Flag, type RequestsAnswer } from '../wire/questions.js';
import { type LineageData, NONE } from './model-data.js';
import type { Tables } from './tables.js';

/** So many requests are listed: the slowest of a name, the oldest of those that were never ended. */
const LISTED = 20;

/** The requests of a trace: slices and operations of outermost calls. */
export function requestsOf(tables: Tables): { ended: number[]; unfinished: number[] } {
  const found = { ended: [] as number[], unfinished: [] as number[] };
  const { lineage } = tables.data;
  if (lineage === undefined) return found;
  const { calls, roots } = lineage;
  for (let call = 0; call < calls.length; call++) {
    const slice = calls[call];
    if (slice === NONE || roots[slice] !== call || !isRequest(tables.category(slice))) continue;
    found[tables.has(slice, Flag.UNFINISHED) ? 'unfinished' : 'ended'].push(slice);
  }
  return found;
}

/** Requests by name, and where their time went, as `summary --requests` tells it. */
export function requestTable(tables: Tables): RequestsAnswer {
  const { lineage } = tables.data;
  if (lineage === undefined) return { routes: [], unfinished: { count: 0, oldest: [] } };
  const times = new RequestTimes();
  takeCalls(tables, lineage, times);
  const byName = new Map<string, number[]>();
  const { ended, unfinished } = requestsOf(tables);
  for (const slice of ended) {
    const name = tables.name(slice);
    const own = byName.get(name);
    if (own === undefined) byName.set(name, [slice]);
    else own.push(slice);
  }
  const { starts, ends } = tables.slices;
  const length = (slice: number) => ends[slice] - starts[slice];
  const { routes } = times.summary();
  return {
    routes: routes.map(({ name, count, p50, p95, p99, max, time }) => ({
      ...{ name, count, p50, p95, p99, max, time },
      slowest: (byName.get(name) ?? [])
        .sort((a, b) => length(b) - length(a))
        .slice(0, LISTED)
        .map((slice) => tables.facts(slice)),
    })),
    unfinished: {
      count: unfinished.length,
      oldest: unfinished
        .sort((a, b) => starts[a] - starts[b])
        .slice(0, LISTED)
        .map((slice) => tables.facts(slice)),
    },
  };
}

/** Hands over what has ended, inner ones before what they lie in. */
function takeCalls(
  tables: Tables,
  { roots, calls, threads }: LineageData,
  times: RequestTimes,
): void {
  const { data, slices } = tables;
  const { starts, ends, count } = slices;
  const width = 2;
  const values = new Float64Array(width * count);
  for (let slice = 0; slice < count; slice++) {
    values[width * slice] = ends[slice];
    values[width * slice + 1] = -starts[slice];
  }
  for (const slice of sortRows({ values, width, keys: width, count })) {
    if (tables.has(slice, Flag.INSTANT | Flag.UNFINISHED)) continue;
    const track = tables.trackOf(slice);
    const isSlice = data.tracks[track].kind !== 'operations';
    const root = roots[slice];
    const isOutermost = root !== NONE && calls[root] === slice;
    times.take({
      name: tables.name(slice),
      category: tables.category(slice),
      isSlice,
      thread: String(isSlice || !isOutermost ? track : threads[root]),
      start: starts[slice],
      end: ends[slice],
      isUnfinished: false,
      id: isOutermost ? String(root) : undefined,
      root: isOutermost || root === NONE ? undefined : String(root),
      ...{ parent: undefined, span: undefined, caller: undefined },
    });
  }
}
