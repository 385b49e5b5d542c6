import { NS_PER_US } from '../../../trace-event/numbers.js';
import {
  BOOTTIME,
  clock,
  FIRST_OWN_CLOCK,
  MONOTONIC,
  REALTIME,
  snapshot,
} from '../../../trace-event/perfetto.js';
import type { WireReader } from './wire-reader.js';

/** Nanoseconds beyond this are counted from the first moment of the trace, to be exact as doubles. */
const FAR = 2n ** 52n;

/** A sequence has no more. */
const CLOCKS = 128;

/** Where the high halves of two times differ by less than this, their difference is below 2^52: exact as a double. */
const NEAR = 2 ** 20;
const TWO_32 = 2 ** 32;

/** A moment, also in two halves of 32 bits. */
interface Nanoseconds {
  readonly value: bigint;
  readonly high: number;
  readonly low: number;
}

/** A clock at the moment of the last snapshot that has it. */
export interface Clock {
  /** Nanoseconds that one step of it stands for. */
  readonly unit: number;
  readonly isIncremental: boolean;
  /** What it showed, in nanoseconds. */
  readonly base: Nanoseconds;
  /** The same, of a clock whose times are exact as doubles. */
  readonly exactBase: number | undefined;
  /** What the clock of the trace showed then, in nanoseconds since the origin. */
  readonly at: number;
  /** Of an incremental clock: nanoseconds since the snapshot. */
  since: number;
}

/** When the trace's time 0 was, as far as a snapshot tells. */
export interface TimeZero {
  readonly wallMicroseconds: number | undefined;
  readonly monotonicNanoseconds: bigint | undefined;
  readonly bootNanoseconds: bigint | undefined;
}

/**
 * The clocks of a trace. Snapshots tell what several of them showed at one moment; all times are brought
 * to that which the first snapshot names as the trace's own, or to the time since boot.
 */
export class Clocks {
  readonly #clocks = new Map<number, Clock>();
  #primary: number | undefined;
  /** Subtracted from all times, where these are far from 0. */
  #origin: Nanoseconds | undefined;

  /**
   * Takes the snapshot that the reader stands in.
   *
   * @returns when time 0 was, of the first snapshot of a trace.
   */
  takeSnapshot(reader: WireReader, sequence: number): TimeZero | undefined {
    const isFirst = this.#primary === undefined;
    const found: { id: number; value: bigint; unit: number; isIncremental: boolean }[] = [];
    let named: number | undefined;
    while (reader.next()) {
      if (reader.field === snapshot.primary) named = reader.low;
      if (reader.field !== snapshot.clock) continue;
      const end = reader.end;
      const next = reader.at;
      reader.enter(reader.start, reader.stop);
      let [id, value, unit, isIncremental] = [0, 0n, 1, false];
      while (reader.next()) {
        if (reader.field === clock.id) id = reader.low;
        else if (reader.field === clock.timestamp) value = reader.bigint;
        else if (reader.field === clock.isIncremental) isIncremental = reader.low !== 0;
        else if (reader.field === clock.unit) unit = Math.max(1, reader.number);
      }
      found.push({ id, value: value * BigInt(unit), unit, isIncremental });
      reader.enter(next, end);
    }
    const preferred = [named, BOOTTIME, MONOTONIC, found[0]?.id];
    this.#primary ??= preferred.find((id) => found.some((one) => one.id === id));
    const at = this.#momentOf(found, sequence);
    if (at === undefined) return undefined;
    for (const { id, value, unit, isIncremental } of found) {
      this.#clocks.set(keyOf(id, sequence), {
        unit,
        isIncremental,
        base: inHalves(value),
        exactBase: exact(value, unit, isIncremental),
        at,
        since: 0,
      });
    }
    if (!isFirst) return undefined;
    const atZero = (clock: number): bigint | undefined => {
      const value = found.find(({ id }) => id === clock)?.value;
      return value === undefined ? undefined : value - BigInt(at);
    };
    const wall = atZero(REALTIME);
    return {
      wallMicroseconds: wall === undefined ? undefined : Number(wall) / NS_PER_US,
      monotonicNanoseconds: atZero(MONOTONIC),
      bootNanoseconds: atZero(BOOTTIME),
    };
  }

  /**
   * The time that a packet's timestamp stands for, in nanoseconds since the origin. The reader stands
   * behind it. Undefined where nothing tells what its clock has to do with that of the trace.
   */
  time(reader: WireReader, id: number | undefined, sequence: number): number | undefined {
    const known = this.#clocks.get(keyOf(id ?? this.#primary ?? BOOTTIME, sequence));
    if (known === undefined) {
      return id === undefined || id === (this.#primary ?? BOOTTIME)
        ? nanosecondsSince(this.#origin ?? this.#begin(reader.bigint), reader, 1)
        : undefined;
    }
    if (known.isIncremental) {
      known.since += reader.signed * known.unit;
      return known.at + known.since;
    }
    return known.at + nanosecondsSince(known.base, reader, known.unit);
  }

  /** What old writers say, who count microseconds of the monotonic clock, or of whatever one there is. */
  ofMicroseconds(microseconds: number): number {
    const nanoseconds = BigInt(microseconds) * BigInt(NS_PER_US);
    const known = this.#clocks.get(MONOTONIC);
    if (known === undefined) return this.#sinceOrigin(nanoseconds);
    return known.at + Number(nanoseconds - known.base.value);
  }

  /** A clock of which {@link timeOf} tells the time. */
  simple(id: number | undefined, sequence: number): Clock | undefined {
    const known = this.#clocks.get(keyOf(id ?? this.#primary ?? BOOTTIME, sequence));
    return known?.isIncremental || known?.exactBase !== undefined ? known : undefined;
  }

  /**
   * What the clock of the trace shows at a snapshot: of any clock that it has in common with what is
   * known.
   */
  #momentOf(found: readonly { id: number; value: bigint }[], sequence: number): number | undefined {
    const own = found.find(({ id }) => id === this.#primary);
    if (own !== undefined) return this.#sinceOrigin(own.value);
    for (const { id, value } of found) {
      const known = this.#clocks.get(keyOf(id, sequence));
      if (known !== undefined && !known.isIncremental)
        return known.at + Number(value - known.base.value);
    }
    return undefined;
  }

  #sinceOrigin(nanoseconds: bigint): number {
    const origin = this.#origin ?? this.#begin(nanoseconds);
    return Number(nanoseconds - origin.value);
  }

  /** Takes the first moment of the trace. */
  #begin(nanoseconds: bigint): Nanoseconds {
    this.#origin = inHalves(nanoseconds > FAR ? nanoseconds : 0n);
    return this.#origin;
  }
}

/** What a clock shows, in nanoseconds since the origin. The timestamp is positive, and exact as a double. */
export function timeOf(clock: Clock, timestamp: number): number {
  if (clock.exactBase !== undefined) return clock.at + (timestamp - clock.exactBase);
  clock.since += timestamp * clock.unit;
  return clock.at + clock.since;
}

function exact(base: bigint, unit: number, isIncremental: boolean): number | undefined {
  return !isIncremental && unit === 1 && base <= FAR ? Number(base) : undefined;
}

function inHalves(value: bigint): Nanoseconds {
  return { value, high: Number(value >> 32n), low: Number(value & 0xffff_ffffn) };
}

/** Nanoseconds to the time that the reader stands behind, of a clock of that unit. */
function nanosecondsSince(moment: Nanoseconds, reader: WireReader, unit: number): number {
  const far = reader.high - moment.high;
  if (unit === 1 && far < NEAR && far > -NEAR) return far * TWO_32 + (reader.low - moment.low);
  return Number(reader.bigint * BigInt(unit) - moment.value);
}

/** Clocks that a sequence has made are known to it only. */
function keyOf(id: number, sequence: number): number {
  return id < FIRST_OWN_CLOCK ? id : (sequence + 1) * CLOCKS + id;
}
