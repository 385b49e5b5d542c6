import { MAX_CATEGORIES } from '../../timeline/thread-track.js';

/** What a row stands for. */
export const KIND = {
  /** A slice of a thread: a complete event, or a begin, with its end if it has one. */
  completeSlice: 0,
  begunSlice: 1,
  threadMoment: 2,
  processMoment: 3,
  traceMoment: 4,
  counter: 5,
  operationBegin: 6,
  operationEnd: 7,
  operationMoment: 8,
  flowStart: 9,
  flowStep: 10,
  flowEnd: 11,
  /** The end of a flow at the next slice of its thread. */
  flowEndAtNext: 12,
} as const;

/** More than there are kinds. */
const KINDS = 16;

/**
 * The columns of a row. Rows are sorted by time. Those of one moment are sorted by when they end, the longest
 * first: so what lies in another slice comes behind that, also where both begin at once. Those that end
 * together keep the order of the file.
 *
 * A slice whose begin and end are events of their own is sorted as if it were empty. It comes behind the
 * complete events of that moment, and stays in the order of the file among its like. So do those who read the
 * trace: at a begin they do not know yet when it ends.
 */
export const COLUMNS = {
  sortedBy: ['start', 'order', 'place'],
  others: [
    /** The number of the thread, or of the counter. */
    'on',
    /** Name and category. */
    'key',
    /** What else there is of it in the spool. Of a counter, its value. */
    'spool',
    /** When it ends; infinite for what has no end. */
    'end',
  ],
} as const;
/** So many columns say which row it is: those that it is sorted by. */
export const KEYS = COLUMNS.sortedBy.length;
export const WIDTH = COLUMNS.sortedBy.length + COLUMNS.others.length;
/** The column in which rows have their end. */
export const END = WIDTH - 1;

/** In place of the end of what has none, in the order of its moment: it is longer than all else. */
const ENDLESS = -Number.MAX_VALUE;

/** The order of what ends then, which may be never. */
export function orderOf(end: number): number {
  return end < Number.MAX_VALUE ? -end : ENDLESS;
}

/** Where ends stand in the order of their moment. */
export const FIRST = Number.NEGATIVE_INFINITY;

/** With which end of its slice a point of a flow is written. */
export const AT_BEGIN = 0;
export const AT_END = 1;

/** Points of flows, each with the slice that it lies in: sorted like the slices. */
export const BINDINGS = {
  sortedBy: ['start', 'order', 'place'],
  others: [
    /** Kind of the point. */
    'kind',
    /** AT_BEGIN or AT_END. */
    'atEnd',
    'spool',
    /** How often the flow had ended before. Each time it goes on by another id. */
    'ends',
  ],
} as const;

/** The place in the list of events, and the kind, in one number. */
export function placeOf(index: number, kind: number): number {
  return index * KINDS + kind;
}

export function kindOf(place: number): number {
  return place % KINDS;
}

/** Whether it is the kind of a slice of a thread. */
export function isSlice(kind: number): boolean {
  return kind <= KIND.begunSlice;
}

export function indexOf(place: number): number {
  return Math.floor(place / KINDS);
}

export function keyOf(name: number, category: number): number {
  return name * MAX_CATEGORIES + category;
}

export function nameOf(key: number): number {
  return Math.floor(key / MAX_CATEGORIES);
}

export function categoryOf(key: number): number {
  return key % MAX_CATEGORIES;
}
