import { isObject, type RawEvent } from '../../reader/source/entries.js';
import { Names } from '../../reader/summary/names.js';
import { type ProcessOrThread, threadKey, threadOf } from '../../reader/timeline/timed-event.js';
import { FIRST_TRACK_TID, SAMPLES_TRACK } from '../../trace-event/thread-tracks.js';
import type { TrackData } from '../model/model-data.js';

/** A track, before all of them are known. */
export interface NewTrack {
  readonly kind: TrackData['kind'];
  /** Undefined where it belongs to no process. */
  readonly pid: ProcessOrThread | undefined;
  /** Of threads and samples. */
  readonly tid?: ProcessOrThread | undefined;
  readonly name?: string | undefined;
  readonly firstLane: number;
  readonly lanes: number;
  readonly counter: number;
}

/** The order of the kinds below a process. */
const KINDS: readonly TrackData['kind'][] = [
  'instants',
  'operations',
  'thread',
  'samples',
  'counter',
];

/** What processes and threads are called, and in which order they are shown. */
export class TrackTable {
  readonly #names = new Names();
  readonly #sortIndices = new Map<string, number>();

  /** Takes metadata. */
  take(event: RawEvent): void {
    this.#names.take(event);
    const { name, args } = event;
    const index = isObject(args) ? args['sort_index'] : undefined;
    if (typeof index !== 'number') return;
    const { pid, tid } = threadOf(event);
    if (name === 'process_sort_index') this.#sortIndices.set(String(pid), index);
    else if (name === 'thread_sort_index') this.#sortIndices.set(threadKey(pid, tid), index);
  }

  /** All tracks, those of processes among them, and the order in which they are shown. */
  tracks(added: readonly NewTrack[]): { tracks: TrackData[]; order: number[] } {
    const tracks: TrackData[] = [];
    const order: number[] = [];
    const put = (track: TrackData): number => {
      order.push(tracks.length);
      return tracks.push(track) - 1;
    };
    // Lanes stand in the order of the tracks that were added.
    for (const { kind, firstLane, lanes, counter } of added) {
      tracks.push({ kind, parent: -1, name: '', note: '', firstLane, lanes, counter });
    }
    const processes = new Map<string, number[]>();
    for (const [number, { pid }] of added.entries()) {
      if (pid === undefined) {
        order.push(number);
        tracks[number] = { ...tracks[number], name: added[number].name ?? '' };
        continue;
      }
      const own = processes.get(String(pid));
      if (own === undefined) processes.set(String(pid), [number]);
      else own.push(number);
    }
    const pids = Array.from(processes.keys()).sort(
      (a, b) => this.#indexOf(a) - this.#indexOf(b) || byNumber(a, b),
    );
    const processNames = pids.map((pid) => this.#names.processName(pid) || `process ${pid}`);
    const isRepeated = repeated(processNames);
    for (const [place, pid] of pids.entries()) {
      const own = processes.get(pid) as number[];
      const name = processNames[place];
      const note = isRepeated(name) ? pid : '';
      const parent = put({
        kind: 'process',
        parent: -1,
        name,
        note,
        firstLane: 0,
        lanes: 0,
        counter: -1,
      });
      this.#putBelow(added, own, parent, tracks, order);
    }
    return { tracks, order };
  }

  #putBelow(
    added: readonly NewTrack[],
    numbers: readonly number[],
    parent: number,
    tracks: TrackData[],
    order: number[],
  ): void {
    const sorted = [...numbers].sort((a, b) => this.#compare(added[a], added[b]));
    const names = sorted.map((number) => this.#nameOf(added[number]));
    const isRepeated = repeated(names);
    for (const [place, number] of sorted.entries()) {
      const name = names[place];
      const note = isRepeated(name) ? String(added[number].tid ?? '') : '';
      tracks[number] = { ...tracks[number], parent, name, note };
      order.push(number);
    }
  }

  #nameOf({ kind, pid, tid, name }: NewTrack): string {
    if (name !== undefined) return name;
    if (kind === 'operations') return 'operations';
    if (kind === 'instants') return 'instants';
    return this.#names.threadName(pid ?? 0, tid ?? 0) || `thread ${tid}`;
  }

  #compare(a: NewTrack, b: NewTrack): number {
    return groupOf(a) - groupOf(b) || this.#compareThreads(a, b) || (nameFirst(a, b) ? -1 : 1);
  }

  /** Samples come right below their thread. */
  #compareThreads(a: NewTrack, b: NewTrack): number {
    if (a.tid === undefined || b.tid === undefined) return 0;
    const [above, other] = [threadAbove(a), threadAbove(b)];
    if (above === other) return KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind);
    const pid = a.pid ?? 0;
    return (
      this.#indexOf(threadKey(pid, above)) - this.#indexOf(threadKey(pid, other)) ||
      // The main thread of a process comes first.
      Number(other === pid) - Number(above === pid) ||
      byNumber(String(above), String(other))
    );
  }

  #indexOf(key: string): number {
    return this.#sortIndices.get(key) ?? 0;
  }

  /** What a thread's track shows. */
  kindOf(pid: ProcessOrThread, tid: ProcessOrThread): 'thread' | 'samples' {
    const isSamples =
      typeof tid === 'number' &&
      tid >= FIRST_TRACK_TID &&
      this.#names.threadName(pid, tid).endsWith(SAMPLES_TRACK);
    return isSamples ? 'samples' : 'thread';
  }
}

/** Threads with their samples are one group. */
function groupOf({ kind }: NewTrack): number {
  return KINDS.indexOf(kind === 'samples' ? 'thread' : kind);
}

function threadAbove({ kind, tid = 0 }: NewTrack): ProcessOrThread {
  return kind === 'samples' ? Number(tid) - FIRST_TRACK_TID : tid;
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b) || (a < b ? -1 : a > b ? 1 : 0);
}

function nameFirst({ name: a = '' }: NewTrack, { name: b = '' }: NewTrack): boolean {
  return a < b;
}

/** Tests whether a name is there more than once. */
function repeated(names: readonly string[]): (name: string) => boolean {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return (name) => (counts.get(name) ?? 0) > 1;
}
