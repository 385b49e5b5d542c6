import { sortRows } from '../../reader/timeline/sort-rows.js';
import { NONE } from '../model/model-data.js';
import { FreeLanes } from './free-lanes.js';
import type { Operations } from './operation-list.js';
import type { SliceTable } from './slice-table.js';

/** The page counts lanes in 16 bits. */
const MAX_LANES = 0xffff;

/** The lanes of a process's operations. */
export interface ProcessLanes {
  readonly process: number;
  readonly firstLane: number;
  readonly lanes: number;
}

/**
 * Puts operations into the table, process by process. What lies in others, and so on, is a tree: its
 * operations get lanes right below each other, as far as they do not overlap. Trees that need as many
 * lanes as each other share these, one after the other.
 */
export function layOut(operations: Operations, table: SliceTable): ProcessLanes[] {
  const order = inOrder(operations);
  const processes = operations.processes.values;
  const found: ProcessLanes[] = [];
  for (let from = 0; from < order.length; ) {
    const process = processes[order[from]];
    let to = from + 1;
    while (to < order.length && processes[order[to]] === process) to++;
    const firstLane = table.lanes;
    const lanes = layOutProcess(operations, order.subarray(from, to), table);
    found.push({ process, firstLane, lanes });
    from = to;
  }
  return found;
}

/** By process, and then by start; of those that begin at once the outer one first. */
function inOrder({ processes, starts, ends, count }: Operations): Uint32Array {
  const width = 3;
  const values = new Float64Array(width * count);
  for (let i = 0; i < count; i++) {
    values[width * i] = processes.get(i);
    values[width * i + 1] = starts.get(i);
    values[width * i + 2] = -ends.get(i);
  }
  return sortRows({ values, width, keys: width, count });
}

function layOutProcess(operations: Operations, order: Uint32Array, table: SliceTable): number {
  const { starts, ends, labels, offsets, flags, events } = operations;
  const first = table.count;
  const places = new Map<number, number>();
  for (const [place, at] of order.entries()) {
    const [start, end, event] = [starts.get(at), ends.get(at), events.get(at)];
    table.add(start, end, labels.get(at), offsets.get(at), flags.get(at), event);
    const parent = places.get(operations.parents.get(at));
    // One of another process is not there, and what outlives it lies beside it.
    if (parent !== undefined && end <= table.ends[parent]) table.parents[first + place] = parent;
    places.set(at, first + place);
  }
  const trees = new Trees(table, first);
  const bands = new Map<number, FreeLanes>();
  let used = 0;
  const lanes = new Uint32Array(order.length);
  for (let slice = first; slice < table.count; slice++) {
    const parent = table.parents[slice];
    const place = slice - first;
    if (parent !== NONE) {
      const top = lanes[parent - first] - trees.lanes[parent - first];
      lanes[place] = top + trees.lanes[place];
      continue;
    }
    const height = trees.height(slice);
    let band = bands.get(height);
    if (band === undefined) {
      band = new FreeLanes(() => {
        used += height;
        return used - height;
      });
      bands.set(height, band);
    }
    lanes[place] = band.take(table.starts[slice], table.ends[slice]);
  }
  const all = Math.min(used, MAX_LANES);
  table.sortTrack(first, (slice) => Math.min(lanes[slice - first], all - 1), all);
  return all;
}

/** So many lanes below what it lies in are tried for an operation. */
const NEAR = 16;

/** The lanes of operations within the trees that they make. Those of a table from a place on, in order. */
class Trees {
  readonly lanes: Uint16Array;
  readonly #heights = new Map<number, number>();

  constructor({ starts, ends, parents, count }: SliceTable, first: number) {
    this.lanes = new Uint16Array(count - first);
    const roots = new Uint32Array(count - first);
    const trees = new Map<number, { readonly ends: number[]; readonly free: FreeLanes }>();
    for (let slice = first; slice < count; slice++) {
      const parent = parents[slice];
      const [start, end] = [starts[slice], ends[slice]];
      if (parent === NONE) {
        roots[slice - first] = slice;
        continue;
      }
      const root = roots[parent - first];
      roots[slice - first] = root;
      let tree = trees.get(root);
      if (tree === undefined) {
        const taken = [Number.POSITIVE_INFINITY];
        tree = { ends: taken, free: new FreeLanes(() => taken.push(0) - 1) };
        trees.set(root, tree);
      }
      const { ends: taken, free } = tree;
      const above = this.lanes[parent - first];
      let lane = above + 1;
      while (lane < taken.length && lane <= above + NEAR && taken[lane] > start) lane++;
      if (lane > above + NEAR) {
        do lane = free.take(start, end);
        while (taken[lane] > start);
      }
      taken[lane] = end;
      this.lanes[slice - first] = lane;
    }
    for (const [root, tree] of trees) this.#heights.set(root, tree.ends.length);
  }

  /** How many lanes the tree of an operation has that lies in no other. */
  height(root: number): number {
    return this.#heights.get(root) ?? 1;
  }
}
