import { compareRows } from './sort-rows.js';
import { ThreadEvents } from './thread-events.js';
import { fill, KEYS, WIDTH } from './thread-rows.js';
import { ThreadTrack, type ThreadVisitor } from './thread-track.js';

/** Of more threads, all are gone over in the end, one after the other: each is remembered here. */
const MAX_THREADS = 1000;
/** More than so many runs do not wait. */
const MAX_WAITING = 4;
/** Room for so many more rows than have to wait: the next time there are about as many. */
const SPARE_ROWS = 10_000;

/** Sees what becomes of the events, and begins anew where that does not hold. */
export interface EarlyVisitor extends ThreadVisitor {
  /** All that it was told is to be forgotten. */
  restart(): void;
}

/**
 * Goes over events while the trace is still read. Events come in runs, each of which is in order. What comes
 * before a run's first event of a thread, and was in the run before, is gone over. A later run may still have
 * something that belongs before it: a call that is written at its end, and lasts for as long as a run. Then
 * nothing holds of what the visitor was told, and all of it has to be gone over when everything is there.
 */
export class EarlyReplay {
  readonly #visitor: EarlyVisitor;
  readonly #none: number;
  readonly #events = new ThreadEvents();
  /** By thread. */
  readonly #tracks: (ThreadTrack | undefined)[] = [];
  /** The rows that were gone over last, by thread. */
  readonly #last = new Float64Array(MAX_THREADS * WIDTH);
  /** Rows that wait, in order, and room for those that wait after the next run. */
  #waiting = new Float64Array(0);
  #room = new Float64Array(0);
  #hasVagueEnds: boolean | undefined;

  constructor(visitor: EarlyVisitor, none: number) {
    this.#visitor = visitor;
    this.#none = none;
  }

  /**
   * Takes a run. False where it turns out that what was told does not hold; the visitor begins anew then.
   *
   * @param hasVagueEnds Whether there may be ends without a name or a category, up to now.
   */
  take(run: Float64Array, hasVagueEnds: boolean): boolean {
    return this.#trying(() => {
      return this.#take(run, hasVagueEnds) && this.#waiting.length <= MAX_WAITING * run.length;
    });
  }

  /** The same for the last events: all that waits is gone over. */
  finish(run: Float64Array, hasVagueEnds: boolean): boolean {
    return this.#trying(() => {
      if (!this.#take(run, hasVagueEnds)) return false;
      for (let at = 0; at < this.#waiting.length; at += WIDTH) this.#replay(this.#waiting, at);
      for (const track of this.#tracks) track?.finish();
      return true;
    });
  }

  /** A visitor gives up by an error. That of a trace comes again when all is gone over. */
  #trying(go: () => boolean): boolean {
    let isDone = false;
    try {
      isDone = go();
    } catch {}
    if (!isDone) this.#visitor.restart();
    return isDone;
  }

  #take(run: Float64Array, hasVagueEnds: boolean): boolean {
    this.#hasVagueEnds ??= hasVagueEnds;
    // Tracks have to know it from the start.
    if (hasVagueEnds !== this.#hasVagueEnds) return false;
    const waiting = this.#waiting;
    const all = waiting.length + run.length;
    if (this.#room.length < all) this.#room = new Float64Array(all + WIDTH * SPARE_ROWS);
    const rest = this.#room;
    let kept = 0;
    for (let [a, b] = [0, 0]; a < waiting.length || b < run.length; ) {
      const thread = Math.min(waiting[a] ?? MAX_THREADS, run[b] ?? MAX_THREADS);
      if (thread >= MAX_THREADS) return false;
      const [endOfA, endOfB] = [endOfThread(waiting, a, thread), endOfThread(run, b, thread)];
      if (b < endOfB) {
        if (this.#isAfter(thread, run, b)) return false;
        const from = a;
        while (a < endOfA && compareRows(waiting, a, run, b, KEYS) < 0) {
          this.#replay(waiting, a);
          a += WIDTH;
        }
        if (a > from) this.#last.set(waiting.subarray(a - WIDTH, a), thread * WIDTH);
      }
      kept = merge(waiting.subarray(a, endOfA), run.subarray(b, endOfB), rest, kept);
      [a, b] = [endOfA, endOfB];
    }
    this.#room = new Float64Array(waiting.buffer);
    this.#waiting = rest.subarray(0, kept);
    return true;
  }

  /** Whether what was gone over of a thread should have come after a row. */
  #isAfter(thread: number, run: Float64Array, at: number): boolean {
    const last = thread * WIDTH;
    return this.#tracks[thread] !== undefined && compareRows(this.#last, last, run, at, KEYS) > 0;
  }

  #replay(rows: Float64Array, at: number): void {
    const thread = rows[at];
    let track = this.#tracks[thread];
    if (track === undefined) {
      const hasVagueEnds = this.#hasVagueEnds === true;
      track = new ThreadTrack('', this.#visitor, this.#events, this.#none, hasVagueEnds);
      this.#tracks[thread] = track;
    }
    track.take(fill(this.#events.any(), rows, at));
  }
}

/** Where the rows of a thread end, of which the first one stands at `from`, if there is one. */
function endOfThread(rows: Float64Array, from: number, thread: number): number {
  let at = from;
  while (at < rows.length && rows[at] === thread) at += WIDTH;
  return at;
}

/** Puts rows that are in order together with others. Gives where the next ones are to be put. */
function merge(a: Float64Array, b: Float64Array, to: Float64Array, from: number): number {
  let at = from;
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const isFirst = compareRows(a, i, b, j, KEYS) <= 0;
    const [rows, row] = isFirst ? [a, i] : [b, j];
    for (let column = 0; column < WIDTH; column++) to[at++] = rows[row + column];
    if (isFirst) i += WIDTH;
    else j += WIDTH;
  }
  to.set(a.subarray(i), at);
  at += a.length - i;
  to.set(b.subarray(j), at);
  return at + b.length - j;
}
