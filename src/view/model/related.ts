import type { LineageData } from './model-data.js';
import { NONE } from './model-data.js';
import type { Tables } from './tables.js';

/** What belongs together. */
export interface Related {
  /** Ascending. */
  readonly members: Uint32Array;
  /** The outermost of it; undefined where nothing says what a slice belongs to. */
  readonly root: number | undefined;
}

/** A chain of arrows is followed from end to end so often at the most. */
const MAX_ROUNDS = 50;

/**
 * Everything that belongs to the same operation as a slice: by what tracelane has written about it, or
 * else by the async operations around it, by arrows, and by what these lead to in turn; with all slices
 * that lie inside.
 */
export function related(tables: Tables, slice: number): Related {
  const { lineage } = tables.data;
  const call = lineage === undefined ? NONE : callOf(tables, lineage, slice);
  if (lineage === undefined || call === NONE) return byArrows(tables, slice);
  const { roots, outermost, calls } = lineage;
  const marks = new Uint8Array(tables.slices.count);
  for (let other = 0; other < marks.length; other++) {
    if (roots[other] !== NONE && outermost[roots[other]] === call) marks[other] = 1;
  }
  markInside(tables, marks, roots);
  const root = calls[call];
  return { members: membersOf(marks), root: root === NONE ? undefined : root };
}

/** The outermost call that a slice, or what lies around it, belongs to. */
function callOf({ slices }: Tables, { roots, outermost }: LineageData, slice: number): number {
  for (let at = slice; at !== NONE; at = slices.parents[at]) {
    if (roots[at] !== NONE) return outermost[roots[at]];
  }
  return NONE;
}

function byArrows(tables: Tables, slice: number): Related {
  const { arrows } = tables.data;
  const marks = new Uint8Array(tables.slices.count);
  const mark = (other: number): void => {
    marks[outermostOperation(tables, other)] = 1;
  };
  mark(slice);
  let hasArrows = false;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    markInside(tables, marks, undefined);
    let isDone = true;
    const follow = (arrow: number): void => {
      const [from, to] = [arrows.from[arrow], arrows.to[arrow]];
      if (marks[from] === marks[to]) return;
      mark(marks[from] === 1 ? to : from);
      hasArrows = true;
      isDone = false;
    };
    // Forwards and back: whole chains are found in one round.
    for (let arrow = 0; arrow < arrows.from.length; arrow++) follow(arrow);
    for (let arrow = arrows.from.length - 1; arrow >= 0; arrow--) follow(arrow);
    if (isDone) break;
  }
  const members = membersOf(marks);
  return { members, root: firstOf(tables, members, hasArrows) };
}

/** The first operation that begins, or where there is none, the first slice of a chain of arrows. */
function firstOf(tables: Tables, members: Uint32Array, hasArrows: boolean): number | undefined {
  const { starts } = tables.slices;
  let first: number | undefined;
  let isOperation = false;
  for (const member of members) {
    const operation = tables.data.tracks[tables.trackOf(member)].kind === 'operations';
    if ((!operation && !hasArrows) || (isOperation && !operation)) continue;
    const isBetter = first === undefined || operation !== isOperation;
    if (!isBetter && starts[member] >= starts[first as number]) continue;
    first = member;
    isOperation = operation;
  }
  return first;
}

/** The operation around all others around one; what is no operation stands for itself. */
function outermostOperation(tables: Tables, slice: number): number {
  if (tables.data.tracks[tables.trackOf(slice)].kind !== 'operations') return slice;
  let at = slice;
  while (tables.slices.parents[at] !== NONE) at = tables.slices.parents[at];
  return at;
}

/**
 * Marks what lies inside of marked slices, all the way down. Parents stand before what lies in them, unless
 * they overlap others.
 *
 * @param roots What says of itself that it belongs elsewhere is passed over.
 */
function markInside({ slices }: Tables, marks: Uint8Array, roots: Uint32Array | undefined): void {
  const { parents, count } = slices;
  const isMarked = (slice: number): boolean => {
    const parent = parents[slice];
    if (marks[slice] === 1 || parent === NONE) return marks[slice] === 1;
    const isInside = parent < slice ? marks[parent] === 1 : isMarked(parent);
    if (isInside && (roots === undefined || roots[slice] === NONE)) marks[slice] = 1;
    return marks[slice] === 1;
  };
  for (let slice = 0; slice < count; slice++) isMarked(slice);
}

function membersOf(marks: Uint8Array): Uint32Array {
  let count = 0;
  for (const mark of marks) count += mark;
  const members = new Uint32Array(count);
  let at = 0;
  for (let slice = marks.indexOf(1); slice >= 0; slice = marks.indexOf(1, slice + 1)) {
    members[at++] = slice;
  }
  return members;
}
