import { NS_PER_US } from '../../trace-event/numbers.js';
import { isAsync, isFlow, isSlice } from '../../trace-event/phases.js';
import { ownCategory } from '../source/argument-texts.js';
import { type TraceEntry, textOf } from '../source/entries.js';
import { type EventBatch, FIELD } from '../source/event-batch.js';
import { AsyncTimeline, asyncTrack } from '../timeline/async-timeline.js';
import { isPlainSlice, PlainEvents } from '../timeline/plain-events.js';
import { StringTable } from '../timeline/string-table.js';
import { ThreadTimeline } from '../timeline/thread-timeline.js';
import { type TimedEvent, TimeScale } from '../timeline/timed-event.js';
import { EventBlocks } from './event-blocks.js';
import { FlowChains } from './flow-chains.js';
import { LastValues } from './last-values.js';
import { MARK } from './marks.js';
import { BESIDE, Sample, trackOfThread } from './sample.js';
import type { ThreadFilter } from './threads.js';
import { isLongTick, rootOf } from './trees.js';

const [X, E] = Buffer.from('XE');
const TEXTS = FIELD.name | FIELD.cat;

/** What the first pass has to know of what is asked for. */
export interface Wanted {
  readonly keepsThread: ThreadFilter | undefined;
  /** Where only what belongs to some calls is kept: whether an event is, by the call that it names. */
  readonly keepsRoot: ((root: string | undefined) => boolean) | undefined;
  /** One of so many trees is kept. */
  readonly sample: number | undefined;
  /** Whether operations of a category are kept, if not all are. */
  readonly keepsCategory: ((category: string) => boolean) | undefined;
  /** Whether slices have to be put on their threads' tracks: only there it shows what lies in what. */
  readonly nests: boolean;
  /** Is told when each event begins, and how many bytes it has. */
  readonly onTime: ((start: number, bytes: number) => void) | undefined;
  /** The same of metadata that is kept, which holds for all times. */
  readonly onMetadata: ((bytes: number) => void) | undefined;
}

/**
 * The first pass over a trace. What says of itself whether it is kept, as a complete event does by its
 * times, is only noted by the block of the file that it stands in. All that has its other half elsewhere
 * goes on timelines.
 */
export class FirstLook {
  readonly scale = new TimeScale();
  readonly blocks = new EventBlocks();
  readonly threads: ThreadTimeline;
  readonly asyncs: AsyncTimeline;
  readonly flows: FlowChains;
  readonly counters: LastValues;
  readonly strings = new StringTable();
  /** Where only some trees are kept. */
  readonly sample: Sample | undefined;
  readonly #plain: PlainEvents;
  readonly #wanted: Wanted;
  /** By the numbers of threads. */
  readonly #keepsThread: (boolean | undefined)[] = [];

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
    this.sample = wanted.sample === undefined ? undefined : new Sample(wanted.sample, this.blocks);
    this.threads = new ThreadTimeline(this.strings);
    this.asyncs = new AsyncTimeline(this.strings);
    this.flows = new FlowChains(this.strings);
    this.counters = new LastValues(this.strings);
    this.#plain = new PlainEvents(this.strings, this.scale, this.threads);
  }

  /** Whether it looks at the text of events, and not only at what their columns say. */
  get wantsTexts(): boolean {
    const { keepsRoot, sample, keepsCategory, onTime } = this.#wanted;
    return [keepsRoot, sample, keepsCategory, onTime].some((wanted) => wanted !== undefined);
  }

  takeBatch(batch: EventBatch): void {
    const { blocks, scale } = this;
    const { keepsThread, nests, onTime } = this.#wanted;
    const plain = this.#plain;
    for (let row = 0; row < batch.count; row++) {
      const index = batch.index + row;
      blocks.see(index, batch.offset[row]);
      const letter = batch.ph[row];
      if (!isPlainSlice(batch, row) || (batch.fields[row] & FIELD.bind_id) !== 0) {
        this.#take(plain.entry(batch, row), batch, row);
        continue;
      }
      const start = scale.nanoseconds(batch.ts[row]);
      const lasts = letter === X ? Math.round(batch.dur[row] * NS_PER_US) : 0;
      if (keepsThread !== undefined && !this.#keeps(keepsThread, batch, row)) {
        blocks.pass(start, start + lasts);
        continue;
      }
      blocks.span(start, start + lasts);
      onTime?.(start, batch.end[row] - batch.start[row]);
      if (letter !== E) this.#judgeSlice(index, start, batch, row);
      if (letter !== X || nests) plain.addSlice(batch, row);
    }
  }

  take(entry: TraceEntry): void {
    this.blocks.see(entry.index, entry.offset);
    const bytes = Buffer.from(textOf(entry));
    this.#take(entry, { bytes, start: [0], end: [bytes.length] }, 0);
  }

  #take(entry: TraceEntry, where: Where, row: number): void {
    const { event, index } = entry;
    if (event === undefined) return;
    if (event.ph === 'M' || event.ph === 'P') {
      // Metadata holds for all times; and what a profile says next builds on all that it said before.
      if (this.#wanted.keepsThread?.(event) === false) return;
      this.blocks.want();
      this.#wanted.onMetadata?.(where.end[row] - where.start[row]);
      return;
    }
    const timed = this.scale.place(entry);
    if (timed === undefined) return;
    if (this.#wanted.keepsThread?.(event) === false) {
      this.#pass(timed);
      return;
    }
    this.blocks.span(timed.start, timed.end);
    this.#wanted.onTime?.(timed.start, where.end[row] - where.start[row]);
    this.#addToFlow(timed, false);
    if (isFlow(timed.ph)) return;
    if (timed.ph === 'C') {
      this.counters.add(timed);
      return;
    }
    const isEnd = timed.ph === 'E' || timed.ph === 'e';
    if (!isEnd) this.#judgeTree(timed, where, row);
    if (isAsync(timed.ph)) {
      if (timed.ph === 'b' && !this.#keepsCategory(timed.cat, where, row)) {
        this.blocks.mark(index, MARK.drop);
      }
      this.asyncs.add(timed);
    } else if (isSlice(timed.ph) && (event.ph !== 'X' || this.#wanted.nests)) {
      this.threads.add(timed);
    }
  }

  /**
   * What is on a thread that is left out may end an operation that is kept; and operations that are left
   * out have ends of their own, which must not be taken for those of others.
   */
  #pass(timed: TimedEvent): void {
    this.blocks.pass(timed.start, timed.end);
    this.#addToFlow(timed, true);
    if (!isAsync(timed.ph)) return;
    if (timed.ph !== 'e') this.blocks.mark(timed.index, MARK.drop);
    this.asyncs.add(timed);
  }

  #addToFlow(timed: TimedEvent, isLeftOut: boolean): void {
    if (timed.flow === undefined) return;
    this.flows.add(timed, this.threads.thread(timed.pid, timed.tid), isLeftOut);
  }

  /** What events of a batch say of the tree that they belong to. */
  #judgeSlice(index: number, start: number, batch: EventBatch, row: number): void {
    if (this.#wanted.keepsRoot === undefined && this.sample === undefined) return;
    const root = rootOf(batch.bytes, batch.start[row], batch.end[row]);
    this.#judgeRoot(index, root);
    if (this.sample === undefined) return;
    const { fields, name, category, pid, tid, strings } = batch;
    if (root === undefined) return;
    const isTick =
      (fields[row] & TEXTS) === TEXTS &&
      isLongTick(strings.texts[name[row]], strings.texts[category[row]]);
    const thread = this.threads.thread(pid[row], tid[row]);
    this.sample.link(isTick ? BESIDE : trackOfThread(thread), start, root, index);
  }

  #judgeTree(timed: TimedEvent, { bytes, start: from, end: to }: Where, row: number): void {
    const { sample } = this;
    if (this.#wanted.keepsRoot === undefined && sample === undefined) return;
    const { index, start, ph, name, cat, pid, tid, async } = timed;
    const root = rootOf(bytes, from[row], to[row]);
    this.#judgeRoot(index, root);
    if (sample === undefined) return;
    // An operation belongs to the slice that it was begun in, and what happens in it does to the operation.
    const isBegin = ph === 'b' && async !== undefined;
    const tracks: number[] = [];
    if (async !== undefined) tracks.push(asyncTrack(timed, async));
    if (isSlice(ph) && isLongTick(name, cat)) tracks.push(BESIDE);
    else if (isBegin || !isAsync(ph)) tracks.push(trackOfThread(this.threads.thread(pid, tid)));
    for (const track of tracks) {
      if (root !== undefined)
        sample.link(track, start, root, async === undefined ? index : undefined);
      else if (isBegin) sample.linkByIndex(track, start, index);
    }
  }

  #judgeRoot(index: number, root: string | undefined): void {
    const { keepsRoot } = this.#wanted;
    if (keepsRoot !== undefined) this.blocks.mark(index, keepsRoot(root) ? MARK.inTree : MARK.drop);
  }

  #keepsCategory(category: string, { bytes, start, end }: Where, row: number): boolean {
    const { keepsCategory } = this.#wanted;
    if (keepsCategory === undefined) return true;
    return keepsCategory(ownCategory(bytes, start[row], end[row]) ?? category);
  }

  #keeps(keepsThread: ThreadFilter, { pid, tid }: EventBatch, row: number): boolean {
    const thread = this.threads.thread(pid[row], tid[row]);
    const known = this.#keepsThread[thread];
    if (known !== undefined) return known;
    const keeps = keepsThread({ pid: pid[row], tid: tid[row] });
    this.#keepsThread[thread] = keeps;
    return keeps;
  }

  /** Gives the temporary files back. Has to be called, and can be called again. */
  close(): void {
    this.threads.close();
    this.asyncs.close();
    this.flows.close();
    this.counters.close();
    this.sample?.close();
  }
}

/** Where the bytes of events stand. */
interface Where {
  readonly bytes: Buffer;
  readonly start: ArrayLike<number>;
  readonly end: ArrayLike<number>;
}
