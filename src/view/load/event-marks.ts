import { argumentKey, textBehind } from '../../reader/source/argument-texts.js';
import { ByteStrings } from '../../reader/source/byte-strings.js';
import { isObject, type TraceEntry } from '../../reader/source/entries.js';
import type { EventBatch } from '../../reader/source/event-batch.js';
import {
  CALLER_ID,
  OWN_CATEGORY,
  OWN_ID,
  PARENT_ID,
  ROOT_ID,
  SPAN_ID,
} from '../../trace-event/lineage.js';
import { NONE } from '../model/model-data.js';
import { Growing } from './growing.js';

const [BEGIN, BACKSLASH, QUOTE] = Buffer.from('b\\"');
const [F, N] = Buffer.from('fn');
/**
 * What is looked for in the bytes of arguments: how some keys begin. Without the quote before, which is
 * checked afterwards: looking for what begins with the commonest of all bytes takes ten times as long.
 */
const LINEAGE = Buffer.from('op.');
const CROSSING = Buffer.from('trace.');
const CATEGORY = Buffer.from('category":');
const ERROR = Buffer.from('error":');

/**
 * What the arguments of events say of their place in the whole: which call they belong to, and whether
 * they failed. Arguments are not parsed for this: it is found in their bytes. Events are named by their
 * places in the list.
 */
export class EventMarks {
  /** For each event, numbers of calls, or NONE. */
  readonly own = new Growing(Uint32Array, NONE);
  readonly roots = new Growing(Uint32Array, NONE);
  readonly parents = new Growing(Uint32Array, NONE);
  /** Events that sent a request, by the number of what it carried, and those that got one. */
  readonly sent = new Map<number, number>();
  readonly received = new Map<number, number>();
  readonly failed = new Set<number>();
  /** Categories of operations that have to say another one because of the track they are on. */
  readonly categories = new Map<number, string>();
  readonly #ids = new ByteStrings();
  readonly #spans = new ByteStrings();

  /** Whether there is anything about calls. */
  get hasLineage(): boolean {
    return this.own.count > 0 || this.roots.count > 0;
  }

  /** How many calls are spoken of. */
  get calls(): number {
    return this.#ids.texts.length;
  }

  takeBatch(batch: EventBatch): void {
    find(batch, LINEAGE, (row, at) => {
      const { bytes, index } = batch;
      for (const [key, column] of this.#columns) {
        const id = textBehind(bytes, at, key);
        if (id !== undefined) column.set(index + row, this.#ids.number(bytes, ...id));
      }
    });
    find(batch, ERROR, (row, at) => {
      let value = at + 1 + ERROR.length;
      if (batch.bytes[value] === 0x20) value++;
      const first = batch.bytes[value];
      // Many say that there was none.
      if (first === F || first === N) return;
      this.#fail({ index: batch.index + row, event: JSON.parse(batch.text(row)) });
    });
    if (!this.hasLineage) return;
    find(batch, CROSSING, (row, at) => {
      const { bytes, index } = batch;
      for (const [key, events] of this.#crossing) {
        const span = textBehind(bytes, at, key);
        if (span !== undefined) events.set(index + row, this.#spans.number(bytes, ...span));
      }
    });
    find(batch, CATEGORY, (row) => {
      if (batch.ph[row] === BEGIN)
        this.take({ index: batch.index + row, event: JSON.parse(batch.text(row)) });
    });
  }

  /** Takes an event with all its arguments. */
  take({ index, event }: Pick<TraceEntry, 'index' | 'event'>): void {
    if (event === undefined || !isObject(event.args)) return;
    const { args } = event;
    for (const [key, column] of this.#columns) {
      const id = args[key.text];
      if (typeof id === 'string') column.set(index, this.#ids.numberOf(id));
    }
    for (const [key, events] of this.#crossing) {
      const span = args[key.text];
      if (typeof span === 'string') events.set(index, this.#spans.numberOf(span));
    }
    if (event.ph === 'b' && typeof args[OWN_CATEGORY] === 'string') {
      this.categories.set(index, args[OWN_CATEGORY]);
    }
    this.#fail({ index, event });
  }

  #fail({ index, event }: Pick<TraceEntry, 'index' | 'event'>): void {
    if (isObject(event?.args) && event.args['error']) this.failed.add(index);
  }

  readonly #columns = [
    [argumentKey(OWN_ID), this.own],
    [argumentKey(ROOT_ID), this.roots],
    [argumentKey(PARENT_ID), this.parents],
  ] as const;
  readonly #crossing = [
    [argumentKey(SPAN_ID), this.sent],
    [argumentKey(CALLER_ID), this.received],
  ] as const;
}

/** Calls for each quote in the bytes of a batch behind which a text stands, with the row of its event. */
function find(batch: EventBatch, text: Buffer, take: (row: number, at: number) => void): void {
  const { start, end, count } = batch;
  const bytes = batch.bytes.subarray(0, end[count - 1]);
  let row = 0;
  for (
    let at = bytes.indexOf(text, start[0]);
    at >= 0;
    at = bytes.indexOf(text, at + text.length)
  ) {
    if (bytes[at - 1] !== QUOTE || bytes[at - 2] === BACKSLASH) continue;
    while (end[row] <= at) row++;
    if (at > start[row]) take(row, at - 1);
  }
}
