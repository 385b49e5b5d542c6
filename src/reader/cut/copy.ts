import { closeSync, openSync, readSync } from 'node:fs';
import { NS_PER_US } from '../../trace-event/numbers.js';
import { isAsync, isFlow } from '../../trace-event/phases.js';
import {
  EntryParser,
  readEntries,
  type TraceEntry,
  type TraceFacts,
  textOf,
} from '../source/entries.js';
import { type EventBatch, FIELD } from '../source/event-batch.js';
import type { ListForm } from '../source/list-reader.js';
import { isTranslated, TraceSource } from '../source/source.js';
import { isPlainSlice, PlainEvents } from '../timeline/plain-events.js';
import type { TimedEvent } from '../timeline/timed-event.js';
import type { Run } from './event-blocks.js';
import type { FirstLook } from './first-look.js';
import type { Judge } from './judge.js';
import { GRADES, gradeOf } from './marks.js';
import type { ThreadFilter } from './threads.js';

const BLOCK_BYTES = 1024 * 1024;
const [X] = Buffer.from('X');
/** Given for metadata: it goes in each file, and is never too short. */
export const EVERY_FILE = -1;

/**
 * Takes an event that is kept: its JSON, made when it is asked for, how many bytes that has, and its share of
 * what is kept: the number of the file in which it goes with `--split`, else the grade of its duration.
 */
export type Keep = (text: () => string | Uint8Array, bytes: number, share: number) => void;

/** The second pass: looks again at the parts of the file in which there may be something to keep. */
export class Copier {
  readonly #look: FirstLook;
  readonly #judge: Judge;
  readonly #keepsThread: ThreadFilter;
  readonly #plain: PlainEvents;
  readonly #isSplit: boolean;

  constructor(look: FirstLook, judge: Judge, keepsThread: ThreadFilter = () => true) {
    this.#look = look;
    this.#judge = judge;
    this.#keepsThread = keepsThread;
    this.#plain = new PlainEvents(look.strings, look.scale, look.threads);
    this.#isSplit = judge.range.bounds.length > 0;
  }

  async copy(path: string, { isPerfetto, form = 'array' }: TraceFacts, keep: Keep): Promise<void> {
    const runs = this.#look.blocks.runs((from, to) => this.#judge.mayKeep(from, to));
    const parserOf = (run: Run) => this.#parser(run, form, keep);
    if (isPerfetto) await this.#copyPackets(path, [...runs], keep);
    else if (isTranslated(path)) await this.#copyPacked(path, runs, parserOf);
    else this.#copyPlain(path, runs, parserOf);
  }

  #copyPlain(path: string, runs: Iterable<Run>, parserOf: (run: Run) => EntryParser): void {
    const fd = openSync(path, 'r');
    try {
      const block = Buffer.alloc(BLOCK_BYTES);
      for (const run of runs) {
        const { from, to } = run;
        const parser = parserOf(run);
        for (let at = from; at < to; ) {
          const length = readSync(fd, block, 0, Math.min(BLOCK_BYTES, to - at), at);
          if (length === 0) break;
          parser.push(block.subarray(0, length));
          at += length;
        }
        parser.end();
      }
    } finally {
      closeSync(fd);
    }
  }

  /** A packed file has no places to go to: it is unpacked up to the last part. */
  async #copyPacked(
    path: string,
    runs: Iterable<Run>,
    parserOf: (run: Run) => EntryParser,
  ): Promise<void> {
    const rest = runs[Symbol.iterator]();
    let run = rest.next();
    let parser: EntryParser | undefined;
    let at = 0;
    for await (const block of new TraceSource(path).blocks()) {
      const end = at + block.length;
      while (run.done !== true && run.value.from < end) {
        const { from, to } = run.value;
        parser ??= parserOf(run.value);
        parser.push(block.subarray(Math.max(0, from - at), to - at));
        if (to > end) break;
        parser.end();
        parser = undefined;
        run = rest.next();
      }
      at = end;
      if (run.done === true) return;
    }
    parser?.end();
  }

  /**
   * What packets say depends on those before them: all are read, and what is not looked at is not
   * written.
   */
  async #copyPackets(path: string, runs: readonly Run[], keep: Keep): Promise<void> {
    const isWanted = insideOf(runs);
    const isLookedAt = insideOf(runs);
    await readEntries(path, {
      handsOn: true,
      onEntry: (entry) => {
        if (isLookedAt(entry.index)) this.#take(entry, keep);
      },
      onBatch: (batch) => this.#takeBatch(batch, 0, keep, isLookedAt),
      wantsText: (batch, row) => isWanted(batch.index + row),
      onProblem: () => {},
    });
  }

  /** Reads a part of the list: its first event is the one of that index. */
  #parser({ index, from }: Run, form: ListForm, keep: Keep): EntryParser {
    const parser = new EntryParser('', {
      onEntry: (entry) => this.#take({ ...entry, index: entry.index + index }, keep),
      onBatch: (batch) => this.#takeBatch(batch, index, keep),
      onProblem: () => {},
    });
    parser.beginAt(from, form);
    return parser;
  }

  #takeBatch(
    batch: EventBatch,
    first: number,
    keep: Keep,
    isLookedAt?: (index: number) => boolean,
  ): void {
    const plain = this.#plain;
    const { scale, threads } = this.#look;
    const { texts } = batch.strings;
    for (let row = 0; row < batch.count; row++) {
      if (isLookedAt?.(batch.index + row) === false) continue;
      if (batch.ph[row] !== X || !isPlainSlice(batch, row)) {
        const entry = plain.entry(batch, row);
        this.#take({ ...entry, index: first + entry.index, text: batch.text(row) }, keep);
        continue;
      }
      const { fields, pid, tid } = batch;
      const start = scale.nanoseconds(batch.ts[row]);
      const end = start + Math.round(batch.dur[row] * NS_PER_US);
      // Most events that are looked at again are out of the range: they lie beside one that is not.
      const judge = this.#judge;
      const isIn = judge.isInRange(start, end);
      if (!isIn && !judge.hasFarEnds) continue;
      const thread = threads.thread(pid[row], tid[row]);
      if (!isIn && !judge.hasFarEndIn(thread, start, end)) continue;
      if (!this.#keepsThread({ pid: pid[row], tid: tid[row] })) continue;
      const judged = {
        index: first + batch.index + row,
        name: (fields[row] & FIELD.name) === 0 ? '' : texts[batch.name[row]],
        category: (fields[row] & FIELD.cat) === 0 ? '' : texts[batch.category[row]],
        start,
        end,
        thread,
      };
      if (!judge.keeps(judged)) continue;
      const [from, to] = [batch.start[row], batch.end[row]];
      keep(() => batch.bytes.subarray(from, to), to - from, this.#share(start, end));
    }
  }

  #take(entry: TraceEntry, keep: Keep): void {
    const share = this.#judgeEntry(entry);
    if (share === undefined) return;
    const text = textOf(entry);
    keep(() => text, Buffer.byteLength(text), share);
  }

  /** The share in which an event goes; undefined if it is left out. */
  #judgeEntry(entry: TraceEntry): number | undefined {
    const { event, index } = entry;
    if (event === undefined) return undefined;
    const judge = this.#judge;
    if (event.ph === 'M' || event.ph === 'P') {
      return this.#keepsThread(event) ? EVERY_FILE : undefined;
    }
    const timed = this.#look.scale.place(entry);
    if (timed === undefined) return undefined;
    const { ph, name, cat: category, pid, tid, start, end } = timed;
    const thread = this.#look.threads.thread(pid, tid);
    if (isAsync(ph) || isFlow(ph)) {
      if (judge.hasMark(index)) return judge.shareOfMark(index);
      const isAlone = isAsync(ph) ? timed.async === undefined : !isPointOfFlow(timed);
      return isAlone && judge.keepsAlone(start) ? this.#share(start, start) : undefined;
    }
    if (event.ph === 'B' || ph === 'E') {
      return judge.hasMark(index) ? judge.shareOfMark(index) : undefined;
    }
    if (!this.#keepsThread(event)) return undefined;
    if (ph === 'C') {
      if (!judge.keepsValue(index, name, category, start)) return undefined;
      return this.#share(start, Number.POSITIVE_INFINITY);
    }
    const until = timed.unfinished ? Number.POSITIVE_INFINITY : end;
    const isInstant = ph !== 'X' && ph !== 'B' && end === start;
    if (!judge.keeps({ index, name, category, start, end: until, thread, isInstant }))
      return undefined;
    return this.#share(start, isInstant ? Number.POSITIVE_INFINITY : until);
  }

  #share(start: number, end: number): number {
    if (this.#isSplit) return this.#judge.fileOf(start);
    return end === Number.POSITIVE_INFINITY ? GRADES - 1 : gradeOf(end - start);
  }
}

/** Whether it can be told which flow an event is a point of. */
function isPointOfFlow({ flow }: TimedEvent): boolean {
  return flow?.phase !== undefined && flow.id !== undefined;
}

/** Tells whether events lie in one of these parts, if they are asked for in their order. */
function insideOf(runs: readonly Run[]): (index: number) => boolean {
  let next = 0;
  return (index) => {
    while (next < runs.length && index >= runs[next].indexTo) next++;
    return next < runs.length && index >= runs[next].index;
  };
}
