import { DEFAULT_CATEGORY, UNNAMED } from '../../../trace-event/defaults.js';
import { NS_PER_US } from '../../../trace-event/numbers.js';
import { COUNTER, INSTANT, SLICE_BEGIN, SLICE_END } from '../../../trace-event/perfetto.js';
import { TRACE_START } from '../../../trace-event/trace-start.js';
import { Annotations } from './annotations.js';
import { EventFields } from './event-fields.js';
import type { EventDetails, EventRows } from './event-rows.js';
import { jsonOfNumber } from './json-buffer.js';
import { LateEnds } from './late-ends.js';
import type { Sequence } from './sequences.js';
import type { Naming, OpenOperation, Place, Track, Tracks } from './tracks.js';
import type { WireReader } from './wire-reader.js';

const [B, E, I, C, b, e, n, s, t, f] = Buffer.from('BEiCbenstf');
const CLOSE_ARGS = Buffer.from('}');
/** Letters of scopes. */
const [THREAD, PROCESS, GLOBAL] = [...Buffer.from('tpg')].map((scope) => ({ scope }));
const MAX_FLOWS = 1_000_000;
/** What the points of flows are called that cannot be written. */
export const UNREAD_FLOWS = 'points of flows in operations';
/** No sequence has this number. */
const SEVERAL = Number.NaN;

/** Numbers of the table of all texts. */
type Texts = Pick<OpenOperation, 'name' | 'category'>;

/** Writes track events as events of Chrome's format. */
export class EventWriter {
  readonly #rows: EventRows;
  readonly #tracks: Tracks;
  readonly #annotations: Annotations;
  /** Of the event that is read. */
  readonly #fields: EventFields;
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
  /** Flows that have begun. */
  readonly #flows = new Set<string>();
  /** When those ended that had begun. */
  readonly #endedFlows = new Map<string, number>();
  /** Those of which no point could be written yet. */
  readonly #unseenFlows = new Set<string>();
  readonly #none: number;
  /** Chrome's format has no operations without these. */
  readonly #noOperation: Texts;
  readonly #late = new LateEnds();
  readonly #flowName: number;

  constructor(reader: WireReader, rows: EventRows, tracks: Tracks) {
    this.#rows = rows;
    this.#tracks = tracks;
    this.#annotations = new Annotations(reader, rows.out);
    const { strings, none } = rows;
    this.#none = none;
    this.#fields = new EventFields(reader, strings, none);
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
    this.#fields.read(sequence);
    const { type, uuid, name, category, args, going, coming, microseconds } = this.#fields;
    const given = hasTime ? packetTime : microseconds && microseconds * NS_PER_US;
    if (given === undefined) return false;
    const track = uuid === undefined ? sequence.ownTrack(this.#tracks) : this.#tracks.of(uuid);
    const place = this.#tracks.placeOf(track);
    if (this.start !== undefined) this.#writeStart(this.start, place);
    const slices = place.role === 'thread' ? track.slices : undefined;
    const isEnd = type === SLICE_END;
    const hasMore = args.length + going.length + coming.length > 0;
    if (isEnd && this.#begun === track && !hasMore) {
      this.endSlice(track, place, given);
      return this.#counters(given);
    }
    this.#begun = undefined;
    if (isEnd) this.#flowPoints(place, slices?.beforeEnd(given) ?? given);
    const time = slices === undefined ? given : isEnd ? slices.end(given) : slices.of(given);
    switch (type) {
      case SLICE_BEGIN:
        if (slices !== undefined) {
          this.#write(B, place, name, category, sequence, time);
          this.#begins(track, time);
        } else this.#beginOperation(track, place, sequence, time);
        break;
      case SLICE_END:
        if (slices !== undefined) this.#write(E, place, this.#none, this.#none, sequence, time);
        else this.#endOperation(track, place, sequence, time);
        break;
      case INSTANT:
        this.#instant(track, place, sequence, time);
        break;
      case COUNTER:
        this.#counter(track, this.#fields.value, time);
        break;
      default:
        if (this.#fields.isLegacy) this.legacyLeftOut++;
    }
    if (!isEnd) this.#flowPoints(place, time);
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
    const begin = track.slices.of(time);
    if (rows.begin(B, place, begin, name, category)) rows.out.add(CLOSE_ARGS);
    this.#begins(track, begin);
  }

  #begins(track: Track, time: number): void {
    track.slices.begin(time);
    this.#begun = track;
    this.#begunTime = time;
  }

  /** Ends a slice on the track of a thread, and says nothing more. If it was begun last, both become one. */
  endSlice(track: Track, place: Place, time: number): void {
    const rows = this.#rows;
    const none = this.#none;
    const { slices } = track;
    const end = slices.of(time);
    if (this.#begun === track && end >= this.#begunTime && slices.mayBeComplete) {
      rows.complete(end, this.#begunTime);
      slices.endComplete(end);
      // An end takes its name from what it ends.
    } else if (rows.begin(E, place, slices.end(time), none, none)) rows.out.add(CLOSE_ARGS);
    this.#begun = undefined;
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
    if (!this.#annotations.members(sequence, this.#fields.args)) {
      out.length = args;
      this.argumentsLeftOut++;
    }
    out.add(CLOSE_ARGS);
  }

  #beginOperation(track: Track, place: Place, sequence: Sequence, time: number): void {
    const { name, category } = this.#operation();
    const operation = { name, category, time };
    this.#noteWriter(track, sequence);
    track.open ??= [];
    track.open.push(operation);
    this.#late.begin(track, operation);
    this.#write(b, place, name, category, sequence, time, operationOf(track));
  }

  /** The name and the category of the event that is read, as far as it has them. */
  #operation(): Texts {
    const { name, category } = this.#fields;
    return {
      name: name === this.#none ? this.#noOperation.name : name,
      category: category === this.#none ? this.#noOperation.category : category,
    };
  }

  #endOperation(track: Track, place: Place, sequence: Sequence, time: number): void {
    const begun = track.open?.at(-1);
    const isAlone = this.#noteWriter(track, sequence);
    const isKnown = isAlone && begun !== undefined && begun.time <= time;
    // The recorder writes both ends of an operation together, whoever began it.
    if (place.isRecorded || (isKnown && !this.#late.isWaiting(track))) {
      const { name, category } = track.open?.pop() ?? this.#noOperation;
      this.#write(e, place, name, category, sequence, time, operationOf(track));
      return;
    }
    const { offset } = this.#rows;
    this.#late.end(track, { time, place, offset, args: this.#argumentsOf(sequence) });
    if (this.#late.isFull) this.writeLate();
  }

  /** Notes who writes of the operations of a track. Whether nobody else has done so. */
  #noteWriter(track: Track, { id }: Sequence): boolean {
    track.writer ??= id;
    if (track.writer !== id) track.writer = SEVERAL;
    return track.writer === id;
  }

  /** Writes the ends that were waiting for what they end. */
  writeLate(): void {
    const rows = this.#rows;
    const { offset } = rows;
    this.#begun = undefined;
    for (const [track, begun, end] of this.#late.take()) {
      const { name, category } = begun ?? this.#noOperation;
      rows.offset = end.offset;
      if (!rows.begin(e, end.place, end.time, name, category, operationOf(track))) continue;
      if (end.args !== undefined) rows.out.add(end.args);
      rows.out.add(CLOSE_ARGS);
    }
    rows.close();
    rows.offset = offset;
  }

  /** The JSON of the arguments that were read, for later. */
  #argumentsOf(sequence: Sequence): Buffer | undefined {
    const rows = this.#rows;
    if (!rows.mayHaveTexts || this.#fields.args.length === 0) return undefined;
    rows.close();
    const { out } = rows;
    const from = out.length;
    const isWhole = this.#annotations.members(sequence, this.#fields.args);
    const args = isWhole ? Buffer.from(out.bytes.subarray(from, out.length)) : undefined;
    if (!isWhole) this.argumentsLeftOut++;
    out.length = from;
    return args;
  }

  #instant(track: Track, place: Place, sequence: Sequence, time: number): void {
    const { name, category } = this.#fields;
    if (place.role === 'operations') {
      // The recorder writes an operation when it has ended, behind its moments, which have its category.
      const inside = place.isRecorded ? this.#operation() : track.open?.at(-1);
      if (inside !== undefined) {
        // What has another category is of another operation, in Chrome's format.
        this.#write(n, place, name, inside.category, sequence, time, operationOf(track));
        return;
      }
    }
    const scope = place.isGlobal ? GLOBAL : place.role === 'thread' ? THREAD : PROCESS;
    this.#write(I, place, name, category, sequence, time, scope);
  }

  /** Counters that are told of along with an event. */
  #counters(time: number): true {
    const { extraTracks, extraValues } = this.#fields;
    for (let i = 0; i < extraTracks.length; i++) {
      const value = extraValues[i];
      if (value !== undefined) this.#counter(this.#tracks.of(extraTracks[i]), value, time);
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
    if (!rows.begin(C, this.#tracks.placeOf(track), time, name, this.#fields.category)) return;
    rows.out.addText(`"value":${jsonOfNumber(value)}}`);
  }

  /** Points of flows bind to slices of threads in Chrome's format: those of operations have no place there. */
  #flowPoints(place: Place, time: number): void {
    const { going, coming } = this.#fields;
    const count = going.length + coming.length;
    if (count === 0) return;
    if (place.role !== 'thread') {
      this.flowsLeftOut += count;
      for (const id of going) {
        if (this.#flows.has(id)) continue;
        makeRoom(this.#unseenFlows);
        this.#unseenFlows.add(id);
      }
      for (const id of coming) this.#endFlow(id, time);
      return;
    }
    this.#begun = undefined;
    for (const id of going) this.#flow(this.#beginsFlow(id, time) ? s : t, id, place, time);
    for (const id of coming) {
      // Where its start was left out, its end would lead from nowhere.
      if (!this.#flows.has(id) && this.#unseenFlows.delete(id)) this.flowsLeftOut++;
      else this.#flow(f, id, place, time);
    }
  }

  #beginsFlow(id: string, time: number): boolean {
    // A slice that goes on for longer may stand behind the one in which the flow has ended.
    const isBeforeEnd = time < (this.#endedFlows.get(id) ?? Number.NEGATIVE_INFINITY);
    if (isBeforeEnd || this.#flows.has(id)) return false;
    makeRoom(this.#flows);
    this.#flows.add(id);
    this.#unseenFlows.delete(id);
    return true;
  }

  #flow(phase: number, id: string, place: Place, time: number): void {
    const name = this.#flowName;
    const rows = this.#rows;
    if (rows.begin(phase, place, time, name, name, { id })) rows.out.add(CLOSE_ARGS);
    if (phase === f) this.#endFlow(id, time);
  }

  #endFlow(id: string, time: number): void {
    if (!this.#flows.delete(id)) return;
    makeRoom(this.#endedFlows);
    this.#endedFlows.set(id, time);
  }
}

/** Traces may begin flows for ever. */
function makeRoom(flows: Set<string> | Map<string, number>): void {
  if (flows.size >= MAX_FLOWS) flows.clear();
}

/** What events of an operation have besides. */
function operationOf(track: Track): EventDetails {
  track.id ??= BigInt(track.uuid).toString(16);
  return { id: track.id };
}
