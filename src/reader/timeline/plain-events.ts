import { isMicroseconds, NS_PER_US } from '../../trace-event/numbers.js';
import type { RawEvent, TraceEntry } from '../source/entries.js';
import { type EventBatch, FIELD } from '../source/event-batch.js';
import type { StringTable } from './string-table.js';
import type { ThreadTimeline } from './thread-timeline.js';
import type { TimeScale } from './timed-event.js';
import { phaseNumber } from './track-phases.js';

const [X, B, E, C, M] = Buffer.from('XBECM');
const [PHASE_X, PHASE_B, PHASE_E] = ['X', 'B', 'E'].map(phaseNumber);
/** Without one of these an event's thread or its time have to be guessed. */
export const PLACE_FIELDS = FIELD.ph | FIELD.ts | FIELD.pid | FIELD.tid;
/** What says more of an event than its columns. */
export const BEYOND_COLUMNS = FIELD.id2 | FIELD.bind_id | FIELD.other;
const NO_ARGS: Readonly<Record<string, unknown>> = Object.freeze({});

/**
 * Whether an event is a slice, or one end of it, of which the columns say all that tracks show. Others have
 * to be taken as entries.
 */
export function isPlainSlice({ ph, fields, ts, dur, tid }: EventBatch, row: number): boolean {
  const letter = ph[row];
  if (letter !== X && letter !== B && letter !== E) return false;
  const known = fields[row];
  if ((known & PLACE_FIELDS) !== PLACE_FIELDS || tid[row] === 0) return false;
  if (!isMicroseconds(ts[row])) return false;
  if (letter !== X) return true;
  return (known & FIELD.dur) !== 0 && dur[row] >= 0 && isMicroseconds(dur[row]);
}

/**
 * Puts slices of a batch on their threads' tracks, without an object for each, and makes entries of
 * all other events of it: as small ones as will do.
 */
export class PlainEvents {
  readonly #strings: StringTable;
  readonly #scale: TimeScale;
  readonly #threads: ThreadTimeline;
  /** The number of the string table that stands for no text. */
  readonly #none: number;
  /** Those of texts, by those of the batches. */
  readonly #numbers: number[] = [];
  /** When the slice begins and ends that was added last. */
  start = 0;
  end = 0;

  constructor(strings: StringTable, scale: TimeScale, threads: ThreadTimeline) {
    this.#strings = strings;
    this.#none = strings.number('');
    this.#scale = scale;
    this.#threads = threads;
  }

  /** Adds an event that {@link isPlainSlice}. */
  addSlice(batch: EventBatch, row: number): void {
    const { ph, fields, ts, dur, pid, tid, name, category, index, offset } = batch;
    const letter = ph[row];
    const known = fields[row];
    this.start = this.#scale.nanoseconds(ts[row]);
    this.end = letter === X ? this.start + Math.round(dur[row] * NS_PER_US) : this.start;
    this.#threads.addNumbers(
      letter === X ? PHASE_X : letter === B ? PHASE_B : PHASE_E,
      this.#threads.thread(pid[row], tid[row]),
      this,
      (known & FIELD.name) === 0 ? this.#none : this.#number(batch, name[row]),
      (known & FIELD.cat) === 0 ? this.#none : this.#number(batch, category[row]),
      index + row,
      offset[row],
    );
  }

  /** An event as an entry: as a whole where its columns do not say all that commands ask for. */
  entry(batch: EventBatch, row: number): TraceEntry {
    const letter = batch.ph[row];
    const isWhole =
      letter === C ||
      letter === M ||
      (batch.fields[row] & (BEYOND_COLUMNS | FIELD.ph)) !== FIELD.ph;
    const text = isWhole ? batch.text(row) : '';
    const event = isWhole ? (JSON.parse(text) as RawEvent) : this.#light(batch, row);
    const offset = batch.offset[row];
    return { index: batch.index + row, offset, text, event, mended: false, badUtf8: false };
  }

  /** An event without what stands in its arguments. */
  #light(batch: EventBatch, row: number): RawEvent {
    const fields = batch.fields[row];
    const { texts } = batch.strings;
    const event: Record<string, unknown> = { ph: String.fromCharCode(batch.ph[row]) };
    if (fields & FIELD.name) event['name'] = texts[batch.name[row]];
    if (fields & FIELD.cat) event['cat'] = texts[batch.category[row]];
    if (fields & FIELD.ts) event['ts'] = batch.ts[row];
    if (fields & FIELD.dur) event['dur'] = batch.dur[row];
    if (fields & FIELD.pid) event['pid'] = batch.pid[row];
    if (fields & FIELD.tid) event['tid'] = batch.tid[row];
    if (fields & FIELD.id) event['id'] = batch.id(row);
    if (fields & FIELD.s) event['s'] = String.fromCharCode(batch.scope[row]);
    if (fields & FIELD.bp) event['bp'] = 'e';
    if (fields & FIELD.args) event['args'] = NO_ARGS;
    return event;
  }

  #number({ strings: { texts } }: EventBatch, number: number): number {
    const numbers = this.#numbers;
    while (numbers.length < texts.length) numbers.push(this.#strings.number(texts[numbers.length]));
    return numbers[number];
  }
}
