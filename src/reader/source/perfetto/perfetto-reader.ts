import { NEEDS_STATE, packet, STATE_CLEARED } from '../../../trace-event/perfetto.js';
import type { ListHandlers, TextFacts } from '../list-reader.js';
import { Clocks, type TimeZero } from './clocks.js';
import { EventRows } from './event-rows.js';
import { EventWriter } from './event-writer.js';
import { type FlowPhases, PhasesInFileOrder } from './flow-phases.js';
import { ABOUT_PACKETS, UNREAD_PACKETS } from './other-packets.js';
import { Packets, type Packing } from './packets.js';
import { PlainPackets } from './plain-packets.js';
import { type Sequence, Sequences } from './sequences.js';
import { Tracks } from './tracks.js';

/** What is read of a packet when all else in it is known, in the order in which it is read. */
const Part = {
  defaults: 1,
  texts: 2,
  snapshot: 3,
  track: 4,
  process: 5,
  thread: 6,
  event: 7,
  deflated: 8,
  zstd: 9,
} as const;

/** Which part of a packet a field is, by its number; 0: none. */
const PARTS = new Uint8Array(packet.zstdCompressed + 1);
PARTS[packet.defaults] = Part.defaults;
PARTS[packet.internedData] = Part.texts;
PARTS[packet.clockSnapshot] = Part.snapshot;
PARTS[packet.trackDescriptor] = Part.track;
PARTS[packet.processDescriptor] = Part.process;
PARTS[packet.threadDescriptor] = Part.thread;
PARTS[packet.trackEvent] = Part.event;
PARTS[packet.compressed] = Part.deflated;
PARTS[packet.zstdCompressed] = Part.zstd;

/** Beyond all uuids, which have 64 bits. */
const OLD_THREAD = 1n << 65n;
const OLD_PROCESS = 1n << 66n;

/**
 * Reads a trace in Perfetto's format, packet by packet, as events of Chrome's format: what is done with
 * them then is the same, whatever the file was. Memory grows with names and tracks. Track events are read;
 * what else packets hold is counted.
 */
export class PerfettoReader {
  readonly #handlers: ListHandlers;
  readonly #unread = new Map<string, number>();
  readonly #packets = new Packets(
    (offset) => this.#packet(offset),
    (bytes, from, base) => this.#plain.take(bytes, from, base),
  );
  readonly #reader = this.#packets.reader;
  readonly #clocks = new Clocks();
  readonly #sequences = new Sequences();
  readonly #tracks = new Tracks((naming) => this.#events.naming(naming));
  readonly #rows: EventRows;
  readonly #events: EventWriter;
  readonly #plain: PlainPackets;
  /** Where the parts of a packet begin and end, but for its event. 0: it has none. */
  readonly #starts = new Float64Array(Part.zstd + 1);
  readonly #stops = new Float64Array(Part.zstd + 1);
  #isTruncated = false;

  constructor(handlers: ListHandlers, flows: FlowPhases = new PhasesInFileOrder()) {
    this.#handlers = handlers;
    this.#rows = new EventRows(handlers);
    this.#events = new EventWriter(this.#reader, this.#rows, this.#tracks, this.#clocks, flows);
    this.#plain = new PlainPackets(
      this.#sequences,
      this.#clocks,
      this.#tracks,
      this.#events,
      this.#rows,
    );
  }

  /** What is not read, and how often it is there. */
  get unread(): ReadonlyMap<string, number> {
    const { legacyLeftOut, argumentsLeftOut } = this.#events;
    const all = new Map([...this.#unread, ...this.#events.unread]);
    if (legacyLeftOut > 0) all.set('legacy_event', legacyLeftOut);
    if (argumentsLeftOut > 0) all.set('arguments that are too long', argumentsLeftOut);
    return all;
  }

  get facts(): TextFacts {
    return {
      form: 'array',
      truncated: this.#isTruncated,
      events: this.#rows.count,
      members: new Map(),
      membersLeftOut: new Set(),
    };
  }

  push(bytes: Buffer): void {
    this.#packets.push(bytes);
  }

  /** There are no more bytes. */
  end(): TextFacts {
    this.#events.writeHeld();
    this.#rows.close();
    this.#rows.flush();
    const { isDamaged, restBytes, position } = this.#packets;
    if (isDamaged) this.#count('damaged packet and all behind it');
    if (restBytes > 0) {
      const what = isDamaged ? 'it is damaged' : `the file ends ${restBytes} bytes later`;
      const message = `expected the end of the packet, but ${what}`;
      this.#isTruncated = true;
      this.#handlers.onProblem({ rule: 'truncated', offset: position, message });
    }
    return this.facts;
  }

  /** Takes the packet that the reader stands in. */
  #packet(offset: number): void {
    const reader = this.#reader;
    const { at: start, end } = reader;
    this.#rows.offset = offset;
    let id = 0;
    let flags = 0;
    let clock: number | undefined;
    let timeAt = 0;
    let eventAt = 0;
    let eventEnd = 0;
    let hasParts = false;
    let unread = 0;
    let isLossy = false;
    let machine = 0;
    for (let before = start; reader.next(); before = reader.at) {
      const { field } = reader;
      if (field === packet.trackEvent) {
        eventAt = reader.start;
        eventEnd = reader.stop;
      } else if (field === packet.timestamp) timeAt = before;
      else if (field === packet.sequence) id = reader.low;
      else if (field < PARTS.length && PARTS[field] !== 0) {
        if (!hasParts) this.#stops.fill(0);
        hasParts = true;
        this.#starts[PARTS[field]] = reader.start;
        this.#stops[PARTS[field]] = reader.stop;
      } else if (field === packet.sequenceFlags) flags |= reader.low;
      else if (field === packet.stateCleared && reader.low !== 0) flags |= STATE_CLEARED;
      else if (field === packet.clock) clock = reader.low;
      else if (field === packet.previousPacketDropped) isLossy = reader.low !== 0;
      else if (field === packet.machine) machine = reader.low;
      else if (!ABOUT_PACKETS.has(field)) unread = field;
    }
    // Of packets that are read in another way none says that it is of another machine.
    this.#tracks.machine = machine;
    const sequence = this.#sequences.of(id);
    if ((flags & STATE_CLEARED) !== 0) sequence.clear();
    else if (isLossy) sequence.isKnown = false;
    if (hasParts) this.#parts(sequence);
    // Of packets that are not read, too: the next one's time may count from theirs.
    let time: number | undefined;
    if (timeAt > 0) {
      reader.enter(timeAt, end);
      reader.next();
      time = this.#clocks.time(reader, clock ?? sequence.defaultClock, id);
    }
    if (eventEnd > 0) {
      reader.enter(eventAt, eventEnd);
      if ((flags & NEEDS_STATE) !== 0 && !sequence.isKnown) {
        this.#count('track_event without its beginning');
      } else {
        const problem = this.#events.event(sequence, time);
        if (problem !== undefined) this.#count(problem);
      }
    } else if (unread !== 0) {
      const name = UNREAD_PACKETS.get(unread) ?? `field ${unread}`;
      this.#count(this.#isDrawn(unread, sequence) ? `${name}, which are slices, too` : name);
    }
    this.#tracks.machine = 0;
    if (!hasParts) return;
    if (this.#enter(Part.deflated)) this.#unpack('deflate');
    else if (this.#enter(Part.zstd)) this.#unpack('zstd');
  }

  /** Takes the packets that the part holds in which the reader stands. */
  #unpack(packing: Packing): void {
    const { at, end } = this.#reader;
    const problem = this.#packets.unpack(at, end, packing);
    if (problem !== undefined) this.#count(`compressed_packets that are ${problem}`);
  }

  /** Whether it is a sample of the recorder's, which draws them as slices, too. */
  #isDrawn(field: number, sequence: Sequence): boolean {
    if (field !== packet.perfSample) return false;
    const own = sequence.ownTrack(this.#tracks);
    // Its samples have a track below that of their thread.
    return own.tid === undefined && this.#tracks.placeOf(own).role === 'thread';
  }

  /** Goes to a part of the packet, if it has that. */
  #enter(part: number): boolean {
    const stop = this.#stops[part];
    if (stop > 0) this.#reader.enter(this.#starts[part], stop);
    return stop > 0;
  }

  /** Takes all that is known from here on. */
  #parts(sequence: Sequence): void {
    const reader = this.#reader;
    const tracks = this.#tracks;
    const { strings, mayHaveTexts } = this.#rows;
    if (this.#enter(Part.defaults)) sequence.takeDefaults(reader);
    if (this.#enter(Part.texts)) sequence.takeTexts(reader, strings, mayHaveTexts);
    if (this.#enter(Part.snapshot)) {
      this.#snapshot(this.#clocks.takeSnapshot(reader, sequence.id));
    }
    if (this.#enter(Part.track)) sequence.describes(tracks.take(reader));
    if (this.#enter(Part.process)) {
      // Of old writers, whose tracks have no descriptors: known by their sequence.
      tracks.takeProcess(reader, tracks.of(OLD_PROCESS + BigInt(sequence.id)));
    }
    if (this.#enter(Part.thread)) {
      const uuid = OLD_THREAD + BigInt(sequence.id);
      sequence.setThread(uuid);
      const reference = tracks.takeThread(reader, tracks.of(uuid));
      if (reference !== undefined) sequence.microseconds = reference;
    }
  }

  /** Says when time 0 was, as the recorder does it in JSON. */
  #snapshot(zero: TimeZero | undefined): void {
    if (zero === undefined) return;
    const { wallMicroseconds, monotonicNanoseconds: monotonic, bootNanoseconds: boot } = zero;
    if (wallMicroseconds === undefined && monotonic === undefined) return;
    this.#events.start = {
      clock: 'relative',
      wallMicroseconds,
      monotonicNanoseconds: monotonic?.toString(),
      bootNanoseconds: boot?.toString(),
    };
  }

  #count(what: string): void {
    this.#unread.set(what, (this.#unread.get(what) ?? 0) + 1);
  }
}
