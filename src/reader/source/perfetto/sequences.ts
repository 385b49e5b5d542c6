import { defaults, entry, interned } from '../../../trace-event/perfetto.js';
import type { ByteStrings } from '../byte-strings.js';
import { Interned, InternedBytes } from './interned.js';
import { ROOT, type Track, type Uuid } from './track.js';
import type { Tracks } from './tracks.js';
import type { WireReader } from './wire-reader.js';

/** What the packets of one writer take for known from those before them. */
export class Sequence {
  readonly id: number;
  /** As numbers of the table of all texts. */
  readonly categories = new Interned<number>();
  readonly names = new Interned<number>();
  /** Of arguments: their names, and what they say. In UTF-8. */
  readonly keys = new InternedBytes();
  readonly values = new InternedBytes();
  /**
   * Whether it has begun in what was read, and nothing of it was lost since: packets that need what came
   * before cannot be understood else.
   */
  isKnown = false;
  defaultTrack: Uuid | undefined;
  defaultClock: number | undefined;
  /** Tracks of the counters that events tell of along with them, where the events do not name these. */
  readonly defaultExtraTracks: Uuid[] = [];
  readonly defaultExtraDoubleTracks: Uuid[] = [];
  /** How far counters have grown of which it tells by how much. */
  readonly #grown = new Map<Track, number>();
  #thread: Uuid | undefined;
  /** Where events without a track lie, as far as that was looked up. */
  #track: Track | undefined;
  /** Microseconds of the last event with such a time. */
  microseconds = 0;

  constructor(id: number) {
    this.id = id;
  }

  /** It begins anew. */
  clear(): void {
    this.isKnown = true;
    for (const texts of [this.categories, this.names, this.keys, this.values]) texts.clear();
    this.#grown.clear();
    this.#forgetDefaults();
  }

  #forgetDefaults(): void {
    this.defaultTrack = undefined;
    this.defaultClock = undefined;
    this.defaultExtraTracks.length = this.defaultExtraDoubleTracks.length = 0;
    this.#track = undefined;
  }

  /** It has told of a track. The last thread among these is its own, as Perfetto has it. */
  describes(track: Track): void {
    if (track.tid !== undefined && this.isKnown) this.setThread(track.uuid);
  }

  /** The value of a counter that it says has grown. Each sequence counts by itself. */
  grown(counter: Track, by: number): number {
    const value = (this.#grown.get(counter) ?? 0) + by;
    this.#grown.set(counter, value);
    return value;
  }

  /** Its own thread is that of a track, where no other is named. */
  setThread(uuid: Uuid): void {
    this.#thread = uuid;
    this.#track = undefined;
  }

  /** Where events lie that name no track. */
  ownTrack(tracks: Tracks): Track {
    // A default of 0 is none.
    this.#track ??= tracks.of(this.defaultTrack || (this.#thread ?? ROOT));
    return this.#track;
  }

  /** The same, whatever its default is. */
  ownThread(tracks: Tracks): Track {
    return tracks.of(this.#thread ?? ROOT);
  }

  /** Takes the TracePacketDefaults that the reader stands in. */
  takeDefaults(reader: WireReader): void {
    this.#forgetDefaults();
    while (reader.next()) {
      if (reader.field === defaults.clock) this.defaultClock = reader.number;
      if (reader.field !== defaults.trackEvent) continue;
      const { at, end } = reader;
      reader.enter(reader.start, reader.stop);
      while (reader.next()) {
        if (reader.field === defaults.track) this.defaultTrack = reader.key;
        else if (reader.field === defaults.extraTrack) this.defaultExtraTracks.push(reader.key);
        else if (reader.field === defaults.extraDoubleTrack) {
          this.defaultExtraDoubleTracks.push(reader.key);
        }
      }
      reader.enter(at, end);
    }
  }

  /**
   * Takes the InternedData that the reader stands in.
   *
   * @param strings The table of names and categories.
   * @param withArguments Whether the texts of arguments are needed, too.
   */
  takeTexts(reader: WireReader, strings: ByteStrings, withArguments: boolean): void {
    const { bytes } = reader;
    while (reader.next()) {
      const { field, at, end } = reader;
      const isName = field === interned.name || field === interned.category;
      if (!isName && (!withArguments || !isOfArguments(field))) continue;
      reader.enter(reader.start, reader.stop);
      let id = 0;
      let [start, stop] = [at, at];
      while (reader.next()) {
        if (reader.field === entry.id) id = reader.number;
        else if (reader.field === entry.text) [start, stop] = [reader.start, reader.stop];
      }
      if (isName) {
        const texts = field === interned.name ? this.names : this.categories;
        texts.set(id, strings.numberAt(bytes, start, stop));
      } else {
        const texts = field === interned.string ? this.values : this.keys;
        texts.set(id, bytes, start, stop);
      }
      reader.enter(at, end);
    }
  }
}

/** All sequences of a trace, by their numbers. */
export class Sequences {
  readonly #sequences = new Map<number, Sequence>();
  #last: Sequence | undefined;

  of(id: number): Sequence {
    // Most packets are of the same as the one before.
    if (this.#last?.id === id) return this.#last;
    let known = this.#sequences.get(id);
    if (known === undefined) {
      known = new Sequence(id);
      this.#sequences.set(id, known);
    }
    this.#last = known;
    return known;
  }
}

function isOfArguments(field: number): boolean {
  return field === interned.annotationName || field === interned.string;
}
