import { BUILTIN_COUNTERS } from '../../../trace-event/perfetto.js';
import { SliceTimes } from './slice-times.js';

/** What identifies a track. */
export type Uuid = number | bigint;

/** Perfetto's own root of all tracks, for events of no track at all. */
export const ROOT: Uuid = 0;
/**
 * How events of a track are written. What lies below a thread's track is a thread of its own, as its
 * slices nest; all other tracks hold async operations.
 */
export type Role = 'thread' | 'process' | 'operations' | 'counter';

/** The name and the category of an operation, as numbers of the table of all texts: its end repeats both. */
export interface Texts {
  readonly name: number;
  readonly category: number;
}

/** An operation that is open. */
export interface OpenOperation extends Texts {
  /** The category that it is written with: in Chrome's format, those of one category and id lie in each other. */
  readonly drawn: number;
}

/** A track, with what its events have in common. */
export class Track {
  readonly uuid: Uuid;
  readonly machine: number;
  parent: Uuid | undefined;
  name: string | undefined;
  pid: number | undefined;
  tid: number | undefined;
  /** Of a process: whether tracelane's recorder has written of it. */
  isRecorded = false;
  isCounter = false;
  /** Its CounterDescriptor.BuiltinCounterType. */
  counterType = 0;
  multiplier = 1;
  /** Of a counter: whether sequences tell by how much it has grown. */
  isIncremental = false;
  /** The operations that are open on it: of most tracks, none. */
  #open: OpenOperation[] | undefined;
  /** Of the sequence that has told of a slice last, and of all that have. */
  #slices: SliceTimes | undefined;
  #sequence = 0;
  #allSlices: Map<number, SliceTimes> | undefined;
  place: Place | undefined;
  /** Of a thread: where operations are that its packets tell of. */
  told: Place | undefined;
  /** Which state of the tracks `place` is of. */
  version = 0;
  madeTid: number | undefined;
  /** As operations on it are told by, in hexadecimal digits. */
  id: string | undefined;

  constructor(uuid: Uuid, machine: number) {
    this.uuid = uuid;
    this.machine = machine;
  }

  /** Of a counter. */
  get counterName(): string {
    return this.name ?? BUILTIN_COUNTERS.get(this.counterType) ?? 'counter';
  }

  /** An operation begins. */
  begin(operation: OpenOperation): void {
    this.#open ??= [];
    this.#open.push(operation);
  }

  /** The operation that began last of those that are open. */
  get innermost(): OpenOperation | undefined {
    return this.#open?.at(-1);
  }

  /** The one that began first of them. */
  get outermost(): OpenOperation | undefined {
    return this.#open?.[0];
  }

  /** The innermost operation that may be meant ends, and is given if there is one. */
  end(isMeant: (operation: Texts) => boolean): OpenOperation | undefined {
    const at = this.#open?.findLastIndex(isMeant) ?? -1;
    if (at < 0) return undefined;
    const [ended] = this.#open?.splice(at, 1) ?? [];
    if (this.#open?.length === 0) this.#open = undefined;
    return ended;
  }

  /**
   * Of a thread: the slices of which a sequence tells. Each writes its own in their order; how it stands
   * to what others tell of the same thread, only the times say.
   */
  slicesOf(sequence: number): SliceTimes {
    if (this.#slices !== undefined && this.#sequence === sequence) return this.#slices;
    if (this.#slices !== undefined) {
      this.#allSlices ??= new Map([[this.#sequence, this.#slices]]);
    }
    this.#slices = this.#allSlices?.get(sequence) ?? new SliceTimes();
    this.#sequence = sequence;
    this.#allSlices?.set(sequence, this.#slices);
    return this.#slices;
  }
}

/** Where the events of a track are to be drawn. */
export interface Place {
  readonly role: Role;
  readonly pid: number;
  readonly tid: number;
  /** `,"pid":…,"tid":…` */
  readonly json: Buffer;
  /** Whether it belongs to no process. */
  readonly isGlobal: boolean;
  /** Whether tracelane's recorder has written of its process. */
  readonly isRecorded: boolean;
  /** Of a counter whose process has others of that name: which one it is, in hexadecimal digits. */
  readonly counterId: string | undefined;
}
