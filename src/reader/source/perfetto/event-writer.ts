import { REQUEST_FLOW } from '../../../trace-event/lineage.js';
import { NS_PER_US } from '../../../trace-event/numbers.js';
import { COUNTER, FLOW, INSTANT, SLICE_BEGIN, SLICE_END } from '../../../trace-event/perfetto.js';
import { TRACE_START } from '../../../trace-event/trace-start.js';
import { Annotations } from './annotations.js';
import type { Clocks } from './clocks.js';
import { EventFields } from './event-fields.js';
import { CLOSE_ARGS, type EventDetails, type EventRows, scopeOf } from './event-rows.js';
import type { FlowPhases } from './flow-phases.js';
import { HeldOperations, operationOf } from './held-operations.js';
import { jsonOfNumber } from './json-buffer.js';
import type { LegacyFields } from './legacy-fields.js';
import { OperationTexts } from './operation-texts.js';
import type { Sequence } from './sequences.js';
import type { SliceTimes } from './slice-times.js';
import { type Place, ROOT, type Track, type Uuid } from './track.js';
import type { Naming, Tracks } from './tracks.js';
import type { WireReader } from './wire-reader.js';

const [B, E, X, I, C, b, e, n, s, t, f] = Buffer.from('BEXiCbenstf');
const [OLD_INSTANT, MARK] = Buffer.from('IR');
/** Phases that older macros write as they are, with the arguments of the event. */
const LEGACY = new Set(Buffer.from('XPONDM'));
/** The same, of phases that mean nothing without an id. */
const LEGACY_WITH_ID = new Set(Buffer.from('bneSTpFstf'));
/** Phases that stand for a type. */
const LEGACY_TYPES = new Map([
  [B, SLICE_BEGIN],
  [E, SLICE_END],
  [I, INSTANT],
  [OLD_INSTANT, INSTANT],
  [MARK, INSTANT],
]);
/** What a slice takes that is made for the points of flows. */
const FLOW_NS = 1;

/** Writes track events as events of Chrome's format. */
export class EventWriter {
  readonly #rows: EventRows;
  readonly #tracks: Tracks;
  readonly #clocks: Clocks;
  readonly #annotations: Annotations;
  /** Of the event that is read. */
  readonly #fields: EventFields;
  /** When time 0 was: written as soon as a process is known. */
  start: object | undefined;
  /** Events that say by a letter of Chrome's format what they are, and have no place there. */
  legacyLeftOut = 0;
  /** Events whose arguments are longer than events may be. */
  argumentsLeftOut = 0;
  /** Of the begin of a slice that was written last: if its end comes next, both become one complete event. */
  #begun: SliceTimes | undefined;
  #begunTime = 0;
  readonly #begunTexts = { name: 0, category: 0 };
  readonly #flows: FlowPhases;
  readonly #none: number;
  readonly #texts: OperationTexts;
  readonly #held = new HeldOperations();
  readonly #flowName: number;
  readonly #requestFlow: number;
  readonly #boundCategory: number;
  /** Numbers of the scopes of ids: in Chrome's format are none that Perfetto would look at. */
  readonly #idScopes = new Map<string, number>();

  constructor(
    reader: WireReader,
    rows: EventRows,
    tracks: Tracks,
    clocks: Clocks,
    flows: FlowPhases,
  ) {
    this.#flows = flows;
    this.#rows = rows;
    this.#tracks = tracks;
    this.#clocks = clocks;
    this.#annotations = new Annotations(reader, rows.out);
    const { strings, none } = rows;
    this.#none = none;
    this.#fields = new EventFields(reader, strings, none);
    this.#flowName = strings.numberOf(FLOW);
    this.#requestFlow = strings.numberOf(REQUEST_FLOW);
    this.#boundCategory = strings.numberOf('bind_id');
    this.#texts = new OperationTexts(strings, none);
  }

  /** Fields of events that are not read, and how often they were there. */
  get unread(): ReadonlyMap<string, number> {
    return this.#fields.unread;
  }

  /**
   * Writes the TrackEvent that the reader stands in.
   *
   * @param packetTime That of its packet, if that has one that can be understood.
   * @returns what it is, if it could not be written.
   */
  event(sequence: Sequence, packetTime: number | undefined): string | undefined {
    this.#fields.read(sequence);
    const { uuid, name, category, args, microseconds, legacy, hasFlows } = this.#fields;
    const given =
      microseconds === undefined ? packetTime : this.#clocks.ofMicroseconds(microseconds);
    if (given === undefined) return 'track_event without a time';
    const track = this.#trackOf(uuid, sequence);
    const place = this.#tracks.placeToldBy(sequence.ownTrack(this.#tracks), track);
    if (!place.isRecorded) this.#fields.countForeign();
    if (this.start !== undefined) this.#writeStart(this.start, place);
    const slices = place.role === 'thread' ? track.slicesOf(sequence.id) : undefined;
    const type = legacy.phase !== 0 ? LEGACY_TYPES.get(legacy.phase) : this.#fields.type;
    const isEnd = type === SLICE_END;
    const isPlain = args.length === 0 && !hasFlows;
    const mayEnd = isEnd && slices !== undefined && this.#begun === slices;
    if (mayEnd && isPlain && this.#texts.mayEnd(this.#fields, this.#begunTexts)) {
      this.endSlice(slices, place, given);
      this.#counters(sequence, given);
      return undefined;
    }
    this.#begun = undefined;
    if (isEnd) this.#flowPoints(place, slices?.beforeEnd(given) ?? given);
    const time = slices === undefined ? given : isEnd ? slices.end(given) : slices.of(given);
    switch (type) {
      case SLICE_BEGIN:
        if (slices !== undefined) {
          this.#write(B, place, name, category, sequence, time);
          this.#begins(slices, time, name, category);
        } else this.#operation(type, track, place, sequence, time);
        break;
      case SLICE_END:
        if (slices !== undefined) this.#write(E, place, name, category, sequence, time);
        else this.#operation(type, track, place, sequence, time);
        break;
      case INSTANT:
        if (place.role === 'operations' && legacy.scope === 0) {
          this.#operation(type, track, place, sequence, time);
        } else this.#instant(place, sequence, time);
        break;
      case COUNTER:
        this.#counter(sequence, track, this.#fields.value, time);
        break;
      default:
        if (legacy.phase !== 0) this.#legacy(place, sequence, time);
    }
    if (!isEnd) this.#flowPoints(place, time);
    this.#counters(sequence, given);
    const isKnown = type === undefined || (type >= SLICE_BEGIN && type <= COUNTER);
    return isKnown ? undefined : 'track_event of another type';
  }

  /** The track of the event that was read. */
  #trackOf(uuid: Uuid | undefined, sequence: Sequence): Track {
    const tracks = this.#tracks;
    const { phase, pid, tid } = this.#fields.legacy;
    let own: Track;
    if (uuid === undefined) own = sequence.ownTrack(tracks);
    // Chrome's older macros say by 0 that the default is not meant, but the thread that writes.
    else if (uuid === ROOT && phase !== 0) own = sequence.ownThread(tracks);
    else own = tracks.of(uuid);
    // These are for events that name no track, nor does their sequence.
    const isNamed = (uuid ?? sequence.defaultTrack ?? ROOT) !== ROOT;
    if (isNamed || (pid === undefined && tid === undefined)) return own;
    const place = tracks.placeOf(own);
    return tracks.ofThread(pid ?? place.pid, tid ?? place.tid);
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
    slices: SliceTimes,
    place: Place,
    time: number,
    name = this.#none,
    category = this.#none,
  ): void {
    const rows = this.#rows;
    const begin = slices.of(time);
    if (rows.begin(B, place, begin, name, category)) rows.out.add(CLOSE_ARGS);
    this.#begins(slices, begin, name, category);
  }

  #begins(slices: SliceTimes, time: number, name: number, category: number): void {
    slices.begin(time);
    this.#begun = slices;
    this.#begunTime = time;
    this.#begunTexts.name = name;
    this.#begunTexts.category = category;
  }

  /** Ends a slice on the track of a thread, and says nothing more. If it was begun last, both become one. */
  endSlice(slices: SliceTimes, place: Place, time: number): void {
    const rows = this.#rows;
    const none = this.#none;
    const end = slices.of(time);
    if (this.#begun === slices && end >= this.#begunTime && slices.mayBeComplete(end)) {
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

  /** What happens on a track of operations. */
  #operation(type: number, track: Track, place: Place, sequence: Sequence, time: number): void {
    const { name, category } = this.#fields;
    // The recorder writes an operation as a whole when it has ended, behind its moments.
    if (place.isRecorded) this.#recorded(type, track, place, sequence, time);
    else {
      const { offset } = this.#rows;
      const args = this.#argumentsOf(sequence);
      const teller = sequence.ownTrack(this.#tracks);
      this.#held.hold(track, { type, time, teller, name, category, offset, args });
      if (this.#held.isFull) this.writeHeld();
    }
  }

  #recorded(type: number, track: Track, place: Place, sequence: Sequence, time: number): void {
    const said = this.#fields;
    const details = operationOf(track);
    if (type === SLICE_END) {
      const { name, category } = this.#texts.end(track, said);
      this.#write(e, place, name, category, sequence, time, details);
    } else if (type === SLICE_BEGIN) {
      const { name, category } = this.#texts.begin(track, said);
      this.#write(b, place, name, category, sequence, time, details);
    } else {
      // A point of a flow has a category of its own: in Chrome's format it would be of another operation.
      const { category } = track.innermost ?? this.#texts.named(said);
      this.#write(n, place, said.name, category, sequence, time, details);
    }
  }

  /** Writes what was held of operations. */
  writeHeld(): void {
    this.#begun = undefined;
    this.#held.write(this.#rows, this.#texts, this.#tracks);
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

  #instant(place: Place, sequence: Sequence, time: number): void {
    const { name, category, legacy } = this.#fields;
    const said = legacy.scope === 0 ? scopeOf(place) : { scope: legacy.scope };
    this.#write(I, place, name, category, sequence, time, said);
  }

  /** Writes an event that says what it is in Chrome's format. */
  #legacy(place: Place, sequence: Sequence, time: number): void {
    const { name, category, legacy } = this.#fields;
    const { phase, bindId, bindsToEnclosing, microseconds } = legacy;
    const isFlow = phase === s || phase === t || phase === f;
    const id = isFlow ? (bindId ?? legacy.id) : legacy.id && this.#idOf(legacy, place);
    if (!LEGACY.has(phase) && (id === undefined || !LEGACY_WITH_ID.has(phase))) {
      this.legacyLeftOut++;
      return;
    }
    const bindsToNext = phase === f && !bindsToEnclosing;
    const duration = microseconds && microseconds * NS_PER_US;
    this.#write(phase, place, name, category, sequence, time, { id, bindsToNext, duration });
  }

  /** Digits of an id that no other process has, if it is of one only, nor another scope. */
  #idOf({ id = '', isLocal, idScope }: Readonly<LegacyFields>, { pid }: Place): string {
    const own = isLocal ? (pid >>> 0).toString(16) + id.padStart(16, '0') : id;
    if (idScope === '') return own;
    const scope = this.#idScopes.get(idScope) ?? this.#idScopes.size + 1;
    this.#idScopes.set(idScope, scope);
    return scope.toString(16) + own.padStart(24, '0');
  }

  /** Counters that are told of along with an event. */
  #counters(sequence: Sequence, time: number): void {
    for (const [uuid, value] of this.#fields.countersAlong(sequence)) {
      this.#counter(sequence, this.#tracks.of(uuid), value, time);
    }
  }

  #counter(sequence: Sequence, track: Track, given: number, time: number): void {
    this.#begun = undefined;
    const said = given * track.multiplier;
    const value = track.isIncremental ? sequence.grown(track, said) : said;
    const rows = this.#rows;
    const name = rows.strings.numberOf(track.counterName);
    const place = this.#tracks.placeOf(track);
    const { counterId: id } = place;
    if (!rows.begin(C, place, time, name, this.#fields.category, { id })) return;
    rows.out.addText(`"value":${jsonOfNumber(value)}}`);
  }

  #flowPoints(around: Place, time: number): void {
    const { going, coming, bound, hasFlows } = this.#fields;
    if (!hasFlows) return;
    this.#begun = undefined;
    const place = around.role === 'thread' ? around : this.#flowSlice(around, time);
    // Flows have no names here. Those that lead to other processes are known by the slice that is made for
    // their points: in Chrome's format both ends must have one name and category.
    const crosses = this.#fields.name === this.#requestFlow;
    const name = crosses ? this.#requestFlow : this.#flowName;
    const category = crosses ? this.#fields.category : this.#flowName;
    for (const flow of going) {
      const { isStart, id } = this.#flows.point(flow, time, false);
      this.#flow(isStart ? s : t, id, place, time, name, category);
    }
    for (const flow of coming) {
      this.#flow(f, this.#flows.point(flow, time, true).id, place, time, name, category);
    }
    if (bound !== undefined) this.#flow(...bound, place, time, name, this.#boundCategory);
  }

  /**
   * Points of flows bind to slices of threads in Chrome's format: for those of operations a slice is made, as
   * the recorder does when it writes that format.
   */
  #flowSlice({ pid }: Place, time: number): Place {
    const place = this.#tracks.flowsOf(pid);
    const rows = this.#rows;
    const [name, duration] = [this.#flowName, FLOW_NS];
    if (rows.begin(X, place, time, name, name, { duration })) rows.out.add(CLOSE_ARGS);
    return place;
  }

  #flow(
    phase: number,
    id: string,
    place: Place,
    time: number,
    name: number,
    category: number,
  ): void {
    const rows = this.#rows;
    if (!rows.begin(phase, place, time, name, category, { id })) return;
    rows.out.add(CLOSE_ARGS);
  }
}
