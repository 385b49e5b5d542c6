/** So many flows are remembered: traces may begin them for ever. */
const MAX_FLOWS = 1_000_000;
const FIRST_POINTS = 1024;
/** So many points are told apart by their times; those behind them by the order of the file. */
const MAX_POINTS = 1_000_000;
/** Ids that are made up are so far from each other that they meet no other one, as good as surely. */
const FAR = 0x9e3779b97f4a7c15n;

/** What a point of a flow is in Chrome's format. */
export interface FlowPhase {
  /** Whether the flow starts there: Perfetto's format says of a point only whether it ends its flow. */
  readonly isStart: boolean;
  /** In hexadecimal digits. Flows of one id, one after the other, are told apart by it. */
  readonly id: string;
}

/** Decides what the points of flows are, in the order in which they stand in the file. */
export interface FlowPhases {
  point(id: string, time: number, isEnd: boolean): FlowPhase;
}

/**
 * Decides by the points that stand before in the file, for what can be read only once. tracelane's recorder
 * writes points such that this is right; in other files a start may be taken for a step. So several flows of
 * one id keep that id here: where one ends and the next begins is not known for sure.
 */
export class PhasesInFileOrder implements FlowPhases {
  /** Flows that have begun. */
  readonly #open = new Set<string>();
  /** When those ended that had begun. */
  readonly #ended = new Map<string, number>();

  point(id: string, time: number, isEnd: boolean): FlowPhase {
    if (isEnd) this.#end(id, time);
    return { isStart: !isEnd && this.#starts(id, time), id };
  }

  #starts(id: string, time: number): boolean {
    // A slice that goes on for longer may stand behind the one in which the flow has ended.
    const isBeforeEnd = time < (this.#ended.get(id) ?? Number.NEGATIVE_INFINITY);
    if (isBeforeEnd || this.#open.has(id)) return false;
    makeRoom(this.#open);
    this.#open.add(id);
    return true;
  }

  #end(id: string, time: number): void {
    if (!this.#open.delete(id)) return;
    makeRoom(this.#ended);
    this.#ended.set(id, time);
  }
}

/**
 * Takes all points of a trace in a first reading, which tells then what they are by their times. The
 * second reading comes upon the same points, one after the other: a number for each is all that has to be
 * known.
 */
export class FlowTimes implements FlowPhases {
  /** Numbers of flows, times, and whether the point ends its flow. */
  readonly #numbers = new Map<string, number>();
  #flows = new Uint32Array(FIRST_POINTS);
  #times = new Float64Array(FIRST_POINTS);
  #ends = new Uint8Array(FIRST_POINTS);
  #count = 0;

  point(id: string, time: number, isEnd: boolean): FlowPhase {
    this.#add(id, time, isEnd ? 1 : 0);
    return { isStart: false, id };
  }

  /** What the points are, for the second reading; undefined where there are none. */
  phases(): FlowPhases | undefined {
    if (this.#count === 0) return undefined;
    const [flows, times, ends] = [this.#flows, this.#times, this.#ends];
    // Of one time, the order of the file decides, as for Perfetto.
    const inOrder = Uint32Array.from({ length: this.#count }, (_, index) => index).sort(
      (a, b) => flows[a] - flows[b] || times[a] - times[b] || a - b,
    );
    const known = new Uint32Array(this.#count);
    let flow = -1;
    let nth = 0;
    let isOpen = false;
    for (const index of inOrder) {
      if (flows[index] !== flow) {
        nth = 0;
        isOpen = false;
      }
      flow = flows[index];
      const isEnd = ends[index] === 1;
      // An end of what has not begun is none of the flow before it, either.
      if (!isOpen) nth++;
      known[index] = 2 * nth + (isOpen || isEnd ? 0 : 1);
      isOpen = !isEnd;
    }
    return new KnownPhases(known);
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
  /**
   * Of each point, the how-manieth flow of its id it belongs to, doubled, and one more where that starts
   * there.
   */
  readonly #known: Uint32Array;
  #next = 0;
  /** For those behind the ones that are known. */
  readonly #rest = new PhasesInFileOrder();

  constructor(known: Uint32Array) {
    this.#known = known;
  }

  point(id: string, time: number, isEnd: boolean): FlowPhase {
    const index = this.#next++;
    if (index >= this.#known.length) return this.#rest.point(id, time, isEnd);
    const known = this.#known[index];
    return { isStart: (known & 1) !== 0, id: idOfNth(id, known >>> 1) };
  }
}

/**
 * An id of its own for the second flow of an id, and those that follow it: in Chrome's format the first one
 * goes on.
 */
function idOfNth(id: string, nth: number): string {
  if (nth <= 1) return id;
  return BigInt.asUintN(64, (BigInt(`0x${id}`) * FAR + BigInt(nth)) * FAR).toString(16);
}

function makeRoom(flows: Set<string> | Map<string, number>): void {
  if (flows.size >= MAX_FLOWS) flows.clear();
}
