/** So many flows are remembered: traces may begin them for ever. */
const MAX_FLOWS = 1_000_000;
const FIRST_POINTS = 1024;
/** So many points are told apart by their times; those behind them by the order of the file. */
const MAX_POINTS = 1_000_000;

/** Decides which points of flows are starts: Perfetto's format says of a point only whether it ends its flow. */
export interface FlowPhases {
  /** Whether a flow starts at a point that does not end it. */
  starts(id: string, time: number): boolean;
  /** A point ends its flow. */
  end(id: string, time: number): void;
}

/** The same where only the points before are known, in the order of the file. The recorder writes so that it holds. */
export class PhasesInFileOrder implements FlowPhases {
  /** Flows that have begun. */
  readonly #open = new Set<string>();
  /** When those ended that had begun. */
  readonly #ended = new Map<string, number>();

  starts(id: string, time: number): boolean {
    // A slice that goes on for longer may stand behind the one in which the flow has ended.
    const isBeforeEnd = time < (this.#ended.get(id) ?? Number.NEGATIVE_INFINITY);
    if (isBeforeEnd || this.#open.has(id)) return false;
    makeRoom(this.#open);
    this.#open.add(id);
    return true;
  }

  end(id: string, time: number): void {
    if (!this.#open.delete(id)) return;
    makeRoom(this.#ended);
    this.#ended.set(id, time);
  }
}

/**
 * Takes all points of a trace in a first reading, which tells then what they are by their times. The second reading
 * comes upon the same points, one after the other: a bit for each is all that has to be known.
 */
export class FlowTimes implements FlowPhases {
  /** Numbers of flows, times, and whether the point ends its flow. */
  readonly #numbers = new Map<string, number>();
  #flows = new Uint32Array(FIRST_POINTS);
  #times = new Float64Array(FIRST_POINTS);
  #ends = new Uint8Array(FIRST_POINTS);
  #count = 0;

  starts(id: string, time: number): boolean {
    this.#add(id, time, 0);
    return false;
  }

  end(id: string, time: number): void {
    this.#add(id, time, 1);
  }

  /** What the points are, for the second reading; undefined where there are none. */
  phases(): FlowPhases | undefined {
    if (this.#count === 0) return undefined;
    const [flows, times, ends] = [this.#flows, this.#times, this.#ends];
    // Of one time, the order of the file decides, as for Perfetto.
    const inOrder = Uint32Array.from({ length: this.#count }, (_, index) => index).sort(
      (a, b) => flows[a] - flows[b] || times[a] - times[b] || a - b,
    );
    const starts = new Uint8Array(Math.ceil(this.#count / 8));
    let flow = -1;
    let isOpen = false;
    for (const index of inOrder) {
      if (flows[index] !== flow) isOpen = false;
      flow = flows[index];
      if (ends[index] === 0 && !isOpen) starts[index >>> 3] |= 1 << (index & 7);
      isOpen = ends[index] === 0;
    }
    return new KnownPhases(starts, this.#count);
  }

  #add(id: string, time: number, isEnd: number): void {
    const index = this.#count;
    if (index === MAX_POINTS) return;
    if (index === this.#flows.length) this.#grow();
    const flow = this.#numbers.get(id) ?? this.#numbers.size;
    this.#numbers.set(id, flow);
    this.#flows[index] = flow;
    this.#times[index] = time;
    this.#ends[index] = isEnd;
    this.#count++;
  }

  #grow(): void {
    const [flows, times, ends] = [this.#flows, this.#times, this.#ends];
    this.#flows = new Uint32Array(2 * flows.length);
    this.#times = new Float64Array(2 * times.length);
    this.#ends = new Uint8Array(2 * ends.length);
    this.#flows.set(flows);
    this.#times.set(times);
    this.#ends.set(ends);
  }
}

class KnownPhases implements FlowPhases {
  readonly #starts: Uint8Array;
  readonly #count: number;
  #next = 0;
  /** For those behind the ones that are known. */
  readonly #rest = new PhasesInFileOrder();

  constructor(starts: Uint8Array, count: number) {
    this.#starts = starts;
    this.#count = count;
  }

  starts(id: string, time: number): boolean {
    const index = this.#next++;
    if (index >= this.#count) return this.#rest.starts(id, time);
    return (this.#starts[index >>> 3] & (1 << (index & 7))) !== 0;
  }

  end(id: string, time: number): void {
    if (this.#next++ >= this.#count) this.#rest.end(id, time);
  }
}

function makeRoom(flows: Set<string> | Map<string, number>): void {
  if (flows.size >= MAX_FLOWS) flows.clear();
}
