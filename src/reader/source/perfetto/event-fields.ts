import { trackEvent } from '../../../trace-event/perfetto.js';
import type { ByteStrings } from '../byte-strings.js';
import { LegacyFields, NO_LEGACY } from './legacy-fields.js';
import { UNREAD_EVENT_FIELDS } from './other-packets.js';
import type { Sequence } from './sequences.js';
import type { Uuid } from './track.js';
import type { WireReader } from './wire-reader.js';

const NO_COUNTERS: readonly (readonly [Uuid, number])[] = [];

/** By LegacyEvent.FlowDirection: no point, one that comes, goes, or both. */
const BOUND_PHASES = [0, ...Buffer.from('fst')];

/** So many lists of categories are kept. */
const MAX_JOINED = 10_000;

/** The fields of a TrackEvent. Names and categories are numbers of the table of all texts. */
export class EventFields {
  type = 0;
  uuid: Uuid | undefined;
  name: number;
  category: number;
  value = 0;
  /** What it says by a letter of Chrome's format, if it does. */
  legacy: Readonly<LegacyFields> = NO_LEGACY;
  /** Where its arguments begin and end. */
  readonly args: number[] = [];
  readonly going: string[] = [];
  readonly coming: string[] = [];
  /** The point of a flow that an old writer has bound to it: its letter in Chrome's format, and the id. */
  bound: readonly [phase: number, id: string] | undefined;
  /** Counters that are told of along with it; of doubles apart, as each kind has its own list of tracks. */
  readonly #extraTracks: Uuid[] = [];
  readonly #extraValues: number[] = [];
  readonly #extraDoubleTracks: Uuid[] = [];
  readonly #extraDoubles: number[] = [];
  microseconds: number | undefined;
  #hasCorrelation = false;
  /** Fields that are not read, by their numbers, and how often they were there in all events by now. */
  readonly #unread = new Map<number, number>();
  readonly #moreCategories: number[] = [];
  readonly #reader: WireReader;
  readonly #strings: ByteStrings;
  readonly #none: number;
  /** Numbers of lists of categories. */
  readonly #joined = new Map<string, number>();

  constructor(reader: WireReader, strings: ByteStrings, none: number) {
    this.#reader = reader;
    this.#strings = strings;
    this.#none = none;
    this.name = none;
    this.category = none;
  }

  /** Reads the fields of an event. */
  read(sequence: Sequence): void {
    const reader = this.#reader;
    this.type = 0;
    this.legacy = NO_LEGACY;
    this.uuid = undefined;
    this.name = this.#none;
    this.category = this.#none;
    this.microseconds = undefined;
    if (this.#moreCategories.length > 0) this.#moreCategories.length = 0;
    if (this.args.length > 0) this.args.length = 0;
    if (this.going.length > 0) this.going.length = 0;
    if (this.coming.length > 0) this.coming.length = 0;
    this.bound = undefined;
    this.#hasCorrelation = false;
    if (this.#extraTracks.length > 0) this.#extraTracks.length = 0;
    if (this.#extraValues.length > 0) this.#extraValues.length = 0;
    if (this.#extraDoubleTracks.length > 0) this.#extraDoubleTracks.length = 0;
    if (this.#extraDoubles.length > 0) this.#extraDoubles.length = 0;
    while (reader.next()) this.#take(sequence);
    if (this.#moreCategories.length > 0) this.category = this.#joinedCategories();
  }

  /** What is not read of all events by now, and how often it was there. */
  get unread(): ReadonlyMap<string, number> {
    const all = new Map<string, number>();
    for (const [field, count] of this.#unread) {
      const name = `${UNREAD_EVENT_FIELDS.get(field) ?? `field ${field}`} of track events`;
      // Some have one name: a time, and by how much it has grown.
      all.set(name, (all.get(name) ?? 0) + count);
    }
    return all;
  }

  get hasFlows(): boolean {
    return this.going.length + this.coming.length > 0 || this.bound !== undefined;
  }

  /** The counters that are told of along with the event: their tracks, and the values. */
  countersAlong(sequence: Sequence): readonly (readonly [Uuid, number])[] {
    const [values, doubles] = [this.#extraValues, this.#extraDoubles];
    if (values.length + doubles.length === 0) return NO_COUNTERS;
    const { defaultExtraTracks, defaultExtraDoubleTracks } = sequence;
    return [
      ...paired(this.#extraTracks, defaultExtraTracks, values),
      ...paired(this.#extraDoubleTracks, defaultExtraDoubleTracks, doubles),
    ];
  }

  /** Takes the field that was read last. */
  #take(sequence: Sequence): void {
    const reader = this.#reader;
    switch (reader.field) {
      case trackEvent.type:
        this.type = reader.low;
        break;
      case trackEvent.nameId:
        this.name = sequence.names.get(reader.number) ?? this.#none;
        break;
      case trackEvent.categoryId:
        this.#addCategory(sequence.categories.get(reader.number) ?? this.#none);
        break;
      case trackEvent.annotation:
        this.args.push(reader.start, reader.stop);
        break;
      case trackEvent.legacyEvent:
        this.#takeLegacy(sequence);
        break;
      case trackEvent.track:
        this.uuid = reader.key;
        break;
      case trackEvent.name:
        this.name = this.#text();
        break;
      case trackEvent.category:
        this.#addCategory(this.#text());
        break;
      case trackEvent.counterValue:
        this.value = reader.signed;
        break;
      case trackEvent.doubleCounterValue:
        this.value = reader.double;
        break;
      case trackEvent.flow:
      case trackEvent.oldFlow:
        this.going.push(reader.bigint.toString(16));
        break;
      case trackEvent.terminatingFlow:
      case trackEvent.oldTerminatingFlow:
        this.coming.push(reader.bigint.toString(16));
        break;
      case trackEvent.extraTrack:
        this.#extraTracks.push(reader.key);
        break;
      case trackEvent.extraDoubleTrack:
        this.#extraDoubleTracks.push(reader.key);
        break;
      case trackEvent.extraValue:
        this.#extraValues.push(reader.signed);
        break;
      case trackEvent.extraDoubleValue:
        this.#extraDoubles.push(reader.double);
        break;
      case trackEvent.deltaMicroseconds:
        sequence.microseconds += reader.signed;
        this.microseconds = sequence.microseconds;
        break;
      case trackEvent.absoluteMicroseconds:
        this.microseconds = reader.signed;
        break;
      case trackEvent.correlation:
        this.#hasCorrelation = true;
        break;
      default:
        this.#countUnread(reader.field);
    }
  }

  /** Counts what says something in the events of others only: the recorder's say the same by arguments. */
  countForeign(): void {
    if (this.#hasCorrelation) this.#countUnread(trackEvent.correlation);
  }

  #countUnread(field: number): void {
    this.#unread.set(field, (this.#unread.get(field) ?? 0) + 1);
  }

  #takeLegacy(sequence: Sequence): void {
    const reader = this.#reader;
    // In this format, what is told of twice adds up.
    const legacy = Object.assign(new LegacyFields(), this.legacy);
    this.legacy = legacy;
    const { at, end } = reader;
    reader.enter(reader.start, reader.stop);
    legacy.read(reader);
    reader.enter(at, end);
    if (legacy.nameId !== undefined) this.name = sequence.names.get(legacy.nameId) ?? this.name;
    const { bindId, direction } = legacy;
    const phase = BOUND_PHASES[direction] ?? 0;
    if (bindId !== undefined && phase !== 0) this.bound = [phase, bindId];
  }

  /** The number of the text of the field that was read last. */
  #text(): number {
    const { bytes, start, stop } = this.#reader;
    return this.#strings.numberAt(bytes, start, stop);
  }

  #addCategory(category: number): void {
    if (this.category === this.#none) this.category = category;
    else this.#moreCategories.push(category);
  }

  /** The categories of an event with more than one, as one text. */
  #joinedCategories(): number {
    const strings = this.#strings;
    const all = [this.category, ...this.#moreCategories];
    const key = all.join();
    let number = this.#joined.get(key);
    if (number === undefined) {
      if (this.#joined.size >= MAX_JOINED) this.#joined.clear();
      number = strings.numberOf(all.map((category) => strings.texts[category]).join(','));
      this.#joined.set(key, number);
    }
    return number;
  }
}

/** @param usual Tracks for an event that names none. */
function paired(
  named: readonly Uuid[],
  usual: readonly Uuid[],
  values: readonly number[],
): (readonly [Uuid, number])[] {
  const tracks = named.length > 0 ? named : usual;
  return tracks.slice(0, values.length).map((track, i) => [track, values[i]]);
}
