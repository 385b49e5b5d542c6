import { FIRST_TRACK_TID } from '../../trace-event/thread-tracks.js';
import type { Piece } from '../byte-buffer.js';
import { counter, PACKET, packet, process, thread, track } from './fields.js';
import { type Hash, hash } from './hash.js';
import { NUMBER_ROOM, type WireBuffer } from './wire.js';

/** So many tracks are remembered as described. One that is forgotten is described again. */
const MAX_KNOWN = 4096;
/** The name of the series of a counter that has one value. */
const ONLY_SERIES = 'value';
/** Room for a descriptor but for its texts. */
const ROOM = 16 * NUMBER_ROOM;

/** What a track is known by: 63 bits of it are written. */
export type Uuid = Hash;

/** What a thread's track stands for. */
export interface Thread {
  readonly pid: number;
  readonly tid: number;
}

/** What a track of operations stands for; `outer`: the track above it. */
export interface OperationTrack {
  /** A number is no other track's in the recording. */
  readonly id: string | number;
  readonly name: string;
  readonly outer: OperationTrack | undefined;
}

/** What can be said of processes and threads. */
export interface Description {
  readonly name?: string;
  readonly sortIndex?: number;
  readonly labels?: readonly string[];
}

const NOTHING: Description = {};

/**
 * The tracks of a trace. What a track is known by is computed from what it stands for, so it is the same to
 * whoever writes of it, and other than those of all other processes and recordings.
 */
export class Tracks {
  readonly #out: WireBuffer;
  /** What a packet begins with that belongs to no thread. */
  readonly #head: Piece;
  readonly #pid: number | undefined;
  readonly #salt: Hash;
  readonly #isBelowAnother: (of: Thread) => boolean;
  /** Those that the file describes. */
  readonly #known = new Map<string | number, Uuid>();
  /** The same for processes, which are asked for more often than all others. */
  readonly #processes = new Map<number, Uuid>();
  /** Whether what is written may be erased, and describes nothing for good. */
  isProvisional = false;

  /**
   * @param pid That of the process that the file describes in its first packets, if it does.
   * @param isBelowAnother Whether it is no thread, but a track below the one whose tid is less by
   *   FIRST_TRACK_TID.
   */
  constructor(
    out: WireBuffer,
    head: Piece,
    pid: number | undefined,
    recording: string,
    isBelowAnother: (of: Thread) => boolean,
  ) {
    this.#out = out;
    this.#head = head;
    this.#pid = pid;
    this.#isBelowAnother = isBelowAnother;
    this.#salt = hash(recording);
    this.forget();
  }

  /** Nothing else that was described is in the file for sure. */
  forget(): void {
    this.#known.clear();
    this.#processes.clear();
    const pid = this.#pid;
    if (pid !== undefined) this.#processes.set(pid, hash(processKey(pid), this.#salt));
  }

  process(pid: number): Uuid {
    return this.#processes.get(pid) ?? this.describeProcess(pid, NOTHING);
  }

  describeProcess(pid: number, { name, sortIndex, labels = [] }: Description): Uuid {
    const out = this.#out;
    const uuid = this.#describe(processKey(pid), undefined, undefined, () => {
      const start = out.open(track.process);
      out.field(process.pid, pid);
      if (sortIndex !== undefined) out.field(process.sortIndex, sortIndex);
      if (name !== undefined) out.string(process.name, name);
      for (const label of labels) out.string(process.label, label);
      out.close(start);
    });
    if (!this.isProvisional) this.#processes.set(pid, uuid);
    return uuid;
  }

  thread(of: Thread): Uuid {
    return this.#known.get(threadKey(of)) ?? this.describeThread(of, NOTHING);
  }

  describeThread(of: Thread, { name, sortIndex }: Description): Uuid {
    const { pid, tid } = of;
    if (this.#isBelowAnother(of)) {
      // What is known only afterwards of a thread: a track below its own.
      const above = this.thread({ pid, tid: tid - FIRST_TRACK_TID });
      return this.#describe(threadKey(of), name, above);
    }
    const out = this.#out;
    return this.#describe(threadKey(of), undefined, this.process(pid), () => {
      const start = out.open(track.thread);
      out.field(thread.pid, pid);
      out.field(thread.tid, tid);
      if (sortIndex !== undefined) out.field(thread.sortIndex, sortIndex);
      if (name !== undefined) out.string(thread.name, name);
      out.close(start);
    });
  }

  /** A track below that of a thread. */
  belowThread(of: Thread, key: string, name: string): Uuid {
    const known = `${threadKey(of)} ${key}`;
    return this.#known.get(known) ?? this.#describe(known, name, this.thread(of));
  }

  /** The track of async events, which is described if the file does not describe it yet. */
  operation(pid: number, { id, name, outer }: OperationTrack): Uuid {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const above = outer === undefined ? this.process(pid) : this.operation(pid, outer);
    return this.#describe(id, name, above);
  }

  /** The same where the file describes the track for sure: for an end, as its begin stands before it. */
  knownOperation({ id }: Pick<OperationTrack, 'id'>): Uuid {
    return this.#known.get(id) ?? hash(id, this.#salt);
  }

  /** `isOnly`: the series is the counter's only one. */
  counter(pid: number, name: string, series: string, isOnly: boolean): Uuid {
    const shown = isOnly && series === ONLY_SERIES ? name : `${name} ${series}`;
    const key = `counter ${pid} ${shown}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const out = this.#out;
    return this.#describe(key, shown, this.process(pid), () => {
      const unit = unitIn(name);
      const start = out.open(track.counter);
      if (unit !== undefined) out.string(counter.unitName, unit);
      out.close(start);
    });
  }

  #describe(
    key: string | number,
    name: string | undefined,
    above: Uuid | undefined,
    more?: () => void,
  ): Uuid {
    const uuid = hash(key, this.#salt);
    const out = this.#out;
    out.reserve(ROOM);
    const start = out.open(PACKET);
    out.put(this.#head);
    const inside = out.open(packet.trackDescriptor);
    out.uuid(track.uuid, uuid);
    if (above !== undefined) out.uuid(track.parent, above);
    if (name !== undefined) out.string(track.name, name);
    out.reserve(ROOM);
    more?.();
    out.close(inside);
    out.close(start);
    if (this.isProvisional) return uuid;
    if (this.#known.size >= MAX_KNOWN) this.forget();
    this.#known.set(key, uuid);
    return uuid;
  }
}

/** Names of counters may tell their unit: `delay (ms)`. A number there tells counters of one name apart. */
function unitIn(name: string): string | undefined {
  return /\(([^()\d]+)\)$/.exec(name)?.[1];
}

function processKey(pid: number): string {
  return `process ${pid}`;
}

function threadKey({ pid, tid }: Thread): string {
  return `thread ${pid}/${tid}`;
}
