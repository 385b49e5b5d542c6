/** So many flows are remembered: traces may begin them for ever. */
const MAX_FLOWS = 1_000_000;

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

/** Takes all points of a trace in a first reading, which tells then what they are by their times. */
export class FlowTimes implements FlowPhases {
  /** By the ids of their flows. */
  readonly #points = new Map<string, Point[]>();

  starts(id: string, time: number): boolean {
    this.#add(id, { time, isEnd: false });
    return false;
  }

  end(id: string, time: number): void {
    this.#add(id, { time, isEnd: true });
  }

  /** What the points are, for the second reading; undefined where there are none. */
  phases(): FlowPhases | undefined {
    if (this.#points.size === 0) return undefined;
    const starts = new Map<string, number[]>();
    for (const [id, points] of this.#points) starts.set(id, startsOf(points));
    return new KnownPhases(starts);
  }

  #add(id: string, point: Point): void {
    const points = this.#points.get(id);
    if (points !== undefined) points.push(point);
    else if (this.#points.size < MAX_FLOWS) this.#points.set(id, [point]);
  }
}

interface Point {
  readonly time: number;
  readonly isEnd: boolean;
}

/** When a flow starts: at its first point, and at the first one behind each end. */
function startsOf(points: Point[]): number[] {
  // Of one time, what leads on comes before what ends.
  points.sort((a, b) => a.time - b.time || Number(a.isEnd) - Number(b.isEnd));
  const starts: number[] = [];
  let isOpen = false;
  for (const { time, isEnd } of points) {
    if (!isEnd && !isOpen) starts.push(time);
    isOpen = !isEnd;
  }
  return starts;
}

class KnownPhases implements FlowPhases {
  /** Those that were not met yet: of points of one time, the first is the start. */
  readonly #starts: Map<string, number[]>;
  readonly #rest = new PhasesInFileOrder();

  constructor(starts: Map<string, number[]>) {
    this.#starts = starts;
  }

  starts(id: string, time: number): boolean {
    const starts = this.#starts.get(id);
    // Of more flows than are remembered.
    if (starts === undefined) return this.#rest.starts(id, time);
    const at = starts.indexOf(time);
    if (at >= 0) starts.splice(at, 1);
    return at >= 0;
  }

  end(id: string, time: number): void {
    if (!this.#starts.has(id)) this.#rest.end(id, time);
  }
}

function makeRoom(flows: Set<string> | Map<string, number>): void {
  if (flows.size >= MAX_FLOWS) flows.clear();
}
