import { Buffer } from 'node:buffer';
import process from 'node:process';
import { Piece } from '../../encoding/byte-buffer.js';
import { ENCLOSING_SLICE, METADATA_CATEGORY } from '../../trace-event/defaults.js';
import { OWN_ID, PARENT_ID, ROOT_ID } from '../../trace-event/lineage.js';
import { PROVISIONAL } from '../../trace-event/provisional.js';
import { TRACE_START, type TraceStart } from '../../trace-event/trace-start.js';
import { GIVEN_PID, GIVEN_TID, GIVEN_TS } from '../arena/records.js';
import { DecimalBuffer } from './decimal-buffer.js';
import { countUse, type Encoded } from './encoded.js';
import {
  type ArgumentList,
  type Arguments,
  type AsyncPhase,
  type AsyncPlace,
  type FileId,
  type FlowPoint,
  type InstantScope,
  isArgumentList,
  type Label,
  type Lineage,
  type Thread,
  type TraceFormat,
} from './format.js';
import { COUNTED_DIGITS, type IdTexts } from './id-texts.js';
import { JsonArguments } from './json-arguments.js';
import { BACKSLASH, CLOSE_BRACE, COMMA, NEWLINE, OPEN_BRACKET, QUOTE } from './json-bytes.js';
import { jsonFraming, textsOf } from './json-framing.js';

/** Room for a batch of events, and what is kept for the next one. It grows where events are large. */
const CAPACITY = 1024 * 1024;
/** Bytes of a UTF-16 unit, at most. */
const MAX_UTF8 = 3;
/** Room for all of an event but its name and its arguments. */
const FIXED_ROOM = 256;

/** Takes the place of the brace that closes an event. */
const MARK = `,"${PROVISIONAL}":true}`;

const NO_ARGS = new Piece(',"args":{}}');
const ARGS = new Piece(',"args":{');
const DURATION = new Piece(',"dur":');
const ID_MEMBER = ',"id":';
const ID = new Piece(ID_MEMBER);
/** The end of what is encoded of a label: that of a complete event. For others, `X` is replaced. */
const PHASE_AND_TIME = '"ph":"X","ts":';
const BACK_TO_PHASE = PHASE_AND_TIME.length - PHASE_AND_TIME.indexOf('X');

/**
 * The Chrome trace event format as a JSON array with one event a line. Every event has `cat` and
 * `args`: chrome://tracing's reader for large files sees no others.
 */
export class ChromeJson implements TraceFormat {
  readonly framing = jsonFraming;
  readonly flowsInOperations = false;
  readonly #out = new DecimalBuffer(CAPACITY);
  readonly #arguments: JsonArguments;
  readonly #ids: IdTexts;
  /** How an id that was counted begins. */
  readonly #countedId: Piece;
  /** Whole microseconds that are added to each time: the epoch's, or 0. */
  #offset: number;
  /** Whether nothing is in the file yet, so that the list has to be opened. */
  #first = false;
  events = 0;

  constructor(ids: IdTexts, offsetMicroseconds: number) {
    this.#ids = ids;
    this.#arguments = new JsonArguments(this.#out, ids);
    this.#countedId = new Piece(`${ID_MEMBER}"${ids.counted}`);
    this.#offset = offsetMicroseconds;
  }

  begin(processName: string, start: TraceStart): void {
    const offset = this.#offset;
    // These are at time 0, whatever the clock is.
    this.#offset = 0;
    this.#first = true;
    const main = { pid: process.pid, tid: process.pid };
    this.metadata(main, 'process_name', { name: processName });
    this.metadata(main, TRACE_START, { ...start });
    this.#offset = offset;
  }

  get length(): number {
    return this.#out.length;
  }

  bytes(): Uint8Array {
    return this.#out.view();
  }

  reset(): void {
    this.#out.clear(CAPACITY);
    this.events = 0;
  }

  complete(
    thread: Thread,
    label: Label,
    start: number,
    duration: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
    flows?: readonly FlowPoint[],
  ): void {
    const out = this.#out;
    this.#open(thread, label);
    out.microseconds(start, this.#offset);
    out.put(DURATION);
    out.microseconds(duration, 0);
    this.#close(args, lineage);
    if (flows !== undefined) this.#flows(flows);
  }

  unfinished(
    thread: Thread,
    label: Label,
    start: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
    flows?: readonly FlowPoint[],
  ): void {
    this.#event(thread, label, 'B', start);
    this.#close(args, lineage);
    if (flows !== undefined) this.#flows(flows);
  }

  instant(
    thread: Thread,
    label: Label,
    time: number,
    scope: InstantScope,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
  ): void {
    this.#event(thread, label, 'i', time);
    this.#out.ascii(`,"s":"${scope}"`);
    this.#close(args, lineage);
  }

  /** An array of events has no place for samples, beside the slices that they make. */
  sample(): void {}

  counter(thread: Thread, label: Label, time: number, series: ReadonlyMap<string, number>): void {
    this.#event(thread, label, 'C', time);
    this.#closeWith(Object.fromEntries(series));
  }

  async(
    phase: AsyncPhase,
    thread: Thread,
    label: Label,
    { id }: AsyncPlace,
    time: number,
    args: Arguments | undefined,
    lineage: Lineage | undefined,
  ): void {
    this.#event(thread, label, phase, time);
    this.#id(id);
    this.#close(args, lineage);
  }

  metadata(thread: Thread, name: string, args: Arguments | undefined): void {
    const label = { thread, name, category: METADATA_CATEGORY, encoded: undefined };
    this.#event(thread, label, 'M', 0);
    this.#close(args);
  }

  verbatim(thread: Thread, time: number, members: ArgumentList, given: number): void {
    const out = this.#out;
    this.#separate(0);
    out.ascii('{');
    this.#arguments.members(members);
    out.reserve(FIXED_ROOM);
    if ((given & GIVEN_PID) === 0) {
      out.ascii(',"pid":');
      out.integer(thread.pid);
    }
    if ((given & GIVEN_TID) === 0) {
      out.ascii(',"tid":');
      out.integer(thread.tid);
    }
    if ((given & GIVEN_TS) === 0) {
      out.ascii(',"ts":');
      out.microseconds(time, this.#offset);
    }
    out.byte(CLOSE_BRACE);
  }

  dropped(thread: Thread, label: Label, time: number, count: number): void {
    this.instant(thread, label, time, 't', { count }, undefined);
  }

  provisional(draw: () => void): readonly string[] {
    const { length, events } = this;
    draw();
    const texts = textsOf(this.bytes().subarray(length));
    this.#out.length = length;
    this.events = events;
    return texts.map((text) => `${text.slice(0, -1)}${MARK}`);
  }

  put(bytes: Uint8Array, events: number): void {
    this.#out.reserve(bytes.length);
    this.#out.bytes(bytes);
    this.events += events;
  }

  adopt(run: Uint8Array): void {
    this.#separate(0);
    this.put(run, jsonFraming.count(run));
  }

  forget(): void {}

  #flows(flows: readonly FlowPoint[]): void {
    for (const { phase, stream, label, id, time, args } of flows) {
      this.#event(stream, label, phase, time);
      this.#id(id);
      // Without it an end binds to the next slice of its thread instead of the one around it.
      if (phase === 'f') this.#out.ascii(`,"bp":"${ENCLOSING_SLICE}"`);
      this.#close(args);
    }
  }

  #event(thread: Thread, label: Label, phase: string, time: number): void {
    this.#open(thread, label);
    this.#out.replace(BACK_TO_PHASE, phase.charCodeAt(0));
    this.#out.microseconds(time, this.#offset);
  }

  #separate(room: number): void {
    const out = this.#out;
    out.reserve(room + FIXED_ROOM);
    if (this.#first) {
      this.#first = false;
      out.byte(OPEN_BRACKET);
    } else {
      out.byte(COMMA);
      out.byte(NEWLINE);
    }
    this.events++;
  }

  /** Puts all that stands before the time, as for a complete event. */
  #open(thread: Thread, label: Label): void {
    const encoded = label.encoded as Encoded;
    // An event on another thread than its label's is rare: it is encoded each time.
    if (typeof encoded === 'object' && label.thread === thread) {
      this.#separate(encoded.bytes.length);
      this.#out.put(encoded);
      return;
    }
    const text =
      `{"name":${JSON.stringify(label.name)},"cat":${JSON.stringify(label.category)},` +
      `"pid":${thread.pid},"tid":${thread.tid},${PHASE_AND_TIME}`;
    this.#separate(MAX_UTF8 * text.length);
    this.#out.text(text);
    if (label.thread !== thread) return;
    label.encoded = countUse(encoded) ?? new Piece(text);
  }

  #id(id: FileId): void {
    const out = this.#out;
    if (typeof id === 'number') {
      out.reserve(FIXED_ROOM);
      out.put(this.#countedId);
      out.hexadecimal(id, COUNTED_DIGITS);
      out.byte(QUOTE);
      return;
    }
    out.reserve(MAX_UTF8 * id.length + FIXED_ROOM);
    out.put(ID);
    if (isPlain(id)) {
      out.byte(QUOTE);
      out.ascii(id);
      out.byte(QUOTE);
    } else {
      const text = JSON.stringify(id);
      out.reserve(MAX_UTF8 * text.length + FIXED_ROOM);
      out.text(text);
    }
  }

  #close(args: Arguments | undefined, lineage?: Lineage): void {
    const out = this.#out;
    if (lineage !== undefined) this.#closeInside(args, lineage);
    else if (args === undefined) out.put(NO_ARGS);
    else if (isArgumentList(args)) {
      out.put(ARGS);
      this.#arguments.members(args);
      out.byte(CLOSE_BRACE);
      out.byte(CLOSE_BRACE);
    } else this.#closeWith(args);
  }

  /** The same for an event that is a call, or belongs to one. */
  #closeInside(args: Arguments | undefined, lineage: Lineage): void {
    const out = this.#out;
    if (args !== undefined && !isArgumentList(args)) {
      this.#closeWith({ ...args, ...this.#membersOf(lineage) });
      return;
    }
    out.put(ARGS);
    if (args !== undefined && args.at < args.end) {
      this.#arguments.members(args);
      out.byte(COMMA);
    }
    this.#arguments.lineage(lineage);
    out.byte(CLOSE_BRACE);
    out.byte(CLOSE_BRACE);
  }

  #membersOf({ id, root, parent }: Lineage): Readonly<Record<string, string | undefined>> {
    const nameOf = (call?: number) => (call === undefined ? undefined : this.#ids.ofCall(call));
    return { [OWN_ID]: nameOf(id), [ROOT_ID]: nameOf(root), [PARENT_ID]: nameOf(parent) };
  }

  #closeWith(args: Readonly<Record<string, unknown>>): void {
    const json = Buffer.from(JSON.stringify(args));
    this.#out.reserve(json.length + FIXED_ROOM);
    this.#out.ascii(',"args":');
    this.#out.bytes(json);
    this.#out.byte(CLOSE_BRACE);
  }
}

/** Whether a text stands in JSON as it is, one byte for each character. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}
