import type { Bounds } from './ledger.js';

/** An event of a thread that comes right after another is moved: no two of them share a time. */
const PUSHED_NS = 8;
/** What counts as right after. */
const CLOSE_NS = 4;
/** CLOCK_MONOTONIC and performance.now() cannot be read at once. */
const CALIBRATION_NS = 1_000_000;
/** The clock counts whole nanoseconds: so far off, for the errors of doubles, and it is another one. */
const HALF = 0.4;
const NS_PER_MS = 1e6;

interface Claim {
  readonly what: string;
  /** Readings of the clock, one of which was taken for it. */
  readonly clock: readonly number[];
  /** What the file has, less what is added on purpose. */
  readonly time: number;
  /** By so many nanoseconds it may be earlier and later. */
  readonly early: number;
  readonly late: number;
}

/**
 * When time 0 of a process was. All that the process did must agree on it: to the nanosecond by the
 * readings of the clock that its calls made, and by another clock that was read around them.
 */
export class ZeroTime {
  readonly #process: number;
  readonly #claims: Claim[] = [];
  /** By CLOCK_MONOTONIC, in nanoseconds: at the least, and at the most. */
  #least = -Infinity;
  #leastBy = '';
  #most = Infinity;
  #mostBy = '';
  /** By performance.now(), in milliseconds. */
  #low = -Infinity;
  #high = Infinity;

  constructor(pid: number) {
    this.#process = pid;
  }

  /** A call has this time in the file; `last`: the event before it on its thread has that. */
  call({ before, after, clock }: Bounds, time: number, what: string, last: number): void {
    if (before - time > this.#least) {
      this.#least = before - time;
      this.#leastBy = what;
    }
    if (after - time < this.#most) {
      this.#most = after - time;
      this.#mostBy = what;
    }
    const late = time - last <= CLOSE_NS ? PUSHED_NS : 0;
    this.#claims.push({ what, clock, time, early: 0, late });
  }

  /** A reading of the clock has this time, or one that is moved for the sake of its neighbours. */
  reading(reading: number, time: number, what: string, moved: number): void {
    this.#claims.push({ what, clock: [reading], time, early: moved, late: moved });
  }

  /** As early as something done between these bounds can have been, on the clock of the file. */
  earliest({ before }: Bounds): number {
    return before - this.#most;
  }

  /** A reading on the clock of the file. */
  nanoseconds(reading: number): number {
    return Math.round((reading - (this.#low + this.#high) / 2) * NS_PER_MS);
  }

  /** `said`: what the trace says, on CLOCK_MONOTONIC. */
  *check(said: number): Generator<string> {
    const name = `process ${this.#process}`;
    if (this.#least - this.#most > PUSHED_NS) {
      const apart = Math.round(this.#least - this.#most);
      yield `${name} has two clocks: ${this.#leastBy} and ${this.#mostBy} are ${apart} ns off`;
    }
    if (said < this.#least - CALIBRATION_NS || said > this.#most + CALIBRATION_NS) {
      yield `${name} has time 0 elsewhere than the trace says`;
    }
    for (const what of this.#agree()) yield `${what} is not when its clock was read`;
  }

  /** Settles on a time 0 in performance.now(). Gives what does not agree with it. */
  #agree(): string[] {
    // Those first that leave little choice.
    const choice = ({ clock, early, late }: Claim) => clock.length + 1000 * (early + late);
    const [first, ...others] = this.#claims.sort((a, b) => choice(a) - choice(b));
    if (first === undefined) return [];
    let best: string[] | undefined;
    for (const reading of first.clock) {
      [this.#low, this.#high] = window(first, reading);
      const against = others.filter((claim) => !this.#narrow(claim)).map(({ what }) => what);
      if (against.length === 0) return [];
      if (best === undefined || against.length < best.length) best = against;
    }
    return best ?? [first.what];
  }

  /** False where none of the readings fits. */
  #narrow(claim: Claim): boolean {
    for (const reading of claim.clock) {
      const [low, high] = window(claim, reading);
      if (low > this.#high || high < this.#low) continue;
      this.#low = Math.max(this.#low, low);
      this.#high = Math.min(this.#high, high);
      return true;
    }
    return false;
  }
}

/** What can be time 0, in milliseconds, if this reading was taken. */
function window({ time, early, late }: Claim, reading: number): readonly [number, number] {
  return [reading - (time + HALF + early) / NS_PER_MS, reading - (time - HALF - late) / NS_PER_MS];
}
