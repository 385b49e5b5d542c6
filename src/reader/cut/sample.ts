import { SpillSorter } from '../timeline/spill-sorter.js';
import { hash } from '../timeline/timed-event.js';
import type { EventBlocks } from './event-blocks.js';
import { IntervalsByThread } from './intervals-by-thread.js';
import { MARK } from './marks.js';

/** Rows of one moment come in this order: an event may lie in a tree that begins with it. */
const [TREE, LINK, PART] = [0, 1, 2];
/** In place of a tree, for what lies in none. Sorted behind all of them. */
const NO_TREE = Number.MAX_VALUE;
/** In place of the index of an event that gets its mark by other ways. */
const NO_INDEX = -1;
/** In place of half a hash: the key is the index of an event, which belongs to no other one. */
const BY_INDEX = 2 ** 32;
/** The track of slices that are trees of their own, whatever is around them. */
export const BESIDE = -1;

/** The track of a thread: another number than those of operations, which are not negative. */
export function trackOfThread(thread: number): number {
  return -2 - thread;
}

const PLACES = {
  sortedBy: ['track', 'start', 'kind'],
  others: ['number', 'high', 'low'],
} as const;
const WIDTH = PLACES.sortedBy.length + PLACES.others.length;

/**
 * Which trees are kept, if one of so many is. A tree is an outermost slice, or an outermost operation, with
 * what lies in it, and all others that a call is said to belong to of which a part lies there. So which trees
 * are one is known only when all are there: rows on disk wait for that, and eight bytes of memory for each
 * outermost slice and operation.
 */
export class Sample {
  readonly #oneOf: number;
  readonly #blocks: EventBlocks;
  /** What `number` is, says the kind: of a tree when it ends, else the index of an event. */
  readonly #places = new SpillSorter(PLACES);
  readonly #links = new SpillSorter({ sortedBy: ['high', 'low', 'tree'], others: ['index'] });
  readonly #parts = new SpillSorter({ sortedBy: ['index'], others: ['tree', 'mark'] });
  readonly #times = new SpillSorter({ sortedBy: ['tree'], others: ['track', 'start', 'end'] });
  readonly #trees = new JoinedTrees();
  readonly #kept = new IntervalsByThread();

  constructor(oneOf: number, blocks: EventBlocks) {
    this.#oneOf = oneOf;
    this.#blocks = blocks;
  }

  /**
   * Takes the outermost call that an event says it belongs to.
   *
   * @param index Of an event that may lie in no tree, and is kept then with those of its call.
   */
  link(track: number, start: number, root: string, index = NO_INDEX): void {
    const [high, low] = hash(root);
    this.#place(track, start, LINK, index, high, low);
  }

  /** The trees in which an event lies, on whichever tracks, are one. */
  linkByIndex(track: number, start: number, index: number): void {
    this.#place(track, start, LINK, NO_INDEX, BY_INDEX, index);
  }

  /** Takes what lies in nothing else on its track. */
  addTree(track: number, start: number, end: number): void {
    this.#place(track, start, TREE, end, 0, 0);
  }

  /** An event gets a mark if the tree is kept that something lies in which begins then. */
  markIfKept(track: number, start: number, index: number, mark: number): void {
    this.#place(track, start, PART, index, mark, 0);
  }

  /** Decides, when everything is there. */
  settle(): void {
    this.#findTrees();
    this.#joinTrees();
    for (const { index, tree, mark } of this.#parts.sorted()) {
      this.#mark(index, this.#keeps(tree) ? mark : MARK.drop);
    }
    for (const { tree, track, start, end } of this.#times.sorted()) {
      if (this.#keeps(tree)) this.#kept.add(trackOfThread(track), start, end);
    }
  }

  /** Whether something lies in a tree that is kept which begins at a time on a thread. */
  holds(thread: number, time: number): boolean {
    return this.#kept.holds(thread, time);
  }

  /** Gives the temporary files back. Has to be called, and can be called again. */
  close(): void {
    for (const sorter of [this.#places, this.#links, this.#parts, this.#times]) sorter.close();
  }

  /** Nearly every event may have a row, so none is an object. */
  #place(
    track: number,
    start: number,
    kind: number,
    number: number,
    high: number,
    low: number,
  ): void {
    let at = this.#places.place();
    const { values } = this.#places;
    values[at++] = track;
    values[at++] = start;
    values[at++] = kind;
    values[at++] = number;
    values[at++] = high;
    values[at] = low;
  }

  #findTrees(): void {
    let tree = { number: NO_TREE, track: Number.NaN, start: 0, end: 0 };
    let [lastTree, lastHigh, lastLow] = [NO_TREE, 0, 0];
    for (const rows of this.#places.blocks()) {
      for (let at = 0; at < rows.length; at += WIDTH) {
        const track = rows[at];
        const start = rows[at + 1];
        const kind = rows[at + 2];
        const number = rows[at + 3];
        const high = rows[at + 4];
        const low = rows[at + 5];
        if (kind === TREE) {
          if (track === tree.track && start === tree.start) {
            tree.end = Math.max(tree.end, number);
            continue;
          }
          // What begins in the moment in which one tree ends and the next begins lies in the next.
          if (track === tree.track) tree.end = Math.min(tree.end, start - 1);
          this.#addTimes(tree);
          tree = { number: this.#trees.add(), track, start, end: number };
          continue;
        }
        const isIn = track === tree.track && start <= tree.end;
        if (kind === PART) {
          if (isIn) this.#parts.add({ index: number, tree: tree.number, mark: high });
          continue;
        }
        // Most events say the same as the one before.
        if (isIn && lastTree === tree.number && lastHigh === high && lastLow === low) continue;
        if (isIn) [lastTree, lastHigh, lastLow] = [tree.number, high, low];
        if (!isIn && number === NO_INDEX) continue;
        this.#links.add({ high, low, tree: isIn ? tree.number : NO_TREE, index: number });
      }
    }
    this.#addTimes(tree);
  }

  /** Operations are kept by marks: when their trees were does not matter. */
  #addTimes({ number, track, start, end }: { number: number } & Stretch): void {
    if (track < BESIDE) this.#times.add({ tree: number, track, start, end });
  }

  #joinTrees(): void {
    let [high, low, first] = [-1, -1, NO_TREE];
    for (const row of this.#links.sorted()) {
      if (row.high !== high || row.low !== low) {
        ({ high, low, tree: first } = row);
        if (first !== NO_TREE && high !== BY_INDEX) this.#trees.name(first, low);
      } else if (row.tree !== NO_TREE) this.#trees.join(first, row.tree);
      if (row.tree !== NO_TREE) continue;
      if (first !== NO_TREE) {
        this.#parts.add({ index: row.index, tree: first, mark: MARK.inTree });
        continue;
      }
      this.#mark(row.index, low % this.#oneOf === 0 ? MARK.inTree : MARK.drop);
    }
  }

  /** What is left out for other reasons stays so. */
  #mark(index: number, mark: number): void {
    if (this.#blocks.markOf(index) !== MARK.drop) this.#blocks.mark(index, mark);
  }

  #keeps(tree: number): boolean {
    return this.#trees.nameOf(tree) % this.#oneOf === 0;
  }
}

interface Stretch {
  readonly track: number;
  readonly start: number;
  readonly end: number;
}

function numbered(number: number): number {
  return hash(`${number}`)[1];
}

const FIRST_TREES = 1024;

/** Trees by numbers, some of which turn out to be one. */
class JoinedTrees {
  #count = 0;
  /** For each tree, an earlier one that is the same, or itself. */
  #same = new Uint32Array(FIRST_TREES);
  /** Of the first one of those that are the same: half the hash of a call in it; 0 where there is none. */
  #names = new Uint32Array(FIRST_TREES);

  /** The number of a new tree. */
  add(): number {
    if (this.#count === this.#same.length) {
      this.#same = larger(this.#same);
      this.#names = larger(this.#names);
    }
    this.#same[this.#count] = this.#count;
    return this.#count++;
  }

  name(tree: number, name: number): void {
    const first = this.#firstOf(tree);
    if (this.#names[first] === 0) this.#names[first] = name;
  }

  join(one: number, other: number): void {
    const [a, b] = [this.#firstOf(one), this.#firstOf(other)];
    if (a === b) return;
    const [first, later] = a < b ? [a, b] : [b, a];
    this.#same[later] = first;
    if (this.#names[first] === 0) this.#names[first] = this.#names[later];
  }

  /** A number that is the same for all that are one tree. */
  nameOf(tree: number): number {
    const first = this.#firstOf(tree);
    return this.#names[first] || numbered(first);
  }

  /** The way there gets shorter each time. */
  #firstOf(tree: number): number {
    const same = this.#same;
    let at = tree;
    while (same[at] !== at) {
      same[at] = same[same[at]];
      at = same[at];
    }
    return at;
  }
}

function larger(numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(2 * numbers.length);
  grown.set(numbers);
  return grown;
}
