import { METADATA_CATEGORY } from '../../../trace-event/defaults.js';
import { NS_PER_US } from '../../../trace-event/numbers.js';
import { ByteStrings } from '../byte-strings.js';
import { EventBatch, FIELD } from '../event-batch.js';
import { type ListHandlers, NO_TEXT } from '../list-reader.js';
import { JsonBuffer, jsonOf } from './json-buffer.js';
import type { Place } from './track.js';

const text = (json: string): Buffer => Buffer.from(json);
const SEPARATOR = text(',\n');
const PHASE = text('{"ph":"');
const TIME = text('","ts":');
const SCOPE = text(',"s":"');
const QUOTE = text('"');
const ID = text(',"id":');
const BIND = text(',"bp":"e"');
const NAME = text(',"name":');
const CATEGORY = text(',"cat":');
const DURATION = text(',"dur":');
const ARGS = text(',"args":{');
const CLOSE = text('}');
/** Ends the arguments of an event that was begun. */
export const CLOSE_ARGS: Uint8Array = CLOSE;
/** Letters of scopes. */
const [THREAD, PROCESS, GLOBAL] = [...Buffer.from('tpg')].map((scope) => ({ scope }));
const [X, C, M, t, f] = Buffer.from('XCMtf');
const { ph, name, cat, ts, pid, tid, args } = FIELD;
const FIELDS = ph | name | cat | ts | pid | tid | args;
/** What is written is handed on when there is so much of it, or when the batch is full. */
const MOST_BYTES = 64 * 1024;
/** The JSON of so many texts is kept. */
const MAX_KEPT = 100_000;

/** What an event may have besides. */
export interface EventDetails {
  /** Of an instant: the letter of its scope. */
  readonly scope?: number;
  /** In hexadecimal digits. */
  readonly id?: string | undefined;
  /** Of a point of a flow: whether it is of the slice that comes next, and not of the one around it. */
  readonly bindsToNext?: boolean;
  /** Of a complete event, in nanoseconds. */
  readonly duration?: number | undefined;
}
const NO_DETAILS: EventDetails = {};

/** How far an instant of a place is drawn. */
export function scopeOf(place: Place): EventDetails {
  return place.isGlobal ? GLOBAL : place.role === 'thread' ? THREAD : PROCESS;
}

/**
 * Events of Chrome's format, put into the rows of a batch. Their JSON is made only where somebody wants it,
 * or the columns do not say all.
 */
export class EventRows {
  /** All names and categories. */
  readonly strings = new ByteStrings();
  /** No name, and no category. */
  readonly none = this.strings.numberOf('');
  readonly out = new JsonBuffer();
  /** Number of events so far. */
  count = 0;
  /** Where what they come from begins. */
  offset = 0;
  readonly #batch = new EventBatch(this.strings);
  readonly #handlers: ListHandlers;
  /** Whether an event was begun that is not closed, and whether its text is made. */
  #isOpen = false;
  #hasText = false;
  /** Whether it does not fit into the columns. */
  #isOdd = false;
  /** Where its phase stands. */
  #phaseAt = 0;
  readonly #jsons: (Buffer | undefined)[] = [];
  readonly #wantsText: ListHandlers['wantsText'];

  constructor(handlers: ListHandlers) {
    this.#handlers = handlers;
    this.#wantsText = handlers.onBatch === undefined ? undefined : handlers.wantsText;
  }

  /** Whether the text of any event may be made. */
  get mayHaveTexts(): boolean {
    return this.#wantsText !== NO_TEXT;
  }

  /**
   * Begins an event, and closes the one before.
   *
   * @param time Nanoseconds.
   * @param name Number of a text, like the category.
   * @returns whether its arguments are to be written into `out`, with the brace that closes them.
   */
  begin(
    phase: number,
    place: Place,
    time: number,
    name: number,
    category: number,
    { scope = 0, id, bindsToNext = false, duration }: EventDetails = NO_DETAILS,
  ): boolean {
    this.close();
    const batch = this.#batch;
    const row = batch.count;
    let fields = FIELDS;
    batch.offset[row] = this.offset;
    batch.ph[row] = phase;
    batch.ts[row] = time / NS_PER_US;
    batch.pid[row] = place.pid;
    batch.tid[row] = place.tid;
    batch.name[row] = name;
    batch.category[row] = category;
    if (scope !== 0) {
      fields |= FIELD.s;
      batch.scope[row] = scope;
    }
    if (id !== undefined) {
      const binds = (phase === t || phase === f) && !bindsToNext;
      fields |= binds ? FIELD.id | FIELD.bp : FIELD.id;
    }
    if (duration !== undefined) {
      fields |= FIELD.dur;
      batch.dur[row] = duration / NS_PER_US;
    }
    batch.fields[row] = fields;
    this.#open(phase, place);
    if (this.#hasText) this.#head(place, time, name, category, scope, id, duration);
    else if (id !== undefined) this.#id(id);
    return this.#hasText;
  }

  /** Makes a complete event of the begin that is open. */
  complete(time: number, begun: number): void {
    const batch = this.#batch;
    const row = batch.count;
    const duration = time - begun;
    batch.ph[row] = X;
    batch.dur[row] = duration / NS_PER_US;
    batch.fields[row] |= FIELD.dur;
    if (this.#hasText) {
      const { out } = this;
      batch.argsEnd[row] = out.length;
      out.bytes[this.#phaseAt] = X;
      out.reserve(0);
      out.put(DURATION);
      out.time(duration);
    }
    this.close();
  }

  /** Adds metadata of a process or a thread. */
  metadata(name: string, place: Pick<Place, 'pid' | 'tid'>, args: object): void {
    this.close();
    const batch = this.#batch;
    const row = batch.count;
    batch.offset[row] = this.offset;
    batch.ph[row] = M;
    batch.ts[row] = 0;
    batch.pid[row] = place.pid;
    batch.tid[row] = place.tid;
    batch.name[row] = this.strings.numberOf(name);
    batch.category[row] = this.strings.numberOf(METADATA_CATEGORY);
    batch.fields[row] = FIELDS;
    this.#open(M, place);
    const { pid, tid } = place;
    const json = JSON.stringify({ ph: 'M', name, cat: METADATA_CATEGORY, ts: 0, pid, tid });
    this.out.addText(`${json.slice(0, -CLOSE.length)},"args":`);
    batch.argsStart[row] = this.out.length;
    batch.argsEnd[row] = 0;
    this.out.addText(JSON.stringify(args));
    this.close();
  }

  /** Closes what was begun. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const batch = this.#batch;
    const { out } = this;
    const row = batch.count;
    if (this.#hasText) {
      // Of a complete event its duration stands behind them.
      if (batch.argsEnd[row] === 0) batch.argsEnd[row] = out.length;
      out.add(CLOSE);
    } else {
      batch.start[row] = batch.argsStart[row] = batch.argsEnd[row] = out.length;
    }
    batch.end[row] = out.length;
    if (this.#isOdd) this.#handOnText();
    else batch.count++;
    this.count++;
    if (batch.isFull || out.length >= MOST_BYTES) this.flush();
  }

  /** Hands on what is closed. */
  flush(): void {
    const batch = this.#batch;
    const { out } = this;
    if (batch.count === 0) return;
    batch.bytes = out.bytes;
    batch.to = out.length;
    const { onBatch } = this.#handlers;
    if (onBatch !== undefined) onBatch(batch);
    else for (let row = 0; row < batch.count; row++) this.#asText(batch, row, batch.index + row);
    batch.count = 0;
    out.clear();
  }

  #open(phase: number, place: Pick<Place, 'pid' | 'tid'>): void {
    const batch = this.#batch;
    const row = batch.count;
    this.#isOpen = true;
    batch.index = this.count - row;
    this.#isOdd = place.pid >>> 0 !== place.pid || place.tid >>> 0 !== place.tid;
    const needsText = this.#isOdd || phase === M || phase === C;
    this.#hasText = needsText || (this.#wantsText?.(batch, row) ?? true);
    if (!this.#hasText) return;
    if (this.out.length > 0) this.out.add(SEPARATOR);
    batch.start[row] = this.out.length;
  }

  /** `{"ph":"…","ts":…,"pid":…,"tid":…,…,"name":…,"cat":…,"args":{` */
  #head(
    place: Place,
    time: number,
    name: number,
    category: number,
    scope: number,
    id: string | undefined,
    duration: number | undefined,
  ): void {
    const { out } = this;
    const batch = this.#batch;
    const row = batch.count;
    out.reserve(0);
    out.put(PHASE);
    this.#phaseAt = out.length;
    out.bytes[out.length++] = batch.ph[row];
    out.put(TIME);
    out.time(time);
    if (duration !== undefined) {
      out.put(DURATION);
      out.time(duration);
    }
    out.put(place.json);
    if (scope !== 0) {
      out.put(SCOPE);
      out.bytes[out.length++] = scope;
      out.put(QUOTE);
    }
    if (id !== undefined) {
      out.put(ID);
      this.#id(id);
      if ((batch.fields[row] & FIELD.bp) !== 0) out.put(BIND);
    }
    out.put(NAME);
    out.add(this.#jsonOf(name));
    out.reserve(0);
    out.put(CATEGORY);
    out.add(this.#jsonOf(category));
    out.add(ARGS);
    batch.argsStart[row] = out.length - 1;
    batch.argsEnd[row] = 0;
  }

  #id(id: string): void {
    const { out } = this;
    const batch = this.#batch;
    batch.idStart[batch.count] = out.length;
    out.addText(`"0x${id}"`);
    batch.idEnd[batch.count] = out.length;
    out.reserve(0);
  }

  #jsonOf(number: number): Buffer {
    let json = this.#jsons[number];
    if (json === undefined) {
      json = jsonOf(this.strings.texts[number]);
      if (number < MAX_KEPT) this.#jsons[number] = json;
    }
    return json;
  }

  /** Hands on the event that was closed last as text. */
  #handOnText(): void {
    const batch = this.#batch;
    const { out } = this;
    const row = batch.count;
    batch.bytes = Buffer.from(out.bytes.subarray(batch.start[row], out.length));
    const json = batch.bytes.toString();
    const offset = batch.offset[row];
    // Nor may there be a comma behind the last one of those before it.
    out.length = Math.max(0, batch.start[row] - SEPARATOR.length);
    const { count } = this;
    this.flush();
    this.#handlers.onText({ index: count, offset, text: json, badUtf8: false });
  }

  #asText(batch: EventBatch, row: number, index: number): void {
    const offset = batch.offset[row];
    this.#handlers.onText({ index, offset, text: batch.text(row), badUtf8: false });
  }
}
