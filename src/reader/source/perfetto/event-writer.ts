import { DEFAULT_CATEGORY, UNNAMED } from '../../../trace-event/defaults.js';
import { NS_PER_US } from '../../../trace-event/numbers.js';
import {
  COUNTER,
  INSTANT,
  SLICE_BEGIN,
  SLICE_END,
  trackEvent,
} from '../../../trace-event/perfetto.js';
import { TRACE_START } from '../../../trace-event/trace-start.js';
import { Annotations } from './annotations.js';
import type { EventDetails, EventRows } from './event-rows.js';
import { jsonOfNumber } from './json-buffer.js';
import type { Sequence } from './sequences.js';
import type { Naming, OpenOperation, Place, Track, Tracks, Uuid } from './tracks.js';
import type { WireReader } from './wire-reader.js';

const [B, E, I, C, b, e, n, s, t, f] = Buffer.from('BEiCbenstf');
const CLOSE_ARGS = Buffer.from('}');
/** Letters of scopes. */
const [THREAD, PROCESS, GLOBAL] = [...Buffer.from('tpg')].map((scope) => ({ scope }));
const MAX_FLOWS = 1_000_000;
/** So many lists of categories are kept. */
const MAX_JOINED = 10_000;

/** Writes track events as events of Chrome's format. */
export class EventWriter {
  readonly #reader: WireReader;
  readonly #rows: EventRows;
  readonly #tracks: Tracks;
  readonly #annotations: Annotations;
  /** When time 0 was: written as soon as a process is known. */
  start: object | undefined;
  /** Points of flows that cannot be written. */
  flowsLeftOut = 0;
  /** Events that say by a letter of Chrome's format what they are. */
  legacyLeftOut = 0;
  /** Events whose arguments are longer than events may be. */
  argumentsLeftOut = 0;
  /**
   * A begin of a thread that was written last: if its end comes next, both become one complete event.
   */
  #begun: Track | undefined;
  #begunTime = 0;
  /** Whether a slice that began in the same moment, before it, may be around it. */
  #isTied = false;
  /** Flows that have begun. */
  readonly #flows = new Set<string>();
  readonly #none: number;
  /** Chrome's format has no operations without these. */
  readonly #noOperation: OpenOperation;
  readonly #flowName: number;
  /** Numbers of lists of categories. */
  readonly #joined = new Map<string, number>();

  // The fields of the event that is read.
  #type = 0;
  #uuid: Uuid | undefined;
  #name: number;
  #category: number;
  readonly #moreCategories: number[] = [];
  #value = 0;
  #isLegacy = false;
  /** Where its arguments begin and end. */
  readonly #args: number[] = [];
  readonly #going: string[] = [];
  readonly #coming: string[] = [];
  readonly #extraTracks: Uuid[] = [];
  readonly #extraValues: number[] = [];
  #microseconds: number | undefined;

  constructor(reader: WireReader, rows: EventRows, tracks: Tracks) {
    this.#reader = reader;
    this.#rows = rows;
    this.#tracks = tracks;
    this.#annotations = new Annotations(reader, rows.out);
    const { strings, none } = rows;
    this.#none = none;
    this.#name = none;
    this.#category = none;
    this.#flowName = strings.numberOf('flow');
    this.#noOperation = {
      name: strings.numberOf(UNNAMED),
      category: strings.numberOf(DEFAULT_CATEGORY),
    };
  }

  /**
   * Writes the TrackEvent that the reader stands in.
   *
   * @param hasTime Whether its packet has a time, if any that can be understood.
   * @returns whether it could be written.
   */
  event(sequence: Sequence, hasTime: boolean, packetTime: number | undefined): boolean {
    this.#read(sequence);
    const microseconds = this.#microseconds;
    const time = hasTime ? packetTime : microseconds && microseconds * NS_PER_US;
    if (time === undefined) return false;
    const track =
      this.#uuid === undefined ? sequence.ownTrack(this.#tracks) : this.#tracks.of(this.#uuid);
    const place = this.#tracks.placeOf(track);
    if (this.start !== undefined) this.#writeStart(this.start, place);
    const hasMore = this.#args.length + this.#going.length + this.#coming.length > 0;
    if (this.#type === SLICE_END && this.#begun === track && !hasMore) {
      this.endSlice(track, place, time);
      return this.#counters(time);
    }
    this.#begun = undefined;
    switch (this.#type) {
      case SLICE_BEGIN:
        if (place.role === 'thread') {
          this.#write(B, place, this.#name, this.#category, sequence, time);
          this.#begins(track, time);
        } else this.#beginOperation(track, place, sequence, time);
        break;
      case SLICE_END:
        if (place.role === 'thread') this.#write(E, place, this.#none, this.#none, sequence, time);
        else this.#endOperation(track, place, sequence, time);
        break;
      case INSTANT:
        this.#instant(track, place, sequence, time);
        break;
      case COUNTER:
        this.#counter(track, this.#value, time);
        break;
      default:
        if (this.#isLegacy) this.legacyLeftOut++;
    }
    this.#flowPoints(place, time);
    return this.#counters(time);
  }

  naming({ name, pid, tid, args }: Naming): void {
    this.#begun = undefined;
    this.#rows.metadata(name, { pid, tid }, args);
  }

  #writeStart(args: object, place: Place): void {
    this.start = undefined;
    this.#begun = undefined;
    this.#rows.metadata(TRACE_START, place, args);
  }

  /** Whether it was written when time 0 was, if that is known. */
  get isStarted(): boolean {
    return this.start === undefined;
  }

  /** Begins a slice on the track of a thread, without arguments. The texts are numbers of the rows' table. */
  beginSlice(
    track: Track,
    place: Place,
    time: number,
    name = this.#none,
    category = this.#none,
  ): void {
    const rows = this.#rows;
    if (rows.begin(B, place, time, name, category)) rows.out.add(CLOSE_ARGS);
    this.#begins(track, time);
  }

  #begins(track: Track, time: number): void {
    this.#isTied = track.begunTime === time;
    track.begunTime = time;
    this.#begun = track;
    this.#begunTime = time;
  }

  /** Ends a slice on the track of a thread, and says nothing more. If it was begun last, both become one. */
  endSlice(track: Track, place: Place, time: number): void {
    const rows = this.#rows;
    const none = this.#none;
    if (this.#begun === track && this.#canComplete(time)) {
      rows.complete(time, this.#begunTime);
      if (!this.#isTied) track.begunTime = Number.NaN;
    }
    // An end takes its name from what it ends.
    else if (rows.begin(E, place, time, none, none)) rows.out.add(CLOSE_ARGS);
    this.#begun = undefined;
  }

  /**
   * Whether the slice that was begun last can become a complete event. In Chrome's format, these lie around
   * begins of the same moment, wherever they stand, unless they take no time.
   */
  #canComplete(time: number): boolean {
    return this.#isTied ? time === this.#begunTime : time >= this.#begunTime;
  }

  /** Reads the fields of an event. */
  #read(sequence: Sequence): void {
    const reader = this.#reader;
    this.#type = 0;
    this.#isLegacy = false;
    this.#uuid = undefined;
    this.#name = this.#none;
    this.#category = this.#none;
    this.#microseconds = undefined;
    if (this.#moreCategories.length > 0) this.#moreCategories.length = 0;
    if (this.#args.length > 0) this.#args.length = 0;
    if (this.#going.length > 0) this.#going.length = 0;
    if (this.#coming.length > 0) this.#coming.length = 0;
    if (this.#extraTracks.length > 0) this.#extraTracks.length = this.#extraValues.length = 0;
    while (reader.next()) this.#take(sequence);
    if (this.#moreCategories.length > 0) this.#category = this.#joinedCategories();
  }

  /** Takes the field that was read last. */
  #take(sequence: Sequence): void {
    const reader = this.#reader;
    switch (reader.field) {
      case trackEvent.type:
        this.#type = reader.low;
        break;
      case trackEvent.nameId:
        this.#name = sequence.names.get(reader.number) ?? this.#none;
        break;
      case trackEvent.categoryId:
        this.#addCategory(sequence.categories.get(reader.number) ?? this.#none);
        break;
      case trackEvent.annotation:
        this.#args.push(reader.start, reader.stop);
        break;
      case trackEvent.legacyEvent:
        this.#isLegacy = true;
        break;
      case trackEvent.track:
        this.#uuid = reader.key;
        break;
      case trackEvent.name:
        this.#name = this.#text();
        break;
      case trackEvent.category:
        this.#addCategory(this.#text());
        break;
      case trackEvent.counterValue:
        this.#value = reader.signed;
        break;
      case trackEvent.doubleCounterValue:
        this.#value = reader.double;
        break;
      case trackEvent.flow:
      case trackEvent.oldFlow:
        this.#going.push(reader.bigint.toString(16));
        break;
      case trackEvent.terminatingFlow:
      case trackEvent.oldTerminatingFlow:
        this.#coming.push(reader.bigint.toString(16));
        break;
      case trackEvent.extraTrack:
      case trackEvent.extraDoubleTrack:
        this.#extraTracks.push(reader.key);
        break;
      case trackEvent.extraValue:
        this.#extraValues.push(reader.signed);
        break;
      case trackEvent.extraDoubleValue:
        this.#extraValues.push(reader.double);
        break;
      case trackEvent.deltaMicroseconds:
        sequence.microseconds += reader.signed;
        this.#microseconds = sequence.microseconds;
        break;
      case trackEvent.absoluteMicroseconds:
        this.#microseconds = reader.signed;
        break;
    }
  }

  /** The number of the text of the field that was read last. */
  #text(): number {
    const { bytes, start, stop } = this.#reader;
    return this.#rows.strings.numberAt(bytes, start, stop);
  }

  #addCategory(category: number): void {
    if (this.#category === this.#none) this.#category = category;
    else this.#moreCategories.push(category);
  }

  /** The categories of an event with more than one, as one text. */
  #joinedCategories(): number {
    const { strings } = this.#rows;
    const all = [this.#category, ...this.#moreCategories];
    const key = all.join();
    let number = this.#joined.get(key);
    if (number === undefined) {
      if (this.#joined.size >= MAX_JOINED) this.#joined.clear();
      number = strings.numberOf(all.map((category) => strings.texts[category]).join(','));
      this.#joined.set(key, number);
    }
    return number;
  }

  /** Writes an event with the arguments that were read. */
  #write(
    phase: number,
    place: Place,
    name: number,
    category: number,
    sequence: Sequence,
    time: number,
    details?: EventDetails,
  ): void {
    const rows = this.#rows;
    if (!rows.begin(phase, place, time, name, category, details)) return;
    const { out } = rows;
    const args = out.length;
    if (!this.#annotations.members(sequence, this.#args)) {
      out.length = args;
      this.argumentsLeftOut++;
    }
    out.add(CLOSE_ARGS);
  }

  #beginOperation(track: Track, place: Place, sequence: Sequence, time: number): void {
    const operation = this.#operation();
    const { name, category } = operation;
    track.open ??= [];
    track.open.push(operation);
    this.#write(b, place, name, category, sequence, time, operationOf(track));
  }

  /** The name and the category of the event that is read, as far as it has them. */
  #operation(): OpenOperation {
    return {
      name: this.#name === this.#none ? this.#noOperation.name : this.#name,
      category: this.#category === this.#none ? this.#noOperation.category : this.#category,
    };
  }

  #endOperation(track: Track, place: Place, sequence: Sequence, time: number): void {
    const { name, category } = track.open?.pop() ?? this.#noOperation;
    this.#write(e, place, name, category, sequence, time, operationOf(track));
  }

  #instant(track: Track, place: Place, sequence: Sequence, time: number): void {
    if (place.role === 'operations') {
      // The recorder writes an operation when it has ended, behind its moments, which have its category.
      const inside = place.isRecorded ? this.#operation() : track.open?.at(-1);
      if (inside !== undefined) {
        // What has another category is of another operation, in Chrome's format.
        this.#write(n, place, this.#name, inside.category, sequence, time, operationOf(track));
        return;
      }
    }
    const scope = place.isGlobal ? GLOBAL : place.role === 'thread' ? THREAD : PROCESS;
    this.#write(I, place, this.#name, this.#category, sequence, time, scope);
  }

  /** Counters that are told of along with an event. */
  #counters(time: number): true {
    for (let i = 0; i < this.#extraTracks.length; i++) {
      const value = this.#extraValues[i];
      if (value !== undefined) this.#counter(this.#tracks.of(this.#extraTracks[i]), value, time);
    }
    return true;
  }

  #counter(track: Track, given: number, time: number): void {
    this.#begun = undefined;
    let value = given * track.multiplier;
    if (track.isIncremental) {
      value += track.value;
      track.value = value;
    }
    const rows = this.#rows;
    const name = rows.strings.numberOf(track.name ?? 'counter');
    if (!rows.begin(C, this.#tracks.placeOf(track), time, name, this.#category)) return;
    rows.out.addText(`"value":${jsonOfNumber(value)}}`);
  }

  /** Points of flows bind to slices of threads in Chrome's format: those of operations have no place there. */
  #flowPoints(place: Place, time: number): void {
    const count = this.#going.length + this.#coming.length;
    if (count === 0) return;
    if (place.role !== 'thread') {
      this.flowsLeftOut += count;
      return;
    }
    this.#begun = undefined;
    for (const id of this.#going) this.#flow(this.#beginsFlow(id) ? s : t, id, place, time);
    for (const id of this.#coming) this.#flow(f, id, place, time);
  }

  #beginsFlow(id: string): boolean {
    if (this.#flows.has(id)) return false;
    if (this.#flows.size >= MAX_FLOWS) this.#flows.clear();
    this.#flows.add(id);
    return true;
  }

  #flow(phase: number, id: string, place: Place, time: number): void {
    const name = this.#flowName;
    const rows = this.#rows;
    if (rows.begin(phase, place, time, name, name, { id })) rows.out.add(CLOSE_ARGS);
    if (phase === f) this.#flows.delete(id);
  }
}

/** What events of an operation have besides. */
function operationOf(track: Track): EventDetails {
  track.id ??= BigInt(track.uuid).toString(16);
  return { id: track.id };
}
