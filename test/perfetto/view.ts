import { Buffer } from 'node:buffer';
import {
  type Annotation,
  type Descriptor,
  type Event,
  type Packet,
  type PerfSample,
  readPackets,
} from './messages.js';

/** What a viewer makes of a trace in the format of Perfetto: as its importer goes about it. */
export interface View {
  readonly tracks: ReadonlyMap<string, Track>;
  /** All descriptors in the order of the file. */
  readonly descriptors: readonly Descriptor[];
  readonly slices: readonly Slice[];
  readonly counters: readonly Sample[];
  /** Arrows: from one slice to the next one that a flow comes to. */
  readonly flows: readonly Arrow[];
  readonly samples: readonly StackSample[];
  /** What time 0 was on the clocks of the system, by number. */
  readonly zero: ReadonlyMap<number, bigint>;
  readonly primaryClock: number | undefined;
  /** Sequences in which packets are missing, once for each gap. */
  readonly gaps: readonly number[];
  /** What an importer would complain of. */
  readonly problems: readonly string[];
}

export interface Track {
  readonly uuid: string;
  readonly name: string | undefined;
  readonly parent: string | undefined;
  readonly kind: 'process' | 'thread' | 'counter' | 'whole trace' | 'other';
  readonly pid: number | undefined;
  readonly tid: number | undefined;
  readonly unit: string | undefined;
}

/** A slice, or a moment. Times are nanoseconds since time 0 of the trace. */
export interface Slice {
  readonly name: string;
  readonly category: string;
  readonly track: string;
  /** That of the thread whose sequence has told of it. */
  readonly from: string | undefined;
  readonly start: number;
  /** Undefined: it was never ended. */
  end: number | undefined;
  /** Which thread has told of its end, and with which arguments. */
  endFrom: string | undefined;
  endArgs: Readonly<Record<string, unknown>>;
  readonly isMoment: boolean;
  readonly args: Readonly<Record<string, unknown>>;
  readonly correlation: string | undefined;
  readonly parent: Slice | undefined;
}

export interface Sample {
  readonly name: string;
  readonly category: string;
  readonly track: string;
  readonly from: string | undefined;
  readonly time: number;
  readonly value: number;
}

/** A sample of the CPU. */
export interface StackSample {
  readonly time: number;
  readonly pid: number;
  readonly tid: number;
  /** The outermost one first. */
  readonly frames: readonly StackFrame[];
}

interface StackFrame {
  readonly name: string;
  readonly mapping: string;
  readonly place: string | undefined;
  readonly source: string | undefined;
  readonly line: number | undefined;
}

export interface Arrow {
  readonly id: string;
  readonly from: Slice;
  readonly to: Slice;
}

/** Lists of texts that stand there as bytes. */
const BYTES = [
  'debugAnnotationStringValues',
  'functionNames',
  'mappingPaths',
  'sourcePaths',
] as const;
const [BEGIN, END, INSTANT, COUNTER] = [1, 2, 3, 4];
const COMPLETE = 'X'.charCodeAt(0);
const STATE_CLEARED = 1;
const NEEDS_STATE = 2;
/** Clocks with these numbers are known in one sequence only. */
const SEQUENCE_CLOCKS = { from: 64, to: 127 };

interface TimedEvent {
  readonly event: Event;
  readonly state: SequenceState;
  /** As they were when it was read. */
  readonly name: string;
  readonly category: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly track: string;
  readonly from: string | undefined;
  readonly time: number;
}

interface SequenceState {
  isValid: boolean;
  readonly texts: Map<string, string>;
  readonly mappings: Map<string, string>;
  readonly frames: Map<string, StackFrame>;
  readonly callstacks: Map<string, readonly StackFrame[]>;
  /** What is added to a time of each clock, in nanoseconds; of incremental ones, to the next. */
  readonly clocks: Map<number, { time: number; isIncremental: boolean }>;
  defaultClock: number | undefined;
  defaultTrack: string | undefined;
}

export function viewTrace(bytes: Uint8Array): View {
  return new Importer(readPackets(bytes)).view();
}

class Importer {
  readonly #packets: readonly Packet[];
  readonly #sequences = new Map<number, SequenceState>();
  readonly #events: TimedEvent[] = [];
  readonly #samples: StackSample[] = [];
  readonly #descriptors: Descriptor[] = [];
  readonly #zero = new Map<number, bigint>();
  #primaryClock: number | undefined;
  readonly #gaps: number[] = [];
  readonly #problems: string[] = [];

  constructor(packets: readonly Packet[]) {
    this.#packets = packets;
  }

  view(): View {
    for (const packet of this.#packets) this.#take(packet);
    const tracks = this.#tracks();
    // The sort is stable: of what happens at one time, the file has the order.
    const events = this.#events.sort((a, b) => a.time - b.time);
    for (const { track } of events) {
      if (!tracks.has(track)) this.#problems.push(`nothing describes the track ${track}`);
    }
    const { slices, flows } = this.#draw(events);
    const counters = events
      .filter(({ event }) => event.type === COUNTER)
      .map(({ event, ...rest }) => ({
        ...rest,
        value: Number(event.counterValue ?? event.doubleCounterValue),
      }));
    return {
      tracks,
      descriptors: this.#descriptors,
      slices,
      counters,
      flows,
      samples: this.#samples.sort((a, b) => a.time - b.time),
      zero: this.#zero,
      primaryClock: this.#primaryClock,
      gaps: this.#gaps,
      problems: this.#problems,
    };
  }

  #take(packet: Packet): void {
    const { trustedPacketSequenceId: id, sequenceFlags = 0 } = packet;
    if (id === undefined) return;
    let state = this.#sequences.get(id);
    if (state === undefined) {
      state = newState();
      this.#sequences.set(id, state);
    }
    if ((sequenceFlags & STATE_CLEARED) !== 0) {
      Object.assign(state, { ...newState(), isValid: true });
    } else if (packet.previousPacketDropped) state.isValid = false;
    if (packet.previousPacketDropped) this.#gaps.push(id);
    const { tracePacketDefaults: defaults, internedData } = packet;
    if (defaults !== undefined) {
      state.defaultClock = defaults.timestampClockId;
      state.defaultTrack = defaults.trackEventDefaults?.trackUuid;
    }
    if (internedData !== undefined) this.#intern(state, internedData);
    if (packet.clockSnapshot !== undefined) this.#takeClocks(packet.clockSnapshot, state);
    if ((sequenceFlags & NEEDS_STATE) !== 0 && !state.isValid) {
      this.#problems.push(`a packet of sequence ${id} needs what was lost`);
      return;
    }
    if (packet.trackDescriptor !== undefined) this.#descriptors.push(packet.trackDescriptor);
    if (packet.trackEvent !== undefined) this.#takeEvent(packet, packet.trackEvent, state);
    if (packet.perfSample !== undefined) this.#takeSample(packet, packet.perfSample, state);
  }

  #takeSample(packet: Packet, { pid, tid, callstackIid }: PerfSample, state: SequenceState): void {
    const time = this.#timeOf(packet, state);
    const frames = state.callstacks.get(callstackIid);
    if (frames === undefined) this.#problems.push(`nothing defines the callstack ${callstackIid}`);
    else if (time !== undefined) this.#samples.push({ time, pid, tid, frames });
  }

  #intern(state: SequenceState, data: NonNullable<Packet['internedData']>): void {
    for (const list of ['eventCategories', 'eventNames', 'debugAnnotationNames'] as const) {
      for (const { iid, name } of data[list] ?? []) state.texts.set(`${list} ${iid}`, name);
    }
    for (const list of BYTES) {
      for (const { iid, str } of data[list] ?? []) {
        state.texts.set(`${list} ${iid}`, Buffer.from(str, 'base64').toString());
      }
    }
    const text = (list: string, iid: string) => this.#text(state, list, iid) ?? '?';
    for (const { iid, pathStringIds = [] } of data.mappings ?? []) {
      // As Perfetto's importer puts a path together.
      const parts = pathStringIds.map((id) => text('mappingPaths', id)).filter((part) => part);
      state.mappings.set(iid, parts.map((part) => `/${part}`).join(''));
    }
    for (const { iid, functionNameId, mappingId, sourcePathIid, ...frame } of data.frames ?? []) {
      const mapping = state.mappings.get(mappingId);
      // Its importer gives up the whole callstack then.
      if (mapping === undefined) this.#problems.push(`nothing defines the mapping ${mappingId}`);
      state.frames.set(iid, {
        name: text('functionNames', functionNameId),
        mapping: mapping ?? '?',
        place: frame.relPc,
        source: sourcePathIid && text('sourcePaths', sourcePathIid),
        line: frame.lineNumber,
      });
    }
    for (const { iid, frameIds = [] } of data.callstacks ?? []) {
      const frames = frameIds.flatMap((id) => state.frames.get(id) ?? []);
      if (frames.length !== frameIds.length) {
        this.#problems.push(`the callstack ${iid} has frames that nothing defines`);
      }
      state.callstacks.set(iid, frames);
    }
  }

  #takeClocks(snapshot: NonNullable<Packet['clockSnapshot']>, state: SequenceState): void {
    this.#primaryClock = snapshot.primaryTraceClock;
    const { from, to } = SEQUENCE_CLOCKS;
    for (const { clockId, timestamp, isIncremental = false } of snapshot.clocks ?? []) {
      if (clockId >= from && clockId <= to) {
        state.clocks.set(clockId, { time: isIncremental ? Number(timestamp) : 0, isIncremental });
      } else {
        const known = this.#zero.get(clockId);
        if (known !== undefined && known !== BigInt(timestamp)) {
          this.#problems.push(`the clock ${clockId} has two times at time 0`);
        }
        this.#zero.set(clockId, BigInt(timestamp));
      }
    }
  }

  #takeEvent(packet: Packet, event: Event, state: SequenceState): void {
    const time = this.#timeOf(packet, state);
    if (time === undefined) return;
    const text = (list: string, iid: string | undefined) =>
      iid === undefined ? undefined : this.#text(state, list, iid);
    const [categoryId] = event.categoryIids ?? [];
    this.#events.push({
      event,
      state,
      name: event.name ?? text('eventNames', event.nameIid) ?? '',
      category: event.categories?.[0] ?? text('eventCategories', categoryId) ?? '',
      args: this.#argsOf(event.debugAnnotations ?? [], state),
      track: event.trackUuid ?? state.defaultTrack ?? '0',
      from: state.defaultTrack,
      time,
    });
  }

  #timeOf({ timestamp, timestampClockId }: Packet, state: SequenceState): number | undefined {
    const clock = state.clocks.get(timestampClockId ?? state.defaultClock ?? -1);
    if (clock === undefined || timestamp === undefined) {
      this.#problems.push('an event has no time');
      return undefined;
    }
    const given = Number(BigInt.asIntN(64, BigInt(timestamp)));
    if (!clock.isIncremental) return given;
    clock.time += given;
    return clock.time;
  }

  #text(state: SequenceState, list: string, iid: string): string | undefined {
    const text = state.texts.get(`${list} ${iid}`);
    if (text === undefined) this.#problems.push(`nothing defines ${list} ${iid}`);
    return text;
  }

  #argsOf(annotations: readonly Annotation[], state: SequenceState): Record<string, unknown> {
    const entries = annotations.map((annotation) => {
      const { name, nameIid = '' } = annotation;
      const key = name ?? this.#text(state, 'debugAnnotationNames', nameIid) ?? '';
      return [key, this.#valueOf(annotation, state)] as const;
    });
    return Object.fromEntries(entries);
  }

  #valueOf(annotation: Annotation, state: SequenceState): unknown {
    const { dictEntries, arrayValues, legacyJsonValue, intValue, stringValueIid } = annotation;
    if (dictEntries !== undefined) return this.#argsOf(dictEntries, state);
    if (arrayValues !== undefined) return arrayValues.map((item) => this.#valueOf(item, state));
    if (legacyJsonValue !== undefined) {
      const value: unknown = JSON.parse(legacyJsonValue);
      if (value === null)
        this.#problems.push('an argument is the JSON null, at which Perfetto ends');
      return value;
    }
    if (intValue !== undefined) return Number(intValue);
    if (stringValueIid !== undefined) {
      return this.#text(state, 'debugAnnotationStringValues', stringValueIid);
    }
    return annotation.boolValue ?? annotation.doubleValue ?? annotation.stringValue ?? null;
  }

  #tracks(): Map<string, Track> {
    const tracks = new Map<string, Track>([['0', WHOLE_TRACE]]);
    for (const descriptor of this.#descriptors) {
      const { uuid, parentUuid: parent, process, thread, counter } = descriptor;
      const before = tracks.get(uuid);
      const { pid } = process ?? thread ?? {};
      const tid = thread?.tid === undefined ? undefined : Number(thread.tid);
      const kind =
        process !== undefined
          ? 'process'
          : thread !== undefined
            ? 'thread'
            : counter !== undefined
              ? 'counter'
              : 'other';
      const said = descriptor.name ?? process?.processName ?? thread?.threadName;
      const track: Track = {
        ...{ uuid, parent, kind, pid, tid },
        name: said ?? before?.name,
        unit: counter?.unitName,
      };
      if (
        before !== undefined &&
        (before.parent !== parent ||
          before.pid !== pid ||
          before.tid !== tid ||
          before.kind !== kind)
      ) {
        this.#problems.push(`the track ${uuid} is described in two ways`);
      }
      tracks.set(uuid, track);
    }
    for (const { uuid, parent } of tracks.values()) {
      if (parent !== undefined && !tracks.has(parent)) {
        this.#problems.push(`nothing describes ${parent}, in which ${uuid} lies`);
      }
    }
    return tracks;
  }

  #draw(events: readonly TimedEvent[]): { slices: Slice[]; flows: Arrow[] } {
    const slices: Slice[] = [];
    const flows: Arrow[] = [];
    const stacks = new Map<string, Slice[]>();
    /** By track: the last of what has no length. What has none either lies in it, in the same moment. */
    const empties = new Map<string, Slice>();
    const lastOfFlow = new Map<string, Slice>();
    for (const timed of events) {
      const { event, track, time, from, args } = timed;
      let stack = stacks.get(track);
      if (stack === undefined) {
        stack = [];
        stacks.set(track, stack);
      }
      let slice: Slice | undefined;
      if (event.type === END) {
        slice = stack.pop();
        if (slice === undefined) this.#problems.push(`an end on ${track} ends nothing`);
        else Object.assign(slice, { end: time, endFrom: from, endArgs: args });
      } else if (event.type === BEGIN) {
        slice = newSlice(timed, stack.at(-1));
        stack.push(slice);
        slices.push(slice);
      } else if (event.type === INSTANT || isEmptySlice(event)) {
        const last = empties.get(track);
        slice = newSlice(timed, last?.start === time ? last : stack.at(-1));
        slices.push(slice);
      }
      if (slice === undefined) continue;
      if (slice.end === time && event.type !== END) empties.set(track, slice);
      else empties.delete(track);
      for (const id of event.flowIds ?? []) {
        const last = lastOfFlow.get(id);
        if (last !== undefined) flows.push({ id, from: last, to: slice });
        lastOfFlow.set(id, slice);
      }
      for (const id of event.terminatingFlowIds ?? []) {
        const last = lastOfFlow.get(id);
        if (last === undefined) this.#problems.push(`the flow ${id} ends and has not begun`);
        else flows.push({ id, from: last, to: slice });
        lastOfFlow.delete(id);
      }
    }
    return { slices, flows };
  }
}

const WHOLE_TRACE: Track = {
  uuid: '0',
  name: undefined,
  parent: undefined,
  kind: 'whole trace',
  pid: undefined,
  tid: undefined,
  unit: undefined,
};

function newState(): SequenceState {
  return {
    isValid: false,
    texts: new Map(),
    mappings: new Map(),
    frames: new Map(),
    callstacks: new Map(),
    clocks: new Map(),
    defaultClock: undefined,
    defaultTrack: undefined,
  };
}

/** A complete event without a length, told as Chrome's older macros do it. */
function isEmptySlice({ type, legacyEvent }: Event): boolean {
  return type === undefined && legacyEvent?.phase === COMPLETE && legacyEvent.durationUs === '0';
}

function newSlice({ event, ...timed }: TimedEvent, parent: Slice | undefined): Slice {
  const { name, category, track, from, time, args } = timed;
  const isMoment = event.type === INSTANT;
  return {
    ...{ name, category, track, from, args, parent, isMoment },
    start: time,
    end: isMoment || isEmptySlice(event) ? time : undefined,
    endFrom: undefined,
    endArgs: {},
    correlation: event.correlationId,
  };
}
