import { RECORDED } from '../../../trace-event/defaults.js';
import { counter, process, thread, track } from '../../../trace-event/perfetto.js';
import {
  END_OF_TRACK_TIDS,
  FIRST_TRACK_TID,
  isTrackTid,
} from '../../../trace-event/thread-tracks.js';
import { type Place, ROOT, type Role, Track, type Uuid } from './track.js';
import { textAt, type WireReader } from './wire-reader.js';

/** Beyond all uuids, which have 64 bits, and what the reader of packets has beyond them. */
const FIRST_UNTOLD = 1n << 70n;
const FIRST_FLOWS = 1n << 71n;
/** Numbers of processes on other machines: more than Linux has on one. */
const PIDS_OF_MACHINE = 10_000_000;
/** Descriptors can name each other in a circle. */
const MAX_ANCESTORS = 100;

/** Metadata by which other viewers name and sort processes and threads. */
export interface Naming {
  readonly name:
    | 'process_name'
    | 'process_sort_index'
    | 'process_labels'
    | 'thread_name'
    | 'thread_sort_index';
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, string | number>>;
}

/** All tracks of a trace, as their descriptors and their events make them known. */
export class Tracks {
  /** By machine. */
  readonly #tracks: Map<Uuid, Track>[] = [new Map()];
  /** The place in that list of each other machine. */
  readonly #machines = new Map<number, number>();
  #machine = 0;
  readonly #onNaming: (naming: Naming) => void;
  /** The tids that are taken, by threads and by tracks below them, by process. */
  readonly #tids = new Map<number, Set<number>>();
  /** From where on none was taken yet for further tracks below the threads of a process. */
  readonly #nextTids = new Map<number, number>();
  /** Below what the first counter of a name lies, by process and name. */
  readonly #counters = new Map<string, Uuid>();
  /** Another one when tracks have changed that others may lie below. */
  #version = 0;
  /** `Place.json`, by process and thread. */
  readonly #json = new Map<string, Buffer>();

  constructor(onNaming: (naming: Naming) => void) {
    this.#onNaming = onNaming;
  }

  /** Which machine the packet is of that is read: a number of the trace's, 0 for the one that has recorded it. */
  set machine(id: number) {
    if (id === 0) {
      this.#machine = 0;
      return;
    }
    const machine = this.#machines.get(id) ?? this.#tracks.push(new Map()) - 1;
    this.#machines.set(id, machine);
    this.#machine = machine;
  }

  of(uuid: Uuid, machine = this.#machine): Track {
    const tracks = this.#tracks[machine];
    let known = tracks.get(uuid);
    if (known === undefined) {
      known = new Track(uuid, machine);
      tracks.set(uuid, known);
    }
    return known;
  }

  /** Machines number their processes each for itself. */
  #pid(said: number): number {
    return said + this.#machine * PIDS_OF_MACHINE;
  }

  /** The track of a thread that has told nothing of itself. */
  ofThread(pid: number, tid: number): Track {
    const known = this.of(FIRST_UNTOLD + (BigInt(pid >>> 0) << 32n) + BigInt(tid >>> 0));
    known.pid = pid;
    known.tid = tid;
    return known;
  }

  /** Where slices are drawn that are made for the points of flows which a process's operations have. */
  flowsOf(pid: number): Place {
    const known = this.of(FIRST_FLOWS + BigInt(pid >>> 0));
    if (known.tid === undefined) {
      known.pid = pid;
      known.tid = this.#tidBelow(pid, pid);
      const name = 'flows of operations';
      this.#onNaming({ name: 'thread_name', pid, tid: known.tid, args: { name } });
    }
    return this.placeOf(known);
  }

  /** Takes the TrackDescriptor that the reader stands in, and gives the track that it is of. */
  take(reader: WireReader): Track {
    let uuid: Uuid = ROOT;
    let parent: Uuid | undefined;
    let name: string | undefined;
    const parts: { field: number; start: number; stop: number }[] = [];
    while (reader.next()) {
      const { field, start, stop } = reader;
      if (field === track.uuid) uuid = reader.key;
      else if (field === track.parent) parent = reader.key;
      else if (field === track.name || field === track.staticName || field === track.atraceName) {
        name = textAt(reader);
      } else parts.push({ field, start, stop });
    }
    const isNew = !this.#tracks[this.#machine].has(uuid);
    const known = this.of(uuid);
    known.parent = parent ?? known.parent;
    known.name = name ?? known.name;
    for (const { field, start, stop } of parts) {
      reader.enter(start, stop);
      if (field === track.thread) this.takeThread(reader, known);
      else if (field === track.process) this.takeProcess(reader, known);
      else if (field === track.counter) takeCounter(reader, known);
    }
    known.place = undefined;
    if (!isNew) this.#version++;
    if (known.name === undefined || known.isCounter) return known;
    // A track that is named in one process or thread, and is none itself.
    const { role, pid, tid } = this.placeOf(known);
    if (role !== 'thread' || known.tid !== undefined) return known;
    this.#onNaming({ name: 'thread_name', pid, tid, args: { name: known.name } });
    return known;
  }

  takeProcess(reader: WireReader, known: Track): void {
    let [pid, name, sortIndex]: [number, string?, number?] = [0];
    const labels: string[] = [];
    while (reader.next()) {
      if (reader.field === process.pid) pid = this.#pid(reader.signed);
      else if (reader.field === process.name) name = textAt(reader);
      else if (reader.field === process.sortIndex) sortIndex = reader.signed;
      else if (reader.field === process.label) labels.push(textAt(reader));
    }
    if (this.#machine > 0) labels.push(`machine ${this.#machine + 1}`);
    known.pid = pid;
    known.isRecorded ||= labels.some((label) => label.startsWith(RECORDED));
    const at = { pid, tid: pid };
    if (name !== undefined) this.#onNaming({ name: 'process_name', ...at, args: { name } });
    if (sortIndex !== undefined) {
      this.#onNaming({ name: 'process_sort_index', ...at, args: { sort_index: sortIndex } });
    }
    if (labels.length === 0) return;
    this.#onNaming({ name: 'process_labels', ...at, args: { labels: labels.join(', ') } });
  }

  /** @returns the time that old writers count from, in microseconds. */
  takeThread(reader: WireReader, known: Track): number | undefined {
    let [pid, tid, name, sortIndex, reference]: [number, number, string?, number?, number?] = [
      0, 0,
    ];
    while (reader.next()) {
      if (reader.field === thread.pid) pid = this.#pid(reader.signed);
      else if (reader.field === thread.tid) tid = reader.signed;
      else if (reader.field === thread.name) name = textAt(reader);
      else if (reader.field === thread.sortIndex) sortIndex = reader.signed;
      else if (reader.field === thread.referenceMicroseconds) reference = reader.number;
    }
    known.pid = pid;
    known.tid = tid;
    this.#tidsOf(pid).add(tid);
    if (name !== undefined) this.#onNaming({ name: 'thread_name', pid, tid, args: { name } });
    if (sortIndex !== undefined) {
      this.#onNaming({ name: 'thread_sort_index', pid, tid, args: { sort_index: sortIndex } });
    }
    return reference;
  }

  placeOf(known: Track): Place {
    if (known.place === undefined || known.version !== this.#version) {
      known.place = this.#place(known);
      known.version = this.#version;
    }
    return known.place;
  }

  /**
   * Where an event of a track is. Of an operation, Chrome's format says on which thread it was begun, too, and
   * summaries of requests look at what else that thread does: it is the one whose packets tell of it.
   *
   * @param teller The track of these packets.
   */
  placeToldBy(teller: Track, known: Track): Place {
    const place = this.placeOf(known);
    const { tid, told } = teller;
    if (place.role !== 'operations' || place.isGlobal || tid === undefined) return place;
    const { pid, isRecorded } = place;
    if (teller.pid !== pid || place.tid === tid) return place;
    if (told?.isRecorded === isRecorded && told.pid === pid && told.tid === tid) return told;
    teller.told = { ...place, tid, json: this.#idsJson(pid, tid) };
    return teller.told;
  }

  #place(known: Track): Place {
    let [pid, tid] = [known.pid, known.tid];
    let isBelowThread = false;
    let above = known;
    for (let i = 0; pid === undefined && above.parent !== undefined && i < MAX_ANCESTORS; i++) {
      above = this.of(above.parent, above.machine);
      pid = above.pid;
      if (pid !== undefined && above.tid !== undefined) {
        isBelowThread = true;
        tid = above.tid;
      }
    }
    let role: Role = 'operations';
    if (known.isCounter) role = 'counter';
    else if (known.tid !== undefined) role = 'thread';
    else if (known.pid !== undefined) role = 'process';
    else if (isBelowThread) {
      role = 'thread';
      known.madeTid ??= this.#tidBelow(pid ?? 0, tid ?? 0);
      tid = known.madeTid;
    }
    // Events without a thread lie on the main one in Chrome's format, whose number is that of the process.
    const ids = { pid: pid ?? 0, tid: tid ?? pid ?? 0 };
    const { isRecorded } = above;
    const json = this.#idsJson(ids.pid, ids.tid);
    const counterId = known.isCounter ? this.#counterId(known, ids.pid) : undefined;
    return { role, ...ids, isGlobal: pid === undefined, isRecorded, json, counterId };
  }

  /**
   * In Chrome's format, counters of a process that have one name are one. In Perfetto's they are if they
   * lie below the same track: each thread may have one.
   */
  #counterId({ counterName, parent = ROOT }: Track, pid: number): string | undefined {
    const key = `${pid} ${counterName}`;
    const first = this.#counters.get(key) ?? parent;
    this.#counters.set(key, first);
    return first === parent ? undefined : BigInt(parent).toString(16);
  }

  /**
   * A tid for a track that lies below a thread. The first such track of a thread has a number that follows from
   * the thread's own. Further tracks, and those whose number is taken, get the next one that is free.
   */
  #tidBelow(pid: number, tid: number): number {
    const taken = this.#tidsOf(pid);
    let free = FIRST_TRACK_TID + tid;
    if (!isTrackTid(free) || taken.has(free)) {
      free = this.#nextTids.get(pid) ?? END_OF_TRACK_TIDS;
      while (taken.has(free)) free++;
      this.#nextTids.set(pid, free + 1);
    }
    taken.add(free);
    return free;
  }

  #tidsOf(pid: number): Set<number> {
    let tids = this.#tids.get(pid);
    if (tids === undefined) {
      tids = new Set();
      this.#tids.set(pid, tids);
    }
    return tids;
  }

  #idsJson(pid: number, tid: number): Buffer {
    const text = `,"pid":${pid},"tid":${tid}`;
    let json = this.#json.get(text);
    if (json === undefined) {
      json = Buffer.from(text);
      this.#json.set(text, json);
    }
    return json;
  }
}

function takeCounter(reader: WireReader, known: Track): void {
  known.isCounter = true;
  while (reader.next()) {
    if (reader.field === counter.type) known.counterType = reader.low;
    else if (reader.field === counter.multiplier) known.multiplier = reader.signed || 1;
    else if (reader.field === counter.isIncremental) known.isIncremental = reader.low !== 0;
  }
}
